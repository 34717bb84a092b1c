"""Whether labelled polygons lie on something that looks like text, without a model.

Text is edges: inside a polygon that lies on text the brightness changes more than outside. That
tells labels that were moved, scaled or turned against their image, and the few ways in which this
happens (x and y exchanged, an EXIF rotation, an image that was resized and its labels not) can be
tried one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple, Optional

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from ppocr_guard.geometry.regions import Floats

Change = Callable[[Floats, float, float], Floats]  # polygon, width and height of the image

MAX_SIDE = 640  # px; larger images are made smaller before their edges are looked at
_FACTORS = (0.25, 0.5, 2 / 3, 0.75, 4 / 3, 1.5, 2.0, 4.0)
_FINER = (1.12, 1.06, 1.03)  # factors by which a scale is refined, one after the other ...
_STEPS = 3  # ... as often in a row at most


def _swapped(polygon: Floats, width: float, height: float) -> Floats:
    return polygon[:, ::-1]


def _clockwise(polygon: Floats, width: float, height: float) -> Floats:
    """Labels of the image turned by 90 degrees anticlockwise, brought onto it as it is."""
    return np.stack([width - polygon[:, 1], polygon[:, 0]], axis=1)


def _anticlockwise(polygon: Floats, width: float, height: float) -> Floats:
    return np.stack([polygon[:, 1], height - polygon[:, 0]], axis=1)


def _upside_down(polygon: Floats, width: float, height: float) -> Floats:
    return np.array([width, height]) - polygon


def _mirrored(polygon: Floats, width: float, height: float) -> Floats:
    return polygon * (-1, 1) + (width, 0)


def _flipped(polygon: Floats, width: float, height: float) -> Floats:
    return polygon * (1, -1) + (0, height)


# What must be done to the labels so that they lie on the text, by name.
CHANGES: dict[str, Change] = {
    "swap_xy": _swapped,
    "rotate_90": _clockwise,
    "rotate_270": _anticlockwise,
    "rotate_180": _upside_down,
    "mirror": _mirrored,
    "flip": _flipped,
}


@dataclass(frozen=True)
class Labelled:
    """One image with its labels.

    ``grey``: H x W, any scale; ``polygons``: n of k x 2, pixels of an image of ``width`` x
    ``height``, of which ``grey`` may be a resized copy.
    """

    grey: Floats
    width: float
    height: float
    polygons: Sequence[Floats]
    ignored: Sequence[bool]


class Shape(NamedTuple):
    """Figures of the polygons of some images; shares are in 0..1."""

    texts: float  # an image, ignored ones not counted
    ignored: float  # share of all
    height: Optional[float]  # median of the shorter side, px of ``grey``; None without a text
    invalid: float  # share that crosses itself, or has no area
    outside: float  # share with a quarter or more of its area outside the image


def shape(images: Sequence[Labelled]) -> Shape:
    """Figures of the labels alone."""
    heights: list[float] = []
    total = ignored = invalid = outside = 0
    for image in images:
        frame = shapely.box(0, 0, image.width, image.height)
        factor = min(image.grey.shape[1] / image.width, image.grey.shape[0] / image.height)
        for polygon, flag in zip(image.polygons, image.ignored):
            total += 1
            ignored += bool(flag)
            area = shapely.Polygon(polygon)
            if not area.is_valid or area.area <= 0:
                invalid += 1
                area = shapely.convex_hull(area)
            outside += area.intersection(frame).area < 0.75 * area.area
            if not flag:
                heights.append(factor * min(cv2.minAreaRect(np.float32(polygon))[1]))
    every = max(1, total)
    return Shape(
        (total - ignored) / max(1, len(images)),
        ignored / every,
        float(np.median(heights)) if heights else None,
        invalid / every,
        outside / every,
    )


class _Edges(NamedTuple):
    magnitude: NDArray[np.float32]  # H x W, mean 1
    scale: NDArray[np.float64]  # from pixels of the labels


def lift(images: Sequence[Labelled], change: Optional[str] = None) -> Optional[float]:
    """How much stronger edges are inside the polygons than in the mean of their images.

    1: labels have nothing to do with the image. ``change``: as :func:`changed` takes it, done to
    the labels before. None without a text.
    """
    return _lift([_edges(image) for image in images], images, change)


def best_change(images: Sequence[Labelled]) -> tuple[Optional[float], Optional[str], float]:
    """(lift of the labels as they are, the change with the largest lift, that lift)."""
    edges = [_edges(image) for image in images]
    now = _lift(edges, images, None)
    if now is None:
        return None, None, 0.0
    tried: dict[str, float] = {}

    def lift_of(name: str) -> float:
        if name not in tried:
            tried[name] = _lift(edges, images, name) or 0.0
        return tried[name]

    name = max((*CHANGES, *_scales(), *_shifts(images)), key=lift_of)
    if name.startswith("scale_") and lift_of(name) > now:
        name = _refined(name, lift_of)
    return now, name, lift_of(name)


def changed(image: Labelled, change: Optional[str]) -> list[Floats]:
    """The polygons after a change of :data:`CHANGES`, a "shift_X_Y" by whole pixels, or a
    "scale_X_Y" about the upper left corner."""
    polygons = [np.asarray(polygon, np.float64) for polygon in image.polygons]
    if change is None:
        return polygons
    kind, *numbers = change.split("_")
    if kind in ("shift", "scale"):
        by = np.array([float(number) for number in numbers])
        return [polygon + by if kind == "shift" else polygon * by for polygon in polygons]
    return [CHANGES[change](polygon, image.width, image.height) for polygon in polygons]


def _scale(x: float, y: float) -> str:
    return f"scale_{x:.2f}_{y:.2f}"


def _scales() -> list[str]:
    """Of both sides alike, and of one side alone: an image that was squeezed."""
    both = [_scale(factor, factor) for factor in _FACTORS]
    return [*both, *(_scale(f, 1) for f in _FACTORS), *(_scale(1, f) for f in _FACTORS)]


def _refined(name: str, lift_of: Callable[[str], float]) -> str:
    """The scale from ``name`` on, by ever smaller steps, as long as the lift grows."""
    for step in _FINER:
        for by in (step, 1 / step):
            for by_x, by_y in ((by, by), (by, 1.0), (1.0, by)):
                for _ in range(_STEPS):
                    x, y = (float(number) for number in name.split("_")[1:])
                    finer = _scale(x * by_x, y * by_y)
                    if lift_of(finer) <= lift_of(name):
                        break
                    name = finer
    return name


def _shifts(images: Sequence[Labelled]) -> list[str]:
    """Names of shifts by half and whole text heights (pixels of the labels)."""
    heights = [
        min(cv2.minAreaRect(np.float32(polygon))[1])
        for image in images
        for polygon in image.polygons
    ]
    step = round(float(np.median(heights)) / 2) if heights else 0
    grid = [(x * step, y * step) for x in range(-2, 3) for y in range(-2, 3)]
    return [f"shift_{x}_{y}" for x, y in grid if (x, y) != (0, 0)] if step else []


def _edges(image: Labelled) -> _Edges:
    grey = np.ascontiguousarray(image.grey, np.float32)
    factor = min(1.0, MAX_SIDE / max(grey.shape))
    if factor < 1:
        size = max(1, int(grey.shape[1] * factor)), max(1, int(grey.shape[0] * factor))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
    grey = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.float32)
    magnitude = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    mean = float(magnitude.mean())
    scale = np.array([grey.shape[1] / image.width, grey.shape[0] / image.height])
    return _Edges(np.asarray(magnitude / mean if mean > 0 else magnitude, np.float32), scale)


def _lift(
    edges: Sequence[_Edges], images: Sequence[Labelled], change: Optional[str]
) -> Optional[float]:
    """Mean over images. What falls outside the image counts as no edge."""
    found = []
    for one, image in zip(edges, images):
        wanted = inside = energy = 0.0
        mask = np.zeros(one.magnitude.shape, np.uint8)
        for polygon in changed(image, change):
            points = np.rint(polygon * one.scale)
            if not np.isfinite(points).all():
                continue
            points = points.clip(-10_000, 10_000).astype(np.int32)
            wanted += float(cv2.contourArea(points.astype(np.float32)))
            cv2.fillPoly(mask, [points], 1)
        if wanted > 0:
            chosen = mask > 0
            inside, energy = float(chosen.sum()), float(one.magnitude[chosen].sum())
            found.append(energy / max(inside, 0.9 * wanted, 1.0))
    return float(np.mean(found)) if found else None


def summary(images: Sequence[Labelled]) -> dict[str, Any]:
    """Figures by name for an examination; those that do not exist are left out."""
    figures = shape(images)
    now, change, best = best_change(images)
    values: dict[str, Any] = {
        "texts": figures.texts,
        "ignored": figures.ignored,
        "text_height": figures.height,
        "invalid": figures.invalid,
        "out_of_image": figures.outside,
        "lift": now,
        "best_lift": best if now is not None else None,
        "best_change": change,
    }
    return {name: value for name, value in values.items() if value is not None}
