"""The runs in a journal, finished or growing: journal in, :class:`~ppocr_guard.logs.run.Run` out.

Report, live view and demo read through this, so that they agree on what a file says.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ppocr_guard.events import Event
from ppocr_guard.logs.journal import JournalTail
from ppocr_guard.logs.run import Run, begins_run


class JournalRuns:
    """The runs in one journal, oldest first, as of the last :meth:`poll`.

    Attributes:
        runs: what is in the file. Empty again when the file was deleted or replaced.
        begun_anew: how often that happened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: list[Run] = []
        self.begun_anew = 0
        self._tail = JournalTail(path)
        self._skipped = 0

    @property
    def bad_lines(self) -> int:
        """Lines of the file that are no record (:attr:`Run.skipped` has them by run)."""
        return self._tail.bad_lines

    @property
    def reason(self) -> str:
        """Why the first of the bad lines is none; empty without one."""
        return self._tail.reason

    def poll(self) -> bool:
        """Take in what was written since; True when there is a run."""
        self._take(self._tail.poll())
        return bool(self.runs)

    def read(self) -> list[Run]:
        """All runs of a file that is whole.

        Raises:
            OSError: it cannot be read.
        """
        with self.path.open("rb"):  # says why
            pass
        self._take(self._tail.poll())
        self._take(self._tail.finish())
        return self.runs

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            self._look_at_file()
            self._count_skipped()
            if not self.runs or begins_run(self.runs[-1], event):
                self.runs.append(Run())
            self.runs[-1].add(event)
        self._look_at_file()
        self._count_skipped()

    def _look_at_file(self) -> None:
        if self._tail.begun_anew != self.begun_anew:
            self.begun_anew = self._tail.begun_anew
            self.runs.clear()

    def _count_skipped(self) -> None:
        if self.runs:
            self.runs[-1].skipped += self._tail.bad_lines - self._skipped
            self._skipped = self._tail.bad_lines
