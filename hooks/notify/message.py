"""A notification: what a person reads on a phone, in English or Chinese. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ppocr_guard.events import Alert, RunEnd, RunStart
from ppocr_guard.hooks.notify import texts
from ppocr_guard.report.text import Words, clean, duration, number

TREND = 24  # evaluations in the picture
MAX_NUMBERS, MAX_WORD = 10, 40
_BARS = "▁▂▃▄▅▆▇█"
_MARKS = {"info": "🔵", "warning": "🟠", "critical": "🔴"}
_ELSEWHERE = {
    "cause",
    "causes",
    "advice",
    "message",
}  # parts of the evidence that have a line of their own


@dataclass(frozen=True)
class Message:
    """``facts`` are (label, text) in the order in which they are read."""

    kind: str  # "alert", "run_end" or "test"
    code: str
    severity: str
    run: str
    model: str
    title: str
    what: str
    advice: str
    facts: tuple[tuple[str, str], ...]
    time: float

    def plain(self, *, title: bool = True) -> str:
        lines = [self.title] if title else []
        return "\n".join(lines + [f"{label}: {text}" for label, text in self.facts])

    def markdown(self) -> str:
        """For DingTalk and WeCom: they want an empty line, or break none."""
        lines = [f"### {self.title}"]
        return "\n\n".join(lines + [f"**{label}**: {text}" for label, text in self.facts])


@dataclass(frozen=True)
class RunSoFar:
    """What a message tells beside its event."""

    start: RunStart
    values: Sequence[float] = ()  # of the main indicator, oldest first
    best: Optional[float] = None
    best_epoch: Optional[int] = None


def alert_message(
    alert: Alert, so_far: RunSoFar, language: str, *, repeats: int = 0, test: bool = False
) -> Message:
    """``repeats``: how often the same alert was held back since it was last sent."""
    words, zh = Words(language), language == "zh"
    labels = texts.LABELS[language]
    name = words.alert_title(alert.code) or alert.code
    cause, advice = _cause_and_advice(alert, language)
    if test:
        advice = texts.TEST_ADVICE[language]
    facts = [(labels["run"], _run(so_far.start))]
    if zh and words.alert_title(alert.code):
        facts.append((labels["what"], name))
        facts.append((labels["detail"], alert.message))
    else:
        facts.append((labels["what"], alert.message))
    facts += [
        (labels["numbers"], _numbers(alert.evidence, language)),
        (labels["cause"], cause),
        (labels["advice"], advice),
        (labels["trend"], _trend(so_far, language)),
        (labels["place"], _place(alert, language)),
        (labels["rule"], alert.code),
        (labels["repeats"], str(repeats) if repeats else ""),
    ]
    prefix = f"{texts.TEST[language]} " if test else ""
    return _message(
        kind="test" if test else "alert",
        code=alert.code,
        severity=alert.severity,
        start=so_far.start,
        title=f"{prefix}{_MARKS[alert.severity]} {so_far.start.run}: {name}",
        what=alert.message,
        advice=advice,
        facts=facts,
        time=alert.time,
    )


def _cause_and_advice(alert: Alert, language: str) -> tuple[str, str]:
    """An empty cause: none is known."""
    cause = alert.cause or str(alert.evidence.get("cause") or "")
    usual = texts.USUAL_CAUSES[language].get(alert.code, "")
    if language == "zh":
        named, todo = texts.CAUSES_ZH.get(cause, (alert.because or cause or usual, ""))
        return named, todo or texts.ADVICE_ZH.get(alert.code, alert.advice)
    return alert.because or cause or usual, alert.advice


def run_end_message(event: RunEnd, so_far: RunSoFar, language: str) -> Message:
    """Finished, stopped by the guard, or failed."""
    labels = texts.LABELS[language]
    what = texts.ENDS[language].get(event.reason, event.reason)
    severity = {"finished": "info", "stopped": "warning"}.get(event.reason, "critical")
    stop = event.stop
    why = f"{stop.code}: {stop.reason}" if stop is not None else event.error or ""
    advice = ""
    if stop is not None and stop.alert is not None:
        _, advice = _cause_and_advice(stop.alert, language)
    facts = [
        (labels["run"], _run(so_far.start)),
        (labels["what"], what),
        (labels["why"], why),
        (labels["advice"], advice),
        (labels["trend"], _trend(so_far, language)),
        (labels["place"], _place(event, language)),
        (labels["duration"], duration(event.time - so_far.start.time)),
    ]
    return _message(
        kind="run_end",
        code=f"run_{event.reason}",
        severity=severity,
        start=so_far.start,
        title=f"{_MARKS[severity]} {so_far.start.run}: {what}",
        what=f"{what}. {why}" if why else what,
        advice=advice,
        facts=facts,
        time=event.time,
    )


def trend(values: Sequence[float]) -> str:
    """The newest values as bars from 0 to 1 (or to the largest); ``×`` is not finite."""
    shown = list(values)[-TREND:]
    top = max([1.0, *filter(math.isfinite, shown)])
    bars = (_BARS[min(7, int(max(0.0, v) / top * 8))] if math.isfinite(v) else "×" for v in shown)
    return "".join(bars)


def cut(text: str, limit: int) -> str:
    """``text`` within ``limit`` bytes of UTF-8, never in the middle of a character."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    return data[: limit - 3].decode("utf-8", "ignore") + "…"


def _message(*, start: RunStart, facts: list[tuple[str, str]], **values: Any) -> Message:
    told = tuple((label, _line(text)) for label, text in facts if text)
    values["title"], values["what"] = _line(values["title"]), _line(values["what"])
    return Message(run=clean(start.run), model=clean(start.model), facts=told, **values)


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _run(start: RunStart) -> str:
    about = ", ".join(filter(None, (start.model, f"PaddleOCR {start.release}")))
    return f"{start.run} ({about})"


def _numbers(evidence: Mapping[str, Any], language: str) -> str:
    """``best 0.9526, value 0.2401``: numbers and short words, one level deep."""
    names = texts.NUMBERS_ZH if language == "zh" else {}
    parts: list[str] = []
    for key, value in evidence.items():
        if key in _ELSEWHERE:
            continue
        items = value.items() if isinstance(value, Mapping) else [("", value)]
        for inner, item in items:
            if isinstance(item, bool) or not isinstance(item, (int, float, str)):
                continue
            shown = number(item) if isinstance(item, float) else str(item)
            if len(shown) <= MAX_WORD:
                name = names.get(key, key.replace("_", " "))
                parts.append(" ".join(filter(None, (name, str(inner).replace("_", " "), shown))))
    return ", ".join(parts[:MAX_NUMBERS])


def _trend(so_far: RunSoFar, language: str) -> str:
    if not so_far.values:
        return ""
    text = f"{so_far.start.main_indicator} {trend(so_far.values)} {number(so_far.values[-1])}"
    if so_far.best is None:
        return text
    best = texts.BEST[language].format(value=number(so_far.best), epoch=so_far.best_epoch)
    return f"{text} ({best})" if so_far.best_epoch else text


def _place(event: Alert | RunEnd, language: str) -> str:
    text = texts.PLACE[language].format(epoch=event.epoch, step=event.global_step)
    evaluation = getattr(event, "evaluation", None)
    return text + (texts.EVALUATION[language].format(evaluation=evaluation) if evaluation else "")
