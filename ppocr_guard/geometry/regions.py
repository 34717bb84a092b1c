"""The labelled text polygons and shrink distances behind a batch of DB training maps.

``MakeBorderMap`` (PaddleOCR ``ppocr/data/imaug/make_border_map.py``) writes, in pixels near each
text polygon, ``thresh_min + (thresh_max - thresh_min) (1 - d / D)``: d is the exact distance to the
nearest edge, D the shrink distance. So on the flank of one edge the map is a plane. Its slope is
1 / D, and slope, direction and value give the edge's line, all far finer than a pixel. The lines
give the polygon, also between touching text lines, where ``threshold_mask`` is one blob.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_EPS = 1e-4  # of the map's range, which is scaled to 0..1
_RING = np.ones((7, 7), np.uint8)  # how far outside a seed the flank is sampled: 3 px
_SAME_SLOPE = 0.01  # relative
_SAME_ANGLE = 2.0  # degrees
_MAX_EDGES = 8
_FEW = 4  # samples that an edge needs
_PEAK = 0.6  # of the map's range; whole pixels along the polygon miss its top
_MIN_CORE = 12  # px^2
_MIN_ROUGH = 3.0  # px; a narrower flank has little room for the 2 x 2 blocks
_SUBPIXEL = 64  # pyclipper works on integers


class Maps(NamedTuple):
    """The maps of a batch as PaddleOCR's DB loader yields them; each N x H x W, float."""

    threshold_map: Floats
    threshold_mask: Floats
    shrink_map: Floats
    shrink_mask: Floats


