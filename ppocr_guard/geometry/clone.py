"""The clone's own ``DBPostProcess`` on the ceiling's targets, to compare our restatement with."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely

from ppocr_guard.geometry.ceiling import CeilingSettings, Sample
from ppocr_guard.geometry.metric import Counts, match
from ppocr_guard.geometry.postprocess import boxes
from ppocr_guard.geometry.target import shrink_map

FILE = Path("ppocr") / "postprocess" / "db_postprocess.py"


class Agreement(NamedTuple):
    """Our boxes against PaddleOCR's, over the first images of the validation set."""

    images: int
    same: int  # images on which all boxes are equal
    hmean: float  # with PaddleOCR's boxes, on these images


def compare(
    samples: Iterable[Sample], settings: CeilingSettings, tree: Path, *, images: int = 100
) -> Agreement:
    """Put perfect predictions through the class in ``tree``'s ``db_postprocess.py``.

    Raises:
        ImportError: that file imports paddle, which is not installed, or something else.
        OSError: there is no such file.
    """
    options = settings.postprocess
    real = _load(tree / FILE)(**vars(options))
    counts, same, seen = Counts(), 0, 0
    for sample in islice(samples, images):
        width, height = settings.resize.size(sample.width, sample.height)
        scale = np.array([width / sample.width, height / sample.height])
        polygons = [np.asarray(polygon, dtype=np.float64) for polygon in sample.polygons]
        target, _ = shrink_map(
            [polygon * scale for polygon in polygons],
            width,
            height,
            settings.shrink_ratio,
            settings.min_text_size,
            sample.ignore,
        )
        shape = [(sample.height, sample.width, scale[1], scale[0])]
        theirs = list(real({"maps": target[None, None]}, shape)[0]["points"])
        ours = boxes(target, sample.width, sample.height, options)
        seen += 1
        same += len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))
        labels = [shapely.Polygon(polygon) for polygon in polygons]
        counts = counts.plus(match(labels, sample.ignore, theirs).counts)
    return Agreement(seen, same, counts.hmean)


def _load(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location("ppocr_guard_clone_postprocess", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise FileNotFoundError(f"{file} does not exist")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DBPostProcess
