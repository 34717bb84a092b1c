"""What is examined of DB's detectors: maps, boxes, and the labels as a perfect prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional

from ppocr_guard.paddleocr.examination import building, scoring
from ppocr_guard.paddleocr.examination.building import TRAIN, VAL, Built, Sample
from ppocr_guard.paddleocr.examination.card import Card, Subject
from ppocr_guard.paddleocr.examination.forward import Evaluate, predict
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.measuring import warm_up
from ppocr_guard.paddleocr.rescoring import Predictions

RESCUE_SECONDS = 3.0  # of a background thread, a column
LOW = 0.8  # of what the labels reach: from here on other settings are tried


class Detection(Subject):
    """``DBPostProcess`` with ``DetMetric``. An answer of the network is its probability map,
    H x W."""

    asks_validation = False  # the evaluation itself predicts its first images

    def __init__(self, loop: Loop) -> None:
        post_process, metric = loop.arguments["post_process_class"], loop.arguments["eval_class"]
        self._scorer = scoring.Scorer(post_process, metric, loop.main_indicator)
        self._rows: Optional[Card] = None  # of the labels: the sample does not change
        self._notes: dict[str, str] = {}  # of the labels

    def prepare(self) -> None:
        """A module that another thread is just importing would stay locked in a forked process."""
        warm_up()

    def build(self, train: Any, evaluation: Any) -> Built:
        return building.build(train, evaluation)

    def know(self, built: Built) -> None:
        self._notes = built.notes

    def ask(
        self,
        evaluate: Evaluate,
        arguments: Mapping[str, Any],
        samples: Sequence[Any],
        seconds: float,
    ) -> tuple[list[Any], float]:
        return predict(evaluate, arguments, [sample.image for sample in samples], seconds)

    def validation(self, predictions: Predictions, known: Sequence[Any]) -> tuple[Built, list[Any]]:
        """Samples and maps of the evaluation's first images. A target is that of ``known`` where
        the labels are still those: so MakeShrinkMap is not used from two threads."""
        maps: list[Any] = []
        samples: list[Sample] = []
        for batch, shapes, labels in predictions.batches():
            for number in range(len(batch)):
                if len(samples) == building.IMAGES:
                    break
                maps.append(batch[number, 0])
                sample = Sample(
                    None,
                    tuple(float(value) for value in shapes[number]),
                    labels[2][number],
                    [bool(flag) for flag in labels[3][number]],
                    None,
                )
                samples.append(_with_target(sample, known[len(samples) : len(samples) + 1]))
        built = Built(facts=predictions.figures())
        if samples:
            built.samples[VAL] = samples
            same = sum(sample.target is not None for sample in samples)
            built.facts["same.val"] = same / len(samples)
        return built, maps

    def score(
        self,
        samples: Mapping[str, Sequence[Any]],
        answers: Mapping[str, Sequence[Any]],
        first: bool,
    ) -> Card:
        card = Card()
        for column, images in samples.items():
            known = self._rows is not None and all(one.target is not None for one in images)
            if self._rows is not None and known:
                card.take_labels(self._rows, column)
            else:
                self._labels(card, column, images)
            if answers.get(column):
                self._model(card, column, images, answers[column], first)
                if first and column != TRAIN:  # whose labels are those of TRAIN_EVAL
                    self._changed(card, column, images, answers[column])
        self._rows = self._rows or card
        return card

    def _labels(self, card: Card, column: str, samples: Sequence[Any]) -> None:
        """The labels themselves, as far as their targets are known."""
        samples = [sample for sample in samples if sample.target is not None]
        if not any(not flag for sample in samples for flag in sample.ignored):
            return
        ceiling = self._scorer.perfect(samples)
        card.cells[f"labels.{column}"] = ceiling
        if ceiling < scoring.GOOD:
            best, setting = self._scorer.best_for_labels(samples, RESCUE_SECONDS)
            card.cells[f"labels_best.{column}"] = max(best, ceiling)
            if setting:
                card.settings[f"labels_best.{column}"] = setting

    def _model(
        self, card: Card, column: str, samples: Sequence[Any], maps: Sequence[Any], first: bool
    ) -> None:
        """``maps`` may be fewer than ``samples``."""
        count = min(len(samples), len(maps))
        samples, maps = samples[:count], maps[:count]
        numbers = self._scorer.score(maps, samples)
        value = numbers[self._scorer.indicator]
        card.cells[f"model.{column}"] = card.cells[f"best.{column}"] = value
        for name in ("precision", "recall"):
            if name in numbers:
                card.facts[f"{name}.{column}"] = numbers[name]
        for name, figure in scoring.response(maps, samples).items():
            card.facts[f"{name}.{column}"] = figure
        if value < LOW * card.cells.get(f"labels.{column}", 1.0):
            found, setting = self._scorer.best(maps, samples, RESCUE_SECONDS)
            if setting:
                card.cells[f"best.{column}"] = found
                card.settings[f"best.{column}"] = setting
        if first or value < LOW:
            boxes = self._scorer.boxes(maps, samples)
            for name, figure in scoring.against_labels(boxes, samples).items():
                card.facts[f"{name}.{column}"] = figure

    def _changed(
        self, card: Card, column: str, samples: Sequence[Any], maps: Sequence[Any]
    ) -> None:
        """The score if the labels were where they would lie on text best."""
        change = self._notes.get(f"best_change.{column}")
        if change is not None and card.cells[f"best.{column}"] < LOW:
            moved = [replace(one, polygons=_changed_polygons(one, change)) for one in samples]
            count = min(len(moved), len(maps))
            score = self._scorer.score(maps[:count], moved[:count])[self._scorer.indicator]
            card.facts[f"changed.{column}"] = score


def _changed_polygons(sample: Sample, change: str) -> Any:
    import numpy as np

    from ppocr_guard.geometry.labelling import Labelled, changed

    none = np.zeros((0, 0))
    height, width = sample.shape[:2]
    labelled = Labelled(none, width, height, list(sample.polygons), sample.ignored)
    return np.array(changed(labelled, change)).reshape(np.shape(sample.polygons))


def _with_target(sample: Sample, known: Sequence[Sample]) -> Sample:
    import numpy as np

    if known and np.array_equal(sample.polygons, known[0].polygons):
        return replace(sample, target=known[0].target)
    return sample
