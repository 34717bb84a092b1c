"""How well and how fast the geometry works on maps drawn by PaddleOCR's own operators.

    python -m benchmarks.geometry [--release 2.10.0] [--batches 3]

Prints error and milliseconds of the measured shrink ratio by scene, size and ratio; the round
trip by ratio; the time of the ceiling for a thousand images.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_guard.demo.sources import obtain
from ppocr_guard.geometry.ceiling import CeilingSettings, Sample, ceiling
from ppocr_guard.geometry.measure import RatioEstimator
from ppocr_guard.geometry.postprocess import Postprocess
from ppocr_guard.geometry.regions import Maps
from ppocr_guard.geometry.roundtrip import round_trip

SCENES = ("rectangles", "rotated", "perspective", "clipped", "cropped", "dense")
RATIOS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.81, 0.9)
POSTPROCESS = Postprocess(unclip_ratio=1.5, box_thresh=0.6)
_TILT = {"rotated": 45.0, "perspective": 20.0, "clipped": 10.0, "cropped": 10.0}  # degrees


def load_class(tree: Path, file: str, name: str) -> Any:
    """A class of PaddleOCR from its own file alone: the package's __init__ imports far more."""
    spec = importlib.util.spec_from_file_location(f"paddleocr_{Path(file).stem}", tree / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


class Operators:
    """The operators of a release that draw the training maps."""

    def __init__(self, release: str) -> None:
        warnings.simplefilter("ignore")
        tree, folder = obtain(release), "ppocr/data/imaug"
        self._border = load_class(tree, f"{folder}/make_border_map.py", "MakeBorderMap")
        self._shrink = load_class(tree, f"{folder}/make_shrink_map.py", "MakeShrinkMap")
        self._crop = load_class(tree, f"{folder}/random_crop_data.py", "EastRandomCropData")

    def maps(
        self,
        images: list[list[Any]],
        size: int,
        border: float,
        shrink: float,
        *,
        crop: bool = False,
    ) -> Maps:
        """The maps of a batch of images, each a list of polygons (n x 2)."""
        drawn = [self._draw(polygons, size, border, shrink, crop) for polygons in images]
        return Maps(*(np.stack([data[key] for data in drawn]) for key in Maps._fields))

    def _draw(
        self, polygons: list[Any], size: int, border: float, shrink: float, crop: bool
    ) -> Any:
        data = {
            "image": np.zeros((size, size, 3), np.uint8),
            "polys": np.array(polygons, dtype=np.float32),
            "ignore_tags": [False] * len(polygons),
            "texts": ["text"] * len(polygons),
        }
        if crop:
            data = self._crop(size=(size, size), max_tries=50, keep_ratio=True)(data)
        return self._shrink(shrink_ratio=shrink)(self._border(shrink_ratio=border)(data))


def scene(rng: np.random.Generator, kind: str, size: int) -> list[Any]:
    """Text boxes of one image, in random places, not overlapping."""
    unit = max(size / 640, 0.5)
    if kind == "dense":
        return list(_dense(rng, size, unit))
    tilt = _TILT.get(kind, 0.0)
    boxes: list[Any] = []
    taken: list[Any] = []
    for _ in range(300):
        height = rng.uniform(14, 60) * unit
        width = height * rng.uniform(1, 8)
        box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
        if kind == "perspective":
            box += rng.uniform(-0.12, 0.12, (4, 2)) * height
        angle = np.radians(rng.uniform(-tilt, tilt))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        box = box @ turn + rng.uniform(0, size, 2)
        low, high = box.min(axis=0), box.max(axis=0)
        out = bool(low.min() < 1 or high.max() > size - 2)
        if out != (kind == "clipped" and rng.uniform() < 0.5):
            continue
        if all((high + 3 < a).any() or (low - 3 > b).any() for a, b in taken):
            boxes.append(box)
            taken.append((low, high))
        if len(boxes) == 15:
            break
    return boxes


def _dense(rng: np.random.Generator, size: int, unit: float) -> Iterator[Any]:
    """Lines and words that touch, as in a document."""
    y = rng.uniform(0, 5)
    while True:
        height = rng.uniform(14, 40) * unit
        if y + height > size - 2:
            return
        x = rng.uniform(0, 5)
        while True:
            width = height * rng.uniform(1.5, 8)
            if x + width > size - 2:
                break
            yield np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
            x += width + rng.uniform(0, 0.8) * height
        y += height + rng.uniform(0, 3)


def batches(
    operators: Operators, kind: str, size: int, border: float, shrink: float, count: int
) -> Iterator[Maps]:
    rng = np.random.default_rng(0)
    np.random.seed(0)  # EastRandomCropData draws from it
    for _ in range(count):
        images = [scene(rng, kind, size) for _ in range(8)]
        yield operators.maps(images, size, border, shrink, crop=kind == "cropped")


def _measured(operators: Operators, count: int) -> None:
    pairs = [(r, r) for r in RATIOS] + [(0.4, 0.81), (0.81, 0.4)]
    print(f"Measured shrink ratio, pooled over {count} batches of 8 (error of the median;")
    print("+-: half width of its 95 % interval; ms: thread time a batch, best)\n")
    print("scene        size  border shrink | MakeShrinkMap       n | MakeBorderMap       n |  ms")
    for size in (640, 160):
        for kind in SCENES:
            for border, shrink in pairs:
                estimator, spent = RatioEstimator(), []
                for maps in batches(operators, kind, size, border, shrink, count):
                    began = time.thread_time()
                    estimator.add(maps)
                    spent.append(time.thread_time() - began)
                cells = []
                for name, truth in (("MakeShrinkMap", shrink), ("MakeBorderMap", border)):
                    one = estimator.estimate()[name]
                    error = (
                        "none          "
                        if one.ratio is None
                        else (f"{one.ratio - truth:+.4f} +-{one.uncertainty:.4f}")
                    )
                    cells.append(f"{error:16s} {one.regions:4d}")
                ms = 1000 * min(spent)
                print(
                    f"{kind:12s} {size:4d}  {border:.2f}   {shrink:.2f}   "
                    f"| {' | '.join(cells)} | {ms:3.0f}"
                )


def _round_trips(operators: Operators) -> None:
    print("\nRound trip at unclip 1.5\n")
    print("scene        size ratio | median IoU  above 0.5 | fitting unclip  median IoU |  ms")
    for size in (640, 160):
        for kind in SCENES:
            for ratio in (0.4, 0.6, 0.81):
                maps = next(batches(operators, kind, size, ratio, ratio, 1))
                began = time.thread_time()
                trip = round_trip(maps, POSTPROCESS)
                ms = 1000 * (time.thread_time() - began)
                if trip is None:
                    print(f"{kind:12s} {size:4d} {ratio:.2f}  | too few regions")
                    continue
                print(
                    f"{kind:12s} {size:4d} {ratio:.2f}  "
                    f"| {trip.median_iou:10.2f} {trip.share_matched:10.0%} "
                    f"| {trip.fitting_unclip_ratio:14.2f} {trip.fitting_median_iou:11.2f} "
                    f"| {ms:3.0f}"
                )


def _ceilings() -> None:
    rng = np.random.default_rng(0)
    kinds = ("rectangles", "rotated", "perspective")
    samples = []
    for i in range(1000):
        polygons = [box * (2, 1.125) for box in scene(rng, kinds[i % 3], 640)]
        samples.append(Sample(1280, 720, polygons, [False] * len(polygons)))
    texts = sum(len(sample.polygons) for sample in samples)
    print(f"\nCeiling at unclip 1.5, 1000 images of 1280 x 720, {texts} texts\n")
    print("ratio | hmean | best unclip  hmean | seconds")
    for ratio in (0.4, 0.81, 0.9):
        began = time.perf_counter()
        top = ceiling(samples, CeilingSettings(ratio, postprocess=POSTPROCESS))
        seconds = time.perf_counter() - began
        print(
            f"{ratio:.2f}  | {top.hmean:5.3f} "
            f"| {top.best_unclip_ratio:11.2f}  {top.best_hmean:5.3f} "
            f"| {seconds:7.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--release", default="2.10.0", help="whose operators draw the maps")
    parser.add_argument("--batches", type=int, default=3)
    options = parser.parse_args()
    operators = Operators(options.release)
    _measured(operators, options.batches)
    _round_trips(operators)
    _ceilings()


if __name__ == "__main__":
    main()
