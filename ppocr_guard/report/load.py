"""Finds and reads what a report is made from: a journal, or a bare ``train.log``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ppocr_guard import paths
from ppocr_guard.events import Event, RunStart
from ppocr_guard.logs.follow import JournalRuns
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.logs.judging import Listener, log_guard
from ppocr_guard.logs.reader import LogReader
from ppocr_guard.logs.run import Run, begins_run, summarise
from ppocr_guard.report.facts import dig
from ppocr_guard.wording import said_by, say

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
        raise UnusableInputError(say("{path}: no such file or directory", path=str(directory)))
    journal = paths.find_journal(directory)
    if journal:
        return Source(journal, "journal")
    for name in LOGS if directory.is_dir() else ("",):
        log = directory / name if name else directory
        if log.is_file():
            return Source(log, "log")
    raise UnusableInputError(
        say(
            "{path}: neither ppocr_guard/journal.jsonl nor train.log is in it. Give the folder "
            "that Global.save_model_dir names, or the path of a log.",
            path=str(directory),
        )
    )


@dataclass(frozen=True)
class Loaded:
    """The runs of one source, oldest first; there is at least one."""

    source: Source
    runs: list[Run]
    bad_lines: int = 0
    earlier: tuple[Path, ...] = ()  # journals of earlier launches, in other folders


def load(directory: Path) -> Loaded:
    """Read all there is of a run.

    Raises:
        UnusableInputError: nothing to read, or nothing of a training in it.
    """
    source = find_source(directory)
    journal = JournalRuns(source.path)
    earlier: tuple[Path, ...] = ()
    try:
        runs = judged(LogReader(source.path)) if source.kind == "log" else journal.read()
        if source.kind == "journal" and len(runs) == 1:
            runs, earlier = with_earlier(source.path, runs)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or said_by(error)
        line = say("{path}: {reason}", path=str(source.path), reason=reason)
        raise UnusableInputError(line) from None
    if not runs:
        raise UnusableInputError(
            say(
                "{path}: no record of a training in it. Give a journal.jsonl that the Journal hook "
                "wrote, or a train.log or workerlog.0 of PaddleOCR.",
                path=str(source.path),
            )
        )
    return Loaded(source, runs, journal.bad_lines, earlier)


def with_earlier(path: Path, runs: list[Run]) -> tuple[list[Run], tuple[Path, ...]]:
    """The run of a journal with what came before it in other folders, and their journals.

    A resume may write to another ``save_model_dir`` than that of the checkpoint that it goes on
    from; the journal beside the checkpoint has the earlier launches.
    """
    chain = [path]
    while len(chain) < _MOST_FOLDERS:
        start = _first_start(chain[0])
        before = _journal_beside(start) if start and start.resumed else None
        if before is None or any(before.samefile(known) for known in chain):
            break
        chain.insert(0, before)
    if len(chain) == 1:
        return runs, ()
    whole = summarise(event for journal in chain for event in read_journal(journal))
    return whole[-1:], tuple(chain[:-1])


_MOST_FOLDERS = 20


def _first_start(journal: Path) -> Optional[RunStart]:
    return next((event for event in read_journal(journal) if isinstance(event, RunStart)), None)


def _journal_beside(start: RunStart) -> Optional[Path]:
    """The journal in the folder of the checkpoint that a launch went on from."""
    checkpoint = dig(start.config, "Global", "checkpoints")
    if not isinstance(checkpoint, str) or "\0" in checkpoint:
        return None
    found = paths.journal_path(str(Path(checkpoint).parent))
    try:
        return found if found.is_file() else None
    except OSError:  # a name that is too long
        return None


def judged(events: Iterable[Event]) -> list[Run]:
    """The runs in a log, with what the guard's hooks make of them."""
    runs: list[Run] = []
    listener = Listener()
    guard = log_guard(listener)
    for event in events:
        if not runs or begins_run(runs[-1], event):
            runs.append(Run())
            guard = log_guard(listener)
        guard.dispatch(event)
        runs[-1].add(event)
        for made in listener.take():
            runs[-1].add(made)
        runs[-1].would_stop = guard.stop
    return runs
