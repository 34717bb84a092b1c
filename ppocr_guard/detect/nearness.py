"""Whether a recogniser comes nearer to its texts while acc is still 0.

acc counts a text only when all of its characters are right, so it stays 0 long after learning has
begun; norm_edit_dis rises before it. That tells "learns slowly" from "learns nothing".

CTC from scratch first gives the blank everywhere: norm_edit_dis is 0 for many evaluations, and then
rises with each of them. So what is learned shows in the rise, long before any level is reached.
"""

from __future__ import annotations

import math
from typing import Any, Optional

from ppocr_guard.detect.base import Detector

READS = 0.15  # norm_edit_dis of a model that reads something; 0.0 to 0.1 of one that does not
GAIN = 0.02  # that counts as progress
# So many evaluations in a row, each better than all before, are a rise. Of n values in an order
# that means nothing, the last three are that once in n (n - 1) (n - 2): in one run of twelve it
# happens at all, most often in the first evaluations. A warning comes ``patience`` later then.
RISE = 3
MORE = 0.001  # that a value must be better by; one character of 160 texts is about as much


class NearnessDetector(Detector):
    """Feed it norm_edit_dis at each evaluation."""

    STATE = ("first", "best", "since_progress", "highest", "in_a_row", "rising", "since_rise")

    def __init__(self, patience: int) -> None:
        """``patience``: evaluations without progress after which nothing more is learned."""
        self.patience = patience
        self.first: Optional[float] = None
        self.best = 0.0  # at the last progress
        self.since_progress = 0
        self.highest = 0.0
        self.in_a_row = 0  # evaluations, each better than all before
        self.rising = False  # there was a rise
        self.since_rise = 0  # evaluations since the last that was the best

    def update(self, value: Optional[float]) -> bool:
        """Whether something is read or begins to be, and more of it than ``patience`` evaluations
        ago."""
        if value is None or not math.isfinite(value):
            self.since_progress += 1
            self.since_rise += 1
            self.in_a_row = 0
            return self.learns
        if value > self.highest + MORE:
            self.in_a_row += self.first is not None  # the first is better than nothing
            self.highest, self.since_rise = value, 0
        else:
            self.in_a_row = 0
            self.since_rise += 1
        self.rising = self.rising or self.in_a_row >= RISE
        if self.first is None:
            self.first = value
        if value >= self.best + GAIN:
            self.best, self.since_progress = value, 0
        else:
            self.since_progress += 1
        return self.learns

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """As :class:`Detector` has it; a state from before there was a rise has less in it."""
        old = {name: state[name] for name in self.STATE if name in state}
        super().load_state_dict({**self.state_dict(), **old} if len(old) == len(state) else state)

    @property
    def learns(self) -> bool:
        reads = self.best >= READS and self.since_progress < self.patience
        return reads or (self.rising and self.since_rise < self.patience)
