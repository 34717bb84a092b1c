"""What is examined of recognisers with CTC: texts, and the labels as they were written."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ppocr_guard.paddleocr.examination.building import (
    IMAGES,
    TRAIN,
    TRAIN_EVAL,
    VAL,
    Built,
    operators,
    view,
)
from ppocr_guard.paddleocr.examination.card import Card, Subject
from ppocr_guard.paddleocr.examination.forward import Evaluate, run
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.rescoring import Predictions

_TEXT = "ppocr_guard_text"


@dataclass(frozen=True)
class Line:
    """One text line: what KeepKeys would have picked, in its order, and the label as written."""

    batch: list[Any]
    text: str


class Reading(Subject):
    """``CTCLabelDecode`` with ``RecMetric``. An answer of the network is (prediction, label), each
    (text, confidence) as the postprocess gives it: the label comes back as it was encoded, without
    the characters that the dictionary does not have."""

    def __init__(self, loop: Loop) -> None:
        self._post_process = loop.arguments["post_process_class"]
        self._metric = loop.arguments["eval_class"]
        self._indicator = loop.main_indicator
        self._size = _size(loop.config)

    def prepare(self) -> None:
        """Nothing is imported later on."""

    def build(self, train: Any, evaluation: Any) -> Built:
        built = Built()
        for column, dataset, transforms in (
            (TRAIN, train, operators(train)),
            (TRAIN_EVAL, train, operators(evaluation)),
            (VAL, evaluation, operators(evaluation)),
        ):
            if dataset is None or not transforms:
                continue
            try:
                lines = list(self._lines(dataset, transforms, spread=column != VAL))
            except Exception as error:
                built.errors[column] = f"{type(error).__name__}: {error}"
                continue
            if lines:
                built.samples[column] = lines
                built.facts.update(_figures(column, lines))
        return built

    def ask(
        self,
        evaluate: Evaluate,
        arguments: Mapping[str, Any],
        samples: Sequence[Any],
        seconds: float,
    ) -> tuple[list[Any], float]:
        answers = _Answers()
        deadline = time.perf_counter() + seconds
        taken = run(
            evaluate,
            {**arguments, "post_process_class": self._post_process, "eval_class": answers},
            [line.batch for line in samples],
            deadline,
        )
        return answers.found, taken

    def validation(self, predictions: Predictions, known: Sequence[Any]) -> tuple[Built, list[Any]]:
        return Built(), []  # not asked for

    def score(
        self,
        samples: Mapping[str, Sequence[Any]],
        answers: Mapping[str, Sequence[Any]],
        first: bool,
    ) -> Card:
        card = Card()
        for column, found in answers.items():
            if not found:
                continue
            written = [(line.text, 1.0) for line in samples[column][: len(found)]]
            predicted = [prediction for prediction, _ in found]
            encoded = [label for _, label in found]
            card.cells[f"labels.{column}"] = self._measure(written, encoded)[self._indicator]
            numbers = self._measure(predicted, encoded)
            value = numbers[self._indicator]
            card.cells[f"model.{column}"] = card.cells[f"best.{column}"] = value
            for name, number in numbers.items():
                if name != self._indicator:
                    card.facts[f"{name}.{column}"] = number
            empty = sum(not text for text, _ in predicted) / len(predicted)
            card.facts[f"empty.{column}"] = empty
        return card

    def _measure(self, predicted: Sequence[Any], labels: Sequence[Any]) -> dict[str, float]:
        metric = copy.deepcopy(self._metric)
        metric.reset()
        metric((list(predicted), list(labels)))
        return {
            name: float(value)
            for name, value in metric.get_metric().items()
            if isinstance(value, (int, float))
        }

    def _lines(self, dataset: Any, transforms: list[Any], *, spread: bool) -> Iterator[Line]:
        keys = next(list(one.keep_keys) for one in transforms if type(one).__name__ == "KeepKeys")
        shown = view(dataset, [_remember, *transforms])
        count = min(IMAGES, len(dataset))
        step = len(dataset) / count if spread and count else 1
        for number in range(count):
            index = int(number * step)
            sized = type(dataset).__name__ == "MultiScaleDataSet"
            data = shown[(*self._size, index, None) if sized else index]
            yield Line([data[key] for key in keys], data[_TEXT])


def _remember(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, _TEXT: str(data["label"])}


class _Answers:
    """In the place of RecMetric."""

    def __init__(self) -> None:
        self.found: list[Any] = []

    def __call__(self, result: Any, *_: Any, **__: Any) -> None:
        predicted, labels = result
        self.found.append((predicted[0], labels[0]))

    def get_metric(self) -> dict[str, float]:
        return {}


def _size(config: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height of the first scale that a sampler asks of MultiScaleDataSet."""
    scales: Optional[Any] = (config.get("Train", {}).get("sampler") or {}).get("scales")
    first = scales[0] if isinstance(scales, list) and scales else (320, 48)
    return (int(first[0]), int(first[1])) if isinstance(first, (list, tuple)) else (320, int(first))


def _figures(column: str, lines: Sequence[Line]) -> dict[str, float]:
    import numpy as np

    images = [np.asarray(line.batch[0], np.float32) for line in lines]
    return {
        f"mean.{column}": float(np.mean([image.mean() for image in images])),
        f"std.{column}": float(np.mean([image.std() for image in images])),
        f"text_height.{column}": float(np.median([image.shape[-2] for image in images])),
        f"characters.{column}": float(np.mean([len(line.text) for line in lines])),
    }
