"""Closed forms of DB's shrink and unclip for a rectangular text box.

Training shrinks each text polygon by ``D = A (1 - r^2) / L`` (A area, L perimeter, r shrink
ratio; DBNet, Liao et al. 2020, eq. 10; PaddleOCR ``ppocr/data/imaug/make_shrink_map.py``). The
postprocess grows what the model found by ``D' = A' u / L'`` (u unclip ratio; PaddleOCR
``ppocr/postprocess/db_postprocess.py``). The two meet only when u fits r. Lengths may have any
unit, and ``math.inf`` stands for "very long".
"""

from __future__ import annotations

import math
from typing import NamedTuple

_LONG = 1e9  # in heights; from here on the limit is reached to double precision


class Band(NamedTuple):
    """A quantity for the two extreme shapes of a text box."""

    square: float
    long: float


def shrink_distance(shrink_ratio: float, area: float, perimeter: float) -> float:
    """Distance by which ``MakeShrinkMap`` moves the border inwards (``MakeBorderMap``: outwards).

    Raises:
        ValueError: area or perimeter is not positive.
    """
    if not (area > 0 and perimeter > 0):
        raise ValueError(f"area and perimeter must be positive, not {area} and {perimeter}")
    return area * (1 - shrink_ratio**2) / perimeter


def shrink_ratio(distance: float, area: float, perimeter: float) -> float:
    """Inverse of :func:`shrink_distance`; NaN when no real ratio gives this distance."""
    square = 1 - distance * perimeter / area
    return math.sqrt(square) if square >= 0 else math.nan


def fitting_unclip_ratio(shrink_ratio: float, width: float, height: float) -> float:
    """The unclip ratio that turns the shrunk box back into the ``width`` x ``height`` box.

    2 (1 - r^2) / (1 + r^2) for a square, (1 - r^2) / r^2 for a very long box.

    Raises:
        ValueError: the ratio is not in (0, 1) or a side is not positive.
    """
    distance, inner_width, inner_height = _shrunk(shrink_ratio, width, height)
    return distance * 2 * (inner_width + inner_height) / (inner_width * inner_height)


def perfect_iou(shrink_ratio: float, unclip_ratio: float, width: float, height: float) -> float:
    """IoU with the true box of a perfect prediction of the shrunk box, after the unclip.

    Raises:
        ValueError: as :func:`fitting_unclip_ratio`, or the unclip ratio is negative.
    """
    if unclip_ratio < 0:
        raise ValueError(f"unclip ratio must not be negative, but is {unclip_ratio}")
    width, height = _finite(width, height)
    _, inner_width, inner_height = _shrunk(shrink_ratio, width, height)
    grow = unclip_ratio * inner_width * inner_height / (inner_width + inner_height)
    area = (inner_width + grow) * (inner_height + grow)
    # The two boxes share their centre and grow alike on all sides: one holds the other.
    return min(area, width * height) / max(area, width * height)


def fitting_unclip_band(shrink_ratio: float) -> Band:
    """:func:`fitting_unclip_ratio` of a square and of a very long box; all others lie between."""
    return Band(
        fitting_unclip_ratio(shrink_ratio, 1, 1), fitting_unclip_ratio(shrink_ratio, math.inf, 1)
    )


def _shrunk(ratio: float, width: float, height: float) -> tuple[float, float, float]:
    """Shrink distance, and sides of the shrunk box."""
    if not 0 < ratio < 1:
        raise ValueError(f"shrink ratio must be above 0 and below 1, but is {ratio}")
    width, height = _finite(width, height)
    distance = shrink_distance(ratio, width * height, 2 * (width + height))
    return distance, width - 2 * distance, height - 2 * distance


def _finite(width: float, height: float) -> tuple[float, float]:
    if not (width > 0 and height > 0) or (math.isinf(width + height) and width == height):
        raise ValueError(f"sides must be positive and not both infinite, not {width} x {height}")
    return min(width, _LONG * height), min(height, _LONG * width)
