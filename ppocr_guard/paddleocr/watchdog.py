"""Looks from a thread of its own at how long the training thread has been at one thing."""

from __future__ import annotations

import statistics
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Callable, Optional

PATIENCE = 60.0  # seconds without a batch before anything is said
HANG_FACTOR = 20.0  # times the usual time of a batch or step; never less than PATIENCE
FIRST_FACTOR = 10.0  # times PATIENCE, while no usual time is known: the first step may compile
REMEMBERED = 50  # times that the usual one is the median of
MAX_STACKS = 50_000  # characters
_OURS = str(Path(__file__).resolve().parent.parent)

BATCH = "batch"  # waits for the loader
STEP = "step"  # forward, backward, the averaging of gradients with other ranks


@dataclass(frozen=True)
class Hung:
    """One thing takes far longer than usual."""

    phase: str  # BATCH or STEP
    seconds: float
    usual_seconds: Optional[float]
    where: str  # the line at which the training thread stands
    stacks: str  # of all threads


class Watchdog:
    """Calls ``stalled(seconds)`` while the loop waits for a batch in vain, and ``hung(Hung)`` once
    when a batch or a step takes far longer than usual; both from the watchdog's thread.

    The first ``stalled`` comes after ``patience`` seconds without a batch, further ones each time
    the wait has doubled. What the loop does between a step's end and its next wait (it evaluates,
    saves, prints) is not watched.
    """

    def __init__(
        self,
        stalled: Callable[[float], None],
        hung: Optional[Callable[[Hung], None]] = None,
        *,
        watch_steps: bool = True,
        patience: Optional[float] = None,
    ) -> None:
        """``watch_steps`` False: on a rank whose steps wait while another one evaluates."""
        self._stalled = stalled
        self._hung = hung
        self._watched = {BATCH, STEP} if watch_steps else {BATCH}
        self._patience = PATIENCE if patience is None else patience
        self._now: Optional[tuple[str, float]] = None  # phase, since (perf_counter)
        self._times: dict[str, deque[float]] = {
            phase: deque(maxlen=REMEMBERED) for phase in (BATCH, STEP)
        }
        self._watches = threading.get_ident()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ppocr_guard-watchdog", daemon=True)
        self._thread.start()

    def enter(self, phase: Optional[str]) -> None:
        """The training thread begins with this; None: with something that is not watched."""
        now = time.perf_counter()
        self._watches = threading.get_ident()
        if self._now is not None:
            before, since = self._now
            self._times[before].append(now - since)
        self._now = None if phase is None else (phase, now)

    @property
    def waits_for_batch(self) -> bool:
        return self._now is not None and self._now[0] == BATCH

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        looked_at: Optional[tuple[str, float]] = None
        threshold, told = self._patience, False
        while not self._closed.wait(min(1.0, self._patience / 4)):
            now = self._now
            if now != looked_at:
                looked_at, threshold, told = now, self._patience, False
            if now is None:
                continue
            phase, seconds = now[0], time.perf_counter() - now[1]
            if self._hung is not None and not told and phase in self._watched:
                usual = self._usual(phase)
                if seconds >= self._limit(usual):
                    told = True
                    self._hung(self._describe(phase, seconds, usual))
            if phase == BATCH and seconds >= threshold:
                threshold *= 2
                self._stalled(seconds)

    def _usual(self, phase: str) -> Optional[float]:
        times = list(self._times[phase])
        return statistics.median(times) if times else None

    def _limit(self, usual: Optional[float]) -> float:
        if usual is None:
            return FIRST_FACTOR * self._patience
        return max(self._patience, HANG_FACTOR * usual)

    def _describe(self, phase: str, seconds: float, usual: Optional[float]) -> Hung:
        frames = sys._current_frames()
        return Hung(
            phase,
            seconds,
            usual,
            where(frames.get(self._watches)),
            all_stacks(frames, self._watches),
        )


def where(frame: Optional[FrameType]) -> str:
    """``file:line in function`` of the innermost line, and of the innermost one of PaddleOCR's."""
    if frame is None:
        return "the training thread is gone"
    stack = [entry for entry in traceback.extract_stack(frame) if not _is_ours(entry)]
    if not stack:
        return "inside the guard"
    innermost = _place(stack[-1])
    paddleocr = [entry for entry in stack if _is_paddleocr(entry)]
    if paddleocr and paddleocr[-1] is not stack[-1]:
        return f"{innermost}, called from {_place(paddleocr[-1])}"
    return innermost


def all_stacks(frames: dict[int, FrameType], training_thread: int) -> str:
    """The stacks of all threads, the training thread's first, innermost line last."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    texts = []
    for ident in sorted(frames, key=lambda ident: ident != training_thread):
        name = "training thread" if ident == training_thread else names.get(ident, "of no name")
        lines = "".join(traceback.format_stack(frames[ident]))
        texts.append(f"{name} ({ident}):\n{lines}")
    return "\n".join(texts)[:MAX_STACKS]


def _place(entry: traceback.FrameSummary) -> str:
    parts: Sequence[str] = Path(entry.filename).parts
    return f"{'/'.join(parts[-3:])}:{entry.lineno} in {entry.name}"


def _is_ours(entry: traceback.FrameSummary) -> bool:
    return entry.filename.startswith(_OURS)


def _is_paddleocr(entry: traceback.FrameSummary) -> bool:
    parts = Path(entry.filename).parts
    return "ppocr" in parts or (len(parts) > 1 and parts[-2] == "tools")
