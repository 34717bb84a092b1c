"""The guard: hands events to hooks in order and holds what they ask for."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional

from ppocr_guard.events import (
    Alert,
    Event,
    RepairRequest,
    StopRequest,
    Verdict,
    kind,
)
from ppocr_guard.hook import GuardHealth, Hook

MAX_FAILURES = 3  # of one hook, after which it is switched off
MAX_ALERTS = 1000  # kept in memory; hooks that store alerts do so themselves
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.ERROR}


class Guard:
    """Dispatches events to hooks.

    A hook that raises is logged once, counted in ``health.hook_errors``, and switched off after
    ``MAX_FAILURES`` failures; :meth:`dispatch` itself never raises. Alerts and verdicts that a
    hook returns are handed to every hook as events of their own; a stop or repair request is
    held in ``stop`` and ``repair`` for the seam to carry out. The first stop request wins.

    :meth:`dispatch` may be called from any thread (one at a time gets in); :meth:`post` leaves
    an event for the next dispatch and never waits.
    """

    def __init__(
        self, hooks: Sequence[Hook], logger: Optional[logging.Logger] = None, *, rank: int = 0
    ) -> None:
        self.hooks: list[Hook] = [hook for hook in hooks if rank == 0 or hook.every_rank]
        self.alerts: deque[Alert] = deque(maxlen=MAX_ALERTS)
        self.verdict: Optional[Verdict] = None
        self.stop: Optional[StopRequest] = None
        self.repair: Optional[RepairRequest] = None
        self.health = GuardHealth()
        self._log = logger or logging.getLogger("ppocr_guard")
        self._lock = threading.RLock()
        self._posted: deque[Event] = deque()
        for hook in self.hooks:
            hook.health = self.health

    def post(self, event: Event) -> None:
        """Leave an event for the next :meth:`dispatch` or :meth:`drain` (from any thread)."""
        self._posted.append(event)

    def drain(self) -> None:
        """Dispatch what was posted."""
        while self._posted:
            self.dispatch(self._posted.popleft())

    def dispatch(self, event: Event) -> None:
        """Hand one event to all hooks, and then what they made of it."""
        started = time.perf_counter()
        with self._lock:
            queue: deque[Event] = deque([event])
            while queue:
                current = queue.popleft()
                self._note(current)
                method = "on_" + kind(current)
                for hook in tuple(self.hooks):
                    queue.extend(self._call(hook, method, current))
        self.health.overhead_seconds += time.perf_counter() - started

    def _call(self, hook: Hook, method: str, event: Event) -> list[Event]:
        try:
            reactions = getattr(hook, method)(event)
            return self._sort(hook, reactions) if reactions is not None else []
        except Exception as error:
            self._failed(hook, f"{method} failed", error)
            return []

    def _sort(self, hook: Hook, reactions: Any) -> list[Event]:
        """Keep requests; give back the events among the reactions."""
        events: list[Event] = []
        for reaction in [reactions] if isinstance(reactions, _REACTIONS) else reactions:
            if isinstance(reaction, Alert):
                events.append(replace(reaction, hook=reaction.hook or hook.name))
            elif isinstance(reaction, Verdict):
                events.append(reaction)
            elif isinstance(reaction, StopRequest):
                self.stop = self.stop or reaction
            elif isinstance(reaction, RepairRequest):
                earlier = self.repair.ratios if self.repair else {}
                self.repair = replace(reaction, ratios={**earlier, **reaction.ratios})
            else:
                raise TypeError(f"a hook returned {reaction!r}, which is no reaction")
        return events

    def _note(self, event: Event) -> None:
        if isinstance(event, Alert):
            self.alerts.append(event)
            self._log.log(LEVELS[event.severity], "%s", alert_line(event))
        elif isinstance(event, Verdict):
            self.verdict = event

    def _failed(self, hook: Hook, what: str, error: Exception) -> None:
        count = self.health.hook_errors.get(hook.name, 0) + 1
        self.health.hook_errors[hook.name] = count
        if count == 1:
            self._log.warning(
                "hook %s: %s (%s: %s). Training goes on.",
                hook.name,
                what,
                type(error).__name__,
                error,
                exc_info=self._log.isEnabledFor(logging.DEBUG),
            )
        if count >= MAX_FAILURES and hook in self.hooks:
            self.hooks.remove(hook)
            self._log.warning(
                "hook %s is switched off after %d failures. Training goes on.", hook.name, count
            )

    def state_dict(self) -> dict[str, Any]:
        """State of all hooks, by name, as JSON-ready data."""
        with self._lock:
            states: dict[str, Any] = {}
            for hook in self.hooks:
                try:
                    state = hook.state_dict()
                except Exception as error:
                    self._failed(hook, "its state could not be read", error)
                else:
                    if state:
                        states[hook.name] = state
            return states

    def load_state_dict(self, states: Mapping[str, Any]) -> None:
        """Give each hook its state back; a hook that cannot use it starts anew, and says so."""
        for hook in self.hooks:
            if hook.name in states:
                try:
                    hook.load_state_dict(states[hook.name])
                except Exception as error:
                    self._log.warning(
                        "hook %s starts anew: its saved state does not fit (%s)", hook.name, error
                    )

    def close(self, timeout: float) -> None:
        """Let hooks flush; all of them together get ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        for hook in tuple(self.hooks):
            try:
                hook.close(deadline)
            except Exception as error:
                self._failed(hook, "closing failed", error)


def alert_line(alert: Alert) -> str:
    """One line for a log: code, sentence, advice."""
    advice = f" {alert.advice}" if alert.advice else ""
    return f"[{alert.code}] {alert.message}{advice}"


_REACTIONS = (Alert, Verdict, StopRequest, RepairRequest)
