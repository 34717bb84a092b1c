"""A one-sided control chart against the run's own best, with a run rule.

The form: k points in a row beyond a limit (Western Electric rules, 1956), the limit being relative
to the best as in ML.NET's and Prechelt's "GL" (Early Stopping - but when?, 1998), and k growing
with what this very run is known to recover from. Collapse, slide and decline are such charts; they
differ in how deep, how long, and how calm the run must be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional

from ppocr_guard.detect.base import Detector


@dataclass(frozen=True)
class Limits:
    """What a chart asks for.

    ``drop``: share of the best that must be lost. ``patience``: evaluations that must stay low,
    for a run without big moves or earlier dips. ``floor``: best value below which the run was not
    worth anything yet. ``swing_weight``: evaluations of patience added for an upward move as large
    as the best; moves up to ``steady`` (share of the best) are noise, and a move counts ``fading``
    times as much with each evaluation after it, ``fading_low`` times within a dip.
    """

    drop: float
    patience: int
    floor: float = 0.3
    swing_weight: float = 35.0
    steady: float = 0.05
    fading: float = 0.9
    fading_low: float = 1.0


class Chart(Detector):
    """Feed one value in 0..1 an evaluation; :attr:`settled` says that a dip no longer ends."""

    BOUNCE = 0.1  # climbing by this share of the best within a dip starts the count anew
    LONG_DIP = 3  # times patience: so long a dip is settled, however much it swings inside
    # A pretrained model that loses nearly all within its first evaluations is most often shaken by
    # the warm-up of the learning rate, and learns again.
    EARLY = 3  # evaluations
    SHAKEN = 0.9  # share of the best that is lost
    SHAKEN_PATIENCE = 5  # evaluations more

    STATE = (
        "best", "previous", "swing", "longest_dip", "dips", "dip", "count", "lowest",
        "evaluations", "over", "again",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.best = 0.0
        self.previous: Optional[float] = None
        self.swing = 0.0  # largest upward move, fading
        self.longest_dip = 0  # evaluations, of dips that were recovered from
        self.dips = 0  # that were recovered from
        self.dip = 0  # evaluations of the present dip
        self.count = 0  # of these, settled
        self.lowest = 0.0  # value that the next must not exceed by BOUNCE to count as settled
        self.evaluations = 0
        self.over = False
        self.again = False  # this run was stopped for it before

    def feed(self, value: float, drop: Optional[float] = None) -> bool:
        """Whether ``value`` is low: more than ``drop`` (default: the limits') under the best."""
        value = value if math.isfinite(value) else 0.0
        self.evaluations += 1
        low = self.best >= self.limits.floor and value < self.threshold(drop)
        if low:
            self._fall(value)
        else:
            self._hold(value)
        self.previous = value
        return low

    def threshold(self, drop: Optional[float] = None) -> float:
        return (1 - (self.limits.drop if drop is None else drop)) * self.best

    def settles(self, patience: int) -> bool:
        """Whether the dip has lasted ``patience``; holds until the value is no longer low."""
        settled = self.count >= patience or self.dip >= self.LONG_DIP * patience
        self.over = self.dip > 0 and (self.over or settled)
        return self.over

    def patience(self) -> int:
        """Evaluations that must stay low in this run."""
        limits = self.limits
        if self.again:
            return limits.patience
        swing = max(0.0, self.swing / self.best - limits.steady) if self.best else 0.0
        extra = limits.swing_weight * swing + self.longest_dip
        early = self.evaluations - self.dip < self.EARLY
        if early and self.lowest < (1 - self.SHAKEN) * self.best:
            extra += self.SHAKEN_PATIENCE
        return round(limits.patience + extra)

    def restart(self) -> None:
        """The run was stopped for it and goes on: it gets the plain patience to show that it is
        over, and no more."""
        self.over, self.again = False, True
        self.dip = self.count = 0

    def resume(self, best: Optional[float]) -> None:
        """Take over the best value of an earlier part of the run."""
        if best is not None and math.isfinite(best):
            self.best = max(self.best, best)

    def _fall(self, value: float) -> None:
        self.dip += 1
        self.swing *= self.limits.fading_low
        if self.count and value > self.lowest + self.BOUNCE * self.best:
            self.count, self.lowest = 0, value
        else:
            self.lowest = min(self.lowest, value) if self.count else value
            self.count += 1

    def _hold(self, value: float) -> None:
        if self.previous is not None:
            self.swing = max(value - self.previous, self.limits.fading * self.swing)
        self.best = max(self.best, value)
        self.longest_dip = max(self.longest_dip, self.dip)
        self.dips += self.dip > 0
        self.dip = self.count = 0
        self.over = self.again = False
