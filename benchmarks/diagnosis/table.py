"""The table of what became of each fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from benchmarks.diagnosis.faults.fault import Fault
from benchmarks.diagnosis.outcome import Outcome

HARM = 0.05  # of hmean that a fault must cost to count as one that did harm
WORSE = 0.02  # of hmean below which an advice that was followed did harm
LEGEND = (
    "*hmean*: first, best and last. A fault did harm when it cost 0.05 of the hmean of the healthy "
    "run, at the end or where the guard stopped it; faults that did none stand in the table and "
    "in no count but that of wrong causes. *Caught*: by any alert of severity warning or critical. "
    "*after*: evaluations that had ended by then. *Cause*: what the last alert that weighed causes "
    "named first; *or* what it named beside it as not separated. *Advice followed*: the last hmean "
    "of the same run with what the advice says to set; a dash: the advice sets no value."
)


@dataclass(frozen=True)
class Row:
    fault: Fault
    outcome: Optional[Outcome]  # None: not run
    followed: Optional[Outcome] = None  # of the same run with the advice


def is_right(fault: Fault, outcome: Outcome) -> bool:
    return outcome.cause in fault.causes


def did_harm(row: Row, healthy: float) -> bool:
    """``healthy``: last hmean of the run without a fault."""
    if row.outcome is None or not row.fault.causes:
        return False
    hmean = row.outcome.hmean
    unseen = row.fault.scratch or row.fault.silent
    return not hmean or unseen or hmean[-1] < healthy - HARM


def verdict(row: Row) -> str:
    """What the guard made of a fault."""
    assert row.outcome is not None
    if not row.outcome.alerts:
        return "missed"
    if not row.outcome.causes:
        return "no cause"
    if is_right(row.fault, row.outcome):
        return "right"
    return "second" if set(row.outcome.rivals) & row.fault.causes else "wrong"


def worsened(row: Row) -> Optional[bool]:
    """Whether the advice, followed, made the run worse; None: there was none to follow."""
    if row.outcome is None or row.followed is None:
        return None
    before, after = row.outcome.hmean, row.followed.hmean
    return (after[-1] if after else 0.0) < (before[-1] if before else 0.0) - WORSE


def render(rows: Sequence[Row]) -> str:
    """Markdown: a summary, and a line a fault."""
    healthy = _healthy(rows)
    lines = [
        summary(rows),
        "",
        LEGEND,
        "",
        "| what was done | hmean | harm | caught by | after | cause named | verdict | advice "
        "followed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_line(row, healthy) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def summary(rows: Sequence[Row]) -> str:
    healthy = _healthy(rows)
    ran = [row for row in rows if row.outcome is not None]
    harmful = [row for row in ran if did_harm(row, healthy)]
    harmless = [row for row in ran if row.fault.causes and row not in harmful]
    controls = [row for row in ran if not row.fault.causes]
    verdicts = [verdict(row) for row in harmful]
    others = [verdict(row) for row in harmless]
    alerted = sum(bool(row.outcome and row.outcome.alerts) for row in controls)
    stopped = sum(bool(row.outcome and row.outcome.end == "stopped") for row in controls)
    advice = [worse for row in ran if (worse := worsened(row)) is not None]
    count = {name: verdicts.count(name) for name in ("missed", "no cause", "right", "second",
                                                    "wrong")}  # fmt: skip
    table = [
        f"| of {len(harmful)} faults that did harm | |",
        "| --- | --- |",
        f"| caught | {len(harmful) - count['missed']} |",
        f"| cause named right | {count['right']} |",
        f"| right one named second, as not separated | {count['second']} |",
        f"| cause named wrong | {count['wrong']} |",
        f"| caught, no cause | {count['no cause']} |",
        f"| missed | {count['missed']} |",
        f"| of {len(harmless)} faults that did no harm: named wrong | {others.count('wrong')} |",
        f"| of {len(controls)} controls: with an alert | {alerted} |",
        f"| of {len(controls)} controls: stopped | {stopped} |",
        f"| of {len(advice)} advices followed: hmean became worse | {sum(advice)} |",
    ]
    return "\n".join(table)


def _healthy(rows: Sequence[Row]) -> float:
    """Last hmean of the first control."""
    for row in rows:
        if not row.fault.causes and row.outcome is not None and row.outcome.hmean:
            return row.outcome.hmean[-1]
    return 1.0


def _line(row: Row, healthy: float) -> str:
    fault, outcome = row.fault, row.outcome
    if outcome is None:
        return _cells(fault.title, "not run", "", "", "", "", "", "")
    harm = "yes" if did_harm(row, healthy) else "no"
    if not fault.causes:
        judged = f"**{len(outcome.alerts)} alerts**" if outcome.alerts else "none"
    else:
        judged = verdict(row) if harm == "yes" or verdict(row) != "missed" else "-"
        judged = f"**{judged}**" if judged in ("wrong", "missed") else judged
    codes = ", ".join(dict.fromkeys(alert.code for alert in outcome.alerts)) or "-"
    cause = " or ".join((outcome.cause, *outcome.rivals)) if outcome.causes else "-"
    sure = f" ({outcome.confidence:.0%})" if outcome.confidence is not None else ""
    return _cells(
        fault.title,
        _curve(outcome),
        harm if fault.causes else "-",
        codes,
        outcome.caught_after if outcome.alerts else "-",
        cause + sure if outcome.causes else "-",
        judged,
        _advice(row),
    )


def _advice(row: Row) -> str:
    worse = worsened(row)
    if worse is None or row.outcome is None or row.followed is None:
        return "-"
    before, after = (o.hmean[-1] if o.hmean else 0.0 for o in (row.outcome, row.followed))
    sets = ", ".join(f"{path.rpartition('.')[2]} {'removed' if value is None else value}"
                     for path, value in row.outcome.settings.items())  # fmt: skip
    text = f"{before:.2f} to {after:.2f} ({sets})"
    return f"**worse: {text}**" if worse else text


def _curve(outcome: Outcome) -> str:
    """First, best and last hmean."""
    if not outcome.hmean:
        return "no evaluation"
    return " / ".join(
        f"{value:.2f}" for value in (outcome.hmean[0], max(outcome.hmean), outcome.hmean[-1])
    )


def _cells(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
