"""Will it come back? How often real runs did, from a dip as deep, as long and as calm.

A dip begins when the metric is a fifth under its best. It comes back when an evaluation of the
same run reaches 90 % of that best again. The chance is that of a logistic model with the
coefficients in :mod:`ppocr_guard.detect.outlook_table`; said are the counts beside it, which can be
checked: of so many real dips that the model, fitted without their owner's runs, gave about this
chance, so many came back. Both are written by ``python -m benchmarks.detection.outlook --write``
from the *develop* and *validate* parts of the curves; the reliability on all parts is in the
benchmark's RESULTS.md. It knows the metric alone: evidence of what is wrong outweighs it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ppocr_guard.detect.outlook_table import COEFFICIENTS, OUTCOMES
from ppocr_guard.wording import say


@dataclass(frozen=True)
class Outlook:
    """``came_back`` of ``dips`` real dips; ``chance`` is the model's, 0..1."""

    chance: float
    dips: int
    came_back: int

    @property
    def sentence(self) -> str:
        return say(
            "Will it come back? Of {dips} dips of real runs that looked like this one (as deep, as "
            "long, the run as calm before), {came_back} did.",
            dips=self.dips,
            came_back=self.came_back,
        )


def features(depth: float, length: int, swing: float) -> tuple[float, ...]:
    """What the model weighs, in the order of COEFFICIENTS after the first.

    Args:
        depth: share of the best that is lost now.
        length: evaluations of the dip, this one included.
        swing: the largest upward move outside dips, fading, as a share of the best.
    """
    return depth, math.log(length), math.log(max(0.0, swing) + 0.02)


def chance(*weighed: float) -> float:
    """The model's chance, 0..1, for what :func:`features` gave."""
    first, *others = COEFFICIENTS
    return 1 / (1 + math.exp(-first - sum(c * x for c, x in zip(others, weighed))))


def outlook(depth: float, length: int, swing: float) -> Outlook:
    """The outlook of a dip, see :func:`features`."""
    p = chance(*features(depth, length, swing))
    dips, came_back = next((n, x) for limit, n, x in OUTCOMES if p <= limit)
    return Outlook(p, dips, came_back)
