"""The clone's own ``DBPostProcess`` on the ceiling's targets, to compare our restatement with."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely

from ppocr_guard.geometry.ceiling import CeilingSettings, Sample, perfect_map
from ppocr_guard.geometry.metric import Counts, match
from ppocr_guard.geometry.postprocess import boxes

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
        target, _, _ = perfect_map(settings, sample)
        ratios = (target.shape[0] / sample.height, target.shape[1] / sample.width)
        shape = [(sample.height, sample.width, *ratios)]
        theirs = list(real({"maps": target[None, None]}, shape)[0]["points"])
        ours = boxes(target, sample.width, sample.height, options)
        seen += 1
        same += len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))
        labels = [shapely.Polygon(np.asarray(polygon, float)) for polygon in sample.polygons]
        counts = counts.plus(match(labels, sample.ignore, theirs).counts)
    return Agreement(seen, same, counts.hmean)


def _load(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location("ppocr_guard_clone_postprocess", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise FileNotFoundError(f"{file} does not exist")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DBPostProcess
