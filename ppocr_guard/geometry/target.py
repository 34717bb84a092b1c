"""From labelled polygons to the map that DB should predict, without paddle.

Restates ``DetResizeForTest`` (PaddleOCR ``ppocr/data/imaug/operators.py``) and ``MakeShrinkMap``
(``ppocr/data/imaug/make_shrink_map.py``) of 2.7 to 3.7; tested against the real classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Optional

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

from ppocr_guard.geometry.regions import Floats, area_and_perimeter
from ppocr_guard.geometry.unclip import shrink_distance
from ppocr_guard.wording import say

_LIMIT_TYPES = ("min", "max", "resize_long")


@dataclass(frozen=True)
class Resize:
    """Options of ``DetResizeForTest`` under their PaddleOCR names; its defaults.

    Raises:
        ValueError: a ``limit_type`` that PaddleOCR does not know.
    """

    limit_side_len: int = 736
    limit_type: str = "min"
    image_shape: Optional[tuple[int, int]] = None  # height, width; comes first if given
    keep_ratio: bool = False  # with image_shape
    resize_long: Optional[int] = None  # used when the config gives no limit_side_len
    max_side_limit: Optional[int] = None  # with limit_side_len; from 3.7.0 on, default 4000 there

    def __post_init__(self) -> None:
        if self.limit_type not in _LIMIT_TYPES:
            raise ValueError(
                say(
                    "{key} must be one of {choices}, not {value}",
                    key="limit_type",
                    choices=", ".join(_LIMIT_TYPES),
                    value=repr(self.limit_type),
                )
            )

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height that an image of this size gets."""
        if self.image_shape is not None:
            new_height, new_width = self.image_shape
            if self.keep_ratio:
                new_width = ceil(width * new_height / height / 32) * 32
            return new_width, new_height
        if self.resize_long is not None:
            ratio = self.resize_long / max(width, height)
            return _up(int(width * ratio), 128), _up(int(height * ratio), 128)
        side = min(width, height) if self.limit_type == "min" else max(width, height)
        limit = float(self.limit_side_len)
        keep = (self.limit_type == "min" and side >= limit) or (
            self.limit_type == "max" and side <= limit
        )
        ratio = 1.0 if keep else limit / side
        width, height = int(width * ratio), int(height * ratio)
        if self.max_side_limit is not None and max(width, height) > self.max_side_limit:
            ratio = float(self.max_side_limit) / max(width, height)
            width, height = int(width * ratio), int(height * ratio)
        return _to_32(width), _to_32(height)


def shrink_map(
    polygons: Sequence[Floats],
    width: int,
    height: int,
    shrink_ratio: float,
    min_text_size: int,
    ignore: Sequence[bool],
) -> tuple[NDArray[np.float32], list[str]]:
    """The shrink map (height x width) of polygons (n x 2), and what became of each.

    That is ``""`` when it is drawn, ``"ignored"``, ``"min_text_size"``, or ``"shrink"`` when
    nothing is left after shrinking (always so with a ratio of 1 or more).
    """
    target = np.zeros((height, width), np.float32)
    fates = []
    for polygon, ignored in zip(polygons, ignore):
        inside = np.clip(polygon, 0, (width - 1, height - 1))
        fate = "ignored" if ignored else ""
        if not fate and (np.ptp(inside, axis=0).min() < min_text_size):
            fate = "min_text_size"
        shrunk = [] if fate else shrink(inside, shrink_ratio)
        if not fate and not shrunk:
            fate = "shrink"
        for part in shrunk:
            cv2.fillPoly(target, [part], 1)
        fates.append(fate)
    return target, fates


def shrink(polygon: Floats, shrink_ratio: float) -> list[NDArray[np.int32]]:
    """The shrunk polygon, in parts if it falls apart at every multiple of the ratio below 1."""
    area, perimeter = area_and_perimeter(polygon)
    if area < 1 or shrink_ratio <= 0:
        return []
    offset = pyclipper.PyclipperOffset()
    # As PaddleOCR does, whole pixels only: the clipper drops fractions.
    corners = polygon.astype(np.int64).tolist()
    offset.AddPath(corners, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    parts: list[Any] = []
    for ratio in np.arange(shrink_ratio, 1, shrink_ratio):
        parts = offset.Execute(-shrink_distance(float(ratio), area, perimeter))
        if len(parts) == 1:
            break
    return [np.array(part, dtype=np.int32).reshape(-1, 2) for part in parts]


def _to_32(side: int) -> int:
    return max(round(side / 32) * 32, 32)


def _up(side: int, multiple: int) -> int:
    return ceil(side / multiple) * multiple
