"""The guard: hands events to hooks in order, keeps what holds, and holds what they ask for."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Callable, Optional

from ppocr_guard.conditions import Conditions, from_alert
from ppocr_guard.events import (
    Alert,
    Condition,
    EvalEnd,
    Event,
    Moment,
    Over,
    Repaired,
    RepairRequest,
    Resolved,
    RunStart,
    StepEnd,
    StopRequest,
    Verdict,
    kind,
)
from ppocr_guard.hook import GuardHealth, Hook
from ppocr_guard.records import plain
from ppocr_guard.saying import Narrator
from ppocr_guard.verdict import SoFar, judge, so_far_from
from ppocr_guard.wording import say

MAX_FAILURES = 3  # of one hook, after which it is switched off
GRACE_SECONDS = 1.0  # that closing a hook may take beyond its deadline
MAX_ALERTS = 1000  # kept in memory; hooks that store alerts do so themselves
OVER = "over"  # in `announced`, in the place of a severity: that the condition ended was told
Link = tuple[int, str]  # a hook that reacted (its id) and the kind of event it reacted to


_NO_CHAIN: frozenset[Link] = frozenset()


class Guard:
    """Dispatches events to hooks.

    A hook that raises is logged once, counted in ``health.hook_errors``, and switched off after
    ``MAX_FAILURES`` failures; :meth:`dispatch` itself never raises. What hooks say holds is kept
    in ``conditions``; that one begins, worsens or ends is handed to every hook as an event of its
    own, and after that (and after every evaluation) the verdict. A stop or repair request is held
    in ``stop`` and ``repair`` for the seam to carry out. The first stop request wins.

    :meth:`dispatch` may be called from any thread (one at a time gets in); :meth:`post` leaves
    an event for the next dispatch and never waits.
    """

    def __init__(
        self, hooks: Sequence[Hook], logger: Optional[logging.Logger] = None, *, rank: int = 0
    ) -> None:
        self.hooks: list[Hook] = [hook for hook in hooks if rank == 0 or hook.every_rank]
        self.alerts: deque[Alert] = deque(maxlen=MAX_ALERTS)
        self.conditions = Conditions()
        self.so_far = SoFar()
        self.verdict: Optional[Verdict] = None
        self.stop: Optional[StopRequest] = None
        self.repair: Optional[RepairRequest] = None
        self.health = GuardHealth()
        # (code, subject, severity or OVER) -> epoch in which an earlier launch told it: epochs
        # that are trained again after a kill must not tell it again.
        self.announced: dict[tuple[str, str, str], int] = {}
        self.on_change: Optional[Callable[[], None]] = None  # what is open or was told changed
        self._stopped_before = False
        self._log = logger or logging.getLogger("ppocr_guard")
        self._narrator = Narrator(self._log)
        self._lock = threading.RLock()
        self._posted: deque[Event] = deque()
        self._handlers: dict[str, list[tuple[Hook, Callable[[Any], Any]]]] = {}
        for hook in self.hooks:
            hook.health = self.health
            hook.conditions = self.conditions

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
            _Dispatch(self, event).run()
        self.health.overhead_seconds += time.perf_counter() - started

    def handlers(self, name: str) -> Sequence[tuple[Hook, Callable[[Any], Any]]]:
        """The hooks that have something to say about events of this kind, in order."""
        found = self._handlers.get(name)
        if found is None:
            method = "on_" + name
            found = self._handlers[name] = [
                (hook, getattr(hook, method))
                for hook in self.hooks
                if getattr(type(hook), method, None) is not getattr(Hook, method)
                or method in vars(hook)
            ]
        return found

    def note(self, event: Event) -> None:
        """Keep of an event what the guard itself needs, and tell the log."""
        if isinstance(event, StepEnd):
            return  # the most frequent by far
        if isinstance(event, Alert):
            self.alerts.append(event)
            self.announced[event.code, event.subject, event.severity] = event.epoch
            self.announced.pop((event.code, event.subject, OVER), None)
        elif isinstance(event, EvalEnd):
            self.so_far = self.so_far.after(event)
        elif isinstance(event, Verdict):
            self.verdict = event
        elif isinstance(event, RunStart):
            self._stopped_before = event.stopped_for is not None
            self._narrator.resumed(event, self.conditions)
        if isinstance(event, (Alert, Resolved, Repaired)):
            if not (isinstance(event, Resolved) and event.repeated):
                self._narrator.tell(event)
            if self.on_change is not None:
                self.on_change()

    def hold(self, hook: Hook, condition: Condition) -> Optional[Alert]:
        """What the hook says holds; the alert, if that is news."""
        named = replace(condition, hook=condition.hook or hook.name)
        alert = self.conditions.hold(named)
        if alert is None:
            return None
        told = self.announced.get((alert.code, alert.subject, alert.severity))
        if alert.change == "persists":
            return replace(alert, repeated=not self._stopped_before)
        return replace(alert, repeated=told is not None and alert.epoch <= told)

    def ended(self, resolved: Resolved) -> Resolved:
        """Note that an end was told. An earlier launch that was killed may have told it."""
        this = resolved.code, resolved.subject
        told = self.announced.get((*this, OVER))
        repeated = told is not None and resolved.epoch <= told
        self.announced = {key: epoch for key, epoch in self.announced.items() if key[:2] != this}
        self.announced[(*this, OVER)] = max(resolved.epoch, told or 0)
        return replace(resolved, repeated=repeated)

    def request(self, reaction: Any) -> None:
        """Keep a stop or repair request."""
        if isinstance(reaction, StopRequest):
            self.stop = self.stop or reaction
        elif isinstance(reaction, RepairRequest):
            earlier = self.repair.ratios if self.repair else {}
            self.repair = replace(reaction, ratios={**earlier, **reaction.ratios})
        else:
            raise TypeError(f"a hook returned {reaction!r}, which is no reaction")

    def failed(self, hook: Hook, what: str, error: BaseException) -> None:
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
            self.switch_off(hook, say("after {count} failures", count=count))

    def switch_off(self, hook: Hook, why: str) -> None:
        if hook in self.hooks:
            self.hooks.remove(hook)
            self._handlers.clear()
            self._log.warning("hook %s is switched off %s. Training goes on.", hook.name, why)

    def state_dict(self) -> dict[str, Any]:
        """What must survive a resume, as JSON-ready data: ``hooks`` by name, the open
        ``conditions``, and the evaluations ``so_far``. A hook whose state is no JSON is left out
        and named."""
        with self._lock:
            states: dict[str, Any] = {}
            for hook in tuple(self.hooks):
                try:
                    state = hook.state_dict()
                    json.dumps(state)
                except Exception as error:
                    self.failed(hook, say("its state cannot be saved"), error)
                else:
                    if state:
                        states[hook.name] = state
            return {
                "hooks": states,
                "conditions": self.conditions.state(),
                "so_far": plain(self.so_far),
            }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Give each hook its state back; a hook that cannot use it starts anew, and says so."""
        states = state.get("hooks", {})
        for hook in self.hooks:
            if hook.name in states:
                try:
                    hook.load_state_dict(states[hook.name])
                except Exception as error:
                    self._log.warning(
                        "hook %s starts anew: its saved state does not fit (%s)", hook.name, error
                    )
        unusable = self.conditions.restore(state.get("conditions", []))
        if unusable:
            self._log.warning("%d saved conditions cannot be used and are left out", unusable)
        try:
            self.so_far = so_far_from(state["so_far"])
        except (KeyError, TypeError, ValueError, OverflowError):
            self.so_far = SoFar()

    def close(self, timeout: float) -> None:
        """Let hooks flush; all of them together get ``timeout`` seconds, and a hook that takes
        longer is left behind."""
        deadline = time.monotonic() + timeout
        for hook in tuple(self.hooks):
            closing = threading.Thread(
                target=self._close, args=(hook, deadline), name=f"close {hook.name}", daemon=True
            )
            closing.start()
            closing.join(max(0.0, deadline - time.monotonic()) + GRACE_SECONDS)
            if closing.is_alive():
                self._log.warning(
                    "hook %s: closing takes longer than %.0f s; it is left behind.",
                    hook.name,
                    timeout,
                )

    def _close(self, hook: Hook, deadline: float) -> None:
        try:
            hook.close(deadline)
        except (Exception, SystemExit) as error:
            self.failed(hook, say("closing failed"), error)


