"""Says what is wrong with a run as soon as an examination shows it, whatever the metric does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Union

from ppocr_guard.collecting import JUDGED_ANEW, Collecting
from ppocr_guard.detect.base import alike
from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import Cause, diagnose
from ppocr_guard.detect.growth import GrowthDetector
from ppocr_guard.detect.table.entry import DATA_CHANGED, EVAL_MISMATCH, MEDIOCRE, SURE
from ppocr_guard.events import (
    Condition,
    Examination,
    Invariants,
    Over,
    Reaction,
    RunStart,
)
from ppocr_guard.hook import HookOptions, Reactions
from ppocr_guard.wording import mark, say

MEMORY = {"memory_host": mark("host"), "memory_gpu": mark("GPU")}  # figures of an examination, MiB
MILD = (EVAL_MISMATCH, DATA_CHANGED, MEDIOCRE)  # the weights are not what suffers
GONE = 2  # examinations in a row that no longer show a fault, until it is over


class Diagnosis(Collecting):
    """Looks at each examination with the decision table (:mod:`ppocr_guard.detect.table`).

    Conditions, with the cause as subject: ``targets_wrong`` (the labels themselves do not come
    through the postprocess), ``labels_wrong`` (training labels do not lie on the text, or not on
    all of it), ``eval_mismatch`` (evaluation sees other data than training), ``training_wrong``
    (nothing gets through, or nothing is learned), ``data_changed`` (a data set was exchanged in
    mid-run), ``mediocre`` (the model is better than its score). They need no collapse: most are
    told before the first step. And ``memory_growing``.

    A resume with another configuration is judged anew: how the run began does not count.
    """

    class Options(HookOptions):
        pass

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self._reset()

    def _reset(self) -> None:
        self.collector = Collector()
        self.memory = {name: GrowthDetector() for name in MEMORY}
        self._held: dict[tuple[str, str], int] = {}  # how often it was not shown again

    def on_run_start(self, event: RunStart) -> Reactions:
        reactions: list[Reaction] = []
        if event.resumed and event.changed:
            reactions += [Over(*key, say(JUDGED_ANEW)) for key in self._held]
            self._reset()
        self.collector.run_start(event)
        return reactions

    def on_examination(self, event: Examination) -> Reactions:
        self.collector.examination(event)
        return [*self._faults(event), *self._leaks(event)]

    def on_invariants(self, event: Invariants) -> Reactions:
        self.collector.invariants(event)
        return list(self._faults(event))

    def _faults(self, event: Union[Examination, Invariants]) -> Iterator[Reaction]:
        causes = diagnose(self.collector.evidence)
        shown: set[tuple[str, str]] = set()
        if causes and causes[0].condition and causes[0].confidence >= SURE:
            shown.add((causes[0].condition, causes[0].code))
            yield self._condition(causes, event)
        if isinstance(event, Examination) and event.skipped:
            return  # nothing was looked at that could show that a fault is over
        for key in [*self._held, *shown]:
            self._held[key] = 0 if key in shown else self._held[key] + 1
            if self._held[key] >= GONE:
                del self._held[key]
                yield Over(*key, say("The examination no longer shows it."))

    def _condition(self, causes: list[Cause], event: Union[Examination, Invariants]) -> Condition:
        first = causes[0]
        return Condition(
            code=first.condition,
            severity="warning" if first.condition in MILD else "critical",
            message=first.sentence,
            advice=first.advice,
            subject=first.code,
            evidence={
                "cause": first.code,
                "causes": [asdict(cause) for cause in causes],
                "cells": dict(self.collector.evidence.cells),
            },
            cause=first.code,
            epoch=event.epoch,
            global_step=event.global_step,
            evaluation=getattr(event, "evaluation", None),
            time=event.time,
        )

    def _leaks(self, event: Examination) -> Iterator[Reaction]:
        for name, detector in self.memory.items():
            if name not in event.facts:
                continue
            grown = detector.update(event.facts[name])
            if grown is None:
                yield Over("memory_growing", MEMORY[name])
                continue
            yield Condition(
                code="memory_growing",
                severity="warning",
                message=say(
                    "Memory of the {place} grows at every evaluation: by {grown:.0f} MiB to "
                    "{now:.0f} MiB since the rise began.",
                    place=say(MEMORY[name]),
                    grown=grown,
                    now=event.facts[name],
                ),
                advice=say(
                    "Look for tensors that are kept from step to step, and for a loader with "
                    "persistent workers; save often, and restart before memory runs out."
                ),
                subject=MEMORY[name],
                evidence={"grown": grown, "now": event.facts[name]},
                epoch=event.epoch,
                global_step=event.global_step,
                evaluation=event.evaluation,
                time=event.time,
            )

    def state_dict(self) -> dict[str, Any]:
        return {
            "collector": self.collector.state_dict(),
            "held": [list(key) for key in self._held],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ValueError, and starts anew, when the state does not fit."""
        try:
            if not alike(state, self.state_dict()):
                raise ValueError("a value is of another kind than this guard saves")
            self.collector.load_state_dict(state["collector"])
            self._held = {(str(code), str(subject)): 0 for code, subject in state["held"]}
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            self._reset()
            raise ValueError(f"Diagnosis: unusable state ({error})") from None
