"""Writes curves, alerts and hyper-parameters for VisualDL."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Optional

from pydantic import Field

from ppocr_guard.background import Background
from ppocr_guard.events import (
    Alert,
    DataErrors,
    EvalEnd,
    EvalSample,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hook import Hook, HookOptions
from ppocr_guard.hparams import hyperparameters
from ppocr_guard.paths import guard_dir
from ppocr_guard.steps import StepFilter
from ppocr_guard.verdict import LEVELS

FILE_NAME = "vdlrecords.guard.log"
_log = logging.getLogger("ppocr_guard")
_Write = Callable[[Any], None]  # takes a visualdl.LogWriter


class VisualDL(Hook):
    """Curves under ``train/``, ``eval/``, ``shrink_ratio/`` and ``guard/``; alerts as text; at
    each evaluation a validation image with its true and predicted texts and shrink map.

    Everything goes to ``<save_model_dir>/ppocr_guard/vdl``; look at it with
    ``visualdl --logdir <save_model_dir>/ppocr_guard/vdl --disable-telemetry``. All launches of a
    run share one file, for VisualDL shows only the newest one of a folder. Needs the extra
    ``ppocr-guard[visualdl]``.
    """

    class Options(HookOptions):
        every: Optional[int] = Field(
            default=None,
            ge=1,
            description="write one step in so many; default: Global.print_batch_step",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue: Optional[Background[_Write]] = None
        self._writer: Any = None
        self._steps = StepFilter(self.options.every)
        self._offset = 0  # makes the steps of a resumed run go on where they were
        self._pid = 0

    def on_run_start(self, event: RunStart) -> None:
        self._steps.run_starts(event.config)
        if event.resumed and event.steps_per_epoch:
            self._offset = (event.start_epoch - 1) * event.steps_per_epoch - event.global_step
        try:
            # On this thread, before the loader forks its workers: a fork in the middle of an
            # import leaves the child with locks that nobody will ever release.
            import visualdl
        except ImportError as error:
            _log.info(
                "VisualDL: no curves are written (%s). `pip install ppocr-guard[visualdl]`.", error
            )
            return
        folder = guard_dir(event.save_model_dir) / "vdl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer, is_new = _open(visualdl, folder, event.run)
        except OSError as error:
            _log.warning(
                "VisualDL: cannot write %s (%s). Training goes on without its curves.",
                folder,
                error.strerror or error,
            )
            return
        self._pid = os.getpid()
        self._queue = Background(self._consume, name="VisualDL")
        if is_new:
            values = hyperparameters(event.config)
            tags = [f"eval/{event.main_indicator}", "eval/best"]
            self._put(lambda writer: writer.add_hparams(values, tags))

    def on_step(self, event: StepEnd) -> None:
        if not self._steps.wants(event):
            return
        values: dict[str, Optional[float]] = dict(event.losses)
        values["learning_rate"] = event.learning_rate
        values["step_seconds"] = event.step_seconds
        values["data_wait_seconds"] = event.data_seconds
        if event.images and event.step_seconds:
            values["images_per_second"] = event.images / event.step_seconds
        self._scalars("train", values, event.global_step + self._offset, event.time)
        guard = {
            "overhead_seconds": self.health.overhead_seconds,
            "hook_errors": sum(self.health.hook_errors.values()),
            "data_errors": event.data_errors,
        }
        self._scalars("guard", guard, event.global_step + self._offset, event.time)

    def on_eval(self, event: EvalEnd) -> None:
        values = {**event.metrics, "best": event.best, "duration_seconds": event.duration_seconds}
        step = event.global_step + self._offset
        self._scalars("eval", values, step, event.time)
        if event.rescored:
            best_ratio = max(event.rescored, key=lambda ratio: event.rescored[ratio])  # type: ignore[index]
            rescored = {
                "best_rescored": event.rescored[best_ratio],
                "best_unclip_ratio": best_ratio,
            }
            self._scalars("eval", rescored, step, event.time)

    def on_eval_sample(self, event: EvalSample) -> None:
        step, milliseconds = event.global_step + self._offset, round(event.time * 1000)

        def write(writer: Any) -> None:
            import numpy as np
            from PIL import Image  # VisualDL depends on it, and not on OpenCV

            with Image.open(io.BytesIO(event.png)) as image:
                pixels = np.array(image.convert("RGB"))  # VisualDL may write to it
            writer.add_image("eval/sample", pixels, int(step), milliseconds)

        self._put(write)

    def on_shrink_ratio(self, event: ShrinkRatio) -> None:
        name = event.operator
        values = {
            f"{name}_{event.source}": event.ratio,
            f"{name}_expected_low": event.expected_low,
            f"{name}_expected_high": event.expected_high,
        }
        self._scalars("shrink_ratio", values, event.epoch, event.time)

    def on_round_trip(self, event: RoundTrip) -> None:
        values = {
            "round_trip_median_iou": event.median_iou,
            "fitting_unclip_ratio": event.fitting_unclip_ratio,
        }
        self._scalars("guard", values, event.global_step + self._offset, event.time)

    def on_data_errors(self, event: DataErrors) -> None:
        values = {"data_errors": event.errors, "waiting_seconds": event.waiting_seconds}
        self._scalars("guard", values, event.global_step + self._offset, event.time)

    def on_verdict(self, event: Verdict) -> None:
        step = event.global_step + self._offset
        self._scalars("guard", {"verdict": LEVELS[event.state]}, step, event.time)
        # VisualDL mixes up a text and a curve of the same name.
        self._text("guard/verdict_text", f"{event.state}: {event.message}", step, event.time)

    def on_alert(self, event: Alert) -> None:
        text = f"[{event.severity}] {event.code}: {event.message} {event.advice}"
        self._text("guard/alerts", text, event.global_step + self._offset, event.time)

    def on_run_end(self, event: RunEnd) -> None:
        why = event.stop.reason if event.stop else event.error or ""
        step = event.global_step + self._offset
        self._text("guard/run_end", f"{event.reason}. {why}".strip(), step, event.time)

    def close(self, deadline: float) -> None:
        queue, self._queue = self._queue, None
        if queue is None:
            return
        queue.put(lambda writer: writer.close())
        if not queue.close(max(0.0, deadline - time.monotonic())):
            _log.warning("VisualDL: the last records were not written in time.")
        if queue.dropped:
            _log.warning("VisualDL: %d records were dropped: the disk is too slow.", queue.dropped)

    def _consume(self, batch: list[_Write]) -> None:
        """On the queue's thread, the only one that touches the writer once it is open.

        VisualDL has a queue and a thread of its own, which lose about 120 records when the process
        ends without `flush`: hence one after each batch.
        """
        for write in batch:
            write(self._writer)
        with contextlib.suppress(OSError):  # "Writer is closed", after the last batch
            self._writer.flush()

    def _scalars(
        self, group: str, values: Mapping[str, Optional[float]], step: int, seconds: float
    ) -> None:
        # Float steps and "%" in a tag raise inside VisualDL.
        tagged = {f"{group}/{k}".replace("%", "percent"): v for k, v in values.items()}
        milliseconds = round(seconds * 1000)

        def write(writer: Any) -> None:
            for tag, value in tagged.items():
                if value is not None:
                    writer.add_scalar(tag, value, int(step), milliseconds)

        self._put(write)

    def _text(self, tag: str, text: str, step: int, seconds: float) -> None:
        milliseconds = round((seconds or time.time()) * 1000)
        self._put(lambda writer: writer.add_text(tag, text, int(step), milliseconds))

    def _put(self, write: _Write) -> None:
        # A forked child has neither our thread nor VisualDL's: its writes would block for ever.
        if self._queue is not None and os.getpid() == self._pid:
            self._queue.put(write)


def _open(visualdl: Any, folder: Path, run: str) -> tuple[Any, bool]:
    """(a LogWriter on the run's file, whether that file is new). Raises OSError."""
    from ppocr_guard.hooks.visualdl.file import repair_tail

    path = folder / FILE_NAME
    cut = repair_tail(path)
    if cut:
        _log.info("VisualDL: cut off %d bytes that an earlier launch left unfinished.", cut)
    is_new = not path.exists()
    path.touch()  # VisualDL would only print that it cannot write
    said = io.StringIO()
    with contextlib.redirect_stdout(said):  # it prints "... is exists"
        # Up to 2.5.3 VisualDL takes max_queue for the seconds and flush_secs for the queue.
        # Equal numbers mean the same in either order.
        writer = visualdl.LogWriter(
            logdir=str(folder), file_name=FILE_NAME, display_name=run, max_queue=64, flush_secs=64
        )
    return writer, is_new