class _Dispatch:
    """One event, and all that comes out of it."""

    def __init__(self, guard: Guard, event: Event) -> None:
        self._guard = guard
        self._first = event
        # Each with the reactions that it came out of. No objects of their own: a step is one.
        self._queue: deque[tuple[Event, frozenset[Link]]] = deque([(event, _NO_CHAIN)])
        self._stale: Optional[frozenset[Link]] = None  # a new verdict is due, out of these

    def run(self) -> None:
        while self._queue:
            self._hand_on(*self._queue.popleft())
            if not self._queue and self._stale is not None:
                chain, self._stale = self._stale, None
                guard = self._guard
                verdict = judge(guard.conditions, guard.so_far, Moment.of(self._first))
                self._queue.append((verdict, chain))

    def _hand_on(self, event: Event, chain: frozenset[Link]) -> None:
        guard = self._guard
        repeated = isinstance(event, Alert) and event.repeated
        if not repeated:
            guard.note(event)
        if isinstance(event, EvalEnd):
            self._due(chain)
        name = kind(event)
        for hook, method in guard.handlers(name):
            if repeated and not hook.hears_repeats:
                continue
            try:
                reactions = method(event)
                if reactions is not None:
                    self._sort(hook, (id(hook), name), event, chain, reactions)
            except (Exception, SystemExit) as error:  # sys.exit ends no training
                guard.failed(hook, say("{event} failed", event=f"on_{name}"), error)

    def _sort(
        self, hook: Hook, link: Link, event: Event, chain: frozenset[Link], reactions: Any
    ) -> None:
        """Queue the events that reactions make; keep requests."""
        for reaction in [reactions] if isinstance(reactions, _REACTIONS) else reactions:
            made = self._event(hook, reaction, event)
            if made is None:
                continue
            if link in chain:  # it answers to what came of its own answer
                self._guard.switch_off(
                    hook,
                    say(
                        "because it answers {event} with what calls {event} again",
                        event=f"on_{link[1]}",
                    ),
                )
                return
            longer = chain | {link}
            self._queue.append((made, longer))
            self._due(longer)

    def _event(self, hook: Hook, reaction: Any, event: Event) -> Optional[Event]:
        guard = self._guard
        if isinstance(reaction, Alert):
            reaction = from_alert(reaction)
        if isinstance(reaction, Condition):
            return guard.hold(hook, reaction)
        if isinstance(reaction, Over):
            resolved = guard.conditions.end(reaction, Moment.of(event), hook.name)
            return None if resolved is None else guard.ended(resolved)
        guard.request(reaction)
        return None

    def _due(self, chain: frozenset[Link]) -> None:
        self._stale = (self._stale or frozenset()) | chain


_REACTIONS = (Alert, Condition, Over, StopRequest, RepairRequest)
