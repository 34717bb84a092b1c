"""Watches the main indicator: hmean for detection, acc for recognition."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Optional

from pydantic import Field

from ppocr_guard.collecting import JUDGED_ANEW, Collecting
from ppocr_guard.detect.base import alike
from ppocr_guard.detect.baseline import BaselineDetector
from ppocr_guard.detect.collapse import Collapse, CollapseDetector
from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import Cause, diagnose
from ppocr_guard.detect.nearness import NearnessDetector
from ppocr_guard.detect.trend import (
    OverfittingDetector,
    ProgressDetector,
    StabilityDetector,
)
from ppocr_guard.events import (
    Baseline,
    Condition,
    EvalEnd,
    Over,
    Reaction,
    RunStart,
)
from ppocr_guard.hook import HookOptions, Reactions
from ppocr_guard.wording import join, mark, say

SEVERITY = {
    "hmean_collapse": "critical",
    "hmean_not_learning": "warning",
    "hmean_unstable": "warning",
    "overfitting": "warning",
    "hmean_plateau": "info",
    "learns_slowly": "info",
    "below_baseline": "warning",
    "hmean_declined": "warning",
}
BELOW_AFTER = 5  # evaluations that must all stay below the score before training
STEADY = 10  # evaluations without a fall, and a third of all, after which a run is steady again
ADVICE = {
    "hmean_collapse": mark(
        "Stop, keep the best checkpoint, and look for the cause: `ppocr-guard check` "
        "on the config, the learning rate, the labels."
    ),
    "hmean_not_learning": mark(
        "Stop and look at the labels, the learning rate and the pretrained "
        "weights; `ppocr-guard check` finds many of these before training."
    ),
    "hmean_unstable": mark(
        "Lower the learning rate or lengthen the warm-up; a larger validation set "
        "gives steadier numbers."
    ),
    "overfitting": mark(
        "Keep the best checkpoint; add data or augmentation, or train for fewer epochs."
    ),
    "hmean_plateau": mark(
        "More epochs will hardly help; lower the learning rate, or take the best checkpoint."
    ),
    "learns_slowly": mark(
        "Let it train. Where it takes long: weights whose head is of this dictionary, or a "
        "learning rate that is meant for a head that begins untrained."
    ),
    "below_baseline": mark(
        "The weights were better before. Lower the learning rate to a tenth, and train on some of "
        "the data that they come from as well: what is no longer seen is forgotten."
    ),
    "hmean_declined": mark(
        "Keep the best checkpoint. Compare what changed since: the learning rate, the data, the "
        "labels (texts that are not labelled, or split in two); `ppocr-guard check` on the config."
    ),
}
SENTENCES = {
    "hmean_collapse": mark(
        "{metric} collapsed: {value:.4f}, {drop:.0%} below its best {best:.4f} (epoch "
        "{best_epoch}), and under {threshold:.4f} since evaluation {since}."
    ),
    "hmean_slide": mark(
        "{metric} has slid down and stays there: {value:.4f}, {drop:.0%} below its best {best:.4f} "
        "(epoch {best_epoch}), and under {threshold:.4f} since evaluation {since}."
    ),
    "hmean_declined": mark(
        "{metric} is worse than it was, for {count} evaluations: {value:.4f}, {drop:.0%} below its "
        "best {best:.4f} (epoch {best_epoch}), and under {threshold:.4f} since evaluation {since}."
    ),
    "hmean_not_learning": mark(
        "{metric} learns nothing: {value:.4f} after {evaluations} evaluations, "
        "best {best:.4f}, none better for {without_progress}."
    ),
    "hmean_unstable": mark(
        "{metric} fell to {lowest:.4f}, under half of its best {best:.4f} (epoch "
        "{best_epoch}), and came back to {value:.4f}."
    ),
    "overfitting": mark(
        "{metric} has been below its best {best:.4f} (epoch {best_epoch}) for {count} "
        "evaluations, now {value:.4f}, while the training loss fell from {loss_at_best:.4g} to "
        "{loss:.4g}."
    ),
    "hmean_plateau": mark(
        "{metric} stands still: {value:.4f}, no gain above {min_delta:g} over its best "
        "{best:.4f} (epoch {best_epoch}) for {without_progress} evaluations."
    ),
    "learns_slowly": mark(
        "{metric} is {value:.4f} after {evaluations} evaluations, yet something is learned: "
        "norm_edit_dis rose from {near_first:.3f} to {near:.3f}. A text counts for {metric} only "
        "when all of its characters are right."
    ),
    "below_baseline": mark(
        "{metric} was {baseline:.4f} before training ({images} of {of} validation images), and "
        "its best in {evaluations} evaluations is {best:.4f} (epoch {best_epoch})."
    ),
}


class HmeanTrend(Collecting):
    """Says when the main indicator collapses, never learns, stands still, swings, or overfits.

    A collapse: the indicator stays under 60 % of its best (``collapse_drop`` 0.4) for 3
    evaluations (``collapse_patience``), more in a run that makes big moves or came back from dips
    before, 2 when the shrink ratio is known to be wrong, and never more than
    ``collapse_patience`` in a run that was stopped for it and resumed. The condition names the
    likeliest cause (:mod:`ppocr_guard.detect.diagnosis`). In a run that was calm for long, under
    78 % for 15 evaluations is a collapse as well. ``hmean_declined`` warns before that: under 80 %
    for 6 evaluations and more. Both say how often real runs came back from such a dip
    (:mod:`ppocr_guard.detect.outlook`).

    A resume with another configuration is judged anew: the old best and dip do not count.
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
        baseline: bool = Field(
            default=False,
            description="evaluate before the first step, to tell a run that makes a model worse",
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
        self.baseline = BaselineDetector(BELOW_AFTER)
        self.nearness = NearnessDetector(o.not_learning_after)
        self._best_epoch: Optional[int] = None
        self._epoch_num = 0
        self._warmup = 0.0  # epochs over which the learning rate rises
        self._since_fall = 0  # evaluations since the indicator last was low
        self._restored = False  # from the state of an earlier launch

    def on_run_start(self, event: RunStart) -> Reactions:
        reactions: list[Reaction] = []
        if not event.resumed and self.collapse.evaluations:
            self._reset()
        if event.resumed and event.changed:
            self._reset()
            reactions += [Over(code, message=say(JUDGED_ANEW)) for code in SEVERITY]
        else:
            if not self._restored:
                self.collapse.resume(event.best)
            if event.stopped_for == "hmean_collapse":
                self.collapse.restart()
        self._epoch_num = event.epoch_num
        self._warmup = _warmup(event.config)
        self.collector.run_start(event)
        if not math.isinf(event.eval_start_step):
            return [*reactions, Over("evaluation_disabled")]
        return [*reactions, self._evaluation_disabled(event)]

    def _evaluation_disabled(self, event: RunStart) -> Condition:
        return Condition(
            code="evaluation_disabled",
            severity="warning",
            message=say(
                "Evaluation is off or its data set is empty: nobody sees {metric}.",
                metric=event.main_indicator,
            ),
            advice=say("Set Global.eval_batch_step and Eval.dataset.label_file_list."),
            evidence={"eval_every_steps": event.eval_every_steps},
            time=event.time,
        )

    def on_baseline(self, event: Baseline) -> None:
        self.baseline.start(event.value, event.images, event.of)

    def on_eval(self, event: EvalEnd) -> Reactions:
        self.collector.evaluation(event)
        evidence = self.collector.evidence
        value = evidence.value  # NaN is 0 here
        if value > self.collapse.best or self._best_epoch is None:
            self._best_epoch = event.epoch
        suspect = evidence.targets_wrong or evidence.recovered is not None
        fall = self.collapse.update(value, suspect=suspect, hint=evidence.balanced)
        self.progress.update(
            value,
            event.epoch / self._epoch_num if self._epoch_num else None,
            loss=evidence.loss,
            warming=event.epoch <= self._warmup,
        )
        self.stability.update(value)
        self.nearness.update(event.metrics.get("norm_edit_dis"))
        self._since_fall = 0 if self.stability.low else self._since_fall + 1
        overfits = self.overfitting.update(value, evidence.loss) and not suspect
        overfits = overfits and evidence.ratio_of_bug_line is None  # the printed config explains it
        holds = {
            **self._holds(fall, overfits),
            "below_baseline": self.baseline.update(value),
        }
        return [
            self._condition(code, event, fall) if held else Over(code, message=self._over(event))
            for code, held in holds.items()
            if held is not None
        ]

    def _holds(self, fall: Optional[Collapse], overfits: bool) -> dict[str, Optional[bool]]:
        """By code: it holds, it does not, or (None) nothing is new about it."""
        progress = self.progress.since_progress == 0
        over = fall is not None and fall.over
        # A collapse that an earlier launch found holds until the indicator is no longer low.
        collapsed: Optional[bool] = over or (None if fall is not None else False)
        fell = self._since_fall < max(STEADY, self.collapse.evaluations / 3)
        unsteady = self.stability.falls > 0 and fell
        declined = self.collapse.declined is not None
        plateau = self.progress.plateau and fall is None and not overfits and not declined
        return {
            "hmean_collapse": collapsed,
            "hmean_declined": declined,
            "hmean_not_learning": self.progress.not_learning and not self.nearness.learns,
            "learns_slowly": self.progress.not_learning and self.nearness.learns,
            "hmean_unstable": unsteady and not over,
            # These two are over with a new best; in between they are not told again and again.
            "overfitting": (overfits and fall is None) or (False if progress or over else None),
            "hmean_plateau": plateau or (False if progress or over or declined else None),
        }

    def _over(self, event: EvalEnd) -> str:
        return say(
            "{metric} is {value:.4f}, best {best:.4f}.",
            metric=event.main_indicator,
            value=event.value,
            best=self.collapse.best,
        )

    def _condition(self, code: str, event: EvalEnd, fall: Optional[Collapse]) -> Condition:
        if code == "hmean_declined":
            fall = self.collapse.declined
        numbers = self._numbers(code, event, fall)
        advice: str = say(ADVICE[code])
        cause: Optional[Cause] = None
        if code in ("hmean_collapse", "hmean_not_learning", "below_baseline"):
            causes = diagnose(self.collector.evidence)
            numbers["causes"] = [asdict(item) for item in causes]
            cause = causes[0] if causes else None
        if cause is not None:
            numbers["cause"], advice = cause.code, cause.advice
        return Condition(
            code=code,
            severity=SEVERITY[code],
            message=self._sentence(code, event.main_indicator, numbers, fall),
            advice=advice,
            evidence=numbers,
            cause=cause.code if cause is not None else None,
            because=cause.sentence if cause is not None else "",
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
        if code in ("hmean_collapse", "hmean_declined") and fall is not None:
            numbers.update(
                threshold=fall.threshold,
                count=fall.count,
                patience=fall.patience,
                since=event.evaluation - (self.collapse.evaluations - fall.since),
            )
            if fall.outlook is not None:
                numbers.update(outlook=asdict(fall.outlook))
        elif code == "hmean_unstable":
            numbers.update(threshold=self.stability.depth * best)
            numbers.update(lowest=self.stability.lowest)
        elif code == "hmean_not_learning":
            numbers.update(threshold=self.progress.worthless)
            numbers.update(without_progress=self.progress.since_progress)
        elif code == "learns_slowly":
            numbers.update(near_first=self.nearness.first, near=self.nearness.highest)
        elif code == "hmean_plateau":
            numbers.update(threshold=self.progress.reference + self.options.min_delta)
            numbers.update(without_progress=self.progress.since_progress)
        elif code == "overfitting":
            numbers.update(threshold=(1 - self.overfitting.decline) * best)
            numbers.update(loss=self.collector.evidence.loss, count=self.overfitting.count)
            numbers.update(loss_at_best=self.overfitting.loss_at_best)
        elif code == "below_baseline":
            numbers.update(baseline=self.baseline.value, images=self.baseline.images)
            numbers.update(of=self.baseline.of, evaluations=self.baseline.evaluations)
        return numbers

    def _sentence(self, code: str, metric: str, n: dict[str, Any], fall: Optional[Collapse]) -> str:
        if code in ("hmean_collapse", "hmean_declined") and fall is not None:
            template = SENTENCES["hmean_slide" if fall.slide else code]
            outlook = "" if fall.outlook is None else fall.outlook.sentence
            return join(say(template, metric=metric, **n), outlook)
        if code == "hmean_plateau":
            n = {**n, "min_delta": self.options.min_delta}
        return say(SENTENCES[code], metric=metric, **n)

    def state_dict(self) -> dict[str, Any]:
        return {
            "collapse": self.collapse.state_dict(),
            "progress": self.progress.state_dict(),
            "stability": self.stability.state_dict(),
            "overfitting": self.overfitting.state_dict(),
            "collector": self.collector.state_dict(),
            "baseline": self.baseline.state_dict(),
            "nearness": self.nearness.state_dict(),
            "best_epoch": self._best_epoch,
            "since_fall": self._since_fall,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ValueError, and starts anew, when the state does not fit."""
        try:
            if not alike(state, self.state_dict()):
                raise ValueError("a value is of another kind than this guard saves")
            self.collapse.load_state_dict(state["collapse"])
            self.progress.load_state_dict(state["progress"])
            self.stability.load_state_dict(state["stability"])
            self.overfitting.load_state_dict(state["overfitting"])
            self.collector.load_state_dict(state["collector"])
            if "baseline" in state:  # of a guard from before there was one
                self.baseline.load_state_dict(state["baseline"])
            if "nearness" in state:
                self.nearness.load_state_dict(state["nearness"])
            best_epoch = state["best_epoch"]
            self._best_epoch = None if best_epoch is None else int(best_epoch)
            self._since_fall = int(state["since_fall"])
            self._restored = True
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            self._reset()
            raise ValueError(f"HmeanTrend: unusable state ({error})") from None


def _warmup(config: Mapping[str, Any]) -> float:
    """``Optimizer.lr.warmup_epoch``, 0 where there is none."""
    optimizer = config.get("Optimizer")
    rate = optimizer.get("lr") if isinstance(optimizer, Mapping) else None
    epochs = rate.get("warmup_epoch") if isinstance(rate, Mapping) else None
    return float(epochs) if isinstance(epochs, (int, float)) and math.isfinite(epochs) else 0.0
