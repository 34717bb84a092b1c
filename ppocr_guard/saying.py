"""What a person reads in the training log: each thing once, and a cause in full only once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Optional, Union

from ppocr_guard import __version__
from ppocr_guard.conditions import Conditions
from ppocr_guard.events import Alert, Condition, Repaired, Resolved, RunStart, Verdict
from ppocr_guard.hook import Hook
from ppocr_guard.terms import term
from ppocr_guard.wording import (
    CLOSE,
    Sentence,
    format_in_language,
    in_language,
    join,
    mark,
    said_by,
    say,
)

STOPPED_FOR = mark(
    "[{code}] This run was stopped for it (found in epoch {epoch}); it holds until this launch "
    "shows otherwise. It was: {message}"
)
STILL_OPEN = mark("[{code}] still open, since epoch {epoch}. It was: {message}")
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.ERROR}


class InLanguage(logging.Filter):
    """Has a logger write in one language: its own lines, which are looked up by their format, and
    the sentences among their arguments."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = format_in_language(record.msg, self.language)
        if isinstance(record.args, tuple):
            record.args = tuple(map(self._said, record.args))
        return True

    def _said(self, argument: object) -> object:
        if isinstance(argument, BaseException):
            argument = said_by(argument)
        return in_language(argument, self.language) if isinstance(argument, Sentence) else argument


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
            since = say(" (since epoch {epoch})", epoch=event.since.epoch)
            line = say(
                "[{code}] is over{since}: {message}",
                code=event.code,
                since=since if event.since.epoch else "",
                message=event.message,
            )
            self._log.info("%s", line)
        else:
            line = say(
                "repaired: {operator} shrank by {was:.4f}, and by {ratio:.4g} from now on "
                "({reason})",
                operator=event.operator,
                was=event.was,
                ratio=event.ratio,
                reason=event.reason,
            )
            self._log.info("%s", line)

    def resumed(self, event: RunStart, conditions: Conditions) -> None:
        """Say what an earlier launch left open, and what has changed since."""
        for condition in conditions:
            self._log.log(LEVELS[condition.severity], "%s", carried_line(condition, event))
        if event.changed:
            line = say(
                "changed since the last launch: {changes}. The run is judged anew from here.",
                changes="; ".join(event.changed),
            )
            self._log.info("%s", line)


def alert_line(alert: Alert, *, brief: bool = False) -> str:
    """One line for a log: code, sentence, cause, advice. ``brief``: the cause by its name."""
    parts = [alert_sentence(alert)]
    if alert.because and brief:
        parts.append(say("Cause, as told above: {cause}.", cause=alert.cause))
    elif alert.because.endswith("."):
        parts += [say("Cause: {cause}", cause=alert.because), alert.advice]
    elif alert.because:
        parts += [say("Cause: {cause}.", cause=alert.because), alert.advice]
    else:
        parts.append(alert.advice)
    return join(f"[{alert.code}] ", join(*parts), by=CLOSE)


def alert_sentence(alert: Alert) -> str:
    """The sentence of an alert; of one that an earlier launch left open, that it still is so."""
    if alert.change != "persists":
        return alert.message
    return say("Still so after the resume: {message}", message=alert.message)


def carried_line(condition: Condition, event: RunStart) -> str:
    """What is said at a resume of a condition that an earlier launch left open."""
    template = STOPPED_FOR if condition.code == event.stopped_for else STILL_OPEN
    return say(
        template, code=condition.code, epoch=condition.since.epoch, message=condition.message
    )


def opening_line(event: RunStart, hooks: Sequence[Hook]) -> str:
    """The one line with which a guarded run begins."""
    return say(
        "ppocr_guard {version} guards run {run}{model} on PaddleOCR {release}, watching {metric}; "
        "on are {hooks}. To look on: ppocr-guard watch {folder}",
        version=__version__,
        run=event.run,
        model=f" ({event.model})" if event.model else "",
        release=event.release,
        metric=event.main_indicator,
        hooks=", ".join(hook.name for hook in hooks),
        folder=event.save_model_dir,
    )


def closing_line(reason: str, verdict: Optional[Verdict], best: Optional[str]) -> str:
    """The one line with which a run that was not stopped ends."""
    state = say("nothing was judged.")
    if verdict is not None:
        state = say("{state}: {message}", state=term(verdict.state), message=verdict.message)
    return say(
        "ppocr_guard: {reason}, {state} Best: {best}.",
        reason=term(reason),
        state=state,
        best=best or say("no checkpoint above 0"),
    )
