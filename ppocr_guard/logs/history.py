"""What held for a run, and from when to when: read off its verdicts.

Each verdict carries all conditions that held at its moment, so a condition began with the first
verdict that has it and ended with the first one that has not. Alerts tell only what no verdict
does: the step counted over resumes, and what was announced after the last verdict. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ppocr_guard.conditions import from_alert
from ppocr_guard.events import SEVERITIES, Alert, Condition, Moment, Resolved
from ppocr_guard.logs.run import Placed, Run

Key = tuple[str, str]  # code and subject


@dataclass(frozen=True)
class Held:
    """A condition in the history of a run, with the latest numbers that it had."""

    condition: Condition
    step: int  # counted over resumes, at which it began
    ended: Optional[Moment] = None  # None: it holds
    why: str = ""  # it ended


@dataclass(frozen=True)
class HeldGroup:
    """What holds (or held) under one code and one cause: of both operators, say."""

    members: tuple[Held, ...]  # at least one

    @property
    def first(self) -> Held:
        return min(self.members, key=lambda held: held.step)

    @property
    def code(self) -> str:
        return self.members[0].condition.code

    @property
    def cause(self) -> Optional[str]:
        return self.members[0].condition.cause

    @property
    def open(self) -> bool:
        return self.members[0].ended is None

    @property
    def severity(self) -> str:
        return max((held.condition.severity for held in self.members), key=SEVERITIES.index)


def history(run: Run) -> list[Held]:
    """What holds, as the last verdict ranks it; then what is over, in the order of its begin."""
    still: dict[Key, Held] = {}
    over: list[Held] = []
    begins = _begins(run.alerts)
    for placed in run.verdicts:
        verdict = placed.event
        now = {(c.code, c.subject): c for c in verdict.conditions}
        moment = Moment.of(verdict)
        for key in [key for key in still if key not in now]:
            over.append(_ended(still.pop(key), moment, run.resolved))
        for key, condition in now.items():
            before = still.get(key)
            step = before.step if before else _step(begins.get(key, ()), condition, placed.step)
            still[key] = Held(condition, step)
    ranked = [still[c.code, c.subject] for c in run.conditions if (c.code, c.subject) in still]
    ranked += _told_only(run)
    return ranked + sorted(over, key=lambda held: held.step)


def groups(run: Run) -> list[HeldGroup]:
    """All there is of a run, grouped; the order in which it is shown and numbered."""
    return grouped(history(run))


def grouped(found: Iterable[Held]) -> list[HeldGroup]:
    """Open ones first; those of one code and cause that are all open, or all over, in one group."""
    groups: dict[tuple[bool, str, Optional[str]], list[Held]] = {}
    for held in found:
        key = held.ended is not None, held.condition.code, held.condition.cause
        groups.setdefault(key, []).append(held)
    made = [HeldGroup(tuple(members)) for members in groups.values()]
    return sorted(made, key=lambda group: not group.open)


def _begins(alerts: Iterable[Placed[Alert]]) -> dict[Key, list[Placed[Alert]]]:
    found: dict[Key, list[Placed[Alert]]] = {}
    for placed in alerts:
        found.setdefault((placed.event.code, placed.event.subject), []).append(placed)
    return found


def _step(alerts: Iterable[Placed[Alert]], condition: Condition, otherwise: int) -> int:
    """Of the alert that announced it: ``since`` counts as PaddleOCR does, from 0 at a resume."""
    for placed in alerts:
        since = condition.since
        if placed.event.epoch == since.epoch and placed.event.global_step == since.global_step:
            return placed.step
    return otherwise


def _ended(held: Held, moment: Moment, resolved: Sequence[Placed[Resolved]]) -> Held:
    """The last :class:`Resolved` of it up to ``moment``; a launch that lost its state has none."""
    condition = held.condition
    for placed in reversed(resolved):
        event = placed.event
        same = (event.code, event.subject) == (condition.code, condition.subject)
        if same and condition.time <= event.time <= moment.time:
            return replace(held, ended=Moment.of(event), why=event.message)
    return replace(held, ended=moment)


def _told_only(run: Run) -> list[Held]:
    """Alerts that no verdict knows: it was cut off with the file, or an older guard wrote it."""
    latest = run.verdict.time if run.verdict else float("-inf")
    listed = any(placed.event.conditions for placed in run.verdicts)
    gone = {(p.event.code, p.event.subject) for p in run.resolved if p.event.time >= latest}
    found: dict[Key, Held] = {}
    for placed in run.alerts:
        alert = placed.event
        key = alert.code, alert.subject
        if key in gone or (listed and alert.time <= latest) or key in found:
            continue
        found[key] = Held(replace(from_alert(alert), since=Moment.of(alert)), placed.step)
    known = {(c.code, c.subject) for c in run.conditions}
    return sorted(
        (held for key, held in found.items() if key not in known),
        key=lambda held: -SEVERITIES.index(held.condition.severity),
    )
