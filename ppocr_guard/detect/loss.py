"""Judgements on the training loss, step by step, with O(1) memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
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


class NotFiniteDetector(Detector):
    """NaN or infinity in the loss, ``consecutive`` steps in a row."""

    STATE = ("count",)

    def __init__(self, consecutive: int = 1) -> None:
        self.consecutive = consecutive
        self.count = 0

    def update(self, losses: Mapping[str, float]) -> Optional[str]:
        """Name of the component that is not finite once it is an alarm."""
        total = total_loss(losses)
        checked = losses if total is None else {"loss": total}
        bad = next((name for name, value in checked.items() if not math.isfinite(value)), None)
        if bad is None:
            self.count = 0
            return None
        self.count += 1
        if self.count < self.consecutive:
            return None
        return next((n for n, v in losses.items() if n != "loss" and not math.isfinite(v)), bad)


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
