"""The geometry of PaddleOCR's ``DBPostProcess``, restated without paddle.

Gives the same boxes as ``ppocr/postprocess/db_postprocess.py`` of 2.7 to 3.7 (tested against the
real class), in two steps: :func:`candidates` does not depend on the unclip ratio, so that several
can be tried on one map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

from ppocr_guard.geometry.regions import Floats, area_and_perimeter
from ppocr_guard.wording import say

_MIN_SIZE = 3  # px, shorter side of a candidate


@dataclass(frozen=True)
class Postprocess:
    """Options of ``DBPostProcess`` under their PaddleOCR names; its defaults.

    Raises:
        ValueError: a name that PaddleOCR does not know in ``box_type`` or ``score_mode``.
    """

    thresh: float = 0.3
    box_thresh: float = 0.7
    max_candidates: int = 1000
    unclip_ratio: float = 2.0
    use_dilation: bool = False
    score_mode: str = "fast"
    box_type: str = "quad"

    def __post_init__(self) -> None:
        if self.box_type not in ("quad", "poly"):
            raise ValueError(_choice("box_type", "quad", "poly", self.box_type))
        if self.score_mode not in ("fast", "slow"):
            raise ValueError(_choice("score_mode", "fast", "slow", self.score_mode))


def _choice(key: str, one: str, other: str, value: object) -> str:
    return say(
        "{key} must be {one} or {other}, not {value}",
        key=key,
        one=one,
        other=other,
        value=repr(value),
    )


class Candidate(NamedTuple):
    """A text found in the probability map, not yet unclipped."""

    points: NDArray[Any]  # n x 2, pixels of the map
    score: float  # mean probability


def boxes(
    probability: Floats, width: int, height: int, options: Postprocess
) -> list[NDArray[np.int32]]:
    """Boxes (n x 2; quad: 4 x 2) in an image of ``width`` x ``height``, from an H x W map."""
    found = []
    for candidate in candidates(probability, options):
        box = unclip(candidate.points, options.unclip_ratio, options.box_type)
        if candidate.score >= options.box_thresh and box is not None:
            found.append(to_image(box, probability.shape, width, height))
    return found


def candidates(probability: Floats, options: Postprocess) -> list[Candidate]:
    """All candidates, those below ``box_thresh`` as well, in PaddleOCR's order."""
    bitmap = (probability > options.thresh).astype(np.uint8)
    if options.use_dilation:
        bitmap = cv2.dilate(bitmap, np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(bitmap, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = (
        candidate(contour, probability, options) for contour in contours[: options.max_candidates]
    )
    return [one for one in found if one is not None]


def candidate(
    contour: NDArray[np.int32], probability: Floats, options: Postprocess
) -> Optional[Candidate]:
    """The candidate of one contour (n x 1 x 2); None when it is too small."""
    if options.box_type == "poly":
        simple = cv2.approxPolyDP(contour, 0.002 * cv2.arcLength(contour, True), True)[:, 0]
        return Candidate(simple, _score(probability, simple)) if len(simple) >= 4 else None
    points, side = min_area_box(contour)
    if side < _MIN_SIZE:
        return None
    scored = points if options.score_mode == "fast" else contour[:, 0]
    return Candidate(points, _score(probability, scored))


def unclip(points: NDArray[Any], unclip_ratio: float, box_type: str) -> Optional[NDArray[Any]]:
    """``points`` grown by A u / L, in pixels of the map; None when it falls apart or is small."""
    area, perimeter = area_and_perimeter(points.astype(np.float64))
    if perimeter == 0:
        return None
    offset = pyclipper.PyclipperOffset()
    # As PaddleOCR does, whole pixels only: the clipper drops fractions.
    offset.AddPath(points.astype(np.int64).tolist(), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    grown = offset.Execute(area * unclip_ratio / perimeter)
    if len(grown) != 1:
        return None
    outline = np.array(grown[0], dtype=np.int32)
    box, side = min_area_box(outline)
    if side < _MIN_SIZE + 2:
        return None
    return box if box_type == "quad" else outline


def min_area_box(points: NDArray[np.int32]) -> tuple[Floats, float]:
    """Corners (4 x 2: top left, top right, bottom right, bottom left) and shorter side."""
    rectangle = cv2.minAreaRect(points)
    corners = sorted(cv2.boxPoints(rectangle), key=lambda corner: corner[0])
    left = sorted(corners[:2], key=lambda corner: corner[1])
    right = sorted(corners[2:], key=lambda corner: corner[1])
    return np.array([left[0], right[0], right[1], left[1]]), min(rectangle[1])


def to_image(
    box: NDArray[Any], shape: tuple[int, ...], width: int, height: int
) -> NDArray[np.int32]:
    """From pixels of a map of ``shape`` (height, width) to whole pixels of the image."""
    x = np.clip(np.round(box[:, 0] / shape[1] * width), 0, width)
    y = np.clip(np.round(box[:, 1] / shape[0] * height), 0, height)
    scaled: NDArray[np.int32] = np.stack([x, y], axis=1).astype(np.int32)
    return scaled


def _score(probability: Floats, points: NDArray[Any]) -> float:
    """Mean probability inside the polygon ``points`` (n x 2)."""
    limit = (probability.shape[1] - 1, probability.shape[0] - 1)
    low = np.clip(np.floor(points.min(axis=0)).astype(np.int32), 0, limit)
    high = np.clip(np.ceil(points.max(axis=0)).astype(np.int32), 0, limit)
    mask = np.zeros((high - low + 1)[::-1], np.uint8)
    cv2.fillPoly(mask, [(points - low).astype(np.int32)], 1)
    window = probability[low[1] : high[1] + 1, low[0] : high[0] + 1]
    return float(cv2.mean(window, mask)[0])
