"""What is wrong with a run is a state: the conditions that hold, each from when it was found.

Pure: no paddle, no files, no clock. The guard feeds it with what hooks say, and turns its answers
into events. Whoever joins late (a resumed run, a restarted Prometheus, a report) reads the open
conditions, never the history of alerts. The idea is that of Kubernetes' conditions and of
Alertmanager: a level, not an edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Optional, Union

from ppocr_guard.events import SEVERITIES, Alert, Condition, Moment, Over, Resolved
from ppocr_guard.logs.models import cleaned_data, model_of
from ppocr_guard.records import condition_from, plain
from ppocr_guard.wording import say

Key = tuple[str, str]  # code and subject
MAX_OPEN = 200  # a hook that invents subjects without end must not fill the memory


class Conditions:
    """The open conditions of a run, by code and subject."""

    def __init__(self) -> None:
        self._open: dict[Key, Condition] = {}
        self._told: dict[Key, str] = {}  # severity that was announced; of one carried over: none

    def __iter__(self) -> Iterator[Condition]:
        """Worst first, then by when they began."""
        return iter(sorted(self._open.values(), key=_rank))

    def __len__(self) -> int:
        return len(self._open)

    def holds(self, code: str, subject: Optional[str] = None) -> bool:
        """Whether a condition of this code (and subject, where one is given) is open."""
        if subject is not None:
            return (code, subject) in self._open
        return any(key[0] == code for key in self._open)

    def get(self, code: str, subject: str = "") -> Optional[Condition]:
        return self._open.get((code, subject))

    def hold(self, condition: Condition) -> Optional[Alert]:
        """The condition holds, with these numbers. The alert, if there is something to tell: it
        begins, it is worse than what was told, or this launch shows what it inherited."""
        key = condition.code, condition.subject
        before = self._open.get(key)
        if before is None and len(self._open) >= MAX_OPEN:
            return None
        since = before.since if before else Moment.of(condition)
        self._open[key] = replace(condition, since=since, carried=False)
        told = self._told.get(key)
        if told is not None and _level(condition.severity) <= _level(told):
            return None
        self._told[key] = condition.severity
        if before is None:
            return _alert(condition, "begins")
        return _alert(condition, "persists" if told is None else "worsens")

    def end(self, over: Over, at: Moment, hook: str = "") -> Optional[Resolved]:
        """The condition is over; None where it did not hold."""
        key = over.code, over.subject
        condition = self._open.pop(key, None)
        self._told.pop(key, None)
        if condition is None:
            return None
        return Resolved(
            code=condition.code,
            subject=condition.subject,
            severity=condition.severity,
            message=over.message or say("{code} no longer holds.", code=condition.code),
            since=condition.since,
            epoch=at.epoch,
            global_step=at.global_step,
            evaluation=at.evaluation,
            time=at.time,
            hook=condition.hook or hook,
        )

    def state(self) -> list[dict[str, Any]]:
        """JSON-ready; what :meth:`restore` takes."""
        return [plain(condition) for condition in self]

    def restore(self, state: Iterable[Mapping[str, Any]]) -> int:
        """Open again what an earlier launch left open. Returns how many were not usable."""
        unusable = 0
        for record in state:
            try:
                cleaned = cleaned_data(record)
                model_of(Condition).model_validate(cleaned)
                condition = replace(condition_from(cleaned), carried=True)
            except (ValueError, TypeError, KeyError, AttributeError):
                unusable += 1
                continue
            if len(self._open) < MAX_OPEN:
                self._open[condition.code, condition.subject] = condition
        return unusable


def _rank(condition: Condition) -> tuple[int, float, str, str]:
    return -_level(condition.severity), condition.since.time, condition.code, condition.subject


def _level(severity: str) -> int:
    return SEVERITIES.index(severity)


def _alert(condition: Condition, change: str) -> Alert:
    return Alert(change=change, **_shared(condition))


def from_alert(alert: Alert) -> Condition:
    """A hook that answers with an alert says that something holds."""
    return Condition(**_shared(alert))


_SHARED = tuple({f.name for f in fields(Alert)} & {f.name for f in fields(Condition)})


def _shared(source: Union[Alert, Condition]) -> dict[str, Any]:
    return {name: getattr(source, name) for name in _SHARED}
