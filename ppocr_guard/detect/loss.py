"""Judgements on the training loss, step by step, with O(1) memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from ppocr_guard.detect.base import Detector


def total_loss(losses: Mapping[str, float]) -> Optional[float]:
    """The total: ``loss``, or the only component; None when there is neither."""
    if "loss" in losses:
        return losses["loss"]
    return next(iter(losses.values())) if len(losses) == 1 else None


def part(losses: Mapping[str, float], name: str) -> list[float]:
    """Components called ``name``, under any prefix that distillation put before it."""
    return [value for key, value in losses.items() if key.endswith(name)]


@dataclass(frozen=True)
class NotFinite:
    """What is known of a loss that was NaN or infinite."""

    component: str
    value: float
    steps: int  # in a row, this one included; 0: the loss is finite again
    share: float  # of the recent steps
    settled: bool  # it stays so: the weights are lost
    weights: bool  # they (or the running statistics) are known not to be finite


class PersistentNotFinite(Detector):
    """NaN or infinity in the loss: in passing, or to stay.

    One such step is not the end. Under AMP the scaler skips it; without, a bad batch may pass
    through a loss term that clips, and a log prints the mean or median of many steps, of which one
    was enough. Public runs learned on after epochs with NaN in them. It stays when the weights or
    the running statistics are no longer finite, where somebody looks at them; else when
    ``consecutive`` steps in a row are not finite (weights that are NaN make every step NaN), or
    half of the recent ones. Weights that were found whole are given four times as long.

    Args:
        consecutive: steps (or lines of a log) in a row.
        share: of the recent steps, those of about the last ``span``.
        span: also the finite steps after which it is over.
    """

    WHOLE = 4

    STATE = ("count", "since", "level", "weights_lost", "weights_whole")

    def __init__(self, consecutive: int = 5, share: float = 0.5, span: int = 50) -> None:
        self.consecutive = consecutive
        self.share = share
        self.span = span
        self.count = 0
        self.since: Optional[int] = None  # steps since the last that was not finite
        self.level = 0.0  # exponential mean of "not finite", over span
        self.weights_lost = False
        self.weights_whole = False  # looked at since the loss was first not finite
        self._last = ("", math.nan)

    def weights(self, finite: bool) -> None:
        """What a look at the weights and the running statistics found."""
        self.weights_lost = not finite
        self.weights_whole = finite and self.count > 0

    def update(self, losses: Mapping[str, float]) -> Optional[NotFinite]:
        """What is known after this step; None when the loss is and has long been finite."""
        total = total_loss(losses)
        checked = losses if total is None else {"loss": total}
        bad = next((name for name, value in checked.items() if not math.isfinite(value)), None)
        self.level += ((bad is not None) - self.level) / self.span
        if bad is None:
            self.count, self.weights_whole = 0, False
            self.since = None if self.since is None else self.since + 1
            if self.since is not None and self.since >= self.span:
                self.since = None
        else:
            self.count, self.since = self.count + 1, 0
            name = next((n for n, v in losses.items() if n != "loss" and not math.isfinite(v)), bad)
            self._last = (name, losses[name])
        if self.since is None and not self.weights_lost:
            return None
        return NotFinite(
            *self._last, self.count, self.level, self._settled, weights=self.weights_lost
        )

    @property
    def _settled(self) -> bool:
        patience = self.consecutive * (self.WHOLE if self.weights_whole else 1)
        return self.weights_lost or self.count >= patience or self.level >= self.share


class LossLevel(Detector):
    """Exponential mean of the loss (span in steps), with bias correction as in Adam."""

    STATE = ("mean", "weight")

    def __init__(self, span: int = 20) -> None:
        self.decay = 1 - 1 / span
        self.mean = 0.0
        self.weight = 0.0

    def update(self, loss: float) -> None:
        if math.isfinite(loss):
            self.mean = self.decay * self.mean + (1 - self.decay) * loss
            self.weight = self.decay * self.weight + (1 - self.decay)

    @property
    def value(self) -> Optional[float]:
        return self.mean / self.weight if self.weight else None


class DivergenceDetector(Detector):
    """The level of the loss rose far above its lowest and above where it began.

    Both are asked for: a recogniser's loss goes from 30 to 0.1, and a spike to 0.5 is no
    divergence; a fine-tuning starts low, and may rise a little when the learning rate warms up.

    Args:
        factor: level over the lowest level.
        initial_factor: level over the level of the first ``warmup`` steps.
        warmup: steps before judging; also the steps the level must stay high.
    """

    STATE = ("steps", "high", "initial", "lowest")

    def __init__(self, factor: float = 3.0, initial_factor: float = 1.5, warmup: int = 20) -> None:
        self.factor = factor
        self.initial_factor = initial_factor
        self.warmup = warmup
        self.level = LossLevel(warmup)
        self.steps = 0
        self.high = 0
        self.initial: Optional[float] = None
        self.lowest: Optional[float] = None

    def update(self, loss: float) -> bool:
        if not math.isfinite(loss):
            return False
        self.level.update(loss)
        self.steps += 1
        level = self.level.value
        if self.initial is None or self.lowest is None or level is None:
            # The very first step: with a learning rate of 1e6 the second is already broken.
            self.initial = self.lowest = loss
            return False
        if self.steps < self.warmup:
            return False
        self.lowest = min(self.lowest, level)
        limit = max(self.factor * self.lowest, self.initial_factor * self.initial)
        self.high = self.high + 1 if level > limit > 0 else 0
        return self.high >= self.warmup


class DegenerateDetector(Detector):
    """There is nothing to learn from.

    Two patterns: DB losses without any positive pixel (shrink 0, binary 1: PaddleOCR issue
    13159; all labels ignored, or a shrink ratio of 1 and more, give it), and a total loss that
    is the very same number step after step (raw losses only; the medians that PaddleOCR logs
    may repeat).

    Args:
        steps: steps in a row; a line of a log stands for `steps_per_line` of them.
    """

    STEPS_PER_LINE = 10  # PaddleOCR's usual print_batch_step
    TOLERANCE = 1e-5  # logs have six digits

    STATE = ("no_positives", "same", "previous")

    def __init__(self, steps: int = 20) -> None:
        self.steps = steps
        self.no_positives = 0
        self.same = 0
        self.previous: Optional[float] = None

    def update(self, losses: Mapping[str, float], smoothed: bool) -> Optional[str]:
        """ "no_positives", "constant", or None."""
        shrink, binary = part(losses, "loss_shrink_maps"), part(losses, "loss_binary_maps")
        empty = bool(shrink and binary)
        empty = empty and all(abs(value) < self.TOLERANCE for value in shrink)
        empty = empty and all(abs(value - 1) < self.TOLERANCE for value in binary)
        weight = self.STEPS_PER_LINE if smoothed else 1
        self.no_positives = self.no_positives + weight if empty else 0
        total = total_loss(losses)
        repeats = total is not None and math.isfinite(total) and total == self.previous
        self.same = self.same + 1 if repeats and not smoothed else 0
        self.previous = total if total is not None and math.isfinite(total) else None
        if self.no_positives >= self.steps:
            return "no_positives"
        return "constant" if self.same >= self.steps else None
