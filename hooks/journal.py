"""Writes every event of a run to a file of JSON lines."""

from __future__ import annotations

import errno
import json
import logging
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from pydantic import Field

from ppocr_guard.background import Background
from ppocr_guard.events import (
    Alert,
    Baseline,
    CheckpointSaved,
    DataErrors,
    Environment,
    EpochStart,
    EvalEnd,
    EvalSample,
    EvalTexts,
    Event,
    Examination,
    Findings,
    Hang,
    Invariants,
    Repaired,
    Resolved,
    Resources,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hook import Hook, HookOptions
from ppocr_guard.paths import journal_path, samples_dir
from ppocr_guard.records import to_record
from ppocr_guard.redact import redacted
from ppocr_guard.sample_files import SampleFiles
from ppocr_guard.steps import MOST_STEPS, StepFilter
from ppocr_guard.wording import say

_log = logging.getLogger("ppocr_guard")


class Journal(Hook):
    """Appends each event as one JSON line to ``<save_model_dir>/ppocr_guard/journal.jsonl``.

    All launches of a run share the file. Lines go to the operating system as they come, so a
    killed process leaves a readable file. Secrets in the configuration are left out.
    Read it with :func:`ppocr_guard.logs.journal.read_journal`.

    Beside it, in ``samples/``, stands a picture of a validation image with its true and predicted
    texts and the predicted shrink map, of the best evaluation and of the last; no more than two.
    Of a recogniser: the images of the ten lines that the last evaluation read worst.
    """

    class Options(HookOptions):
        every: Optional[int] = Field(
            default=None,
            ge=1,
            description="write one step record in so many steps (a step whose loss is not finite "
            "always); default: Global.print_batch_step. It doubles after each 20,000 records",
        )
        samples: bool = Field(
            default=True, description="keep a picture of the best and of the last evaluation"
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file: Optional[_LineFile] = None
        self._samples: Optional[SampleFiles] = None
        self._queue: Optional[Background[Event]] = None
        self._steps = StepFilter(self.options.every, MOST_STEPS)
        self._best_evaluation = 0
        if self.options.samples:  # else nobody has to draw them
            self.on_eval_sample = self._sample  # type: ignore[method-assign]

    def on_run_start(self, event: RunStart) -> None:
        path = journal_path(event.save_model_dir)
        self._steps.run_starts(event.config)
        try:
            self._file = _LineFile(path)
        except OSError as error:
            _log.warning(
                "Journal: cannot write %s (%s). This run keeps no journal; training goes on. "
                "Make Global.save_model_dir writable to have one.",
                path,
                error.strerror or error,
            )
            return
        self._samples = SampleFiles(samples_dir(event.save_model_dir))
        if not event.resumed:
            self._samples.clear()
        self._queue = Background(self._write, name="Journal")
        self._put(replace(event, config=redacted(event.config)))

    def on_epoch_start(self, event: EpochStart) -> None:
        self._put(event)

    def on_step(self, event: StepEnd) -> None:
        if self._steps.wants(event):
            self._put(event)

    def on_eval(self, event: EvalEnd) -> None:
        if event.value >= event.best:
            self._best_evaluation = event.evaluation
        self._put(event)

    def _sample(self, event: EvalSample) -> None:
        self._put(event)

    def on_eval_texts(self, event: EvalTexts) -> None:
        if event.sheet and self.options.samples:
            self._put(event)  # its picture, for a file of its own
        self._put(replace(event, sheet=b""))

    def on_checkpoint(self, event: CheckpointSaved) -> None:
        self._put(event)

    def on_shrink_ratio(self, event: ShrinkRatio) -> None:
        self._put(event)

    def on_round_trip(self, event: RoundTrip) -> None:
        self._put(event)

    def on_baseline(self, event: Baseline) -> None:
        self._put(event)

    def on_examination(self, event: Examination) -> None:
        self._put(event)

    def on_invariants(self, event: Invariants) -> None:
        self._put(event)

    def on_findings(self, event: Findings) -> None:
        self._put(event)

    def on_data_errors(self, event: DataErrors) -> None:
        self._put(event)

    def on_hang(self, event: Hang) -> None:
        self._put(event)

    def on_environment(self, event: Environment) -> None:
        self._put(event)

    def on_resources(self, event: Resources) -> None:
        self._put(event)

    def on_verdict(self, event: Verdict) -> None:
        self._put(event)

    def on_alert(self, event: Alert) -> None:
        self._put(event)

    def on_repaired(self, event: Repaired) -> None:
        self._put(event)

    def on_resolved(self, event: Resolved) -> None:
        self._put(event)

    def on_run_end(self, event: RunEnd) -> None:
        self._put(event)

    def close(self, deadline: float) -> None:
        if self._queue is None or self._file is None:
            return
        done = self._queue.close(max(0.0, deadline - time.monotonic()))
        if not done or self._queue.dropped or self._queue.errors:
            _log.warning(
                "Journal: %s is not complete (%d records dropped, %d writes failed).",
                self._file.path,
                self._queue.dropped,
                self._queue.errors,
            )
        if done:  # else its thread may still be writing
            self._file.close()
        self._queue = self._file = None

    def _write(self, events: list[Event]) -> None:
        """On the queue's thread."""
        if self._file is not None:
            self._file.write([e for e in events if not _is_picture(e)])
        for event in events:
            if _is_picture(event):
                self._keep(event)

    def _keep(self, event: Event) -> None:
        if self._samples is None:
            return
        try:
            if isinstance(event, EvalTexts):
                self._samples.keep("texts", event.evaluation, event.sheet)
            elif isinstance(event, EvalSample):
                self._samples.keep("last", event.evaluation, event.png)
                if event.evaluation == self._best_evaluation:
                    self._samples.keep("best", event.evaluation, event.png)
        except OSError as error:
            self._samples = None
            _log.info("Journal: no picture of a sample is kept (%s).", error.strerror or error)

    def _put(self, event: Event) -> None:
        if self._queue is not None:
            self._queue.put(event)


def _is_picture(event: Event) -> bool:
    return isinstance(event, EvalSample) or (isinstance(event, EvalTexts) and bool(event.sheet))


class _LineFile:
    """Appends JSON lines, each batch by one ``write`` call: nothing waits in this process.

    A file that is deleted or cut while the run goes on is noticed at the next write, said, and
    begun anew with the record with which this launch began.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError when the folder or file cannot be written, or is no plain file."""
        self.path = path
        self._head: Optional[Event] = None  # the RunStart of this launch
        self._open()

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.is_fifo():  # it would take our records, and keep them from everybody
            raise OSError(errno.EINVAL, "it is a pipe")
        self._fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        self._look()

    def _look(self) -> None:
        self._size = os.fstat(self._fd).st_size
        # A killed attempt may have left half a line, which must not swallow our first one.
        last = os.pread(self._fd, 1, self._size - 1) if self._size else b"\n"
        self._torn = last not in (b"\n", b"")

    def write(self, events: list[Event]) -> None:
        if not events:
            return
        records = list(events)
        if self._head is None:
            self._head = next((e for e in events if isinstance(e, RunStart)), None)
        elif self._damaged():
            records.insert(0, self._head)
        lines = [json.dumps(to_record(event), ensure_ascii=False) for event in records]
        data = ("\n" * self._torn + "\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
        self._torn = True  # until all of it is written: the disk may be full
        while data:
            data = data[os.write(self._fd, data) :]
        self._torn = False
        self._size = os.fstat(self._fd).st_size

    def _damaged(self) -> bool:
        """Whether what was written is no longer there; it can be written to again, then."""
        try:
            there: Optional[os.stat_result] = os.stat(self.path)
        except FileNotFoundError:
            there = None
        own = os.fstat(self._fd)
        if there is None or (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino):
            old = self._fd
            self._open()  # first: the number of a closed file may come to be another's
            os.close(old)
            what = say("was deleted or replaced")
        elif own.st_size < self._size:
            self._look()
            what = say("was cut")
        else:
            return False
        _log.warning(
            "Journal: %s %s in mid-run. What stood in it is lost; it is begun anew from here.",
            self.path,
            what,
        )
        return True

    def close(self) -> None:
        os.close(self._fd)
