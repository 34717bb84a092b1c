"""The sample of an examination: images and labels as PaddleOCR's own transforms make them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.paddleocr.examination.files import Mark, mark

TRAIN, TRAIN_EVAL, VAL = "train", "train_eval", "val"
COLUMNS = (TRAIN, TRAIN_EVAL, VAL)
IMAGES = 16  # of each column, at most
MAX_BYTES = 96 * 2**20  # of all images together, kept as float16
_BEFORE = "ppocr_guard_labels"


@dataclass(frozen=True)
class Sample:
    """One image with its labels, as the evaluation would meet it."""

    image: Any  # C x H x W, float16: what the network is given
    shape: tuple[float, ...]  # src_h, src_w, ratio_h, ratio_w, as DetResizeForTest has it
    polygons: Any  # n x k x 2, pixels of the src_h x src_w image
    ignored: list[bool]
    target: Any  # H x W, uint8: what a perfect model predicts; None where it cannot be made


@dataclass
class Built:
    """Samples and figures of the labels (``name.column``), by column."""

    samples: dict[str, list[Any]] = field(default_factory=dict)  # of Sample, or what is asked
    facts: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)  # column -> why it is missing
    labels: dict[str, Any] = field(default_factory=dict)  # column -> what all its labels are like
    files: dict[str, list[Mark]] = field(default_factory=dict)  # column -> its image files

    def mark(self, column: str, data: Mapping[str, Any]) -> None:
        """Keep what the image file of a sample is like now. ``TRAIN`` has those of TRAIN_EVAL."""
        found = mark(data) if column != TRAIN else None
        if found is not None:
            self.files.setdefault(column, []).append(found)


def build(train: Any, evaluation: Any, images: int = IMAGES) -> Built:
    """Samples of PaddleOCR's data sets ``train`` and ``evaluation`` (either may be None).

    Draws random numbers and changes nothing of the data sets.
    """
    built = Built()
    shrink = next((op for op in operators(train) if type(op).__name__ == "MakeShrinkMap"), None)
    room = MAX_BYTES
    for column, dataset, transforms in (
        (TRAIN, train, operators(train)),
        (TRAIN_EVAL, train, operators(evaluation)),
        (VAL, evaluation, operators(evaluation)),
    ):
        if dataset is None or not transforms:
            continue
        try:
            samples: list[Sample] = []
            for data in _items(dataset, transforms, images, spread=column != VAL):
                sample = (
                    _of_training(data, shrink) if column == TRAIN else _of_evaluation(data, shrink)
                )
                built.mark(column, data)
                room -= sample.image.nbytes
                if room < 0 and samples:
                    break
                samples.append(sample)
        except Exception as error:
            built.errors[column] = f"{type(error).__name__}: {error}"
            continue
        if samples:
            built.samples[column] = samples
            add_figures(built.facts, built.notes, column, samples)
    return built


def add_figures(
    facts: dict[str, float], notes: dict[str, str], column: str, samples: Sequence[Sample]
) -> None:
    """Put the figures of labels and images that need no model into ``facts`` and ``notes``."""
    import numpy as np

    from ppocr_guard.geometry.labelling import Labelled, summary

    labelled = [
        Labelled(
            sample.image.astype(np.float32).mean(axis=0),
            sample.shape[1],
            sample.shape[0],
            list(sample.polygons),
            sample.ignored,
        )
        for sample in samples
    ]
    for name, value in summary(labelled).items():
        if isinstance(value, str):
            notes[f"{name}.{column}"] = value
        else:
            facts[f"{name}.{column}"] = float(value)
    pixels = [sample.image.astype(np.float32) for sample in samples]
    facts[f"mean.{column}"] = float(np.mean([one.mean() for one in pixels]))
    # Within each channel: an image of one colour has none.
    facts[f"std.{column}"] = float(np.mean([one.std(axis=(1, 2)).mean() for one in pixels]))
    facts[f"side.{column}"] = float(np.median([max(one.shape[1:]) for one in pixels]))
    targets = [sample.target for sample in samples if sample.target is not None]
    if targets:
        facts[f"positives.{column}"] = float(np.mean([target.mean() for target in targets]))


class _Snapshot:
    """Keeps the labels as the operators that make maps get them; those change them in place."""

    def __call__(self, data: dict[str, Any]) -> dict[str, Any]:
        kept = (copy.deepcopy(data["polys"]), list(data["ignore_tags"]))
        return {**data, _BEFORE: kept}


class _Everything(dict):  # type: ignore[type-arg]
    """What KeepKeys would have picked from."""


def _keep(data: Mapping[str, Any]) -> _Everything:
    return _Everything(data)


def operators(dataset: Any) -> list[Any]:
    """The transforms of a data set."""
    return list(getattr(dataset, "ops", None) or ())


def _items(
    dataset: Any, transforms: list[Any], images: int, *, spread: bool
) -> Iterator[Mapping[str, Any]]:
    """The first samples, or samples spread over the set, with all their keys."""
    shown = view(dataset, transforms)
    count = min(images, len(dataset))
    step = len(dataset) / count if spread and count else 1
    for number in range(count):
        item = shown[int(number * step)]
        if not isinstance(item, _Everything):
            raise TypeError(f"{type(dataset).__name__} gives no dictionary")
        yield item


def view(dataset: Any, transforms: list[Any]) -> Any:
    """A copy of the data set that gives all that KeepKeys would pick from."""
    shown = copy.copy(dataset)
    shown.ops = []
    for operator in transforms:
        name = type(operator).__name__
        if name == "KeepKeys":
            break
        if name in ("MakeBorderMap", "MakeShrinkMap") and not any(
            isinstance(one, _Snapshot) for one in shown.ops
        ):
            shown.ops.append(_Snapshot())
        shown.ops.append(operator)
    shown.ops.append(_keep)
    return shown


def _of_training(data: Mapping[str, Any], shrink: Any) -> Sample:
    import numpy as np

    polygons, ignored = data.get(_BEFORE) or (data["polys"], data["ignore_tags"])
    image = np.asarray(data["image"])
    height, width = image.shape[1:]
    limit = float(getattr(shrink, "min_text_size", 0))
    inside = [np.asarray(p, np.float64).clip(0, (width - 1, height - 1)) for p in polygons]
    small = [bool(np.ptp(polygon, axis=0).min() < limit) for polygon in inside]
    return Sample(
        image.astype(np.float16),
        (float(height), float(width), 1.0, 1.0),
        np.array(inside).reshape(len(inside), -1, 2),
        [bool(flag) or tiny for flag, tiny in zip(ignored, small)],
        np.asarray(data["shrink_map"]).astype(np.uint8) if "shrink_map" in data else None,
    )


def _of_evaluation(data: Mapping[str, Any], shrink: Any) -> Sample:
    import numpy as np

    image = np.asarray(data["image"])
    shape = tuple(float(value) for value in np.asarray(data["shape"]).reshape(-1)[:4])
    polygons = np.asarray(data["polys"], np.float64)
    ignored = [bool(flag) for flag in data["ignore_tags"]]
    return Sample(
        image.astype(np.float16),
        shape,
        polygons,
        ignored,
        perfect_map(
            shrink, polygons, ignored, shape, (image.shape[1], image.shape[2]), data.get("epoch", 0)
        ),
    )


def perfect_map(
    shrink: Any,
    polygons: Any,
    ignored: Sequence[bool],
    shape: Sequence[float],
    size: tuple[int, int],
    epoch: int = 0,
) -> Optional[Any]:
    """H x W: the training's own MakeShrinkMap on the labels of an image resized to ``size``."""
    import numpy as np

    if shrink is None:
        return None
    scale = np.array([size[1] / shape[1], size[0] / shape[0]])
    data = {
        "image": np.zeros((*size, 1), np.uint8),
        "polys": np.asarray(polygons, np.float64).reshape(len(polygons), -1, 2) * scale,
        "ignore_tags": list(ignored),
        "epoch": epoch,
    }
    return np.asarray(shrink(data)["shrink_map"]).astype(np.uint8)
