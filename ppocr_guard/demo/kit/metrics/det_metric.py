"""Precision, recall and hmean of text boxes by IoU, as ICDAR 2015 (task 4.1) defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Union

import numpy as np
from shapely.geometry import Polygon

IOU_THRESHOLD = 0.5  # a box matches when its IoU is above
IGNORED_SHARE = 0.5  # a box counts as part of an ignored text when this share lies inside


class Counts(NamedTuple):
    texts: int
    boxes: int
    matched: int


def _polygons(points: Sequence[Any]) -> list[Polygon]:
    shapes = [Polygon(np.asarray(p).reshape(-1, 2)) for p in points]
    return [shape for shape in shapes if shape.is_valid and shape.area > 0]


def match_image(texts: Sequence[Any], ignored: Sequence[Any], boxes: Sequence[Any]) -> Counts:
    """Count the texts, the boxes and the matches of one image, ignored ones left out.

    Each text takes the first free box with IoU above 0.5. A box that lies by more than half in
    an ignored text counts neither way.

    Args:
        texts: true polygons, each (points, 2).
        ignored: for each of them, whether it is to be ignored ("###").
        boxes: predicted polygons, each (points, 2).
    """
    flags = [bool(flag) for flag in ignored]
    care = _polygons([t for t, flag in zip(texts, flags) if not flag])
    dont_care = _polygons([t for t, flag in zip(texts, flags) if flag])
    free = [
        box
        for box in _polygons(boxes)
        if not any(area.intersection(box).area > IGNORED_SHARE * box.area for area in dont_care)
    ]
    count = len(free)
    matched = 0
    for text in care:
        for i, box in enumerate(free):
            overlap = text.intersection(box).area
            if overlap > IOU_THRESHOLD * (text.area + box.area - overlap):
                del free[i]
                matched += 1
                break
    return Counts(len(care), count, matched)


class DetMetric:
    """Sums the counts of all images; ``get_metric`` gives the scores and starts over."""

    def __init__(self, main_indicator: str = "hmean", **_ignored: Any) -> None:
        self.main_indicator = main_indicator
        self.reset()

    def reset(self) -> None:
        self.results: list[Counts] = []

    def __call__(
        self, predictions: Sequence[dict[str, Any]], batch: Sequence[Any], **_ignored: Any
    ) -> None:
        """Add a batch: per image ``{"points": boxes}``; batch[2] texts, batch[3] ignore tags."""
        for prediction, texts, ignored in zip(predictions, batch[2], batch[3]):
            self.results.append(match_image(texts, ignored, prediction["points"]))

    def get_metric(self) -> dict[str, Union[int, float]]:
        """Precision, recall, hmean in 0..1.

        As in PaddleOCR a score without a denominator is the int 0: precision when not one box
        was predicted, hmean when nothing matched.
        """
        texts = sum(r.texts for r in self.results)
        boxes = sum(r.boxes for r in self.results)
        matched = sum(r.matched for r in self.results)
        self.reset()
        precision = matched / boxes if boxes else 0
        recall = matched / texts if texts else 0
        both = precision + recall
        hmean = 2 * precision * recall / both if both else 0
        return {"precision": precision, "recall": recall, "hmean": hmean}
