"""Matching of boxes and labels as ``DetMetric`` does it (ICDAR 2015, IoU above 0.5).

Restates ``ppocr/metrics/eval_det_iou.py`` of PaddleOCR 2.6 to 3.7, without its pass over all
pairs: only polygons whose bounding boxes meet can overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

IOU = 0.5
_COVERED = 0.5  # share of a box inside an ignored text that takes the box out of the count


class Counts(NamedTuple):
    """Of one image or, added up, of many."""

    labels: int = 0  # that are not ignored
    boxes: int = 0  # that do not lie on ignored texts
    matched: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self, other)))

    @property
    def precision(self) -> float:
        return self.matched / self.boxes if self.boxes else 0.0

    @property
    def recall(self) -> float:
        return self.matched / self.labels if self.labels else 0.0

    @property
    def hmean(self) -> float:
        total = self.boxes + self.labels
        return 2 * self.matched / total if self.boxes and self.labels else 0.0


class Match(NamedTuple):
    counts: Counts
    label_matched: list[bool]  # by label; False for ignored and for invalid ones


def match(labels: Sequence[Any], ignore: Sequence[bool], boxes: Sequence[NDArray[Any]]) -> Match:
    """``labels``: shapely polygons; ``boxes``: n x 2. What crosses itself is skipped."""
    shapes = [shape for shape in map(shapely.Polygon, boxes) if shape.is_valid]
    valid = [label.is_valid for label in labels]
    cared = [ok and not ignored for ok, ignored in zip(valid, ignore)]
    tree = shapely.STRtree(labels)
    partners: list[list[int]] = [[] for _ in labels]  # boxes that reach IoU, by label
    counted = 0
    for number, shape in enumerate(shapes):
        near = [int(i) for i in tree.query(shape) if valid[i]]
        shared = {i: labels[i].intersection(shape).area for i in near}
        if any(ignore[i] and _share(shared[i], shape.area) > _COVERED for i in near):
            continue
        counted += 1
        for i in near:
            union = labels[i].area + shape.area - shared[i]
            if cared[i] and _share(shared[i], union) > IOU:
                partners[i].append(number)
    taken: set[int] = set()
    matched = []
    for candidates in partners:
        free = next((number for number in candidates if number not in taken), None)
        matched.append(free is not None)
        if free is not None:
            taken.add(free)
    return Match(Counts(int(np.sum(cared)), counted, len(taken)), matched)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
