"""What a person reads in the training log: each thing once, and a cause in full only once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Optional, Union

from ppocr_guard import __version__
from ppocr_guard.conditions import Conditions
from ppocr_guard.events import Alert, Condition, Repaired, Resolved, RunStart, Verdict
from ppocr_guard.hook import Hook

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.ERROR}


class Narrator:
    """Writes conditions that come and go to a logger."""

    def __init__(self, logger: logging.Logger) -> None:
        self._log = logger
        self._causes: set[str] = set()  # that were told in full

    def tell(self, event: Union[Alert, Resolved, Repaired]) -> None:
        if isinstance(event, Alert):
            again = event.because in self._causes
            self._log.log(LEVELS[event.severity], "%s", alert_line(event, brief=again))
            if event.because:
                self._causes.add(event.because)
        elif isinstance(event, Resolved):
            since = f" (since epoch {event.since.epoch})" if event.since.epoch else ""
            self._log.info("[%s] is over%s: %s", event.code, since, event.message)
        else:
            self._log.info(
                "repaired: %s shrank by %.4f, and by %.4g from now on (%s)",
                event.operator,
                event.was,
                event.ratio,
                event.reason,
            )

    def resumed(self, event: RunStart, conditions: Conditions) -> None:
        """Say what an earlier launch left open, and what has changed since."""
        for condition in conditions:
            self._log.log(LEVELS[condition.severity], "%s", carried_line(condition, event))
        if event.changed:
            self._log.info(
                "changed since the last launch: %s. The run is judged anew from here.",
                "; ".join(event.changed),
            )


def alert_line(alert: Alert, *, brief: bool = False) -> str:
    """One line for a log: code, sentence, cause, advice. ``brief``: the cause by its name."""
    parts = [f"[{alert.code}]"]
    parts.append("Still so after the resume:" if alert.change == "persists" else "")
    parts.append(alert.message)
    if alert.because and brief:
        parts.append(f"Cause, as told above: {alert.cause}.")
    else:
        cause = alert.because.rstrip(".")
        parts += [f"Cause: {cause}." if cause else "", alert.advice]
    return " ".join(part for part in parts if part)


def carried_line(condition: Condition, event: RunStart) -> str:
    """What is said at a resume of a condition that an earlier launch left open."""
    since = f"epoch {condition.since.epoch}"
    if condition.code == event.stopped_for:
        return (
            f"[{condition.code}] This run was stopped for it (found in {since}); it holds until "
            f"this launch shows otherwise. It was: {condition.message}"
        )
    return f"[{condition.code}] still open, since {since}. It was: {condition.message}"


def opening_line(event: RunStart, hooks: Sequence[Hook]) -> str:
    """The one line with which a guarded run begins."""
    model = f" ({event.model})" if event.model else ""
    return (
        f"ppocr_guard {__version__} guards run {event.run}{model} on PaddleOCR {event.release}, "
        f"watching {event.main_indicator}; on are {', '.join(hook.name for hook in hooks)}. "
        f"To look on: ppocr-guard watch {event.save_model_dir}"
    )


def closing_line(reason: str, verdict: Optional[Verdict], best: Optional[str]) -> str:
    """The one line with which a run that was not stopped ends."""
    state = f"{verdict.state}: {verdict.message}" if verdict is not None else "nothing was judged."
    return f"ppocr_guard: {reason}, {state} Best: {best or 'no checkpoint above 0'}."
