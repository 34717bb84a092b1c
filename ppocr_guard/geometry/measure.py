"""The effective shrink ratio, measured from the maps that the loss sees.

For each text region the labelled polygon and ``MakeBorderMap``'s distance D come from the ridge in
``threshold_map`` (:mod:`ppocr_guard.geometry.regions`); ``MakeShrinkMap``'s D is the one that
turns this polygon into the region's area in ``shrink_map``. Both operators use
``D = A (1 - r^2) / L``, so each region gives r of both, apart from each other.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import cv2
import numpy as np

from ppocr_guard.geometry.regions import (
    Floats,
    Maps,
    Sampling,
    TextRegion,
    area_and_perimeter,
    as_maps,
    find_regions,
)
from ppocr_guard.geometry.unclip import shrink_ratio

OPERATORS = ("MakeShrinkMap", "MakeBorderMap")

_MIN_REGIONS = 6  # fewer give no 95 % interval of the median
_KEPT = 2048  # latest regions per operator
_MIN_UNCERTAINTY = 0.001


@dataclass(frozen=True)
class RegionEstimate:
    """Shrink ratios that one text region shows; None where it shows none."""

    shrink: Optional[float]  # of MakeShrinkMap
    border: Optional[float]  # of MakeBorderMap
    exact: bool  # False for curved text, where both are rougher


@dataclass(frozen=True)
class Estimate:
    """The shrink ratio of one operator: median over the regions of all batches added.

    ``uncertainty`` is the half width of the median's 95 % interval. ``ratio`` and ``uncertainty``
    are None when there is not enough to say; ``reason`` then says why. ``no_positives``: there are
    texts, but not one positive in ``shrink_map``, as with a ratio of 1 or more.
    """

    operator: str
    ratio: Optional[float]
    uncertainty: Optional[float]
    regions: int
    no_positives: bool = False
    reason: str = ""


class RatioEstimator:
    """Pools batches; its memory is bounded (the latest 2048 regions).

    A batch costs tens of milliseconds (``benchmarks/geometry.py``), most of it in OpenCV and
    numpy, so that it can run on a thread beside a training.
    """

    def __init__(self, sampling: Sampling = Sampling()) -> None:  # noqa: B008 (frozen)
        self.sampling = sampling
        self._pools = {name: (_Pool(), _Pool()) for name in OPERATORS}  # exact, rough
        self._texts = 0
        self._positives = False

    def add(self, batch: Iterable[Any], regions: Optional[list[TextRegion]] = None) -> None:
        """Take in a batch: the four maps in loader order (see :class:`Maps`).

        ``regions``: what :func:`find_regions` gave for it, if at hand.

        Raises:
            ValueError: these are not four maps of the same N x H x W shape.
        """
        maps = as_maps(batch)
        if not self._positives:
            self._texts += _count_texts(maps, self.sampling)
            self._positives = bool(maps.shrink_map.any())
        found = find_regions(maps, self.sampling) if regions is None else regions
        for one in measure(found, maps.shrink_map.shape[1:]):
            for name, ratio in zip(OPERATORS, (one.shrink, one.border)):
                if ratio is not None:
                    self._pools[name][0 if one.exact else 1].append(ratio)

    def estimate(self) -> dict[str, Estimate]:
        """By operator, of all that was added so far."""
        return {name: self._estimate(name) for name in OPERATORS}

    def _estimate(self, operator: str) -> Estimate:
        exact, rough = self._pools[operator]
        ratios = np.sort([*exact, *rough] if len(exact) < _MIN_REGIONS else [*exact])
        no_positives = (
            operator == "MakeShrinkMap" and not self._positives and self._texts >= _MIN_REGIONS
        )
        if len(ratios) >= _MIN_REGIONS:
            return Estimate(operator, float(np.median(ratios)), _half_width(ratios), len(ratios))
        if no_positives:
            reason = f"{self._texts} texts, but no positives in shrink_map"
        elif not self._texts and not self._positives:
            reason = "no text that is not ignored"
        else:
            reason = f"only {len(ratios)} regions could be measured, {_MIN_REGIONS} are needed"
        return Estimate(operator, None, None, len(ratios), no_positives, reason)


def measure(regions: Iterable[TextRegion], shape: tuple[int, ...]) -> list[RegionEstimate]:
    """Shrink ratios of regions found in maps of ``shape`` (height, width)."""
    return [
        RegionEstimate(_shrink_ratio(region, shape), _border_ratio(region), region.exact)
        for region in regions
    ]


class _Pool(deque[float]):
    def __init__(self) -> None:
        super().__init__(maxlen=_KEPT)


def _border_ratio(region: TextRegion) -> Optional[float]:
    ratio = shrink_ratio(region.border_distance, *area_and_perimeter(region.polygon))
    return None if math.isnan(ratio) else ratio


def _shrink_ratio(region: TextRegion, shape: tuple[int, ...]) -> Optional[float]:
    if region.shrunk is None:
        return None
    # MakeShrinkMap moves corners that lie outside onto the image's border first.
    polygon = np.clip(region.polygon, 0, (shape[1] - 1, shape[0] - 1))
    area, perimeter = area_and_perimeter(polygon)
    # area(D) = area - perimeter D + corners D^2, as long as no edge vanishes.
    corners = _corner_sum(polygon)
    missing = area - cv2.contourArea(region.shrunk)
    root = perimeter**2 - 4 * corners * missing
    if area <= 0 or root < 0:
        return None
    distance = 2 * missing / (perimeter + math.sqrt(root))
    ratio = shrink_ratio(distance, area, perimeter)
    return None if math.isnan(ratio) or ratio > 1 else ratio


def _corner_sum(polygon: Floats) -> float:
    """Sum over convex corners of cot(angle / 2), less half the turn of each reflex corner."""
    forth = np.roll(polygon, -1, axis=0) - polygon
    back = np.roll(forth, 1, axis=0)
    turn = np.arctan2(
        back[:, 0] * forth[:, 1] - back[:, 1] * forth[:, 0], (back * forth).sum(axis=1)
    )
    turn = turn * np.sign(turn.sum())
    return float(np.where(turn > 0, np.tan(np.minimum(turn, 3.0) / 2), turn / 2).sum())


def _half_width(ordered: Floats) -> float:
    """Of the 95 % interval of the median, by order statistics (binomial, normal approximation)."""
    count = len(ordered)
    reach = 0.98 * math.sqrt(count)
    low = max(0, math.floor(count / 2 - reach))
    high = min(count - 1, math.ceil(count / 2 + reach))
    return max(float(ordered[high] - ordered[low]) / 2, _MIN_UNCERTAINTY)


def _count_texts(maps: Maps, sampling: Sampling) -> int:
    """Texts in ``threshold_mask`` that are for sure large enough to have positives."""
    size = 2.2 * sampling.min_text_size  # the mask is wider than the text by up to its height
    texts = 0
    for mask in maps.threshold_mask[: sampling.images(maps)]:
        drawn = cv2.compare(mask, 0.5, cv2.CMP_GT)
        stats = cv2.connectedComponentsWithStats(drawn, connectivity=4)[2][1:]
        sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].min(axis=1)
        texts += int(np.count_nonzero(sides > size))
    return texts
