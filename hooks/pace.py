"""Says when the time of a training goes into waiting for data, or into evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ppocr_guard.detect.pace import EvaluationPace, LoaderPace, Waiting, workers_wanted
from ppocr_guard.events import (
    Condition,
    Environment,
    EpochStart,
    EvalEnd,
    Over,
    RunStart,
    StepEnd,
)
from ppocr_guard.hook import Hook, HookOptions, Reactions
from ppocr_guard.wording import join, say


class Pace(Hook):
    """Adds up where the time goes.

    ``loader_slow``: 40 % of the time and more of each of three stretches (50 steps and 30 seconds
    each; the very first is left out, and so is the first step of an epoch) goes into waiting for a
    batch; over when it is less than 25 % of one. In a log: PaddleOCR's ``avg_reader_cost`` against
    ``avg_batch_cost``. ``evaluation_slow``: evaluations have taken a quarter of an hour and more,
    and twice the time of all steps. Both are warnings: nothing is wrong with the model.

    It keeps no state over a resume: the machine may be another one.
    """

    class Options(HookOptions):
        pass

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self._reset({}, 1)

    def _reset(self, loader: Mapping[str, Any], ranks: int) -> None:
        self.loader, self.evaluation = LoaderPace(), EvaluationPace()
        self._settings, self._ranks = loader, ranks
        self._cores = 0
        self._step = 0

    def on_run_start(self, event: RunStart) -> None:
        train = event.config.get("Train")
        loader = train.get("loader") if isinstance(train, Mapping) else None
        self._reset(loader if isinstance(loader, Mapping) else {}, event.world_size)
        self._step = event.global_step

    def on_environment(self, event: Environment) -> None:
        self._cores = event.cpus

    def on_epoch_start(self, event: EpochStart) -> None:
        self.loader.epoch_starts()

    def on_step(self, event: StepEnd) -> Reactions:
        # A line of a log tells the mean of the steps since the line before.
        count = max(1, event.global_step - self._step) if event.smoothed else 1
        self._step = event.global_step
        if event.step_seconds is None or event.data_seconds is None:
            return None
        self.evaluation.step(event.step_seconds, count)
        found = self.loader.step(event.step_seconds, event.data_seconds, count)
        if found is None or found.starves is None:
            return None
        if not found.starves:
            return [Over("loader_slow", message=say("The loader keeps up again."))]
        return [self._slow_loader(found, event)]

    def on_eval(self, event: EvalEnd) -> Reactions:
        if event.duration_seconds is None:
            return None
        if not self.evaluation.evaluated(event.duration_seconds):
            return [Over("evaluation_slow")]
        return [self._slow_evaluation(event)]

    def _slow_loader(self, found: Waiting, event: StepEnd) -> Condition:
        workers = self._number("num_workers")
        return Condition(
            code="loader_slow",
            severity="warning",
            message=join(
                say(
                    "{share:.0%} of the time goes into waiting for data: {wait:.2f} s of "
                    "{step:.2f} s a step, over {steps} steps.",
                    share=found.share,
                    wait=found.wait_seconds,
                    step=found.step_seconds,
                    steps=found.steps,
                ),
                ""
                if workers is None
                else say("Train.loader.num_workers is {workers}.", workers=workers),
            ),
            advice=self._advice(workers, found.share),
            evidence={
                "share": found.share,
                "wait_seconds": found.wait_seconds,
                "step_seconds": found.step_seconds,
                "steps": found.steps,
                "num_workers": workers,
                "batch_size": self._number("batch_size_per_card"),
                "cores": self._cores or None,
            },
            epoch=event.epoch,
            global_step=event.global_step,
            time=event.time,
        )

    def _advice(self, workers: Optional[int], share: float) -> str:
        cheaper = say(
            "Otherwise make reading cheaper: images no larger than training needs, on a local "
            "disk, fewer augmentations. A larger batch does not help: it takes as much longer to "
            "read."
        )
        if workers is None:
            return join(say("Raise Train.loader.num_workers."), cheaper)
        wanted = workers_wanted(workers, share)
        cores = self._cores // max(1, self._ranks)
        if cores and wanted > cores:
            if workers >= cores:
                return join(
                    say(
                        "{workers} workers a card have no more cores to run on ({cores} in all).",
                        workers=workers,
                        cores=self._cores,
                    ),
                    cheaper,
                )
            wanted = cores
        return join(
            say(
                "Set Train.loader.num_workers to {wanted}, and use_shared_memory to true where "
                "/dev/shm is large enough.",
                wanted=max(wanted, workers + 1),
            ),
            cheaper,
        )

    def _number(self, name: str) -> Optional[int]:
        value = self._settings.get(name)
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value if whole else None

    def _slow_evaluation(self, event: EvalEnd) -> Condition:
        pace = self.evaluation
        share = pace.evaluating / (pace.evaluating + pace.training)
        return Condition(
            code="evaluation_slow",
            severity="warning",
            message=say(
                "Evaluations take {share:.0%} of the time: {evaluations} took {minutes:.0f} "
                "minutes, and the {steps} steps {training:.0f} minutes.",
                share=share,
                evaluations=pace.evaluations,
                minutes=pace.evaluating / 60,
                steps=pace.steps,
                training=pace.training / 60,
            ),
            advice=say("Evaluate less often (Global.eval_batch_step), or on fewer images."),
            evidence={
                "share": share,
                "evaluating_seconds": pace.evaluating,
                "training_seconds": pace.training,
                "evaluations": pace.evaluations,
                "steps": pace.steps,
            },
            epoch=event.epoch,
            global_step=event.global_step,
            evaluation=event.evaluation,
            time=event.time,
        )
