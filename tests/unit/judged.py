"""A hook behind a real guard: what events make of it, as whoever listens would see it."""

from __future__ import annotations

from typing import Any

from ppocr_guard.events import Alert, Event, Resolved, StopRequest, Verdict
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook


class Listener(Hook):
    """Keeps the events that the guard makes."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_alert(self, event: Alert) -> None:
        self.heard.append(event)

    def on_resolved(self, event: Resolved) -> None:
        self.heard.append(event)

    def on_verdict(self, event: Verdict) -> None:
        self.heard.append(event)


class Judged:
    """``judged.on_eval(event)`` dispatches the event and gives what came of it."""

    def __init__(self, *hooks: Hook) -> None:
        self.listener = Listener()
        self.guard = Guard([*hooks, self.listener])
        self.hook = hooks[0]

    def dispatch(self, event: Event) -> list[Any]:
        known, repair, stop = len(self.listener.heard), self.guard.repair, self.guard.stop
        self.guard.dispatch(event)
        assert not self.guard.health.hook_errors, self.guard.health.hook_errors
        found: list[Any] = self.listener.heard[known:]
        requests: list[tuple[Any, Any]] = [(self.guard.repair, repair), (self.guard.stop, stop)]
        found += [now for now, before in requests if now is not before]
        return found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_"):
            return self.dispatch
        return getattr(self.hook, name)

    def conditions(self) -> dict[str, Any]:
        return {condition.code: condition for condition in self.guard.conditions}


def alerts(found: list[Any]) -> list[Alert]:
    return [event for event in found if isinstance(event, Alert)]


def over(found: list[Any]) -> list[str]:
    return [event.code for event in found if isinstance(event, Resolved)]


def states(found: list[Any]) -> list[str]:
    """Of the verdicts, one for each change."""
    every = [event.state for event in found if isinstance(event, Verdict)]
    return [state for i, state in enumerate(every) if i == 0 or every[i - 1] != state]


def stops(found: list[Any]) -> list[StopRequest]:
    return [event for event in found if isinstance(event, StopRequest)]
