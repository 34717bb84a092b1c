"""Training maps after the formulas of DBNet, drawn without PaddleOCR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import cv2
import numpy as np
import shapely

from ppocr_guard.geometry.regions import Maps
from ppocr_guard.geometry.target import shrink_map
from ppocr_guard.geometry.unclip import shrink_distance


def box(x: float, y: float, width: float, height: float, degrees: float = 0.0) -> Any:
    """A 4 x 2 rectangle by its centre."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return corners @ turn + (x, y)


def page(rng: np.random.Generator, size: int = 320, degrees: float = 8.0) -> list[Any]:
    """Text lines one below the other, sizes and angles at random."""
    boxes, y = [], 25.0
    while y < size - 40:
        height = rng.uniform(18, 34)
        width = rng.uniform(3, 5) * height
        tilt = rng.uniform(-degrees, degrees)
        x = size / 2 + rng.uniform(-20, 20)
        boxes.append(box(x, y + rng.uniform(0, 1), width, height, tilt))
        y += height + width * abs(np.sin(np.radians(tilt))) + 12
    return boxes


def draw(
    images: Sequence[Sequence[Any]],
    *,
    size: int = 320,
    shrink: float = 0.4,
    border: Optional[float] = None,
    thresholds: tuple[float, float] = (0.3, 0.7),
) -> Maps:
    """The maps of a batch; ``border`` is the ratio of MakeBorderMap where it differs."""
    layers = []
    for polygons in images:
        ridge, mask = np.zeros((size, size)), np.zeros((size, size), np.float32)
        for polygon in polygons:
            _border(polygon, shrink if border is None else border, ridge, mask)
        low, high = thresholds
        target, fates = shrink_map(polygons, size, size, shrink, 8, [False] * len(polygons))
        care = np.ones((size, size), np.float32)
        for polygon, fate in zip(polygons, fates):
            if fate:
                cv2.fillPoly(care, [polygon.astype(np.int32)], 0)
        layers.append(((ridge * (high - low) + low).astype(np.float32), mask, target, care))
    return Maps(*(np.stack(layer) for layer in zip(*layers)))


def _border(polygon: Any, ratio: float, ridge: Any, mask: Any) -> None:
    shape = shapely.Polygon(polygon)
    distance = shrink_distance(ratio, shape.area, shape.length)
    grown = shape.buffer(distance)
    if distance <= 0 or grown.is_empty:
        return
    outline = np.array(grown.exterior.coords).astype(np.int32)
    cv2.fillPoly(mask, [outline], 1.0)
    low, high = np.maximum(outline.min(axis=0), 0), np.maximum(outline.max(axis=0) + 1, 0)
    y, x = np.nonzero(mask[low[1] : high[1], low[0] : high[0]])
    x, y = x + low[0], y + low[1]
    away = shapely.distance(shapely.points(x, y), shape.exterior)
    ridge[y, x] = np.maximum(ridge[y, x], np.clip(1 - away / distance, 0, 1))
