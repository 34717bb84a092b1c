"""What the configured postprocess makes of a perfect prediction of the training maps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
import shapely

from ppocr_guard.geometry.postprocess import Candidate, Postprocess, candidate, unclip
from ppocr_guard.geometry.regions import (
    Floats,
    Sampling,
    TextRegion,
    area_and_perimeter,
    as_maps,
    find_regions,
)

_MIN_REGIONS = 6
_MATCH = 0.5  # IoU that ICDAR 2015 asks for
_AROUND = (0.5, 0.65, 0.75, 0.85, 0.93, 1.0, 1.07, 1.15, 1.3, 1.5)


@dataclass(frozen=True)
class RoundTripResult:
    """IoU of the boxes with the labelled polygons; a text without a box counts as 0."""

    unclip_ratio: float  # as configured
    median_iou: float
    share_matched: float  # share of texts with IoU above 0.5
    fitting_unclip_ratio: float  # with the best median IoU
    fitting_median_iou: float
    regions: int


def round_trip(
    batch: Iterable[Any],
    options: Postprocess,
    sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
    regions: Optional[list[TextRegion]] = None,
) -> Optional[RoundTripResult]:
    """Put the positives of ``shrink_map`` through the postprocess as if they were predicted.

    ``batch``: the four maps in loader order (:class:`ppocr_guard.geometry.regions.Maps`);
    ``regions``: what :func:`find_regions` gave for it, if at hand. None when fewer than six
    texts can be reconstructed from the maps.

    Raises:
        ValueError: these are not four maps of the same N x H x W shape.
    """
    maps = as_maps(batch)
    found = find_regions(maps, sampling) if regions is None else regions
    texts = [
        _text(region, maps.shrink_map, options) for region in found if region.shrunk is not None
    ]
    if len(texts) < _MIN_REGIONS:
        return None
    ious = _ious(texts, options.unclip_ratio, options.box_type)
    fitting, fitting_iou = _best(texts, options, float(np.median(ious)))
    return RoundTripResult(
        options.unclip_ratio,
        float(np.median(ious)),
        float(np.mean(ious > _MATCH)),
        fitting,
        fitting_iou,
        len(texts),
    )


_Text = tuple[Any, Optional[Candidate]]  # true polygon, what the postprocess finds of it


def _text(region: TextRegion, shrink_map: Floats, options: Postprocess) -> _Text:
    assert region.shrunk is not None
    limit = (shrink_map.shape[2] - 1, shrink_map.shape[1] - 1)
    truth = shapely.Polygon(np.clip(region.polygon, 0, limit)).buffer(0)
    found = candidate(region.shrunk, shrink_map[region.image], options)
    keep = found is not None and found.score >= options.box_thresh
    return truth, found if keep else None


def _ious(texts: list[_Text], unclip_ratio: float, box_type: str) -> Floats:
    return np.array([_iou(truth, found, unclip_ratio, box_type) for truth, found in texts])


def _iou(truth: Any, found: Optional[Candidate], unclip_ratio: float, box_type: str) -> float:
    box = None if found is None else unclip(found.points, unclip_ratio, box_type)
    if box is None:
        return 0.0
    predicted = shapely.Polygon(box)
    if not predicted.is_valid:  # DetMetric skips these
        return 0.0
    shared = truth.intersection(predicted).area
    return float(shared / (truth.area + predicted.area - shared))


def _best(texts: list[_Text], options: Postprocess, configured_iou: float) -> tuple[float, float]:
    """Unclip ratio with the best median IoU: the closed form's, then what lies around it."""
    exact = [_inverting(truth.area, found) for truth, found in texts if found is not None]
    best = (options.unclip_ratio, configured_iou)
    if not exact:
        return best
    centre = float(np.median(exact))
    for factor in _AROUND:
        ratio = round(centre * factor, 3)
        median = float(np.median(_ious(texts, ratio, options.box_type)))
        if median > best[1]:
            best = (ratio, median)
    return best


def _inverting(area: float, found: Candidate) -> float:
    """Unclip ratio that gives a box of the true area: A' + L' d + 4 d^2 = A, u = d L' / A'."""
    inner, perimeter = area_and_perimeter(found.points.astype(np.float64))
    root = np.sqrt(perimeter**2 + 16 * max(area - inner, 0.0))
    return float((root - perimeter) / 8 * perimeter / inner)
