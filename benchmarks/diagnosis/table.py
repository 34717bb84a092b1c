"""The table of what became of each fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from benchmarks.diagnosis.faults import Fault
from benchmarks.diagnosis.training import Outcome

LEGEND = (
    "A fault is caught by any alert of severity warning or critical. The cause is the one that the "
    "last alert on hmean found likeliest, or else the first alert that is itself a cause. *hmean*: "
    "first, best and last. *after*: evaluations that had ended by then. AutoStop ends a run where "
    "a cause is named; `loss_degenerate`, at which it stops by default, does not end it earlier."
)
Row = tuple[Fault, Optional[Outcome]]


def is_right(fault: Fault, outcome: Outcome) -> bool:
    return outcome.cause in fault.causes


def render(rows: Sequence[Row]) -> str:
    """Markdown: a summary, and a line a fault."""
    lines = [
        summary(rows),
        "",
        LEGEND,
        "",
        "| fault | hmean | caught by | after | cause named | after | right |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_line(fault, outcome) for fault, outcome in rows),
    ]
    return "\n".join(lines) + "\n"


def summary(rows: Sequence[Row]) -> str:
    ran = [(fault, outcome) for fault, outcome in rows if outcome is not None]
    faulty = [(fault, outcome) for fault, outcome in ran if fault.causes]
    healthy = [outcome for fault, outcome in ran if not fault.causes]
    caught = sum(bool(outcome.alerts) for _, outcome in faulty)
    right = sum(is_right(fault, outcome) for fault, outcome in faulty)
    alerts = sum(len(outcome.alerts) for outcome in healthy)
    return (
        f"**{caught} of {len(faulty)} faults caught, {right} of {len(faulty)} causes right, "
        f"{alerts} alerts in {len(healthy)} healthy runs.**"
    )


def _line(fault: Fault, outcome: Optional[Outcome]) -> str:
    if outcome is None:
        return _cells(fault.title, "not run", "", "", "", "", "")
    if not outcome.alerts:
        right = "no" if fault.causes else "yes"
        return _cells(fault.title, _curve(outcome), "-", "-", "-", "-", right)
    codes = ", ".join(dict.fromkeys(alert.code for alert in outcome.alerts))
    sure = f" ({outcome.confidence:.0%})" if outcome.confidence is not None else ""
    return _cells(
        fault.title,
        _curve(outcome),
        codes,
        outcome.caught_after,
        f"{outcome.cause}{sure}" if outcome.cause else "none",
        outcome.named_after if outcome.cause else "-",
        "yes" if is_right(fault, outcome) else "**no**",
    )


def _curve(outcome: Outcome) -> str:
    """First, best and last hmean."""
    if not outcome.hmean:
        return "no evaluation"
    return " / ".join(
        f"{value:.2f}" for value in (outcome.hmean[0], max(outcome.hmean), outcome.hmean[-1])
    )


def _cells(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
