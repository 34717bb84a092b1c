"""All ranks of a training stop at the same step, whichever of them asks for it."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import Optional

from ppocr_guard.events import RunEnd, StopRequest
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.ranks import LAG, SLOW_EVERY, SLOW_SECONDS, Board
from ppocr_guard.records import from_record, to_record
from ppocr_guard.wording import say

_log = logging.getLogger("ppocr_guard")


@dataclass(frozen=True)
class Decision:
    """This rank stops now."""

    stop: StopRequest
    rank: int  # that asked for it
    together: bool = True  # all ranks stop at this very step; else the launcher ends the others

    @property
    def exit_code(self) -> int:
        """Of this process. Only a failure makes a launcher end the other ranks."""
        return self.stop.exit_code if self.together else self.stop.exit_code or 1


class StopAgreement:
    """Decides at each step boundary whether this rank stops now.

    With several ranks, one that left alone would abort or hang the others in their next
    collective. So a rank that wants to stop leaves a note with the step at which all are to
    leave, ``LAG`` steps on: every rank will have seen it by then (:mod:`ranks` says why), and no
    collective of ours is needed, in which an unguarded rank would be missing.

    At the start each guarded rank leaves a note that it is guarded. Where one is missing, or the
    ranks cannot talk, only the first guarded rank stops, by ending its process in failure.
    """

    def __init__(self, loop: Loop, board: Optional[Board] = None) -> None:
        self._rank = loop.rank
        self._world_size = loop.world_size
        self._first = loop.first_global_step
        self._board = board
        self._every = 1  # steps between two looks
        self._guarded: Optional[set[int]] = None  # ranks; None: not known yet
        self._asked = False
        self._notes: dict[int, _Note] = {}  # by rank

    def join(self) -> None:
        """Say that this rank is guarded. The last thing before the loop begins, for whoever has
        said it is counted on."""
        if self._board is not None:
            try:
                if self._board.seconds() > SLOW_SECONDS:
                    self._board.write("slow", "")
                self._board.write("guarded", "")
            except Exception as error:
                self._lost(error)

    def decide(self, global_step: int, own: Optional[StopRequest]) -> Optional[Decision]:
        """None: go on. ``own`` is what this rank's hooks have asked for."""
        if self._world_size == 1:
            return Decision(own, self._rank) if own else None
        if self._guarded is None:
            if self._board is not None and global_step < self._first + LAG:
                return None
            self._meet()
        try:
            if self._board is not None:
                self._exchange(global_step, own)
        except Exception as error:  # rank 0 is gone, which ends the training anyway
            self._lost(error)
        return self._agreed(global_step) if self._all else self._alone(own)

    def wait_for_others(self, seconds: float) -> None:
        """On rank 0, whose process keeps the notes: until the other ranks have read that they
        stop."""
        if self._board is None or self._world_size == 1 or not self._all:
            return
        try:
            self._board.write("leaving", "")
            deadline = time.monotonic() + seconds
            while self._rank == 0 and self._board.count("leaving") < self._world_size:
                if time.monotonic() > deadline:
                    return
                time.sleep(0.05)
        except Exception as error:
            self._lost(error)

    @property
    def _all(self) -> bool:
        return self._guarded is not None and len(self._guarded) == self._world_size

    @property
    def _leader(self) -> int:
        """The rank that stops where not all can."""
        return min(self._guarded or {0})

    def _meet(self) -> None:
        """Learn which ranks are guarded: all that are have said so before their first step."""
        self._guarded = set()
        if self._board is not None:
            try:
                self._guarded = self._board.authors("guarded")
                self._every = SLOW_EVERY if self._board.count("slow") else 1
            except Exception as error:
                self._lost(error)
        if not self._all and self._rank == self._leader:
            missing = sorted(set(range(self._world_size)) - self._guarded)
            why = (
                say(
                    "Of the {ranks} ranks, {missing} run without the guard.",
                    ranks=self._world_size,
                    missing=", ".join(map(str, missing)),
                )
                if self._guarded
                else say(
                    "The {ranks} ranks cannot tell each other when to stop.",
                    ranks=self._world_size,
                )
            )
            _log.log(
                logging.WARNING if self._rank == 0 else logging.ERROR,
                "%s A stop will end this process in failure%s, so that the launcher ends the "
                "other ranks.",
                why,
                say(", after it has saved") if self._rank == 0 else "",
            )

    def _exchange(self, global_step: int, own: Optional[StopRequest]) -> None:
        assert self._board is not None
        if own is not None and not self._asked:
            self._asked = True
            at = -(-(global_step + LAG) // self._every) * self._every
            self._board.write("stop", _Note(at, own).to_json())
        if global_step % self._every == 0 and self._board.count("stop") > len(self._notes):
            new = self._board.authors("stop") - set(self._notes)
            for rank, text in self._board.read("stop", new).items():
                self._notes[rank] = _Note.from_json(text)

    def _agreed(self, global_step: int) -> Optional[Decision]:
        """All ranks know the same notes that are due, and so take the same one."""
        due = [(note.at, rank) for rank, note in self._notes.items() if note.at <= global_step]
        if not due:
            return None
        rank = min(due)[1]
        return Decision(self._notes[rank].stop, rank)

    def _alone(self, own: Optional[StopRequest]) -> Optional[Decision]:
        """Not all ranks are guarded: the first guarded one stops, for any of them."""
        if self._rank != self._leader:
            return None
        if own is not None:
            return Decision(own, self._rank, together=False)
        for rank, note in sorted(self._notes.items()):
            return Decision(note.stop, rank, together=False)
        return None

    def _lost(self, error: Exception) -> None:
        self._board = None
        self._guarded = self._guarded or set()
        _log.warning("the ranks can no longer tell each other when to stop (%s)", error)


@dataclass(frozen=True)
class _Note:
    """A stop that a rank asks for, and the step at which all ranks are to leave."""

    at: int
    stop: StopRequest

    def to_json(self) -> str:
        end = RunEnd(0.0, self.stop.epoch, self.stop.global_step, "stopped", self.stop)
        return json.dumps({"at": self.at, "end": to_record(end)})

    @classmethod
    def from_json(cls, text: str) -> _Note:
        values = json.loads(text)
        end = from_record(values["end"])
        assert isinstance(end, RunEnd)
        assert end.stop is not None
        return cls(int(values["at"]), end.stop)
