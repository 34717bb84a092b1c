"""The cells of an examination: predictions scored with the postprocess and metric of the config."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from ppocr_guard.detect.limits import CERTAIN
from ppocr_guard.paddleocr.examination.building import Sample

RESCUE_IMAGES = 8
GOOD = 0.9
TIE = 0.02
UNCLIP = (0.2, 0.35, 0.5, 0.8, 1.1, 1.5, 2.0, 2.5)
THRESH = (0.15, 0.3)
BOX_THRESH = (0.3, 0.5, 0.6)
MANY = 1000  # max_candidates
IOU = 0.5  # of a label and its box, as in DetMetric
FEW = 2  # labels and boxes of an image, and images, of which shares are taken
STRANGE, FRIENDLY = 0.1, 0.7  # shares of an image's labels that have their box
Setting = Mapping[str, float]


class Scorer:
    """Scores maps with copies of PaddleOCR's own ``DBPostProcess`` and ``DetMetric``."""

    def __init__(self, post_process: Any, metric: Any, indicator: str) -> None:
        self._post_process = post_process
        self._metric = metric
        self.indicator = indicator

    def score(
        self, maps: Sequence[Any], samples: Sequence[Sample], setting: Optional[Setting] = None
    ) -> dict[str, float]:
        """Numbers of the metric over the images that have a map."""
        metric = copy.deepcopy(self._metric)
        metric.reset()
        for boxes, sample in zip(self.boxes(maps, samples, setting), samples):
            metric([{"points": boxes}], [None, None, [sample.polygons], [sample.ignored]])
        return {
            name: float(value)
            for name, value in metric.get_metric().items()
            if isinstance(value, (int, float))
        }

    def main(
        self, maps: Sequence[Any], samples: Sequence[Sample], setting: Optional[Setting] = None
    ) -> float:
        """The main indicator."""
        return self.score(maps, samples, setting)[self.indicator]

    def boxes(
        self, maps: Sequence[Any], samples: Sequence[Sample], setting: Optional[Setting] = None
    ) -> list[Any]:
        """Boxes of each image, in pixels of the labels."""
        import numpy as np

        post_process = copy.copy(self._post_process)
        for name, value in (setting or {}).items():
            setattr(post_process, name, value)
        found = []
        for map_, sample in zip(maps, samples):
            predicted = {"maps": np.asarray(map_, np.float32)[None, None]}
            found.append(post_process(predicted, np.array([sample.shape]))[0]["points"])
        return found

    def perfect(self, samples: Sequence[Sample], setting: Optional[Setting] = None) -> float:
        """The main indicator of the labels themselves as a prediction."""
        return self.main([sample.target * CERTAIN for sample in samples], samples, setting)

    def settings(self) -> list[dict[str, float]]:
        """Changes of the configured postprocess that are worth a try, one at a time."""
        now = self._post_process
        tried: list[dict[str, float]] = [{"unclip_ratio": u} for u in UNCLIP]
        tried += [{"thresh": t} for t in THRESH]
        tried += [{"box_thresh": b} for b in BOX_THRESH if b < float(now.box_thresh)]
        if float(now.max_candidates) < MANY:
            tried.append({"max_candidates": MANY})
        return [
            setting
            for setting in tried
            if any(float(getattr(now, name)) != value for name, value in setting.items())
        ]

    def best(
        self, maps: Sequence[Any], samples: Sequence[Sample], seconds: float
    ) -> tuple[float, dict[str, float]]:
        """(main indicator, setting) of the best setting, on a few of the images; an empty setting
        is the configured one. Stops when ``seconds`` are over."""
        few = spread(len(samples), RESCUE_IMAGES)
        maps, samples = [maps[i] for i in few], [samples[i] for i in few]
        return self._search(lambda setting: self.main(maps, samples, setting), seconds)

    def best_for_labels(
        self, samples: Sequence[Sample], seconds: float
    ) -> tuple[float, dict[str, float]]:
        """The same of the labels themselves."""
        few = [samples[i] for i in spread(len(samples), RESCUE_IMAGES)]
        return self._search(lambda setting: self.perfect(few, setting), seconds)

    def _search(
        self, score: Callable[[Setting], float], seconds: float
    ) -> tuple[float, dict[str, float]]:
        deadline = time.perf_counter() + seconds
        configured = score({})
        scores: list[tuple[float, dict[str, float]]] = []
        for setting in self.settings():
            if time.perf_counter() > deadline:
                break
            scores.append((score(setting), setting))
        top = max((value for value, _ in scores), default=0.0)
        if top <= configured + TIE:
            return configured, {}
        kind = set(next(setting for value, setting in scores if value == top))
        good = [one for one in scores if one[0] >= top - TIE and set(one[1]) == kind]
        return good[len(good) // 2]  # in the middle of those that are as good


def spread(total: int, wanted: int) -> list[int]:
    """``wanted`` places spread over ``total``."""
    count = min(total, wanted)
    return [index * total // count for index in range(count)]


def response(maps: Sequence[Any], samples: Sequence[Sample]) -> dict[str, float]:
    """What the maps say on and off the text, without any postprocess.

    ``inside``, ``outside``: mean probability where a text should be found, and elsewhere;
    ``variation``: mean standard deviation of a pixel over the images, 0 where nothing of an image
    gets through; ``finite``: share of finite numbers.
    """
    import numpy as np

    inside, outside, finite = [], [], []
    for map_, sample in zip(maps, samples):
        values = np.asarray(map_, np.float32)
        good = np.isfinite(values)
        finite.append(float(good.mean()))
        values = np.where(good, values, 0)
        if sample.target is None or sample.target.shape != values.shape:
            continue
        text = sample.target > 0
        if text.any():
            inside.append(float(values[text].mean()))
            outside.append(float(values[~text].mean()))
    figures = {"finite": float(np.mean(finite))}
    if len(maps) > 1:
        figures["variation"] = _variation(maps)
    if inside:
        figures["inside"] = float(np.mean(inside))
        figures["outside"] = float(np.mean(outside))
    return figures


def _variation(maps: Sequence[Any]) -> float:
    """Over the middle part that all maps have."""
    import numpy as np

    height, width = (min(map_.shape[axis] for map_ in maps) for axis in (0, 1))
    middles = []
    for map_ in maps:
        top, left = (map_.shape[0] - height) // 2, (map_.shape[1] - width) // 2
        middles.append(np.nan_to_num(map_[top : top + height, left : left + width]))
    return float(np.std(np.stack(middles).astype(np.float32), axis=0).mean())


class _Meetings(NamedTuple):
    """Labels and boxes of one image by whose centre lies in which."""

    labels_in_box: list[int]  # of each box
    boxes_in_label: list[int]  # of each label
    met: list[bool]  # of each label: its centre lies in a box
    area_ratios: list[float]  # label / box, of pairs that hold each other's centres
    matched: Optional[float]  # share of the labels that match a box; None where either are too few


def against_labels(boxes: Sequence[Any], samples: Sequence[Sample]) -> dict[str, float]:
    """How boxes and labels lie to each other where they do not match as they should.

    ``labels_in_boxes``: share of labels whose centre lies in a box; ``boxes_on_labels``: share
    of boxes whose centre lies in a label; ``strangers``: share of images (of those with a few of
    both) in which no label has its box, ``friends``: in which most have; ``labels_per_box``,
    ``boxes_per_label``: mean count in those that hold any; ``area_ratio``: median of label area /
    box area over pairs that hold each other's centres.
    """
    import numpy as np

    images = [_meetings(found, sample) for found, sample in zip(boxes, samples)]
    held = [count for image in images for count in image.labels_in_box]
    holding = [count for image in images for count in image.boxes_in_label]
    met = [one for image in images for one in image.met]
    ratios = [ratio for image in images for ratio in image.area_ratios]
    matched = [image.matched for image in images if image.matched is not None]
    figures = {}
    if len(matched) >= FEW:
        figures["strangers"] = float(np.mean([share <= STRANGE for share in matched]))
        figures["friends"] = float(np.mean([share >= FRIENDLY for share in matched]))
    if met:
        figures["labels_in_boxes"] = float(np.mean(met))
    if held:
        figures["boxes_on_labels"] = sum(map(bool, held)) / len(held)
    for name, counts in (("labels_per_box", held), ("boxes_per_label", holding)):
        some = [count for count in counts if count]
        if some:
            figures[name] = float(np.mean(some))
    if ratios:
        figures["area_ratio"] = float(np.median(ratios))
    return figures


def _meetings(found: Any, sample: Sample) -> _Meetings:
    import numpy as np
    import shapely

    polygons = [shapely.Polygon(polygon).buffer(0) for polygon in sample.polygons]
    marked = list(zip(polygons, sample.ignored))
    labels = [one for one, ignored in marked if not ignored and one.area > 0]
    unclear = shapely.union_all([one for one, ignored in marked if ignored])
    shapes = [shapely.Polygon(np.asarray(box).reshape(-1, 2)).buffer(0) for box in found]
    # A box on an ignored text says nothing, as in the metric.
    shapes = [one for one in shapes if one.area > 0 and not unclear.contains(one.centroid)]
    size = len(labels), len(shapes)
    inside = np.array(
        [[shape.contains(label.centroid) for shape in shapes] for label in labels], bool
    ).reshape(size)
    around = np.array(
        [[label.contains(shape.centroid) for shape in shapes] for label in labels], bool
    ).reshape(size)
    return _Meetings(
        inside.sum(axis=0).tolist(),
        around.sum(axis=1).tolist(),
        inside.any(axis=1).tolist(),
        [labels[i].area / shapes[j].area for i, j in zip(*np.nonzero(inside & around))],
        _matched(labels, shapes) if min(size) >= FEW else None,
    )


def _matched(labels: Sequence[Any], shapes: Sequence[Any]) -> float:
    """Share of the labels that have a box."""

    def iou(label: Any, box: Any) -> float:
        shared = label.intersection(box).area
        return float(shared / (label.area + box.area - shared))

    return sum(any(iou(label, box) >= IOU for box in shapes) for label in labels) / len(labels)
