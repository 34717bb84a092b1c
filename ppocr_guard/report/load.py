"""Finds and reads what a report is made from: a journal, or a bare ``train.log``."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ppocr_guard import paths
from ppocr_guard.events import Event
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.auto_stop import AutoStop
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.hooks.loss_health import LossHealth
from ppocr_guard.logs.journal import parse_line
from ppocr_guard.logs.reader import LogReader
from ppocr_guard.report.model import RunSummary, begins_run, summarise

# Where PaddleOCR and its launcher leave logs in the folder of a run.
LOGS = ("train.log", "workerlog.0", "log/workerlog.0")


class UnusableInputError(Exception):
    """Nothing to read; the message says what was looked for and what to do."""


@dataclass(frozen=True)
class Source:
    """A file with a run in it. ``kind``: ``journal`` or ``log``."""

    path: Path
    kind: str


def find_source(directory: Path) -> Source:
    """The journal of a run if there is one, else its ``train.log``, else a log file itself.

    Raises:
        UnusableInputError: there is neither.
    """
    if not directory.exists():
        raise UnusableInputError(f"{directory}: no such file or directory")
    journal = paths.find_journal(directory)
    if journal:
        return Source(journal, "journal")
    for name in LOGS if directory.is_dir() else ("",):
        log = directory / name if name else directory
        if log.is_file():
            return Source(log, "log")
    raise UnusableInputError(
        f"{directory}: neither ppocr_guard/journal.jsonl nor train.log is in it. "
        "Give the folder that Global.save_model_dir names, or the path of a log."
    )


@dataclass(frozen=True)
class Loaded:
    """The runs of one source, oldest first; there is at least one."""

    source: Source
    runs: list[RunSummary]
    bad_lines: int = 0


def load(directory: Path) -> Loaded:
    """Read all there is of a run.

    Raises:
        UnusableInputError: nothing to read, or nothing of a training in it.
    """
    source = find_source(directory)
    tail = JournalTail(source.path)
    try:
        if source.kind == "log":
            runs = judged(LogReader(source.path))
        else:
            with source.path.open("rb"):  # says why it cannot be read
                runs = summarise(event for part in (tail.poll, tail.finish) for event in part())
    except OSError as error:
        raise UnusableInputError(f"{source.path}: {error.strerror or error}") from None
    if not runs:
        raise UnusableInputError(
            f"{source.path}: no record of a training in it. Give a journal.jsonl that the "
            "Journal hook wrote, or a train.log or workerlog.0 of PaddleOCR."
        )
    return Loaded(source, runs, tail.bad_lines)


def judged(events: Iterable[Event]) -> list[RunSummary]:
    """The runs in a log, with the verdicts and alerts that the guard's hooks make of them."""
    runs: list[RunSummary] = []
    guard = _guard()
    for event in events:
        if not runs or begins_run(runs[-1], event):
            runs.append(RunSummary())
            guard = _guard()
        alerts, verdict = len(guard.alerts), guard.verdict
        guard.dispatch(event)
        runs[-1].add(event)
        if guard.verdict is not None and guard.verdict is not verdict:
            runs[-1].add(guard.verdict)
        for alert in list(guard.alerts)[alerts:]:
            runs[-1].add(alert)
        runs[-1].would_stop = guard.stop
    return runs


def _guard() -> Guard:
    silent = logging.getLogger("ppocr_guard.report")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    return Guard([HmeanTrend(), LossHealth(), AutoStop()], silent)


class JournalTail:
    """Reads a growing journal a piece at a time.

    A record that is not complete yet is kept for the next :meth:`poll`. When the file is
    replaced or cut short (rotation) it is read from its start. Lines that are no record are
    skipped and counted in ``bad_lines``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bad_lines = 0
        self._offset = 0
        self._identity: Optional[tuple[int, int]] = None
        self._rest = b""

    def poll(self) -> Iterator[Event]:
        """The events that were written since the last call; none while there is no file."""
        try:
            stream = self.path.open("rb")
        except OSError:
            return
        with stream:
            status = os.fstat(stream.fileno())
            identity = (status.st_dev, status.st_ino)
            if identity != self._identity or status.st_size < self._offset:
                self._identity, self._offset, self._rest = identity, 0, b""
            stream.seek(self._offset)
            for line in stream:
                self._offset += len(line)
                line = self._rest + line
                self._rest = b""
                if not line.endswith(b"\n"):
                    self._rest = line
                    return
                event = self._parse(line)
                if event is not None:
                    yield event

    def finish(self) -> Iterator[Event]:
        """What stands after the last line break, if it is a whole record."""
        event = self._parse(self._rest) if self._rest else None
        self._rest = b""
        if event is not None:
            yield event

    def _parse(self, line: bytes) -> Optional[Event]:
        if not line.strip(b"\0 \t\r\n"):  # a crash may leave NUL bytes at the end
            return None
        try:
            event = parse_line(line)
            if _counts_are_numbers(event):
                return event
        except (ValueError, RecursionError):
            pass
        self.bad_lines += 1
        return None


def _counts_are_numbers(event: Event) -> bool:
    counts = (getattr(event, name, 0) for name in ("time", "epoch", "global_step", "value"))
    return all(isinstance(count, (int, float)) for count in counts)
