"""Whether a quantity that should stand still grows without end: memory."""

from __future__ import annotations

from typing import Optional

from ppocr_guard.detect.base import Detector


class GrowthDetector(Detector):
    """Grown at each of ``times`` looks in a row, by ``share`` of what it was and by ``least``.

    The first look is left out: caches fill in the first evaluation. O(1) memory.
    """

    STATE = ("looks", "last", "start", "rises")

    def __init__(self, times: int = 6, share: float = 0.2, least: float = 500.0) -> None:
        self.times, self.share, self.least = times, share, least
        self.looks = 0
        self.last = 0.0
        self.start = 0.0  # where the present rise began
        self.rises = 0

    def update(self, value: float) -> Optional[float]:
        """How much it has grown since the rise began, once that is a leak; else None."""
        self.looks += 1
        if self.looks <= 2 or value <= self.last:
            self.start, self.rises = value, 0
        else:
            self.rises += 1
        self.last = value
        grown = value - self.start
        enough = grown > max(self.least, self.share * self.start)
        return grown if self.rises >= self.times and enough else None
