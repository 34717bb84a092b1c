"""Does what the guard advises, and trains again: what became of hmean?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

import numpy as np

from benchmarks.diagnosis.faults.fault import DROP, Fault, LabelChange
from ppocr_guard.demo.dataset import Label
from ppocr_guard.geometry.labelling import Labelled, changed

SIDE = 192  # px, of the images
SUFFIX = "+advice"


def followed(fault: Fault, settings: Mapping[str, Any]) -> Fault:
    """``fault`` as before, with what the advice says to set."""
    sets: dict[str, Any] = dict(fault.sets)
    train, val = fault.train, fault.val
    for path, value in settings.items():
        if path == "labels.train":
            train = _then(train, value)
        elif path == "labels.val":
            val = _then(val, value)
        else:
            sets[path] = DROP if value is None else value
    return replace(fault, name=fault.name + SUFFIX, sets=sets, train=train, val=val)


def _then(first: Optional[LabelChange], change: str) -> LabelChange:
    """``change``: as :func:`ppocr_guard.geometry.labelling.changed` takes it."""

    def relabel(labels: list[Label]) -> list[Label]:
        return [_corrected(label, change) for label in (first(labels) if first else labels)]

    return relabel


def _corrected(label: Label, change: str) -> Label:
    polygons = [np.array(text.points, float) for text in label.texts]
    image = Labelled(np.zeros((1, 1)), SIDE, SIDE, polygons, ())
    texts = tuple(
        text._replace(points=tuple((float(x), float(y)) for x, y in polygon))
        for text, polygon in zip(label.texts, changed(image, change))
    )
    return label._replace(texts=texts)
