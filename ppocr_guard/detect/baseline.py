"""Whether a run stays below what its model scored before the first step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

MARGIN = 0.01  # of the metric: less is not worth a word
SPREAD = 2.0  # standard errors by which a baseline of few images may be off


class BaselineDetector:
    """Feed it with the baseline, once, and with each evaluation's main indicator."""

    def __init__(self, patience: int) -> None:
        self.patience = patience  # evaluations that must all stay below
        self.value: Optional[float] = None
        self.images = 0
        self.of = 0
        self.best = 0.0
        self.evaluations = 0

    def start(self, value: float, images: int, of: int) -> None:
        """The score before training, on ``images`` of the ``of`` validation images."""
        self.value, self.images, self.of = value, images, of

    @property
    def margin(self) -> float:
        """How far below the baseline the best must stay. A score of all validation images is
        exact; one of n of them is taken for a share of n texts, which is on the safe side."""
        if self.value is None or self.images >= self.of:
            return MARGIN
        spread = math.sqrt(max(self.value * (1 - self.value), 0.0) / max(self.images, 1))
        return MARGIN + SPREAD * spread

    def update(self, value: float) -> Optional[bool]:
        """Whether the best so far stays below; None: no baseline, or too early to say."""
        self.evaluations += 1
        self.best = max(self.best, value if value == value else 0.0)
        if self.value is None:
            return None
        if self.best >= self.value - self.margin:
            return False
        return True if self.evaluations >= self.patience else None

    def state_dict(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "images": self.images,
            "of": self.of,
            "best": self.best,
            "evaluations": self.evaluations,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Raises KeyError, TypeError or ValueError when the state does not fit."""
        value = state["value"]
        self.value = None if value is None else float(value)
        self.images, self.of = int(state["images"]), int(state["of"])
        self.best, self.evaluations = float(state["best"]), int(state["evaluations"])
