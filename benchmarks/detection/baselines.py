"""Early stopping of other libraries, with the semantics of their code, on a metric to maximise.

Restated because most need torch or tensorflow to import; each names the release it was read from.
Where a library would minimise the metric by default (Keras and Paddle by its name, Lightning by
``mode="min"``), maximising is taken for granted. ``update`` returns True when training is to stop.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Callable, Optional, Protocol


class Stopper(Protocol):
    def update(self, value: float) -> bool: ...


class Keras:
    """keras 3 ``EarlyStopping``; never stops at the first epoch."""

    def __init__(self, patience: int = 0, min_delta: float = 0.0, start_from_epoch: int = 0):
        self.patience, self.min_delta, self.start = patience, min_delta, start_from_epoch
        self.best: Optional[float] = None
        self.wait, self.epoch = 0, -1

    def update(self, value: float) -> bool:
        self.epoch += 1
        if self.epoch < self.start:
            return False
        self.best = -math.inf if self.best is None else self.best
        self.wait += 1
        if value - self.min_delta > self.best:
            self.best, self.wait = value, 0
            return False
        return self.wait >= self.patience and self.epoch > 0


class Lightning:
    """lightning 2 ``EarlyStopping``, with ``check_finite`` and ``divergence_threshold``."""

    def __init__(
        self,
        patience: int = 3,
        min_delta: float = 0.0,
        divergence_threshold: Optional[float] = None,
    ):
        self.patience, self.min_delta = patience, min_delta
        self.divergence = divergence_threshold
        self.best, self.wait = -math.inf, 0

    def update(self, value: float) -> bool:
        if not math.isfinite(value):
            return True
        if self.divergence is not None and value < self.divergence:
            return True
        if value - self.min_delta > self.best:
            self.best, self.wait = value, 0
            return False
        self.wait += 1
        return self.wait >= self.patience


class Transformers:
    """transformers 4 ``EarlyStoppingCallback``: the trainer keeps the best without the threshold,
    after the callback has looked at it."""

    def __init__(self, patience: int = 1, threshold: float = 0.0):
        self.patience, self.threshold = patience, threshold
        self.best: Optional[float] = None
        self.counter = 0

    def update(self, value: float) -> bool:
        better = self.best is None or value > self.best
        if self.best is None or (better and abs(value - self.best) > self.threshold):
            self.counter = 0
        else:
            self.counter += 1
        if better:
            self.best = value
        return self.counter >= self.patience


class MMEngine:
    """mmengine 0.10.7 ``EarlyStoppingHook``: with ``min_delta`` 0 an equal value is better."""

    def __init__(self, patience: int = 5, min_delta: float = 0.1):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.wait = -math.inf, 0

    def update(self, value: float) -> bool:
        if not math.isfinite(value):
            return True
        if self.best + self.min_delta > value:
            self.wait += 1
            return self.wait >= self.patience
        self.best, self.wait = value, 0
        return False


class Ignite:
    """ignite 0.5 ``EarlyStopping``; ``patience`` has no default, 10 is its documentation's. NaN
    becomes the best."""

    def __init__(self, patience: int = 10, min_delta: float = 0.0, cumulative_delta: bool = False):
        self.patience, self.min_delta = patience, min_delta
        self.cumulative = cumulative_delta
        self.best: Optional[float] = None
        self.counter = 0

    def update(self, value: float) -> bool:
        if self.best is None:
            self.best = value
        elif value <= self.best + self.min_delta:
            if not self.cumulative and value > self.best:
                self.best = value
            self.counter += 1
            return self.counter >= self.patience
        else:
            self.best, self.counter = value, 0
        return False


class Composer:
    """composer ``EarlyStopper``: stops when more than ``patience`` epochs have passed."""

    def __init__(self, patience: int = 1, min_delta: float = 0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best: Optional[float] = None
        self.since = 0

    def update(self, value: float) -> bool:
        if self.best is None or (value > self.best and abs(value - self.best) > self.min_delta):
            self.best, self.since = value, 0
        else:
            self.since += 1
        return self.since > self.patience


class PaddleHapi:
    """paddle 3.3 ``paddle.callbacks.EarlyStopping``: patience 0 stops at the first evaluation."""

    def __init__(self, patience: int = 0, min_delta: float = 0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.wait = -math.inf, 0

    def update(self, value: float) -> bool:
        if value - self.min_delta > self.best:
            self.best, self.wait = value, 0
        else:
            self.wait += 1
        return self.wait >= self.patience


class MLNetGL:
    """ML.NET ``GLEarlyStoppingCriterion``: loss of generality, relative to the best."""

    def __init__(self, threshold: float = 0.01):
        self.threshold, self.best = threshold, -math.inf

    def update(self, value: float) -> bool:
        self.best = max(self.best, value)
        return value < (1 - self.threshold) * self.best


class MLNetTR:
    """ML.NET ``TREarlyStoppingCriterion``: tolerant, an absolute distance from the best."""

    def __init__(self, threshold: float = 0.01):
        self.threshold, self.best = threshold, -math.inf

    def update(self, value: float) -> bool:
        self.best = max(self.best, value)
        return self.best - value > self.threshold


class Plain:
    """What anybody would write: ``drop`` below the best, ``patience`` times in a row."""

    def __init__(self, drop: float = 0.5, patience: int = 10):
        self.drop, self.patience = drop, patience
        self.best, self.count = 0.0, 0

    def update(self, value: float) -> bool:
        self.best = max(self.best, value)
        self.count = self.count + 1 if value < (1 - self.drop) * self.best else 0
        return self.count >= self.patience


_PATIENCE = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150]
_DELTA = [0.0, 0.005, 0.01, 0.05, 0.1]
_LOSS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
# name -> (class, grid of its options)
BASELINES: dict[str, tuple[Callable[..., Stopper], dict[str, list[Any]]]] = {
    "Keras": (
        Keras,
        {"patience": _PATIENCE, "min_delta": _DELTA, "start_from_epoch": [0, 5, 10, 20]},
    ),
    "Lightning": (
        Lightning,
        {
            "patience": [*_PATIENCE, 1000],
            "min_delta": _DELTA,
            "divergence_threshold": [None, 0.05, 0.1, 0.2, 0.3],
        },
    ),
    "transformers": (Transformers, {"patience": _PATIENCE, "threshold": _DELTA}),
    "mmengine": (MMEngine, {"patience": _PATIENCE, "min_delta": _DELTA}),
    "ignite": (
        Ignite,
        {"patience": _PATIENCE, "min_delta": _DELTA, "cumulative_delta": [False, True]},
    ),
    "Composer": (Composer, {"patience": _PATIENCE, "min_delta": _DELTA}),
    "Paddle hapi": (PaddleHapi, {"patience": _PATIENCE, "min_delta": _DELTA}),
    "ML.NET GL": (MLNetGL, {"threshold": _LOSS}),
    "ML.NET TR": (MLNetTR, {"threshold": _LOSS}),
    "plain": (
        Plain,
        {"drop": [0.2, 0.25, 0.3, 0.35, *_LOSS[5:]], "patience": [*_PATIENCE[:9], 25, 30, 40, 50]},
    ),
}


def settings(name: str) -> Iterator[dict[str, Any]]:
    """Every setting of the grid."""
    grid = BASELINES[name][1]
    for values in product(*grid.values()):
        yield dict(zip(grid, values))


def stop(name: str, values: Sequence[float], **options: Any) -> Optional[int]:
    """Evaluation (from 1) at which the rule stops, or None."""
    stopper = BASELINES[name][0](**options)
    return next((i for i, value in enumerate(values, 1) if stopper.update(value)), None)
