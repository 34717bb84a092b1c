"""Collapse of a validation metric against the run's own best.

A collapse is a fall that settles: the metric is far under its best and no longer comes back.
That the metric is low is easy to see; what separates a collapse from the long dips that runs
do recover from is measured on the run itself:

* a run that has made big upward moves can make one again (a detector that learns fast, or a
  tiny validation set, where hmean jumps by half): patience grows with the largest recent one;
* a run that came back from a dip of n evaluations gets n evaluations more next time;
* a pretrained model that falls to nothing at the very start is given time to learn again;
* a metric that climbs inside the dip may be coming back: counting starts anew (within limits).

Evidence from elsewhere (the shrink ratio, the same boxes rescored under other unclip ratios)
tells that the targets are wrong and waiting is useless; then two evaluations are enough.

The form is a one-sided control chart with a run rule (k points in a row beyond a limit; Western
Electric rules, 1956), the limit being relative to the best as in ML.NET's and Prechelt's "GL"
(Early Stopping - but when?, 1998). The numbers were chosen on 147 public curves and a generator
(see benchmarks/detection), where CUSUM on the same series was slower at equal false stops: it
rewards depth, and the dips that recover are the deeper ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional

from ppocr_guard.detect.base import Detector


@dataclass(frozen=True)
class Collapse:
    """The numbers a decision rests on. ``since`` is the first evaluation of the dip."""

    value: float
    best: float
    threshold: float
    over: bool  # it is a collapse, until the metric is no longer low
    count: int  # settled low evaluations in a row
    patience: int  # how many of them make a collapse
    since: int

    @property
    def drop(self) -> float:
        """Share of the best that is lost, 0..1."""
        return 1 - self.value / self.best


class CollapseDetector(Detector):
    """Feed one value in 0..1 an evaluation; says when the run has collapsed.

    Args:
        drop: share of the best that must be lost (0.4: under 60 % of the best).
        patience: evaluations that must stay low, for a run without big moves or earlier dips.
        floor: best value below which the run was not worth anything yet; never a collapse.
        swing_weight: evaluations of patience added for an upward move as large as the best.
    """

    BOUNCE = 0.1  # climbing by this share of the best within a dip starts the count anew
    STEADY = 0.05  # upward moves up to this share of the best are noise
    FADING = 0.9  # an upward move counts this much less with each evaluation after it
    LONG_DIP = 3  # times patience: so long a dip is a collapse, however much it swings inside
    # A pretrained model that loses nearly all within its first evaluations is most often shaken by
    # the warm-up of the learning rate, and learns again.
    EARLY = 3  # evaluations
    SHAKEN = 0.9  # share of the best that is lost
    SHAKEN_PATIENCE = 5  # evaluations more
    # With evidence that the targets are wrong, recovery is not to be expected:
    SUSPECT_DROP = 0.25
    SUSPECT_PATIENCE = 2

    STATE = (
        "best", "previous", "swing", "longest_dip", "dip", "count", "lowest", "evaluations", "over",
        "again",
    )  # fmt: skip

    def __init__(
        self,
        drop: float = 0.4,
        patience: int = 3,
        floor: float = 0.3,
        swing_weight: float = 35.0,
    ) -> None:
        self.drop = drop
        self.patience = patience
        self.floor = floor
        self.swing_weight = swing_weight
        self.best = 0.0
        self.previous: Optional[float] = None
        self.swing = 0.0  # largest upward move, fading
        self.longest_dip = 0  # evaluations, of dips that were recovered from
        self.dip = 0  # evaluations of the present dip
        self.count = 0  # of these, settled
        self.lowest = 0.0  # value that the next must not exceed by BOUNCE to count as settled
        self.evaluations = 0
        self.over = False
        self.again = False  # this run was stopped for it before

    def update(
        self, value: float, *, suspect: bool = False, hint: bool = False
    ) -> Optional[Collapse]:
        """The state of the fall, or None when the value is not low.

        Args:
            value: the metric; NaN counts as 0.
            suspect: the targets are known to be wrong (shrink ratio alert, rescoring).
            hint: something points that way (precision and recall fall together): one
                evaluation less.
        """
        value = value if math.isfinite(value) else 0.0
        self.evaluations += 1
        drop = min(self.drop, self.SUSPECT_DROP) if suspect else self.drop
        threshold = (1 - drop) * self.best
        low = self.best >= self.floor and value < threshold
        if low:
            self._fall(value)
        else:
            self._hold(value)
        self.previous = value
        if not low:
            return None
        patience = self._patience(suspect, hint)
        settled = self.count >= patience or self.dip >= self.LONG_DIP * patience
        self.over = self.over or settled
        return Collapse(
            value=value,
            best=self.best,
            threshold=threshold,
            over=self.over,
            count=self.count,
            patience=patience,
            since=self.evaluations - self.dip + 1,
        )

    def _fall(self, value: float) -> None:
        self.dip += 1
        if self.count and value > self.lowest + self.BOUNCE * self.best:
            self.count, self.lowest = 0, value
        else:
            self.lowest = min(self.lowest, value) if self.count else value
            self.count += 1

    def _hold(self, value: float) -> None:
        if self.previous is not None:
            self.swing = max(value - self.previous, self.FADING * self.swing)
        self.best = max(self.best, value)
        self.longest_dip = max(self.longest_dip, self.dip)
        self.dip = self.count = 0
        self.over = self.again = False

    def _patience(self, suspect: bool, hint: bool) -> int:
        if suspect:
            return min(self.patience, self.SUSPECT_PATIENCE)
        if self.again:
            return self.patience
        swing = max(0.0, self.swing / self.best - self.STEADY)
        extra = self.swing_weight * swing + self.longest_dip
        early = self.evaluations - self.dip < self.EARLY
        if early and self.lowest < (1 - self.SHAKEN) * self.best:
            extra += self.SHAKEN_PATIENCE
        return max(min(self.patience, 2), round(self.patience + extra) - hint)

    def restart(self) -> None:
        """The run was stopped for it and goes on: it gets ``patience`` evaluations to show
        that it is over, and no more."""
        self.over, self.again = False, True
        self.dip = self.count = 0

    def resume(self, best: Optional[float]) -> None:
        """Take over the best value of an earlier part of the run."""
        if best is not None and math.isfinite(best):
            self.best = max(self.best, best)
