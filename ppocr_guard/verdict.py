"""The verdict on a run: a function of what holds and of the evaluations so far. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ppocr_guard.events import VERDICTS, Condition, EvalEnd, Moment, Verdict
from ppocr_guard.logs.models import cleaned_data, model_of
from ppocr_guard.wording import say

TOO_SHORT = 4  # evaluations below which a run is not called healthy, overfitting and so on
WORTHLESS = 0.15  # a best value below this is no success yet
DIP = 0.5  # share of the best below which no run is called healthy
# What decides on the state, most telling first. Codes that are not named here leave it alone.
GRAVE = {
    "hmean_collapse": "collapsed",
    "loss_not_finite": "diverged",
    "loss_diverged": "diverged",
    "no_positives": "not_learning",
    "loss_degenerate": "not_learning",
    "hmean_not_learning": "not_learning",
}
SLOW = {
    "overfitting": "overfitting",
    "hmean_unstable": "unstable",
    "hmean_declined": "unstable",
    "hmean_plateau": "plateaued",
}


@dataclass(frozen=True)
class SoFar:
    """The evaluations of a run so far, over all its launches."""

    evaluations: int = 0
    metric: str = "hmean"
    value: float = math.nan
    best: float = math.nan
    best_epoch: Optional[int] = None

    def after(self, event: EvalEnd) -> SoFar:
        best, epoch = self.best, event.best_epoch
        for value in (event.best, event.value):
            if math.isfinite(value) and not value <= best:
                best = value
        if epoch is None and not best <= self.best:  # a log does not say
            epoch = event.epoch
        return SoFar(
            evaluations=event.evaluation,
            metric=event.main_indicator,
            value=event.value,
            best=best,
            best_epoch=epoch if epoch is not None else self.best_epoch,
        )


def so_far_from(record: Mapping[str, Any]) -> SoFar:
    """Raises ValueError, KeyError or TypeError on data that is none."""
    record = cleaned_data(record)
    model_of(SoFar).model_validate(record)
    epoch = record["best_epoch"]
    return SoFar(
        evaluations=int(record["evaluations"]),
        metric=str(record["metric"]),
        value=float(record["value"]),
        best=float(record["best"]),
        best_epoch=None if epoch is None else int(epoch),
    )


def judge(conditions: Iterable[Condition], so_far: SoFar, at: Moment) -> Verdict:
    """The verdict at a moment. ``conditions`` come worst first."""
    held = tuple(conditions)
    state, reason = _state(held, so_far)
    return Verdict(
        time=at.time,
        epoch=at.epoch,
        global_step=at.global_step,
        evaluation=so_far.evaluations,
        state=state,
        message=reason.message if reason is not None else _numbers(so_far),
        conditions=held,
    )


def _state(held: tuple[Condition, ...], so_far: SoFar) -> tuple[str, Optional[Condition]]:
    by_code = {condition.code: condition for condition in reversed(held)}
    for code, state in GRAVE.items():
        condition = by_code.get(code)
        if condition is not None and (
            code != "loss_not_finite" or condition.severity == "critical"
        ):
            return state, condition
    if so_far.evaluations < TOO_SHORT:
        return "too_short", None
    for code, state in SLOW.items():
        if code in by_code:
            return state, by_code[code]
    if not so_far.best >= WORTHLESS:  # nothing is learnt yet: too early to say
        return "too_short", None
    # A dip that is no collapse yet, and may come back.
    return ("healthy" if so_far.value >= DIP * so_far.best else "unstable"), None


def _numbers(so_far: SoFar) -> str:
    if not so_far.evaluations:
        return say("No evaluation yet.")
    if math.isnan(so_far.best):
        return say("{metric} {value:.4f}.", metric=so_far.metric, value=so_far.value)
    if so_far.best_epoch is None:
        return say(
            "{metric} {value:.4f}, best {best:.4f}.",
            metric=so_far.metric,
            value=so_far.value,
            best=so_far.best,
        )
    return say(
        "{metric} {value:.4f}, best {best:.4f} at epoch {epoch}.",
        metric=so_far.metric,
        value=so_far.value,
        best=so_far.best,
        epoch=so_far.best_epoch,
    )


def number(state: str) -> int:
    """The one numbering of the states, for what can only show numbers: 0 is healthy, and the
    higher the worse. (VisualDL, Prometheus, Grafana.)"""
    return LEVELS[state]


LEVELS = {
    "healthy": 0,
    "too_short": 1,
    "plateaued": 2,
    "overfitting": 3,
    "unstable": 4,
    "not_learning": 5,
    "diverged": 6,
    "collapsed": 7,
}
assert set(LEVELS) == set(VERDICTS)
