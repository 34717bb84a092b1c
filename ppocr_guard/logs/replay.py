"""``ppocr-guard replay``: what the guard would have said about a log, and where it had stopped."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.events import (
    Alert,
    CheckpointSaved,
    Condition,
    EvalEnd,
    Event,
    RunStart,
    StepEnd,
    StopRequest,
    Verdict,
)
from ppocr_guard.guard import Guard
from ppocr_guard.language import add_language, machine_language, pick_language
from ppocr_guard.logs.journal import JournalReader
from ppocr_guard.logs.judging import Listener, log_guard
from ppocr_guard.logs.opening import is_journal, local_file
from ppocr_guard.logs.reader import LogReader
from ppocr_guard.records import plain, to_record
from ppocr_guard.terms import term
from ppocr_guard.wording import CLOSE, in_language, join, said_by, say

# A journal holds what the live guard made of it; here all is judged anew. No hook that judges
# looks at checkpoints.
_LEFT_OUT = (Alert, Verdict, CheckpointSaved)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "logs",
        nargs="+",
        metavar="LOG",
        help=say(
            "train.log, workerlog.N, or journal.jsonl; packed by gzip, a notebook, or - for "
            "standard input"
        ),
    )
    parser.add_argument("--json", action="store_true", help=say("one JSON object a run"))
    add_language(parser)
    parser.epilog = say(
        "Exit code: 0 nothing to worry about (information only), 1 warnings or worse, "
        "2 a log that cannot be used."
    )


def run(args: argparse.Namespace) -> int:
    found: list[Replayed] = []
    unusable, language = False, pick_language(args.language)
    for name in args.logs:
        try:
            with local_file(name) as path:
                runs = list(replay(path, name))
        except (OSError, ValueError) as error:
            reason = in_language(_reason(name, error), language)
            print(f"ppocr-guard replay: {reason}", file=sys.stderr)
            unusable = True
            continue
        for one in runs:
            if args.json:
                asked = machine_language(args.language)
                print(json.dumps(one.report(asked), ensure_ascii=False))
            else:
                for line in lines(one):
                    print(in_language(line, language))
        found += runs
    if unusable:
        return 2
    worry = any(a.severity != "info" for one in found for a in one.alerts)
    return 1 if worry else 0


@dataclass
class Replayed:
    """One run of a log, judged."""

    source: str
    metric: str = "hmean"
    evaluations: int = 0
    best: Optional[EvalEnd] = None
    steps: int = 0
    # Alerts and stops between evaluations do not know their number: here they do.
    alerts: list[Alert] = field(default_factory=list)
    stop: Optional[StopRequest] = None
    evaluations_at_stop: int = 0  # in this log
    listener: Listener = field(default_factory=Listener)
    guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self.guard = log_guard(self.listener)

    @property
    def verdict(self) -> str:
        return self.guard.verdict.state if self.guard.verdict else "too_short"

    def add(self, event: Event) -> None:
        if isinstance(event, EvalEnd):
            self.metric = event.main_indicator
            self.evaluations += 1
            if math.isfinite(event.value) and (
                self.best is None or event.value >= self.best.value
            ):  # PaddleOCR, too, lets a later equal value win
                self.best = event
        elif isinstance(event, StepEnd):
            self.steps += 1
        self.guard.dispatch(event)
        for made in self.listener.take():
            if isinstance(made, Alert):
                self.alerts.append(replace(made, evaluation=made.evaluation or self.evaluations))
        stop = self.guard.stop
        if stop is not None and self.stop is None:
            self.stop = replace(stop, evaluation=stop.evaluation or self.evaluations)
            self.evaluations_at_stop = self.evaluations

    def report(self, language: str = "en") -> dict[str, Any]:
        """The JSON of the contract, plus the counts of the reader where there is one."""
        best, stop = self.best, self.stop
        return {
            "source": self.source,
            "evaluations": self.evaluations,
            "metric": self.metric,
            "best": {
                "value": best.value if best else None,
                "epoch": best.epoch if best else None,
                "global_step": best.global_step if best else None,
                "evaluation": best.evaluation if best else None,
            },
            "verdict": self.verdict,
            "alerts": [_alert(alert, language) for alert in self.alerts],
            "stop": None
            if stop is None
            else {
                "code": stop.code,
                "epoch": stop.epoch,
                "global_step": stop.global_step,
                "evaluation": stop.evaluation,
            },
            "conditions": [_condition(condition, language) for condition in self.conditions],
        }

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What still holds at the end, worst first."""
        return self.guard.verdict.conditions if self.guard.verdict else ()