@dataclass(frozen=True)
class Sampling:
    """How much of a batch is looked at, and what ``MakeBorderMap`` was configured with."""

    max_images: int = 8
    max_pixels: int = 1_700_000  # of the whole batch: four images of 640 x 640
    max_regions: int = 40  # of the whole batch; the largest of each image are taken
    thresh_min: float = 0.3
    thresh_max: float = 0.7
    min_text_size: int = 8  # of MakeShrinkMap: smaller texts have no positives by intent

    def images(self, maps: Maps) -> int:
        """How many images of the batch are looked at."""
        count, height, width = maps.threshold_map.shape
        return min(count, self.max_images, max(1, self.max_pixels // (height * width)))


@dataclass(frozen=True)
class TextRegion:
    """One text polygon, reconstructed.

    ``polygon``: n x 2 (x, y) in pixels as the operators got it; it may reach outside the image.
    ``border_distance``: D of ``MakeBorderMap`` in pixels.
    ``shrunk``: contour (m x 1 x 2, int32) of its region in ``shrink_map``; None if it has none or
    shares it with a neighbour.
    ``exact``: False when the polygon was grown from its inner contour (curved text) and not
    built from its edges' lines.
    """

    image: int
    polygon: Floats
    border_distance: float
    shrunk: Optional[NDArray[np.int32]]
    exact: bool


class _Flank(NamedTuple):
    """Samples of one region's flank."""

    point: Floats  # n x 2
    value: Floats  # n; 1 on the edge, 0 at distance D
    gradient: Floats  # n x 2, towards the edge


class _Seed(NamedTuple):
    """A connected component inside one text polygon."""

    labels: NDArray[np.int32]  # of the whole image
    label: int
    box: NDArray[np.int32]  # x, y, width, height
    centre: Floats

    def mask(self) -> NDArray[np.uint8]:
        """255 where the seed is, within its box."""
        inside: NDArray[np.uint8] = cv2.inRange(
            _crop(self.labels, self.box), self.label, self.label
        )
        return inside


_Fit = tuple[Floats, float, bool]  # polygon, D, exact


def as_maps(batch: Any) -> Maps:
    """``batch`` (four arrays in loader order) as :class:`Maps` of float32.

    Raises:
        ValueError: not four arrays of the same N x H x W shape.
    """
    arrays = [np.ascontiguousarray(a, dtype=np.float32) for a in batch]
    if len(arrays) != 4 or arrays[0].ndim != 3 or len({a.shape for a in arrays}) != 1:
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise ValueError(
            "expected threshold_map, threshold_mask, shrink_map and shrink_mask, "
            f"each N x H x W, but got {len(arrays)} arrays of shape {shapes}"
        )
    return Maps(*arrays)


def find_regions(maps: Maps, sampling: Sampling) -> list[TextRegion]:
    """The text regions of the batch that can be told from the maps; largest first by image."""
    images = sampling.images(maps)
    low, high = threshold_range(maps, sampling)
    found: list[TextRegion] = []
    for image in range(images):
        share = -(-(sampling.max_regions - len(found)) // (images - image))
        layers = Maps(*(layer[image] for layer in maps))
        ridge = (layers.threshold_map - np.float32(low)) * np.float32(1 / (high - low))
        found += _regions_of_image(image, ridge, layers, share)
    return found


def threshold_range(maps: Maps, sampling: Sampling) -> tuple[float, float]:
    """``thresh_min`` and ``thresh_max`` as configured, or as seen where the two disagree."""
    configured = (sampling.thresh_min, sampling.thresh_max)
    ridges = maps.threshold_map[: sampling.images(maps)]
    seen = (float(ridges.min()), float(ridges.max()))
    if seen[1] - seen[0] < _EPS:  # nothing drawn
        return configured
    allowed = 0.05 * (configured[1] - configured[0])  # the top of a ridge may miss the pixels
    agree = all(abs(a - b) <= allowed for a, b in zip(seen, configured))
    return configured if agree else (seen[0], seen[1])


def area_and_perimeter(polygon: Floats) -> tuple[float, float]:
    """Area (not signed) and perimeter of an n x 2 polygon."""
    following = np.concatenate((polygon[1:], polygon[:1]))
    cross = polygon[:, 0] * following[:, 1] - polygon[:, 1] * following[:, 0]
    return abs(float(cross.sum())) / 2, float(np.hypot(*(following - polygon).T).sum())


def _regions_of_image(image: int, ridge: Floats, maps: Maps, limit: int) -> list[TextRegion]:
    positive = cv2.compare(maps.shrink_map, 0.5, cv2.CMP_GT)
    # A seed is what lies inside a polygon for sure: deeper than D, or shrunk.
    low = cv2.compare(ridge, _EPS, cv2.CMP_LE)
    deep = cv2.bitwise_and(low, cv2.compare(maps.threshold_mask, 0.5, cv2.CMP_GT))
    seeds = cv2.bitwise_or(deep, positive)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(seeds, connectivity=4)
    # Not all seeds are texts: some lie between the corners of a mask. Try a few more.
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[: min(2 * limit, 255)]
    rank = np.zeros(count, np.uint8)
    rank[order] = np.arange(1, len(order) + 1)
    ranks = cv2.dilate(rank[labels], _RING)
    flanks = _sample_flanks(ridge, ranks, cv2.bitwise_not(low), len(order))
    found: list[TextRegion] = []
    for label, flank in zip(order, flanks):
        seed = _Seed(labels, int(label), stats[label, :4], centres[label])
        fit = _fit_edges(flank, seed) or _grow_core(flank, seed, deep)
        if fit is None or not _on_ridge(fit[0], ridge):
            continue
        polygon, distance, exact = fit
        shrunk = _shrunk_contour(positive, seed, polygon)
        if exact or shrunk is not None:  # what is neither may be a gap between texts
            found.append(TextRegion(image, polygon, distance, shrunk, exact))
        if len(found) >= limit:
            break
    return found


def _sample_flanks(
    ridge: Floats, ranks: NDArray[np.uint8], sloped: NDArray[np.uint8], count: int
) -> list[_Flank]:
    """Gradients in 2 x 2 blocks: exact on a plane, and small enough for narrow flanks."""
    block = np.ones((2, 2), np.uint8)
    usable = cv2.erode(sloped, block, anchor=(0, 0))
    usable[-1, :] = 0
    usable[:, -1] = 0
    width = ridge.shape[1]
    at = np.flatnonzero(cv2.bitwise_and(usable, ranks))
    owner = ranks.ravel()[at]
    order = np.argsort(owner, kind="stable")
    at, owner = at[order], owner[order]
    flat = ridge.ravel()
    v00, v01, v10, v11 = flat[at], flat[at + 1], flat[at + width], flat[at + width + 1]
    gradient = np.stack([v01 + v11 - v00 - v10, v10 + v11 - v00 - v01], axis=1) / 2
    point = np.stack([at % width, at // width], axis=1) + 0.5
    value = (v00 + v01 + v10 + v11) / 4
    cuts = np.searchsorted(owner, np.arange(1, count + 2))
    return [_Flank(point[a:b], value[a:b], gradient[a:b]) for a, b in zip(cuts[:-1], cuts[1:])]


def _fit_edges(flank: _Flank, seed: _Seed) -> Optional[_Fit]:
    """The polygon as the intersection of its edges' lines: convex, up to eight edges."""
    slope = np.hypot(flank.gradient[:, 0], flank.gradient[:, 1])
    distance = 1 / _densest(slope)
    normal = flank.gradient * distance
    outwards = ((flank.point - seed.centre) * normal).sum(axis=1) > 0
    keep = (np.abs(slope * distance - 1) < _SAME_SLOPE) & outwards
    point, value = flank.point[keep], flank.value[keep]
    lines = _edge_lines(point, normal[keep], value, distance)
    polygon = _intersect(lines)
    if polygon is None or not _explains(lines, point, value, distance):
        return None
    return polygon, distance, True


def _grow_core(flank: _Flank, seed: _Seed, deep: NDArray[np.uint8]) -> Optional[_Fit]:
    """Curved text: the core deeper than D, grown by D. Good to half a pixel or so."""
    distance = 1 / _densest(np.hypot(flank.gradient[:, 0], flank.gradient[:, 1]))
    x, y, width, height = seed.box
    margin = distance + 1
    inner = margin <= x <= deep.shape[1] - width - margin
    if not (inner and margin <= y <= deep.shape[0] - height - margin):
        return None  # the image's border would be taken for the text's; NaN ends here, too
    core = cv2.bitwise_and(seed.mask(), _crop(deep, seed.box))
    contours, _ = cv2.findContours(core, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contour = max(contours, key=cv2.contourArea, default=None)
    if contour is None:
        return None
    area = cv2.contourArea(contour)
    if distance < _MIN_ROUGH or area < _MIN_CORE or cv2.countNonZero(core) < area:
        return None  # a sliver, or a ring around a polygon
    offset = pyclipper.PyclipperOffset(4.0)
    corners = cv2.approxPolyDP(contour, 0.7, True)[:, 0] + seed.box[:2]
    offset.AddPath((corners * _SUBPIXEL).tolist(), pyclipper.JT_MITER, pyclipper.ET_CLOSEDPOLYGON)
    # The outermost pixels deeper than D lie half a pixel deeper on average.
    grown = offset.Execute((distance + 0.5) * _SUBPIXEL)
    if len(grown) != 1:
        return None
    return np.array(grown[0], dtype=np.float64) / _SUBPIXEL, distance, False


def _shrunk_contour(
    positive: NDArray[np.uint8], seed: _Seed, polygon: Floats
) -> Optional[NDArray[np.int32]]:
    """Contour of the region's positives, if it has any and they are its own."""
    low = np.maximum(np.floor(polygon.min(axis=0)).astype(int) - 1, 0)
    high = np.maximum(np.ceil(polygon.max(axis=0)).astype(int) + 2, 0)
    labels = cv2.connectedComponents(positive[low[1] : high[1], low[0] : high[0]], connectivity=4)[
        1
    ]
    x, y, width, height = seed.box
    here = np.zeros((height, width), np.int32)
    # The seed's box may reach beyond the window where positives of neighbours touch.
    window = _crop(labels, np.array([x - low[0], y - low[1], width, height]).clip(0))
    here[: window.shape[0], : window.shape[1]] = window
    counts = np.bincount(here[seed.mask() > 0])[1:]
    if not counts.any():
        return None
    own = cv2.inRange(labels, *(2 * [int(counts.argmax()) + 1]))
    contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contour: NDArray[np.int32] = contours[0] + low.astype(np.int32)
    # Positives shared with a touching neighbour reach out of the polygon.
    outline = polygon.astype(np.float32)
    hull = cv2.convexHull(contour)[:, 0].astype(float)
    return contour if all(cv2.pointPolygonTest(outline, p, True) > -1.5 for p in hull) else None


def _densest(values: Floats) -> float:
    """Where positive values crowd most; NaN where they do not.

    On the flanks of straight edges the true slope occurs again and again, to many digits. Where
    the flank is too narrow for the samples, they read all kinds of lower slopes.
    """
    ordered = np.sort(values[values > _EPS])
    if len(ordered) < _FEW:
        return float("nan")
    step = max(_FEW - 1, len(ordered) // 5)
    spread = np.log(ordered[step:] / ordered[:-step])
    start = int(np.argmin(spread))
    return float(ordered[start + step // 2]) if spread[start] < _SAME_SLOPE else float("nan")


def _median(values: Floats) -> float:
    """The upper median; numpy's own takes several times as long on so few values."""
    return float(np.sort(values)[len(values) // 2])


def _edge_lines(point: Floats, normal: Floats, value: Floats, distance: float) -> Floats:
    """Edges as rows (nx, ny, c), outward unit normal, n . x = c; sorted by angle."""
    angle = np.degrees(np.arctan2(normal[:, 1], normal[:, 0]))
    offset = (point * normal).sum(axis=1) + (1 - value) * distance
    left = np.ones(len(angle), bool)
    lines: list[tuple[float, float, float]] = []
    while left.sum() >= _FEW and len(lines) <= _MAX_EDGES:
        bins = np.bincount((angle[left] + 180).astype(int) % 360, minlength=360)
        peak = np.argmax(bins + np.roll(bins, -1)) - 179.0
        near = left & (np.abs((angle - peak + 180) % 360 - 180) < _SAME_ANGLE)
        if near.sum() < _FEW:
            break
        left &= ~near
        nx, ny, c = (_median(column[near]) for column in (*normal.T, offset))
        norm = float(np.hypot(nx, ny))
        lines.append((nx / norm, ny / norm, c / norm))
    return np.array(sorted(lines, key=lambda line: np.arctan2(line[1], line[0])))


def _intersect(lines: Floats) -> Optional[Floats]:
    """Corners of the convex polygon with these edges; None when it is open or too round."""
    if not 3 <= len(lines) <= _MAX_EDGES:
        return None
    following = np.roll(lines, -1, axis=0)
    turn = lines[:, 0] * following[:, 1] - lines[:, 1] * following[:, 0]
    if turn.min() < 0.05:  # nearly parallel, or an edge is missing and the polygon is open
        return None
    x = (lines[:, 2] * following[:, 1] - following[:, 2] * lines[:, 1]) / turn
    y = (following[:, 2] * lines[:, 0] - lines[:, 2] * following[:, 0]) / turn
    corners: Floats = np.stack([x, y], axis=1)
    return corners


def _explains(lines: Floats, point: Floats, value: Floats, distance: float) -> bool:
    depth = (lines[:, 2] - point @ lines[:, :2].T).min(axis=1)
    error = np.abs(1 - depth / distance - value)
    return bool(np.mean(error < 0.05) > 0.8)


def _on_ridge(polygon: Floats, ridge: Floats) -> bool:
    """Whether the map peaks along the polygon: not so when D was misread."""
    low = np.maximum(np.floor(polygon.min(axis=0)).astype(int), 0)
    high = np.maximum(np.ceil(polygon.max(axis=0)).astype(int) + 1, 0)
    window = ridge[low[1] : high[1], low[0] : high[0]]
    outline = np.zeros(window.shape, np.uint8)
    cv2.polylines(outline, [np.round(polygon - low).astype(np.int32)], True, 1)
    return bool(window.size) and cv2.mean(window, outline)[0] > _PEAK


def _crop(layer: NDArray[Any], box: NDArray[np.int32]) -> NDArray[Any]:
    x, y, width, height = box
    return layer[y : y + height, x : x + width]
