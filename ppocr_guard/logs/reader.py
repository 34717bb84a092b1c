"""Reads the log of a training into events, line by line, in flat memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional, TextIO, Union

from ppocr_guard.events import (
    CheckpointSaved,
    DataErrors,
    EpochStart,
    EvalEnd,
    Event,
    RunStart,
    StepEnd,
)
from ppocr_guard.logs import lines as parse
from ppocr_guard.logs.opening import open_log

BLOCK = 1 << 17  # characters read at once; a longer line is cut into pieces
ALL_STEPS = 10_000  # training lines of a log that are all read, see LogReader
THEN_EVERY = 40
MAX_JOINED = 4096  # characters of a line that is put together from pieces
ERRORS_EVERY = 50  # one DataErrors event for so many failed samples


class LogReader:
    """The events in a log: train.log, workerlog.N, or text pasted from one; packed by gzip, in
    UTF-16 or a notebook too (:mod:`ppocr_guard.logs.opening`).

    A new :class:`RunStart` begins wherever PaddleOCR was launched anew (``train with paddle``, or
    the epoch falling back), with ``resumed`` set when that launch went on from a checkpoint; the
    count of evaluations goes on then. Lines that mean nothing are counted in ``skipped``.

    PaddleOCR prints medians over the last steps, so training lines repeat each other. After
    ``ALL_STEPS`` of them only every fortieth is read, and any with nan or inf.

    Attributes:
        lines: lines so far.
        skipped: of these, neither PaddleOCR's nor empty.
    """

    def __init__(self, path: Union[str, Path]) -> None:
        self.path = Path(path)
        self.lines = self.skipped = 0
        self._carried: dict[str, float] = {}  # metrics of the checkpoint resumed from
        self._best_epoch: Optional[int] = None
        self._last_eval: Any = None
        self._started = False

    def __iter__(self) -> Iterator[Event]:
        """Raises OSError when the file cannot be read, ValueError for a notebook too large."""
        self.lines = self.skipped = 0
        self._new_run()
        self._last_epoch = 0
        self._steps = self._evaluations = 0
        self._best, self._best_epoch = 0.0, None
        self._seen_launch = False
        held = ""  # a line that was broken in two
        with open_log(self.path) as file:
            train = parse.TRAIN
            for line in _lines(file):
                self.lines += 1
                if train in line:
                    self._steps = steps = self._steps + 1
                    left_out = steps > ALL_STEPS and steps % THEN_EVERY
                    if left_out and "nan" not in line and "inf" not in line:
                        continue
                elif not line or line.isspace():
                    continue
                line = parse.clean(line)
                if held and parse.time_of(line) is None and not _evaluates_or_trains(line):
                    line, held = held + " " + line.strip(), ""
                elif held:  # it was whole: all lines of this log end so
                    yield from self._events(held)
                if _broken(line):
                    held = line
                    continue
                held = ""
                yield from self._events(line)
            if held:
                yield from self._events(held)

    def _events(self, line: str) -> Iterator[Event]:
        if parse.TRAIN in line:
            yield from self._train(line)
        elif parse.EVAL in line:
            yield from self._evaluation(line, parse.metrics(line, parse.EVAL))
        elif parse.BEST in line:
            yield from self._best_line(line)
        elif parse.OLD_EVAL in line:
            values = parse.metrics(line, parse.OLD_EVAL)
            yield from self._evaluation(line, values)
        elif "train with paddle" in line:
            self._launch()
        elif "save model in " in line or "save best model is to " in line:
            yield from self._checkpoint(line)
        elif "error happened with msg" in line:
            yield from self._data_error(line)
        elif "resume from " in line:
            self._resumed = True
        elif "metric in ckpt" in line:
            self._carried = parse.metrics(line, "metric in ckpt")
            self._in_checkpoint = True  # one line a metric follows
        elif self._in_checkpoint and parse.is_metric(line):
            self._carried.update(parse.metrics(line, "INFO:"))
        elif (" : " in line or line.rstrip(" ,").endswith(" :")) and self._dump.add(line):
            self._in_checkpoint = False
        elif "INFO" not in line and "WARNING" not in line:
            self.skipped += 1

    # -- launches ---------------------------------------------------------------------------

    def _new_run(self) -> None:
        self._dump = parse.ConfigDump()
        self._started = False
        self._resumed = False
        self._carried = {}
        self._in_checkpoint = False
        self._main_indicator = ""
        self._epoch = self._global_step = self._errors = 0
        self._last_eval = None
        self._evaluated_epoch = 0

    def _launch(self) -> None:
        """``train with paddle`` comes after the configuration and before everything else."""
        dump = self._dump
        if self._started:
            self._last_epoch = self._epoch
        self._new_run()
        self._dump = dump
        self._seen_launch = True

    def _start(self, line: str, epoch: int, epoch_num: int) -> Iterator[Event]:
        """The start of a run, once its first training line or evaluation is there."""
        self._started, self._in_checkpoint = True, False
        config = self._dump.config
        self._dump = parse.ConfigDump()  # the next launch prints its own
        settings = _section(config, "Global")
        resumed = self._resumed or bool(settings.get("checkpoints"))
        if not resumed and epoch > 1 and self._last_epoch and epoch >= self._last_epoch - 1:
            resumed = True  # its first lines are missing
        if not resumed:
            self._evaluations, self._best, self._best_epoch = 0, 0.0, None
        self._main_indicator = str(_section(config, "Metric").get("main_indicator") or "")
        name = parse.indicator(self._carried, self._main_indicator)
        best = self._carried.get(name) if name else None
        architecture = _section(config, "Architecture")
        directory = str(settings.get("save_model_dir") or self.path.parent)
        yield RunStart(
            time=parse.time_of(line) or 0.0,
            run=Path(directory).name or self.path.stem,
            model="/".join(
                str(part)
                for part in (
                    architecture.get("algorithm"),
                    _section(architecture, "Backbone").get("name"),
                )
                if part
            ),
            release="unknown",
            config=config,
            save_model_dir=directory,
            epoch_num=epoch_num or _whole(settings.get("epoch_num")),
            start_epoch=max(epoch, 1),
            main_indicator=self._main_indicator or "hmean",
            best=best if best is not None and math.isfinite(best) else None,
            resumed=resumed,
            source=str(self.path),
        )

    # -- lines ------------------------------------------------------------------------------

    def _train(self, line: str) -> Iterator[Event]:
        found = parse.train_line(line)
        if found is None:
            self.skipped += 1
            return
        if self._started and found.epoch < self._epoch and not self._seen_launch:
            self._launch()  # appended, without the lines before
            self._seen_launch = False
        if not self._started:
            yield from self._start(line, found.epoch, found.epoch_num)
        time = parse.time_of(line) or 0.0
        if found.epoch != self._epoch:
            yield EpochStart(time, found.epoch, max(0, found.global_step - 1))
        self._epoch, self._global_step = found.epoch, found.global_step
        values = found.values
        yield StepEnd(
            time=time,
            epoch=found.epoch,
            global_step=found.global_step,
            losses=found.losses,
            learning_rate=values.get("lr"),
            images=_whole(values.get("avg_samples", values.get("samples"))) or None,
            step_seconds=values.get("avg_batch_cost", values.get("batch_cost")),
            data_seconds=values.get("avg_reader_cost", values.get("reader_cost")),
            data_errors=self._errors,
            smoothed=True,
        )

    def _evaluation(
        self, line: str, values: dict[str, float], epoch: Optional[int] = None
    ) -> Iterator[Event]:
        name = parse.indicator(values, self._main_indicator)
        if name is None:
            self.skipped += 1
            return
        time = parse.time_of(line)
        stamp = (time, self._epoch, self._global_step, tuple(sorted(values.items())))
        if time is not None and self._steps and stamp == self._last_eval:
            return  # PaddleX writes its log twice
        self._last_eval = stamp
        if not self._started:
            yield from self._start(line, epoch or self._epoch, 0)
        self._global_step = parse.old_iteration(line) or self._global_step
        value = values[name]
        self._evaluations += 1
        self._evaluated_epoch = epoch or self._epoch
        if value >= self._best:  # PaddleOCR, too, lets a later equal value win
            self._best, self._best_epoch = value, self._evaluated_epoch
        yield EvalEnd(
            time=time or 0.0,
            epoch=self._evaluated_epoch,
            global_step=self._global_step,
            evaluation=self._evaluations,
            metrics=values,
            main_indicator=name,
            value=value,
            best=self._best,
            best_epoch=self._best_epoch,
            no_boxes="precision: 0," in line if "precision" in values else None,
        )

    def _best_line(self, line: str) -> Iterator[Event]:
        """Stands for an evaluation only where that evaluation's own line is missing."""
        if self._evaluated_epoch >= self._epoch > 0:
            return
        values = parse.metrics(line, parse.BEST)
        epoch = _whole(values.pop("best_epoch", 0))
        if epoch > self._evaluated_epoch and epoch >= self._epoch and self._started:
            yield from self._evaluation(line, values, epoch)

    def _checkpoint(self, line: str) -> Iterator[Event]:
        best = "save best model is to " in line
        path = line.split("save best model is to " if best else "save model in ", 1)[1]
        path = path.split("\\n", 1)[0].strip()  # a notebook's JSON keeps the line end as text
        name = path.replace("\\", "/").rsplit("/", 1)[-1]
        if not self._started or not path:
            return
        kind = "best_accuracy" if best or name.startswith("best") else name
        yield CheckpointSaved(
            parse.time_of(line) or 0.0, self._epoch, self._global_step, path, kind, best
        )

    def _data_error(self, line: str) -> Iterator[Event]:
        self._errors += 1
        if self._started and self._errors % ERRORS_EVERY == 0:
            message = line.rsplit("INFO: ", 1)[-1].rsplit("ERROR: ", 1)[-1][:300]
            yield DataErrors(
                parse.time_of(line) or 0.0,
                self._epoch,
                self._global_step,
                self._errors,
                0.0,
                message,
            )


def _lines(file: TextIO) -> Iterator[str]:
    """Lines without their ends, in blocks: twice as fast as asking for one line at a time."""
    rest = ""
    while block := file.read(BLOCK):
        whole = (rest + block).split("\n")
        rest = whole.pop()
        for line in whole:
            yield from parse.records(line)
        if len(rest) > BLOCK:
            *records, rest = parse.records(rest)
            yield from records
        if len(rest) > BLOCK:
            yield rest
            rest = ""
    yield from parse.records(rest) if rest else ()


def _broken(line: str) -> bool:
    """A training or evaluation line that was wrapped before its last number."""
    if len(line) > MAX_JOINED or not _evaluates_or_trains(line):
        return False
    return line.rstrip().endswith((",", ":"))


def _evaluates_or_trains(line: str) -> bool:
    return parse.TRAIN in line or parse.EVAL in line or parse.OLD_EVAL in line


def _section(config: Any, name: str) -> dict[str, Any]:
    value = config.get(name)
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