def replay(path: Path, source: str = "") -> Iterator[Replayed]:
    """The runs in a log, judged by the hooks with their defaults. A resume goes on with its run.

    Args:
        source: its name in the report, where that is not the path.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no training line and no evaluation.
    """
    events: Iterable[Event]
    events = JournalReader(path) if is_journal(path) else LogReader(path)
    source = source or str(path)
    current: Optional[Replayed] = None
    usable = False
    for event in events:
        if isinstance(event, _LEFT_OUT):
            continue
        if isinstance(event, RunStart) and (current is None or not event.resumed):
            if current is not None and (current.evaluations or current.steps):
                usable = True
                yield current
            current = Replayed(source, event.main_indicator)
        if current is None:
            current = Replayed(source)
        current.add(event)
    if current is not None and (current.evaluations or current.steps):
        usable = True
        yield current
    if not usable:
        raise ValueError(say("no training line and no evaluation in it"))


def _alert(alert: Alert, language: str) -> dict[str, Any]:
    record = to_record(alert)
    record["message"] = in_language(alert.message, language)
    record["advice"] = in_language(alert.advice, language)
    names = (
        "code", "severity", "epoch", "global_step", "evaluation", "message", "evidence", "advice",
    )  # fmt: skip
    return {name: record[name] for name in names}


def _condition(condition: Condition, language: str) -> dict[str, Any]:
    since = condition.since
    return {
        "code": condition.code,
        "subject": condition.subject,
        "severity": condition.severity,
        "since": {
            "epoch": since.epoch,
            "global_step": since.global_step,
            "evaluation": since.evaluation,
        },
        "evidence": plain(condition.evidence),
        "cause": condition.cause,
        "advice": in_language(condition.advice, language),
    }


def _reason(name: str, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{name}: {error.strerror or error}"
    return say(
        "{log}: {error}. Give a train.log, a workerlog.N, or a journal.jsonl of PaddleOCR "
        "training; train.log is not written by 2.10.0 and 3.0.0 to 3.1.1 (use what it printed).",
        log=name,
        error=said_by(error),
    )


def lines(one: Replayed) -> Iterator[str]:
    """What a person reads of it."""
    best, stop = one.best, one.stop
    yield say("{log}: {verdict}", log=one.source, verdict=term(one.verdict))
    if best is not None:
        yield say(
            "  {evaluations} evaluations, best {metric} {value:.4f} (evaluation {evaluation}, "
            "epoch {epoch}, step {step})",
            evaluations=one.evaluations,
            metric=one.metric,
            value=best.value,
            evaluation=best.evaluation,
            epoch=best.epoch,
            step=best.global_step,
        )
    for alert in one.alerts:
        yield say(
            "  {severity}: [{code}] evaluation {evaluation}, epoch {epoch}",
            severity=term(alert.severity),
            code=alert.code,
            evaluation=alert.evaluation,
            epoch=alert.epoch,
        )
        yield join("    ", alert.message, by=CLOSE)
        yield join("    ", alert.advice, by=CLOSE)
    if stop is not None:
        yield say(
            "  AutoStop would have stopped at epoch {epoch}: {saved} evaluations saved",
            epoch=stop.epoch,
            saved=one.evaluations - one.evaluations_at_stop,
        )
