"""Holds the examination of a run: once before the first step, and at each evaluation."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from ppocr_guard.background import Background
from ppocr_guard.events import Event, Examination, Findings
from ppocr_guard.paddleocr.batches import BatchWatch
from ppocr_guard.paddleocr.evaluating import eval_arguments, loop_locals
from ppocr_guard.paddleocr.examination import building, files, memory
from ppocr_guard.paddleocr.examination.building import COLUMNS, TRAIN, TRAIN_EVAL, VAL, Built
from ppocr_guard.paddleocr.examination.card import Subject
from ppocr_guard.paddleocr.examination.child import Child
from ppocr_guard.paddleocr.examination.detection import Detection
from ppocr_guard.paddleocr.examination.forward import Evaluate
from ppocr_guard.paddleocr.examination.reading import Reading
from ppocr_guard.paddleocr.examination.weights import Weights
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.rescoring import Predictions
from ppocr_guard.wording import say

SHARE = 0.05  # of an evaluation's time that an examination may take ...
MIN_SECONDS = 1.0  # ... or this much, for the very short ones
FIRST_SECONDS = 20.0  # for the one before the first step, waiting for its images included
FEW_FIT, MOST_FIT = 0.2, 0.95  # shares of the model's tensors that pretrained weights have
HEAD_FIT = 0.5  # of the tensors, where all others are a head of another dictionary
FEWEST = 4  # images of a column that make an examination
CLOSE_SECONDS = 10.0
SUBJECTS: dict[tuple[str, str], type[Subject]] = {
    ("DBPostProcess", "DetMetric"): Detection,
    ("CTCLabelDecode", "RecMetric"): Reading,
}
_log = logging.getLogger("ppocr_guard")


@dataclass
class _Job:
    """What one examination saw of the network; scored on the background thread."""

    epoch: int
    global_step: int
    evaluation: int
    answers: dict[str, list[Any]]
    figures: dict[str, float]  # of the weights and the memory
    seconds: float
    validation: Optional[Built] = None  # of the evaluation itself
    skipped: str = ""


class Examiner:
    """Asks the network on the training thread, and posts an :class:`Examination` when its cells
    are scored; on rank 0, of the kinds of models in ``SUBJECTS``."""

    def __init__(
        self,
        loop: Loop,
        evaluate: Evaluate,
        post: Callable[[Event], None],
        findings: Optional[Mapping[str, str]] = None,
        *,
        asks: bool = True,
    ) -> None:
        """``evaluate``: PaddleOCR's own ``program.eval``; ``post`` takes events from any thread;
        ``findings``: what the audit said before the training; ``asks`` False: the network is
        left alone."""
        self._loop = loop
        self._evaluate = evaluate
        self._post = post
        self._findings = dict(findings or {})
        self._batches = BatchWatch(loop, post)
        self._weights = Weights()
        self._subject = _subject(loop)
        self._asks = asks
        self._begun = False
        self._auditor: Optional[Child] = None
        self._child: Optional[Child] = None
        self._build: Callable[[], Built] = Built
        self._built: Optional[Built] = None
        self._second: Optional[float] = None  # that one image takes the network
        self._asked_first = False
        self._told: set[str] = set()
        self._first: dict[str, float] = {}  # model cells before the first step
        self._figured = False  # the figures of the labels are posted
        self._queue: Background[_Job] = Background(
            self._score, name="scoring of an examination", capacity=2
        )

    @harmless
    def epoch_starts(self, train: Any) -> None:
        """Have the sample built from the data set that this epoch uses; labels read; once."""
        if self._findings:
            self._post(Findings(time.time(), 0, 0, self._findings))
            self._findings = {}
        subject = self._subject
        if subject is None or self._begun:
            return
        self._begun = True
        if self._asks:
            valid = getattr(self._loop.arguments.get("valid_dataloader"), "dataset", None)
            subject.prepare()
            self._build = lambda: subject.build(train, valid)
            self._fork()
        shapes = _shapes(self._loop.arguments["model"])
        with contextlib.suppress(OSError):
            self._auditor = Child(lambda: _audit(self._loop.config, shapes))

    def _fork(self) -> None:
        try:
            self._child = Child(self._build)
        except OSError as error:
            self._give_up(f"there is no examination: {error}")

    @harmless
    def batch_arrived(self, batch: Any, epoch: int, global_step: int) -> None:
        """Before each step."""
        self._before_first_step(epoch, global_step)
        self._batches.batch_arrived(batch, epoch, global_step)

    def _before_first_step(self, epoch: int, global_step: int) -> None:
        """The model as the run begins with it. Waits for the sample, but not for ever."""
        if self._subject is None or self._asked_first or self._child is None:
            return
        self._asked_first = True
        started = time.perf_counter()
        if not self._ready(FIRST_SECONDS / 2):
            self._say("the model is not examined before the first step: its images took too long")
            self._child.end()
            self._fork()  # for the evaluations
            return
        arguments = eval_arguments(self._evaluate, loop_locals() or self._loop.arguments)
        if arguments is None:
            return
        left = FIRST_SECONDS - (time.perf_counter() - started)
        answers = self._ask(arguments, building.IMAGES, COLUMNS, left)
        figures = self._figures(self._loop.arguments["model"])
        seconds = time.perf_counter() - started
        self._queue.put(_Job(epoch, global_step, 0, answers, figures, seconds))

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
        """After ``program.eval`` with ``arguments``."""
        self._collect_findings(epoch, global_step)
        if self._subject is None or not self._ready(0.0):
            return
        assert self._built is not None
        started = time.perf_counter()
        columns = COLUMNS if self._subject.asks_validation else (TRAIN, TRAIN_EVAL)
        allowed = max(SHARE * evaluation_seconds, MIN_SECONDS)
        images = self._affordable(allowed, len(columns))
        skipped, answers = "", {}
        if images < FEWEST:
            skipped = (
                f"{FEWEST} images a column take the network more than {SHARE:.0%} of an "
                f"evaluation of {evaluation_seconds:.0f} s"
            )
            self._say("training images are not examined at every evaluation: " + skipped)
            if self._second:
                self._second /= 2  # it may have been a busy moment: try again soon
        else:
            answers = self._ask(arguments, images, columns, 2 * allowed)
        figures = self._figures(arguments["model"])
        job = _Job(epoch, global_step, evaluation, answers, figures, 0.0, skipped=skipped)
        if predictions is not None and not self._subject.asks_validation:
            known = self._built.samples.get(VAL, [])
            job.validation, job.answers[VAL] = self._subject.validation(predictions, known)
        job.seconds = time.perf_counter() - started
        self._queue.put(job)

    def close(self) -> None:
        """Wait a little for what is being scored."""
        for child in (self._child, self._auditor):
            if child is not None:
                child.end()
        self._batches.close()
        self._queue.close(CLOSE_SECONDS)

    def _affordable(self, seconds: float, columns: int) -> int:
        """Images of each column."""
        if not self._second:
            return building.IMAGES
        return min(building.IMAGES, int(seconds / self._second / columns))

    def _figures(self, model: Any) -> dict[str, float]:
        batches = self._subject.of_batches(self._batches) if self._subject else {}
        return {**self._weights.look(model), **memory.used(), **batches}

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
                self._give_up(f"there is no examination: its images could not be made ({error})")
                return False
            if self._built is not None:
                if self._subject is not None:
                    self._subject.know(self._built)
                for column, why in self._built.errors.items():
                    self._say(f"the examination has no column {column}: {why}")
        return self._built is not None

    def _ask(
        self, arguments: Mapping[str, Any], images: int, columns: tuple[str, ...], seconds: float
    ) -> dict[str, list[Any]]:
        """Answers by column. Columns take turns, so that a deadline cuts all of them alike."""
        assert self._built is not None
        assert self._subject is not None
        order = [
            (column, sample)
            for index in range(images)
            for column in columns
            for sample in self._built.samples.get(column, [])[index : index + 1]
        ]
        if not order:
            return {}
        samples = [sample for _, sample in order]
        found, taken = self._subject.ask(self._evaluate, arguments, samples, max(seconds, 0.1))
        if found:
            self._second = taken / len(found)
        answers: dict[str, list[Any]] = {}
        for (column, _), answer in zip(order, found):
            answers.setdefault(column, []).append(answer)
        return answers

    def _score(self, jobs: list[_Job]) -> None:
        for job in jobs:
            self._post(self._examination(job))

    def _examination(self, job: _Job) -> Examination:
        assert self._built is not None
        assert self._subject is not None
        started = time.perf_counter()
        own = job.validation or Built()
        samples = {**self._built.samples, **own.samples}
        card = self._subject.score(samples, job.answers, job.evaluation == 0)
        if job.evaluation == 0:
            self._first = {
                f"first.{name.partition('.')[2]}": value
                for name, value in card.cells.items()
                if name.startswith("model.")
            }
        if not self._figured:  # with the first examination, be it before the first step or not
            self._figured = True
            card.facts.update(self._built.facts)
            card.notes.update(self._built.notes)
        return Examination(
            time=time.time(),
            epoch=job.epoch,
            global_step=job.global_step,
            evaluation=job.evaluation,
            metric=self._loop.main_indicator,
            cells={**card.cells, **self._first},
            facts={**card.facts, **own.facts, **job.figures, **self._overwritten(card.notes)},
            notes=card.notes,
            settings=card.settings,
            images={column: len(answers) for column, answers in job.answers.items()},
            seconds=job.seconds,
            background_seconds=time.perf_counter() - started,
            skipped=job.skipped,
        )

    def _overwritten(self, notes: dict[str, str]) -> dict[str, float]:
        """Shares of image files that are others than at the start; one of each set is named."""
        assert self._built is not None
        shares = {}
        for column in (TRAIN_EVAL, VAL):
            marks = self._built.files.get(column, [])
            if len(marks) >= FEWEST:
                others = files.changed(marks)
                shares[f"files_changed.{column}"] = len(others) / len(marks)
                if others:
                    notes[f"file_changed.{column}"] = others[0].path
        return shares

    def _give_up(self, sentence: str) -> None:
        self._subject = None
        self._say(sentence)

    def _say(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            _log.info("%s", sentence)


def _subject(loop: Loop) -> Optional[Subject]:
    post_process = loop.arguments.get("post_process_class")
    names = type(post_process).__name__, type(loop.arguments["eval_class"]).__name__
    kind = SUBJECTS.get(names) if loop.rank == 0 else None
    return kind(loop) if kind is not None else None  # type: ignore[call-arg]


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    inner = getattr(model, "_layers", model)
    return {name: tuple(value.shape) for name, value in inner.state_dict().items()}


def _audit(config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """What takes longer to find than a moment; runs in a process of its own."""
    from ppocr_guard.audit import thorough

    found = {problem.code: problem.message for problem in thorough(config)}
    return {**found, **fit_of_weights(config, shapes)}


def fit_of_weights(
    config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, str]:
    """Whether the pretrained weights are this model's; empty where that cannot be told."""
    from ppocr_guard.audit.weights import WeightsError, read_shapes

    path = str(config.get("Global", {}).get("pretrained_model") or "")
    if not path or "://" in path or not shapes:
        return {}
    try:
        held = read_shapes(Path(path.removesuffix(".pdparams") + ".pdparams"))
    except WeightsError:
        return {}
    fit = sum(held.get(name) == shape for name, shape in shapes.items())
    others = {n: (held[n], s) for n, s in shapes.items() if n in held and held[n] != s}
    if fit >= HEAD_FIT * len(shapes) and others and all(_last(*pair) for pair in others.values()):
        classes = sorted({(was[-1], now[-1]) for was, now in others.values()})
        was, now = classes[0]
        return {
            "head_untrained": say(
                "The head of {path} has {was} classes, that of this dictionary {now}: {weights} "
                "begin untrained.",
                path=path,
                was=was,
                now=now,
                weights=", ".join(sorted(others)),
            )
        }
    text = f"{fit} of the {len(shapes)} tensors of the model are in {path} with their shape."
    if fit < FEW_FIT * len(shapes):
        return {"weights_do_not_fit": text}
    return {"weights_fit": text} if fit >= MOST_FIT * len(shapes) else {}


def _last(was: tuple[int, ...], now: tuple[int, ...]) -> bool:
    """Whether two shapes differ in the last side alone: the classes of a head."""
    return len(was) == len(now) and was[:-1] == now[:-1]
