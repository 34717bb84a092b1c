"""The base of hooks that judge by all that is known of a run."""

from __future__ import annotations

from ppocr_guard.detect.collector import Collector
from ppocr_guard.events import (
    Alert,
    BatchFigures,
    DataErrors,
    EvalEnd,
    Examination,
    Findings,
    Invariants,
    Repaired,
    Resolved,
    RoundTrip,
    RunStart,
    ShrinkRatio,
    StepEnd,
)
from ppocr_guard.hook import Hook, Reactions
from ppocr_guard.wording import mark

JUDGED_ANEW = mark("The configuration was changed; the run is judged anew.")


class Collecting(Hook):
    """Feeds ``self.collector``, which a subclass makes; one that overrides a method feeds it
    there."""

    collector: Collector

    def on_run_start(self, event: RunStart) -> Reactions:
        self.collector.run_start(event)
        return None

    def on_step(self, event: StepEnd) -> Reactions:
        self.collector.step(event)
        return None

    def on_eval(self, event: EvalEnd) -> Reactions:
        self.collector.evaluation(event)
        return None

    def on_shrink_ratio(self, event: ShrinkRatio) -> Reactions:
        self.collector.shrink_ratio(event)
        return None

    def on_repaired(self, event: Repaired) -> Reactions:
        self.collector.repaired(event)
        return None

    def on_round_trip(self, event: RoundTrip) -> Reactions:
        self.collector.round_trip(event)
        return None

    def on_examination(self, event: Examination) -> Reactions:
        self.collector.examination(event)
        return None

    def on_batch_figures(self, event: BatchFigures) -> Reactions:
        self.collector.batch_figures(event)
        return None

    def on_invariants(self, event: Invariants) -> Reactions:
        self.collector.invariants(event)
        return None

    def on_findings(self, event: Findings) -> Reactions:
        self.collector.findings(event)
        return None

    def on_data_errors(self, event: DataErrors) -> Reactions:
        self.collector.data_errors(event)
        return None

    def on_alert(self, event: Alert) -> Reactions:
        self.collector.alert(event)
        return None

    def on_resolved(self, event: Resolved) -> Reactions:
        self.collector.resolved(event)
        return None
