"""Collapse of a validation metric against the run's own best.

A collapse is a fall that settles: the metric is far under its best and no longer comes back.
That the metric is low is easy to see; what separates a collapse from the long dips that runs
do recover from is measured on the run itself (:mod:`ppocr_guard.detect.chart`):

* a run that has made big upward moves can make one again (a detector that learns fast, or a
  tiny validation set, where hmean jumps by half): patience grows with the largest recent one;
* a run that came back from a dip of n evaluations gets n evaluations more next time;
* a pretrained model that falls to nothing at the very start is given time to learn again;
* a metric that climbs inside the dip may be coming back: counting starts anew (within limits).

Two charts watch for two shapes. The *fall* loses 40 % and more, and is told within evaluations.
The *slide* is the slow one, down a staircase, which has lost a fifth long before it has lost 40 %:
it is told only in a run that has been calm for long, for swinging runs come back from such levels.

Evidence from elsewhere (the shrink ratio, the same boxes rescored under other unclip ratios)
tells that the targets are wrong and waiting is useless; then two evaluations are enough.

The numbers were chosen on the *develop* and *validate* parts of the public curves (see
benchmarks/detection). CUSUM on the same series was slower at equal false stops (it rewards depth,
and the dips that recover are the deeper ones), and logistic regression and boosted trees over 15
features of metric and loss, cross-validated by owner, caught fewer. A test for a trend
(Mann-Kendall over 10 to 16 evaluations) finds slides some evaluations sooner, and stopped two and
more good runs for each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Optional

from ppocr_guard.detect.chart import Chart, Limits
from ppocr_guard.detect.outlook import Outlook, outlook

FALL = Limits(drop=0.4, patience=3, fading_low=0.99)
SLIDE = Limits(drop=0.22, patience=15, swing_weight=200.0, steady=0.02, fading=0.98)
# Enough for a warning: most of these come to nothing worse, and some come back.
DECLINE = Limits(drop=0.2, patience=6, fading=0.97)


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
    slide: bool = False  # shallow and slow; else deep
    outlook: Optional[Outlook] = None  # how often real runs came back from here

    @property
    def drop(self) -> float:
        """Share of the best that is lost, 0..1."""
        return 1 - self.value / self.best


class CollapseDetector(Chart):
    """Feed one value in 0..1 an evaluation; says when the run has collapsed.

    Args:
        drop: share of the best that must be lost (0.4: under 60 % of the best).
        patience: evaluations that must stay low, for a run without big moves or earlier dips.
        floor: best value below which the run was not worth anything yet; never a collapse.
        swing_weight: evaluations of patience added for an upward move as large as the best.
        slide: limits of the slow fall; None: it is not watched for.
    """

    # With evidence that the targets are wrong, recovery is not to be expected:
    SUSPECT_DROP = 0.25
    SUSPECT_PATIENCE = 2

    def __init__(
        self,
        drop: float = FALL.drop,
        patience: int = FALL.patience,
        floor: float = FALL.floor,
        swing_weight: float = FALL.swing_weight,
        slide: Optional[Limits] = SLIDE,
    ) -> None:
        super().__init__(
            replace(FALL, drop=drop, patience=patience, floor=floor, swing_weight=swing_weight)
        )
        self.decline = Chart(replace(DECLINE, floor=floor))
        self.slide = Chart(replace(slide or SLIDE, floor=floor))
        self._slides = slide is not None

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
        drop = min(self.limits.drop, self.SUSPECT_DROP) if suspect else self.limits.drop
        low = self.feed(value, drop)
        for chart in (self.decline, self.slide):
            if chart.feed(value):
                chart.settles(chart.patience())
        wait = self._wait(suspect, hint)
        if low and self.settles(wait):
            return self._state(self, drop, wait)
        if self._slides and self.slide.over:
            return self._state(self.slide, self.slide.limits.drop, self.slide.patience())
        return self._state(self, drop, wait) if low else None

    @property
    def declined(self) -> Optional[Collapse]:
        """The level is worse than it was, for long enough to say so; None where it is not, and
        where it is a collapse."""
        if not self.decline.over or self.over or (self._slides and self.slide.over):
            return None
        return self._state(self.decline, self.decline.limits.drop, self.decline.patience())

    def _state(self, chart: Chart, drop: float, patience: int) -> Collapse:
        value, dip = chart.previous or 0.0, self.decline
        depth = 1 - value / chart.best
        return Collapse(
            value=value,
            best=chart.best,
            threshold=chart.threshold(drop),
            over=chart.over,
            count=chart.count,
            patience=patience,
            since=chart.evaluations - chart.dip + 1,
            slide=chart is self.slide,
            outlook=outlook(depth, dip.dip, dip.swing / dip.best) if dip.dip else None,
        )

    def _wait(self, suspect: bool, hint: bool) -> int:
        if suspect:
            return min(self.limits.patience, self.SUSPECT_PATIENCE)
        return max(min(self.limits.patience, 2), self.patience() - hint)

    def restart(self) -> None:
        """The run was stopped for it and goes on: it gets ``patience`` evaluations to show that
        it is over, and no more."""
        super().restart()
        self.slide.restart()

    def resume(self, best: Optional[float]) -> None:
        """Take over the best value of an earlier part of the run."""
        super().resume(best)
        self.decline.resume(best)
        self.slide.resume(best)

    def state_dict(self) -> dict[str, Any]:
        charts = {"decline": self.decline.state_dict(), "slide": self.slide.state_dict()}
        return {**super().state_dict(), **charts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave; raises ValueError, and changes nothing."""
        if not isinstance(state, dict):
            raise ValueError(f"CollapseDetector: expected a mapping, got {state!r}")
        own = dict(state)
        charts = [Chart(chart.limits) for chart in (self.decline, self.slide)]
        try:
            for chart, name in zip(charts, ("decline", "slide")):
                chart.load_state_dict(own.pop(name, {}))
        except ValueError as error:
            raise ValueError(f"CollapseDetector: {error}") from None
        super().load_state_dict(own)
        self.decline, self.slide = charts
