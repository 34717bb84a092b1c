"""Holds the examination of a run: once before the first step, and at each evaluation."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Optional

from ppocr_guard.background import Background
from ppocr_guard.events import Event, Examination, Findings
from ppocr_guard.paddleocr.batches import BatchWatch
from ppocr_guard.paddleocr.examination import building, memory, scoring
from ppocr_guard.paddleocr.examination.building import COLUMNS, TRAIN, TRAIN_EVAL, VAL, Built
from ppocr_guard.paddleocr.examination.child import Child
from ppocr_guard.paddleocr.examination.forward import Evaluate, eval_arguments, predict
from ppocr_guard.paddleocr.examination.weights import Weights
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.measuring import warm_up
from ppocr_guard.paddleocr.rescoring import Predictions

SHARE = 0.05  # of an evaluation's time that an examination may take ...
MIN_SECONDS = 0.5  # ... or this much, for the very short ones
FIRST_SECONDS = 20.0  # for the one before the first step, waiting for its images included
RESCUE_SECONDS = 3.0  # of a background thread, a column
FEWEST = 4  # images of a column that make an examination
CLOSE_SECONDS = 10.0
LOW = 0.8  # of what the labels reach: from here on other settings are tried
_log = logging.getLogger("ppocr_guard")


@dataclass
class _Job:
    """What one examination saw of the network; scored on the background thread."""

    epoch: int
    global_step: int
    evaluation: int
    maps: dict[str, list[Any]]
    weights: dict[str, float]
    seconds: float
    built: Built = field(default_factory=Built)
    skipped: str = ""


class Examiner:
    """Asks the network on the training thread, and posts an :class:`Examination` when its cells
    are scored. Only DB's detectors are examined (``DBPostProcess`` with ``DetMetric``), on
    rank 0."""

    def __init__(
        self,
        loop: Loop,
        evaluate: Evaluate,
        post: Callable[[Event], None],
        findings: Optional[Mapping[str, str]] = None,
    ) -> None:
        """``evaluate``: PaddleOCR's own ``program.eval``; ``post`` takes events from any thread;
        ``findings``: what the audit said before the training."""
        self._findings = dict(findings or {})
        self._auditor: Optional[Child] = None
        self._batches = BatchWatch(loop, post)
        self._loop = loop
        self._evaluate = evaluate
        self._post = post
        self._build: Callable[[], Built] = Built
        self._child: Optional[Child] = None
        self._built: Optional[Built] = None
        self._weights = Weights()
        self._second: Optional[float] = None  # that one image takes the network
        self._asked_first = False
        self._told: set[str] = set()
        self._first: dict[str, float] = {}  # model cells before the first step
        self._rows: Optional[tuple[dict[str, float], dict[str, dict[str, float]]]] = None
        self._queue: Background[_Job] = Background(
            self._score, name="scoring of an examination", capacity=2
        )
        post_process = loop.arguments.get("post_process_class")
        metric = loop.arguments["eval_class"]
        names = type(post_process).__name__, type(metric).__name__
        self.active = loop.rank == 0 and names == ("DBPostProcess", "DetMetric")
        self._scorer = scoring.Scorer(post_process, metric, loop.main_indicator)

    @harmless
    def epoch_starts(self, train: Any) -> None:
        """Have the sample built from the data set that this epoch uses; labels read; once."""
        if self._findings:
            self._post(Findings(time.time(), 0, 0, self._findings))
            self._findings = {}
        if not self.active or self._child is not None:
            return
        valid = getattr(self._loop.arguments.get("valid_dataloader"), "dataset", None)
        # A module that another thread is just importing would stay locked in the child.
        warm_up()
        self._build = lambda: building.build(train, valid)
        self._fork()
        with contextlib.suppress(OSError):
            self._auditor = Child(lambda: _audit(self._loop.config))

    def _fork(self) -> None:
        try:
            self._child = Child(self._build)
        except OSError as error:
            self.active = False
            self._say(f"there is no examination: {error}")

    @harmless
    def batch_arrived(self, batch: Any, epoch: int, global_step: int) -> None:
        """Before each step."""
        self._before_first_step(epoch, global_step)
        self._batches.batch_arrived(batch, epoch, global_step)

    def _before_first_step(self, epoch: int, global_step: int) -> None:
        """The model as the run begins with it. Waits for the sample, but not for ever."""
        if not self.active or self._asked_first or self._child is None:
            return
        self._asked_first = True
        started = time.perf_counter()
        if not self._ready(FIRST_SECONDS / 2):
            self._say("the model is not examined before the first step: its images took too long")
            self._child.end()
            self._fork()  # for the evaluations
            return
        assert self._built is not None
        arguments = eval_arguments(self._evaluate, self._loop.arguments)
        left = FIRST_SECONDS - (time.perf_counter() - started)
        maps = self._ask(arguments, building.IMAGES, COLUMNS, left)
        seconds = time.perf_counter() - started
        weights = self._weights.look(self._loop.arguments["model"])
        self._queue.put(_Job(epoch, global_step, 0, maps, weights, seconds))

    @harmless
    def evaluated(
        self,
        arguments: Mapping[str, Any],
        predictions: Optional[Predictions],
        evaluation_seconds: float,
        epoch: int,
        global_step: int,
        evaluation: int,
    ) -> None:
        """After ``program.eval`` with ``arguments``; the validation images were asked by it."""
        self._collect_findings(epoch, global_step)
        if not self.active or not self._ready(0.0):
            return
        assert self._built is not None
        started = time.perf_counter()
        allowed = max(SHARE * evaluation_seconds, MIN_SECONDS)
        each = self._second or 0.0
        images = min(building.IMAGES, int(allowed / each / 2) if each else building.IMAGES)
        skipped, maps = "", {}
        if images < FEWEST:
            skipped = (
                f"an image takes the network {each:.2f} s, and {2 * FEWEST} of them more than "
                f"{SHARE:.0%} of an evaluation of {evaluation_seconds:.0f} s"
            )
            self._say(f"training images are not examined: {skipped}")
        else:
            maps = self._ask(arguments, images, (TRAIN, TRAIN_EVAL), 2 * allowed)
        weights = {**self._weights.look(arguments["model"]), **memory.used()}
        job = _Job(epoch, global_step, evaluation, maps, weights, 0.0, skipped=skipped)
        if predictions is not None:
            job.maps[VAL], job.built = self._validation(predictions)
        job.seconds = time.perf_counter() - started
        self._queue.put(job)

    def close(self) -> None:
        for child in (self._child, self._auditor):
            if child is not None:
                child.end()
        self._batches.close()
        self._queue.close(CLOSE_SECONDS)

    def _collect_findings(self, epoch: int, global_step: int) -> None:
        if self._auditor is None:
            return
        try:
            found = self._auditor.result(0.0)
        except RuntimeError:  # a label file that cannot be read; `check` says so
            found = {}
        if found is not None:
            self._auditor = None
            if found:
                self._post(Findings(time.time(), epoch, global_step, found))

    def _ready(self, timeout: float) -> bool:
        """Whether the sample is there."""
        if self._built is None and self._child is not None:
            try:
                self._built = self._child.result(timeout)
            except RuntimeError as error:
                self.active = False
                self._say(f"there is no examination: its images could not be made ({error})")
                return False
            if self._built is not None:
                for column, error_text in self._built.errors.items():
                    self._say(f"the examination has no column {column}: {error_text}")
        return self._built is not None

    def _ask(
        self, arguments: Mapping[str, Any], images: int, columns: tuple[str, ...], seconds: float
    ) -> dict[str, list[Any]]:
        """Maps by column. Columns take turns, so that a deadline cuts all of them alike."""
        assert self._built is not None
        order = [
            (column, sample.image)
            for index in range(images)
            for column in columns
            for sample in self._built.samples.get(column, [])[index : index + 1]
        ]
        if not order:
            return {}
        found, taken = predict(
            self._evaluate, arguments, [image for _, image in order], max(seconds, 0.1)
        )
        if found:
            self._second = taken / len(found)
        maps: dict[str, list[Any]] = {}
        for (column, _), map_ in zip(order, found):
            maps.setdefault(column, []).append(map_)
        return maps

    def _validation(self, predictions: Predictions) -> tuple[list[Any], Built]:
        """What the evaluation itself predicted for its first images."""
        maps, built = [], Built()
        samples: list[building.Sample] = []
        for batch, shapes, labels in predictions.batches():
            polygons, ignored = labels[2], labels[3]
            for number in range(len(batch)):
                if len(samples) == building.IMAGES:
                    break
                maps.append(batch[number, 0])
                samples.append(
                    building.Sample(
                        None,
                        tuple(float(v) for v in shapes[number]),
                        polygons[number],
                        [bool(flag) for flag in ignored[number]],
                        None,
                    )
                )
        if samples:
            built.samples[VAL] = samples
            built.facts.update(predictions.figures())
        return maps, built

    def _score(self, jobs: list[_Job]) -> None:
        for job in jobs:
            self._post(self._examination(job))

    def _examination(self, job: _Job) -> Examination:
        assert self._built is not None
        started = time.perf_counter()
        card = _Card(self._scorer)
        if self._rows is not None:
            card.cells.update(self._rows[0])
            card.settings.update(self._rows[1])
        columns = {**self._built.samples, **job.built.samples}
        for column, samples in columns.items():
            if column == VAL and column in job.built.samples:
                samples = self._with_targets(samples)
                known = [sample.target is not None for sample in samples]
                card.facts["same.val"] = sum(known) / len(known)
                if not all(known):
                    card.forget_labels(column)
            if f"labels.{column}" not in card.cells:
                card.labels(column, samples)
            card.model(column, samples, job.maps.get(column, []), first=job.evaluation == 0)
        if job.evaluation == 0:
            self._first = {
                f"first.{name.partition('.')[2]}": value
                for name, value in card.cells.items()
                if name.startswith("model.")
            }
            card.facts.update(self._built.facts)
            card.notes.update(self._built.notes)
        card.facts.update(job.built.facts)
        self._rows = self._rows or card.rows()
        card.facts.update(job.weights)
        return Examination(
            time=time.time(),
            epoch=job.epoch,
            global_step=job.global_step,
            evaluation=job.evaluation,
            metric=self._loop.main_indicator,
            cells={**card.cells, **self._first},
            facts=card.facts,
            notes=card.notes,
            settings=card.settings,
            images={column: len(maps) for column, maps in job.maps.items()},
            seconds=job.seconds,
            background_seconds=time.perf_counter() - started,
            skipped=job.skipped,
        )

    def _with_targets(self, samples: list[building.Sample]) -> list[building.Sample]:
        """The targets of validation images: as built where the labels are still those, so that
        the operator is not used from two threads."""
        import numpy as np

        assert self._built is not None
        known = self._built.samples.get(VAL, [])
        found = []
        for index, sample in enumerate(samples):
            target = None
            if index < len(known) and np.array_equal(sample.polygons, known[index].polygons):
                target = known[index].target
            found.append(replace(sample, target=target))
        return found

    def _say(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            _log.info("%s", sentence)


def _audit(config: Mapping[str, Any]) -> dict[str, str]:
    from ppocr_guard.audit import thorough

    return {problem.code: problem.message for problem in thorough(config)}


class _Card:
    """Cells and figures of one examination."""

    def __init__(self, scorer: scoring.Scorer) -> None:
        self._scorer = scorer
        self.cells: dict[str, float] = {}
        self.facts: dict[str, float] = {}
        self.notes: dict[str, str] = {}
        self.settings: dict[str, dict[str, float]] = {}

    def rows(self) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """Cells and settings of the labels: the sample does not change."""
        return (
            {name: value for name, value in self.cells.items() if name.startswith("labels")},
            {name: value for name, value in self.settings.items() if name.startswith("labels")},
        )

    def forget_labels(self, column: str) -> None:
        for row in ("labels", "labels_best"):
            self.cells.pop(f"{row}.{column}", None)
            self.settings.pop(f"{row}.{column}", None)

    def labels(self, column: str, samples: list[Any]) -> None:
        """Score the labels themselves, as far as their targets are known."""
        complete = [sample for sample in samples if sample.target is not None]
        if complete and any(not flag for sample in complete for flag in sample.ignored):
            self._labels(column, complete)

    def model(self, column: str, samples: list[Any], maps: list[Any], *, first: bool) -> None:
        """Score the model; ``maps`` may be fewer than ``samples``, or none."""
        ceiling = self.cells.get(f"labels.{column}")
        if not maps:
            return
        samples = samples[: len(maps)]
        maps = maps[: len(samples)]
        numbers = self._scorer.score(maps, samples)
        value = numbers[self._scorer._indicator]
        self.cells[f"model.{column}"] = value
        for name in ("precision", "recall"):
            if name in numbers:
                self.facts[f"{name}.{column}"] = numbers[name]
        for name, figure in scoring.response(maps, samples).items():
            self.facts[f"{name}.{column}"] = figure
        self.cells[f"best.{column}"] = value
        if value < LOW * (ceiling if ceiling is not None else 1.0):
            found, setting = self._scorer.best(maps, samples, RESCUE_SECONDS)
            if setting:
                self.cells[f"best.{column}"] = found
                self.settings[f"best.{column}"] = setting
        if first or value < LOW:
            boxes = self._scorer.boxes(maps, samples)
            for name, figure in scoring.against_labels(boxes, samples).items():
                self.facts[f"{name}.{column}"] = figure

    def _labels(self, column: str, samples: list[Any]) -> None:
        ceiling = self._scorer.perfect(samples)
        self.cells[f"labels.{column}"] = ceiling
        if ceiling < scoring.GOOD:
            best, setting = self._scorer.best_for_labels(samples, RESCUE_SECONDS)
            self.cells[f"labels_best.{column}"] = max(best, ceiling)
            if setting:
                self.settings[f"labels_best.{column}"] = setting
