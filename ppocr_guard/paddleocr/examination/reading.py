"""What is examined of recognisers with CTC: texts, and the labels as they were written."""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ppocr_guard.paddleocr.delegate import Delegate
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
from ppocr_guard.paddleocr.label_lines import LabelFacts, encoder, label_facts, label_lines
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.rescoring import Predictions
from ppocr_guard.recognition.names import named
from ppocr_guard.recognition.rewriting import MEANS, rewritten

_TEXT = "ppocr_guard_text"
RARE = 0.01  # share of the characters: a kind that a set does not really have
NAMED = 8  # characters that are named, at most


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
        self._labels: dict[str, LabelFacts] = {}  # by column
        self._stride: Optional[float] = None  # pixels of width that make a time step

    def prepare(self) -> None:
        """Nothing is imported later on."""

    def know(self, built: Built) -> None:
        self._labels = built.labels

    def of_batches(self, batches: Any) -> dict[str, float]:
        needs = list(batches.needs)
        if not needs or not self._stride:
            return {}
        impossible = sum(need > width // self._stride for need, width in needs)
        return {
            "ctc_impossible.batches": impossible / len(needs),
            "ctc_longest.batches": float(max(need for need, _ in needs)),
        }

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
                lines = []
                for line, data in self._lines(dataset, transforms, spread=column != VAL):
                    lines.append(line)
                    built.mark(column, data)
            except Exception as error:
                built.errors[column] = f"{type(error).__name__}: {error}"
                continue
            if lines:
                built.samples[column] = lines
                built.facts.update(_figures(column, lines))
            encode = encoder(transforms)
            if encode is None or column == TRAIN_EVAL:
                continue
            known = label_lines(dataset, spread=True)
            if known:
                built.labels[column] = facts = label_facts(known, encode)
                built.facts.update(_of_labels(column, facts))
                if facts.lost:
                    built.notes[f"lost.{column}"] = _in_words(facts.lost)
        for column, share in _foreign(built.labels).items():
            built.facts[f"foreign_kinds.{column}"] = share
        return built

    def ask(
        self,
        evaluate: Evaluate,
        arguments: Mapping[str, Any],
        samples: Sequence[Any],
        seconds: float,
    ) -> tuple[list[Any], float]:
        answers = _Answers()
        decoder = _Decoder(self._post_process)
        deadline = time.perf_counter() + seconds
        taken = run(
            evaluate,
            {**arguments, "post_process_class": decoder, "eval_class": answers},
            [line.batch for line in samples],
            deadline,
        )
        if decoder.steps and samples:
            self._stride = samples[0].batch[0].shape[-1] / decoder.steps
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
            confident = [float(one[1]) for one in predicted if len(one) > 1]
            if confident:
                card.facts[f"sure.{column}"] = sum(confident) / len(confident)
            self._compare(card, column, [text for text, *_ in predicted], encoded)
            steps = self._steps(samples[column])
            known = self._labels.get(column)
            share = known.impossible(steps) if known is not None and steps else None
            if steps:
                card.facts[f"steps.{column}"] = steps
            if share is not None:
                card.facts[f"ctc_impossible.{column}"] = share
        return card

    def _steps(self, lines: Sequence[Line]) -> Optional[float]:
        """Time steps that the network gives to the widest of these images."""
        if not self._stride:
            return None
        return float(max(line.batch[0].shape[-1] for line in lines) // self._stride)

    def _compare(
        self, card: Card, column: str, predicted: Sequence[str], encoded: Sequence[Any]
    ) -> None:
        """In what way predictions differ from the labels."""
        labels = [text for text, *_ in encoded]
        count = len(predicted)
        card.facts[f"empty.{column}"] = sum(not text for text in predicted) / count
        common = Counter(text for text in predicted if text).most_common(1)
        card.facts[f"alike.{column}"] = common[0][1] / count if common else 0.0
        if common:
            card.notes[f"alike.{column}"] = common[0][0]
        letters = {character for text in predicted for character in text}
        card.facts[f"letters.{column}"] = float(len(letters))
        wrong = [(p, label) for p, label in zip(predicted, labels) if p != label]
        known = self._labels.get(TRAIN if column == TRAIN_EVAL else column)
        if known is not None:
            others = sum(len(p) >= MEANS and p in known.texts for p, _ in wrong)
            card.facts[f"elsewhere.{column}"] = others / count
        ways = rewritten(list(zip(predicted, labels)))
        if ways:
            name = max(ways, key=lambda one: ways[one])
            card.facts[f"rescued.{column}"] = ways[name] / count
            card.notes[f"rescued.{column}"] = name

    def _measure(self, predicted: Sequence[Any], labels: Sequence[Any]) -> dict[str, float]:
        metric = copy.deepcopy(self._metric)
        metric.reset()
        metric((list(predicted), list(labels)))
        return {
            name: float(value)
            for name, value in metric.get_metric().items()
            if isinstance(value, (int, float))
        }

    def _lines(
        self, dataset: Any, transforms: list[Any], *, spread: bool
    ) -> Iterator[tuple[Line, Mapping[str, Any]]]:
        keys = next(list(one.keep_keys) for one in transforms if type(one).__name__ == "KeepKeys")
        shown = view(dataset, [_remember, *transforms])
        count = min(IMAGES, len(dataset))
        step = len(dataset) / count if spread and count else 1
        for number in range(count):
            index = int(number * step)
            sized = type(dataset).__name__ == "MultiScaleDataSet"
            data = shown[(*self._size, index, None) if sized else index]
            yield Line([data[key] for key in keys], data[_TEXT]), data


def _remember(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, _TEXT: str(data["label"])}


class _Decoder(Delegate):
    """Notes how many time steps the network gave to the first text."""

    def __init__(self, wrapped: Any) -> None:
        super().__init__(wrapped)
        self.steps = 0

    def __call__(self, predicted: Any, *args: Any, **kwargs: Any) -> Any:
        if not self.steps:
            scores = predicted
            if isinstance(scores, Mapping):
                scores = scores.get("ctc")
            elif isinstance(scores, (list, tuple)):
                scores = scores[-1]  # as CTCLabelDecode takes it
            shape: Sequence[int] = getattr(scores, "shape", ())
            self.steps = int(shape[1]) if len(shape) == 3 else 0
        return self._wrapped(predicted, *args, **kwargs)


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
        f"std.{column}": float(np.mean([_contrast(image) for image in images])),
        f"text_height.{column}": float(np.median([image.shape[-2] for image in images])),
        f"characters.{column}": float(np.mean([len(line.text) for line in lines])),
    }


def _contrast(image: Any) -> float:
    """Standard deviation down the columns of C x H x W. Those that are 0 throughout are what
    RecResizeImg pads a line with: beside them even an image of one colour would vary."""
    import numpy as np

    columns = np.asarray(image.std(axis=-2))[image.any(axis=-2)]
    return float(columns.mean()) if columns.size else 0.0


def _of_labels(column: str, facts: LabelFacts) -> dict[str, float]:
    return {
        f"refused.{column}": facts.refused,
        f"altered.{column}": facts.altered,
        f"unspaced.{column}": facts.unspaced,
        f"longest.{column}": float(facts.longest),
    }


def _in_words(lost: Counter[str]) -> str:
    """Characters with how often they are lost."""
    most = [f"{named(character)} {count}" for character, count in lost.most_common(NAMED)]
    return ", ".join(most) + (", ..." if len(lost) > NAMED else "")


def _foreign(labels: Mapping[str, LabelFacts]) -> dict[str, float]:
    """Share of the characters of one set that are of kinds which the other set hardly has."""
    if TRAIN not in labels or VAL not in labels:
        return {}
    shares = {column: _shares(labels[column].kinds) for column in (TRAIN, VAL)}
    return {
        column: sum(s for kind, s in shares[column].items() if shares[other].get(kind, 0) < RARE)
        for column, other in ((TRAIN, VAL), (VAL, TRAIN))
    }


def _shares(kinds: Counter[str]) -> dict[str, float]:
    total = sum(kinds.values())
    return {kind: count / total for kind, count in kinds.items()} if total else {}
