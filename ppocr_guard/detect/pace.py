"""Where the time goes: into waiting for data, or into evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Waiting:
    """Of the last stretches together; seconds are those of one step."""

    starves: Optional[bool]  # None: neither clearly so, nor clearly over
    share: float  # of the time
    wait_seconds: float
    step_seconds: float
    steps: int


class LoaderPace:
    """The share of a step that waits for its batch, by stretches of time.

    The first stretch is left out (workers start, kernels are chosen), and so is the first step of
    each epoch, at which PaddleOCR starts the workers anew: that is another matter, and the whole
    of a small training. O(1) memory.

    Args:
        share: of each of the last ``stretches``, from which on the loader is too slow.
        over: share of the last stretch below which it no longer is.
        steps, seconds: a stretch has at least so many.
    """

    def __init__(
        self,
        share: float = 0.4,
        over: float = 0.25,
        stretches: int = 3,
        steps: int = 50,
        seconds: float = 30.0,
    ) -> None:
        self.share, self.over, self.stretches = share, over, stretches
        self.steps, self.seconds = steps, seconds
        self._warm = False
        self._skip = True
        self._now = (0, 0.0, 0.0)  # steps, seconds, of these waiting
        self._last: list[tuple[int, float, float]] = []

    def epoch_starts(self) -> None:
        self._skip = True

    def step(self, seconds: float, waiting: float, count: int = 1) -> Optional[Waiting]:
        """``count`` steps that took so long each; what a stretch shows at its end."""
        if self._skip and count == 1:
            self._skip = False
            return None
        if not (math.isfinite(seconds) and 0 <= waiting <= seconds):
            return None
        steps, total, waited = self._now
        self._now = steps + count, total + count * seconds, waited + count * waiting
        if self._now[0] < self.steps or self._now[1] < self.seconds:
            return None
        stretch, self._now = self._now, (0, 0.0, 0.0)
        if not self._warm:
            self._warm = True
            return None
        self._last = [*self._last, stretch][-self.stretches :]
        return self._judged()

    def _judged(self) -> Waiting:
        shares = [waited / total for _, total, waited in self._last]
        starves: Optional[bool] = None
        if len(shares) == self.stretches and min(shares) >= self.share:
            starves = True
        elif shares[-1] < self.over:
            starves = False
        steps, total, waited = (sum(column) for column in zip(*self._last))
        return Waiting(starves, waited / total, waited / steps, total / steps, int(steps))


def workers_wanted(workers: int, share: float) -> int:
    """Workers that would keep up, if reading is spread evenly: the batch takes 1, of which the
    network needs ``1 - share``."""
    return math.ceil(round(max(1, workers) / max(0.05, 1 - share), 6))


class EvaluationPace:
    """Time in evaluations against time in steps.

    Args:
        factor: as often as evaluations must have taken the time of the steps.
        seconds: that they must have taken in all, below which it does not matter.
    """

    def __init__(self, factor: float = 2.0, seconds: float = 900.0) -> None:
        self.factor, self.seconds = factor, seconds
        self.steps = 0
        self.training = 0.0  # seconds
        self.evaluations = 0
        self.evaluating = 0.0

    def step(self, seconds: float, count: int = 1) -> None:
        self.steps += count
        self.training += count * seconds

    def evaluated(self, seconds: float) -> bool:
        """Whether evaluations take too much of the time."""
        self.evaluations += 1
        self.evaluating += seconds
        much = self.evaluating > self.factor * self.training
        return much and self.evaluating > self.seconds and self.steps > 0
