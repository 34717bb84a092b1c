"""Whether a recogniser comes nearer to its texts while acc is still 0.

acc counts a text only when all of its characters are right, so it stays 0 long after learning has
begun; norm_edit_dis rises before it. That tells "learns slowly" from "learns nothing".
"""

from __future__ import annotations

import math
from typing import Optional

from ppocr_guard.detect.base import Detector

READS = 0.15  # norm_edit_dis of a model that reads something; 0.0 to 0.1 of one that does not
GAIN = 0.02  # that counts as progress


class NearnessDetector(Detector):
    """Feed it norm_edit_dis at each evaluation."""

    STATE = ("first", "best", "since_progress")

    def __init__(self, patience: int) -> None:
        """``patience``: evaluations without progress after which nothing more is learned."""
        self.patience = patience
        self.first: Optional[float] = None
        self.best = 0.0
        self.since_progress = 0

    def update(self, value: Optional[float]) -> bool:
        """Whether something is read, and more of it than ``patience`` evaluations ago."""
        if value is None or not math.isfinite(value):
            self.since_progress += 1
            return self.learns
        if self.first is None:
            self.first = value
        if value >= self.best + GAIN:
            self.best, self.since_progress = value, 0
        else:
            self.since_progress += 1
        return self.learns

    @property
    def learns(self) -> bool:
        return self.best >= READS and self.since_progress < self.patience
