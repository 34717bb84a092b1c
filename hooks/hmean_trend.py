"""Watches the main indicator: hmean for detection, acc for recognition."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Optional

from pydantic import Field

from ppocr_guard.detect.collapse import Collapse, CollapseDetector
from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import Cause, diagnose
from ppocr_guard.detect.trend import (
    OverfittingDetector,
    ProgressDetector,
    StabilityDetector,
)
from ppocr_guard.events import (
    Alert,
    BatchFigures,
    DataErrors,
    EvalEnd,
    Examination,
    Findings,
    Reaction,
    RoundTrip,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hook import Hook, HookOptions, Reactions

TOO_SHORT = 4  # evaluations below which a run is not judged, unless it has collapsed
SEVERITY = {
    "hmean_collapse": "critical",
    "hmean_not_learning": "warning",
    "hmean_unstable": "warning",
    "overfitting": "warning",
    "hmean_plateau": "info",
}
# Alerts of others that decide on the state, until the indicator reaches a new best.
STATES = {
    "loss_not_finite": "diverged",
    "loss_diverged": "diverged",
    "loss_degenerate": "not_learning",
}
ADVICE = {
    "hmean_collapse": "Stop, keep the best checkpoint, and look for the cause: `ppocr-guard check` "
    "on the config, the learning rate, the labels.",
    "hmean_not_learning": "Stop and look at the labels, the learning rate and the pretrained "
    "weights; `ppocr-guard check` finds many of these before training.",
    "hmean_unstable": "Lower the learning rate or lengthen the warm-up; a larger validation set "
    "gives steadier numbers.",
    "overfitting": "Keep the best checkpoint; add data or augmentation, or train for fewer epochs.",
    "hmean_plateau": "More epochs will hardly help; lower the learning rate, or take the best "
    "checkpoint.",
}


class HmeanTrend(Hook):
    """Alerts when the main indicator collapses, never learns, stands still, swings, or overfits.

    A collapse: the indicator stays under 60 % of its best (``collapse_drop`` 0.4) for 3
    evaluations (``collapse_patience``), more in a run that makes big moves or came back from dips
    before, 2 when the shrink ratio is known to be wrong. Other alerts come once between two
    gains of the best. The alert names the likeliest cause (:mod:`ppocr_guard.detect.diagnosis`).
    """

    class Options(HookOptions):
        collapse_drop: float = Field(
            default=0.4, gt=0, lt=1, description="share of the best that a collapse loses"
        )
        collapse_patience: int = Field(
            default=3, ge=1, description="evaluations that must stay low, at least"
        )
        floor: float = Field(
            default=0.3, ge=0, le=1, description="a best value below this cannot collapse"
        )
        plateau_patience: int = Field(
            default=15, ge=1, description="evaluations without progress that make a plateau"
        )
        min_delta: float = Field(default=0.005, ge=0, description="gain that counts as progress")
        not_learning_after: int = Field(
            default=10, ge=1, description="evaluations before a run can be called not learning"
        )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self._reset()

    def _reset(self) -> None:
        o = self.options
        self.collapse = CollapseDetector(o.collapse_drop, o.collapse_patience, o.floor)
        self.progress = ProgressDetector(
            o.plateau_patience, o.min_delta, not_learning_after=o.not_learning_after
        )
        self.stability = StabilityDetector()
        self.overfitting = OverfittingDetector()
        self.collector = Collector()
        self._best_epoch: Optional[int] = None
        self._told: set[str] = set()  # alerts sent since the last progress
        self._verdict = ""
        self._failed: Optional[str] = None  # alert in STATES that came since the last best
        self._evaluation = 0
        self._epoch_num = 0

    def on_run_start(self, event: RunStart) -> Reactions:
        if not event.resumed and self.collapse.evaluations:
            self._reset()
        self._epoch_num = event.epoch_num
        self.collapse.resume(event.best)
        self.collector.run_start(event)
        if not math.isinf(event.eval_start_step):
            return None
        return [
            Alert(
                code="evaluation_disabled",
                severity="warning",
                message="Evaluation is off or its data set is empty: "
                f"nobody sees {event.main_indicator}.",
                advice="Set Global.eval_batch_step and Eval.dataset.label_file_list.",
                evidence={"eval_every_steps": event.eval_every_steps},
                time=event.time,
            )
        ]

    def on_step(self, event: StepEnd) -> None:
        self.collector.step(event)

    def on_shrink_ratio(self, event: ShrinkRatio) -> None:
        self.collector.shrink_ratio(event)

    def on_round_trip(self, event: RoundTrip) -> None:
        self.collector.round_trip(event)

    def on_examination(self, event: Examination) -> None:
        self.collector.examination(event)

    def on_batch_figures(self, event: BatchFigures) -> None:
        self.collector.batch_figures(event)

    def on_findings(self, event: Findings) -> None:
        self.collector.findings(event)

    def on_data_errors(self, event: DataErrors) -> None:
        self.collector.data_errors(event)

    def on_alert(self, event: Alert) -> Reactions:
        self.collector.alert(event)
        if event.code not in STATES:
            return None
        self._failed = event.code
        state = STATES[event.code]
        if state == self._verdict:
            return None
        self._verdict = state
        return [
            Verdict(
                time=event.time,
                epoch=event.epoch,
                global_step=event.global_step,
                evaluation=self._evaluation,
                state=state,
                message=event.message,
            )
        ]

    def on_eval(self, event: EvalEnd) -> Reactions:
        self.collector.evaluation(event)
        evidence = self.collector.evidence
        value = evidence.value  # NaN is 0 here
        if value > self.collapse.best or self._best_epoch is None:
            self._best_epoch = event.epoch
            self._failed = None if self._failed != "loss_not_finite" else self._failed
        self._evaluation = event.evaluation
        suspect = evidence.targets_wrong or evidence.recovered is not None
        fall = self.collapse.update(value, suspect=suspect, hint=evidence.balanced)
        self.progress.update(value, event.epoch / self._epoch_num if self._epoch_num else None)
        came_back = self.stability.update(value)
        overfits = self.overfitting.update(value, evidence.loss) and not suspect
        collapsed = fall is not None and fall.over
        if self.progress.since_progress == 0:
            self._told &= {"hmean_unstable"}
        if fall is None:
            self._told.discard("hmean_collapse")
        states = {
            "hmean_collapse": collapsed,
            "hmean_not_learning": self.progress.not_learning,
            "hmean_unstable": came_back and self.stability.falls == 1,
            "overfitting": overfits and fall is None,
            "hmean_plateau": self.progress.plateau and fall is None and not overfits,
        }
        reactions: list[Reaction] = [
            self._alert(code, event, fall)
            for code, on in states.items()
            if on and code not in self._told
        ]
        self._told |= {code for code, on in states.items() if on}
        reactions += self._changed(event, self._state(states))
        return reactions

    def _state(self, states: dict[str, bool]) -> str:
        if states["hmean_collapse"]:
            return "collapsed"
        if self._failed is not None:
            return STATES[self._failed]
        if self.collapse.evaluations < TOO_SHORT:
            return "too_short"
        if states["hmean_not_learning"]:
            return "not_learning"
        if states["overfitting"]:
            return "overfitting"
        if self.stability.falls or self.stability.low:
            return "unstable"
        return "plateaued" if states["hmean_plateau"] else "healthy"

    def _changed(self, event: EvalEnd, state: str) -> list[Reaction]:
        if state == self._verdict:
            return []
        self._verdict = state
        return [
            Verdict(
                time=event.time,
                epoch=event.epoch,
                global_step=event.global_step,
                evaluation=event.evaluation,
                state=state,
                message=f"{event.main_indicator} {event.value:.4f}, best {self.collapse.best:.4f} "
                f"at epoch {self._best_epoch}.",
            )
        ]

    def _alert(self, code: str, event: EvalEnd, fall: Optional[Collapse]) -> Alert:
        evidence = self._numbers(code, event, fall)
        message, advice = self._sentence(code, event.main_indicator, evidence), ADVICE[code]
        if code in ("hmean_collapse", "hmean_not_learning"):
            causes = diagnose(self.collector.evidence)
            evidence["causes"] = [asdict(cause) for cause in causes]
            if causes:
                evidence["cause"] = causes[0].code
                message, advice = _with_cause(message, causes[0]), causes[0].advice
        return Alert(
            code=code,
            severity=SEVERITY[code],
            message=message,
            advice=advice,
            evidence=evidence,
            epoch=event.epoch,
            global_step=event.global_step,
            evaluation=event.evaluation,
            time=event.time,
        )

    def _numbers(self, code: str, event: EvalEnd, fall: Optional[Collapse]) -> dict[str, Any]:
        best = self.collapse.best
        numbers: dict[str, Any] = {
            "value": event.value,
            "best": best,
            "best_epoch": self._best_epoch,
            "drop": 1 - self.collector.evidence.value / best if best else 0.0,
            "threshold": (1 - self.options.collapse_drop) * best,
            "evaluations": self.collapse.evaluations,
        }
        if code == "hmean_collapse" and fall is not None:
            numbers.update(
                threshold=fall.threshold,
                count=fall.count,
                patience=fall.patience,
                since=event.evaluation - (self.collapse.evaluations - fall.since),
            )
        elif code == "hmean_unstable":
            numbers.update(threshold=self.stability.depth * best)
            numbers.update(lowest=self.stability.lowest)
        elif code == "hmean_not_learning":
            numbers.update(threshold=self.progress.worthless)
            numbers.update(without_progress=self.progress.since_progress)
        elif code == "hmean_plateau":
            numbers.update(threshold=self.progress.reference + self.options.min_delta)
            numbers.update(without_progress=self.progress.since_progress)
        elif code == "overfitting":
            numbers.update(threshold=(1 - self.overfitting.decline) * best)
            numbers.update(loss=self.collector.evidence.loss, count=self.overfitting.count)
            numbers.update(loss_at_best=self.overfitting.loss_at_best)
        return numbers

    def _sentence(self, code: str, name: str, n: dict[str, Any]) -> str:
        best = f"its best {n['best']:.4f} (epoch {n['best_epoch']})"
        if code == "hmean_collapse":
            return (
                f"{name} collapsed: {n['value']:.4f}, {n['drop']:.0%} below {best}, and under "
                f"{n['threshold']:.4f} since evaluation {n['since']}."
            )
        if code == "hmean_not_learning":
            return (
                f"{name} learns nothing: {n['value']:.4f} after {n['evaluations']} evaluations, "
                f"best {n['best']:.4f}, none better for {n['without_progress']}."
            )
        if code == "hmean_unstable":
            return (
                f"{name} fell to {n['lowest']:.4f}, under half of {best}, and came back to "
                f"{n['value']:.4f}."
            )
        if code == "overfitting":
            return (
                f"{name} has been below {best} for {n['count']} evaluations, now {n['value']:.4f}, "
                f"while the training loss fell from {n['loss_at_best']:.4g} to {n['loss']:.4g}."
            )
        return (
            f"{name} stands still: {n['value']:.4f}, no gain above {self.options.min_delta:g} over "
            f"{best} for {n['without_progress']} evaluations."
        )

    def state_dict(self) -> dict[str, Any]:
        return {
            "collapse": self.collapse.state_dict(),
            "progress": self.progress.state_dict(),
            "stability": self.stability.state_dict(),
            "overfitting": self.overfitting.state_dict(),
            "collector": self.collector.state_dict(),
            "best_epoch": self._best_epoch,
            "told": sorted(self._told),
            "verdict": self._verdict,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ValueError, and starts anew, when the state does not fit."""
        try:
            self.collapse.load_state_dict(state["collapse"])
            self.progress.load_state_dict(state["progress"])
            self.stability.load_state_dict(state["stability"])
            self.overfitting.load_state_dict(state["overfitting"])
            self.collector.load_state_dict(state["collector"])
            self._best_epoch = state["best_epoch"]
            self._told = set(state["told"]) & set(SEVERITY)
            self._verdict = str(state["verdict"])
        except (KeyError, TypeError, ValueError) as error:
            self._reset()
            raise ValueError(f"HmeanTrend: unusable state ({error})") from None


def _with_cause(message: str, cause: Cause) -> str:
    sure = "Cause" if cause.confidence >= 0.9 else "Likely cause"
    return f"{message} {sure} ({cause.confidence:.0%}): {cause.sentence}"
