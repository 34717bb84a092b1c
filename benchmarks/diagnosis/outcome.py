"""What the guard said of a run, read from its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.events import Alert, EvalEnd, Event, RunEnd

# Alerts that are themselves a cause, where nothing weighed several.
CAUSE_OF = {
    "shrink_ratio_unexpected": "shrink_ratio_wrong",
    "unclip_mismatch": "unclip_mismatch",
    "loss_not_finite": "loss_not_finite",
    "loss_diverged": "learning_rate_too_high",
    "data_pipeline_failing": "data_pipeline_failing",
    "overfitting": "overfitting",
}


@dataclass(frozen=True)
class Outcome:
    """What the guard said of a run."""

    alerts: tuple[Alert, ...] = ()  # warning and critical, in order
    caught_after: int = 0  # evaluations before the first alert
    named_after: int = 0  # evaluations before the cause was named
    causes: tuple[str, ...] = ()  # codes, likeliest first; none: no cause was named
    rivals: tuple[str, ...] = ()  # named beside the first, as not separated
    confidence: Optional[float] = None  # of the first
    settings: Mapping[str, Any] = field(default_factory=dict)  # what the advice says to set
    hmean: tuple[float, ...] = ()  # by evaluation
    end: str = ""  # RunEnd.reason; empty: the run did not end by itself

    @property
    def cause(self) -> str:
        return self.causes[0] if self.causes else ""


def outcome(events: list[Event]) -> Outcome:
    """The causes are those of the last alert that weighed several, else of the first that is
    itself one."""
    alerts: list[Alert] = []
    values: list[float] = []
    at: list[int] = []
    end = ""
    for event in events:
        if isinstance(event, EvalEnd):
            values.append(event.value)
        elif isinstance(event, Alert) and event.severity != "info":
            alerts.append(event)
            at.append(len(values))
        elif isinstance(event, RunEnd):
            end = event.reason
    if not alerts:
        return Outcome(hmean=tuple(values), end=end)
    at_cause, causes = _named(alerts)
    first = causes[0] if causes else {}
    return Outcome(
        alerts=tuple(alerts),
        caught_after=at[0],
        named_after=at[at_cause],
        causes=tuple(cause["code"] for cause in causes),
        rivals=tuple(first.get("rivals") or ()),
        confidence=first.get("confidence"),
        settings=first.get("settings") or {},
        hmean=tuple(values),
        end=end,
    )


def _named(alerts: list[Alert]) -> tuple[int, list[Mapping[str, Any]]]:
    """(which alert, causes as :mod:`ppocr_guard.detect.diagnosis` has them)."""
    weighed = [i for i, alert in enumerate(alerts) if alert.evidence.get("causes")]
    if weighed:
        return weighed[-1], list(alerts[weighed[-1]].evidence["causes"])
    for i, alert in enumerate(alerts):
        if alert.evidence.get("pattern") == "no_positives":  # and no word of the ratio before
            return i, [{"code": "labels_empty"}]
        if alert.code in CAUSE_OF:
            return i, [{"code": CAUSE_OF[alert.code]}]
    return 0, []
