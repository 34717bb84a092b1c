"""Accuracy of texts and their normalised edit distance, as PaddleOCR counts them."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from rapidfuzz.distance import Levenshtein

EPS = 1e-5  # in the denominators, as in PaddleOCR: a perfect model prints a little less than 1
_PLAIN = frozenset(string.digits + string.ascii_letters)


class RecMetric:
    """Sums over all texts; ``get_metric`` gives the scores and starts over.

    Args:
        is_filter: compare ASCII letters and digits only, in lower case.
        ignore_space: compare without spaces.
    """

    def __init__(
        self,
        main_indicator: str = "acc",
        is_filter: bool = False,
        ignore_space: bool = True,
        **_ignored: Any,
    ) -> None:
        self.main_indicator = main_indicator
        self.is_filter = is_filter
        self.ignore_space = ignore_space
        self.reset()

    def reset(self) -> None:
        self.texts = self.right = 0
        self.distance = 0.0

    def __call__(self, pred_label: Sequence[Any], *_args: Any, **_kwargs: Any) -> dict[str, float]:
        """``pred_label``: predictions and labels, each a list of (text, confidence)."""
        before = self.texts, self.right, self.distance
        for (prediction, _), (label, _) in zip(*pred_label):
            prediction, label = self._compared(prediction), self._compared(label)
            self.distance += Levenshtein.normalized_distance(prediction, label)
            self.right += prediction == label
            self.texts += 1
        return _scores(self.texts - before[0], self.right - before[1], self.distance - before[2])

    def get_metric(self) -> dict[str, float]:
        """acc and norm_edit_dis (1: all texts right, 0: nothing in common), in 0..1."""
        scores = _scores(self.texts, self.right, self.distance)
        self.reset()
        return scores

    def _compared(self, text: str) -> str:
        if self.ignore_space:
            text = text.replace(" ", "")
        if self.is_filter:
            text = "".join(c for c in text if c in _PLAIN).lower()
        return text


def _scores(texts: int, right: int, distance: float) -> dict[str, float]:
    return {"acc": right / (texts + EPS), "norm_edit_dis": 1 - distance / (texts + EPS)}
