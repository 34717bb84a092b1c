"""When a figure of the training batches left the range that it had."""

from __future__ import annotations

import math
from typing import Optional

from ppocr_guard.detect.base import Detector


class JumpDetector(Detector):
    """Three figures in a row beyond ``sigmas`` standard deviations of all before, and at least
    ``least`` away from their mean; a learning phase of ``first`` figures. O(1) memory."""

    STATE = ("count", "mean", "squares", "outside", "since", "jumped")
    ROW = 3

    def __init__(self, sigmas: float = 6.0, least: float = 0.25, first: int = 6) -> None:
        self.sigmas, self.least, self.first = sigmas, least, first
        self.count = 0
        self.mean = 0.0
        self.squares = 0.0  # sum of squared deviations, by Welford
        self.outside = 0
        self.since = 0
        self.jumped = 0

    def update(self, value: float, step: int) -> Optional[int]:
        """The step at which the figure jumped, once it is known (it stays known)."""
        if self.jumped or not math.isfinite(value):
            return self.jumped or None
        spread = math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0
        away = abs(value - self.mean)
        if self.count >= self.first and away > max(self.least, self.sigmas * spread):
            self.since = self.since if self.outside else step
            self.outside += 1
            if self.outside >= self.ROW:
                self.jumped = self.since
                return self.jumped
            return None
        self.outside = 0
        self.count += 1
        change = value - self.mean
        self.mean += change / self.count
        self.squares += change * (value - self.mean)
        return None
