"""A notification: what a person reads on a phone, in English or Chinese. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union

from ppocr_guard.codes import CODES
from ppocr_guard.events import (
    Alert,
    Condition,
    EvalSample,
    Moment,
    Resolved,
    RunEnd,
    RunStart,
    Verdict,
)
from ppocr_guard.explain import page_url
from ppocr_guard.hooks.notify import texts
from ppocr_guard.report.spark import spark
from ppocr_guard.report.text import Words, clean, duration, number
from ppocr_guard.saying import alert_sentence
from ppocr_guard.wording import in_language

PRODUCT = "ppocr_guard"

TREND = 24  # evaluations in the picture
MAX_NUMBERS, MAX_WORD = 10, 40
_MARKS = {"info": "🔵", "warning": "🟠", "critical": "🔴"}
_OVER = "🟢"
_END_SEVERITIES = {"finished": "info", "interrupted": "info", "stopped": "warning"}
_ELSEWHERE = {
    "cause",
    "causes",
    "advice",
    "message",
}  # parts of the evidence that have a line of their own


@dataclass(frozen=True)
class Message:
    """``facts`` are (label, text) in the order in which they are read."""

    kind: str  # "alert", "resolved", "run_end", "test" or "picture"
    code: str
    severity: str
    run: str
    model: str
    title: str  # begins with the product's name: the keyword that DingTalk and Feishu ask for
    what: str
    advice: str
    facts: tuple[tuple[str, str], ...]
    time: float
    host: str = ""
    urgent: bool = False  # must not wait behind others, nor be dropped for them
    png: Optional[bytes] = None  # of a picture

    def plain(self, *, title: bool = True, limit: Optional[int] = None) -> str:
        """One fact a line, within ``limit`` bytes: the longest facts are shortened first."""
        head = [self.title] if title else []
        return _fitted(head, [f"{label}: {text}" for label, text in self.facts], "\n", limit)

    def markdown(self, limit: int) -> str:
        """For DingTalk and WeCom: they want an empty line, or break none."""
        facts = [f"**{label}**: {text}" for label, text in self.facts]
        return _fitted([f"### {self.title}"], facts, "\n\n", limit)


@dataclass(frozen=True)
class RunSoFar:
    """What a message tells beside its event."""

    start: RunStart
    values: Sequence[float] = ()  # of the main indicator, oldest first
    best: Optional[float] = None
    best_epoch: Optional[int] = None
    best_path: str = ""  # of a checkpoint whose metric is ``best``
    verdict: Optional[Verdict] = None  # the latest
    host: str = ""
    report: str = ""  # a link, or the command that makes it
    dashboard: str = ""  # a link


def alert_message(
    alert: Alert, so_far: RunSoFar, language: str, *, repeats: int = 0, test: bool = False
) -> Message:
    """``repeats``: how often the same alert was held back since it was last sent."""
    labels = texts.LABELS[language]
    name = _name(alert.code, language)
    cause, advice = _cause_and_advice(alert, language)
    if test:
        advice = texts.TEST_ADVICE[language]
    what = in_language(alert_sentence(alert), language)
    named = language == "zh" and name != alert.code
    facts = [
        (labels["run"], _run(so_far.start, language)),
        (labels["what"], name if named else what),
        (labels["detail"], what if named else ""),
        (labels["numbers"], _numbers(alert.evidence, language)),
        (labels["cause"], cause),
        (labels["advice"], advice),
        (labels["trend"], _trend(so_far)),
        (labels["place"], _place(alert, language)),
        (labels["rule"], alert.code),
        (labels["page"], page_url(alert.code, language) if alert.code in CODES else ""),
        (labels["repeats"], str(repeats) if repeats else ""),
    ]
    prefix = f"{texts.TEST[language]} " if test else ""
    return _message(
        so_far,
        language,
        kind="test" if test else "alert",
        code=alert.code,
        severity=alert.severity,
        title=f"{prefix}{_MARKS[alert.severity]} {so_far.start.run}: {name}",
        what=what,
        advice=advice,
        facts=facts,
        time=alert.time,
    )


def resolved_message(resolved: Resolved, so_far: RunSoFar, language: str) -> Message:
    """A condition is over."""
    labels = texts.LABELS[language]
    what = texts.OVER[language].format(name=_name(resolved.code, language))
    since = resolved.since
    facts = [
        (labels["run"], _run(so_far.start, language)),
        (labels["what"], in_language(resolved.message, language)),
        (labels["since"], _place(since, language) if since.epoch else ""),
        (labels["open"], _still_open(so_far, language)),
        (labels["trend"], _trend(so_far)),
        (labels["place"], _place(resolved, language)),
        (labels["rule"], resolved.code),
    ]
    return _message(
        so_far,
        language,
        kind="resolved",
        code=resolved.code,
        severity=resolved.severity,
        title=f"{_OVER} {so_far.start.run}: {what}",
        what=in_language(resolved.message, language),
        advice="",
        facts=facts,
        time=resolved.time,
    )


def _name(code: str, language: str) -> str:
    return Words(language).alert_title(code) or code


def _cause_and_advice(alert: Union[Alert, Condition], language: str) -> tuple[str, str]:
    """An empty cause: none is known."""
    cause = alert.cause or str(alert.evidence.get("cause") or "")
    words = Words(language)
    usual = texts.USUAL_CAUSES[language].get(alert.code, "")
    advice = words.advice(alert.code, alert.advice, alert.cause)
    return words.say(alert.because) or cause or usual, advice


def run_end_message(event: RunEnd, so_far: RunSoFar, language: str) -> Message:
    """Finished, stopped by the guard, interrupted by its user, or failed."""
    labels = texts.LABELS[language]
    what = texts.ENDS[language].get(event.reason, event.reason)
    severity = _END_SEVERITIES.get(event.reason, "critical")
    stop = event.stop
    why = f"{stop.code}: {in_language(stop.reason, language)}" if stop else event.error or ""
    cause, advice = _why_and_what_to_do(event, so_far, language)
    facts = [
        (labels["run"], _run(so_far.start, language)),
        (labels["what"], what),
        (labels["why"], why),
        (labels["verdict"], _verdict(so_far, language, why)),
        (labels["open"], _still_open(so_far, language)),
        (labels["cause"], cause),
        (labels["advice"], advice),
        (labels["trend"], _trend(so_far)),
        (labels["place"], _place(event, language)),
        (labels["duration"], duration(event.time - so_far.start.time)),
    ]
    return _message(
        so_far,
        language,
        kind="run_end",
        code=f"run_{event.reason}",
        severity=severity,
        title=f"{_MARKS[severity]} {so_far.start.run}: {what}",
        what=f"{what}. {why}" if why else what,
        advice=advice,
        facts=facts,
        time=event.time,
        urgent=True,
    )


def picture_message(sample: EvalSample, so_far: RunSoFar, language: str) -> Message:
    """The first validation image of an evaluation; for services that take images."""
    what = texts.PICTURE[language]
    return _message(
        so_far,
        language,
        kind="picture",
        code="picture",
        severity="info",
        title=f"{so_far.start.run}: {what}",
        what=what,
        advice="",
        facts=[(texts.LABELS[language]["place"], _place(sample, language))],
        time=sample.time,
        png=sample.png,
    )


def _why_and_what_to_do(event: RunEnd, so_far: RunSoFar, language: str) -> tuple[str, str]:
    """Of the condition that stopped the run, with what is known of it by now; else of the worst
    that is still open."""
    held = so_far.verdict.conditions if so_far.verdict else ()
    stop = event.stop
    if stop is not None:
        now = next((c for c in held if c.code == stop.code), stop.alert)
        return _cause_and_advice(now, language) if now is not None else ("", "")
    worst = next((c for c in held if c.severity != "info"), None)
    return _cause_and_advice(worst, language) if worst is not None else ("", "")


def _verdict(so_far: RunSoFar, language: str, told: str) -> str:
    """``told``: what stands above it, and need not be said again."""
    verdict = so_far.verdict
    if verdict is None:
        return ""
    state, said = Words(language)(verdict.state), in_language(verdict.message, language)
    return state if not said or said in told else f"{state}. {said}"


def _still_open(so_far: RunSoFar, language: str) -> str:
    """The open conditions by their names, worst first, with what of a kind counted."""
    held = so_far.verdict.conditions if so_far.verdict else ()
    count = Counter(c.code for c in held if c.severity != "info")
    return ", ".join(
        _name(code, language) + (f" ({times})" if times > 1 else "")
        for code, times in count.items()
    )


def trend(values: Sequence[float]) -> str:
    """The newest values as bars from 0 to 1 (or to the largest); ``×`` is not finite."""
    return spark(values[-TREND:], TREND)


def cut(text: str, limit: int) -> str:
    """``text`` within ``limit`` bytes of UTF-8, never in the middle of a character."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    return data[: limit - 3].decode("utf-8", "ignore") + "…"


def _fitted(head: list[str], facts: list[str], between: str, limit: Optional[int]) -> str:
    text = between.join(head + facts)
    for most in (2000, 1000, 500, 300, 150):
        if limit is None or len(text.encode("utf-8", "replace")) <= limit:
            return text
        text = between.join(head + [cut(fact, most) for fact in facts])
    return cut(text, limit) if limit is not None else text


def _message(
    so_far: RunSoFar, language: str, *, facts: list[tuple[str, str]], **values: Any
) -> Message:
    """Adds to all messages: who sends them, of what machine, and where to find more."""
    labels, start = texts.LABELS[language], so_far.start
    facts = [
        *facts,
        (labels["best"], _best(so_far, language)),
        (labels["host"], so_far.host),
        (labels["dashboard"], so_far.dashboard),
        (labels["report"], so_far.report),
    ]
    told = tuple((label, _line(text)) for label, text in facts if text)
    values["title"] = f"{PRODUCT} {_line(values['title'])}"
    values["what"] = _line(values["what"])
    return Message(
        run=clean(start.run), model=clean(start.model), host=so_far.host, facts=told, **values
    )


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _run(start: RunStart, language: str) -> str:
    release = Words(language).release(start.release)
    about = ", ".join(filter(None, (start.model, f"PaddleOCR {release}")))
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


def _trend(so_far: RunSoFar) -> str:
    if not so_far.values:
        return ""
    return f"{so_far.start.main_indicator} {trend(so_far.values)} {number(so_far.values[-1])}"


def _best(so_far: RunSoFar, language: str) -> str:
    """The best checkpoint: a file, and the metric of that file."""
    if not so_far.best_epoch or so_far.best is None or not math.isfinite(so_far.best):
        return ""
    form = texts.SAVED if so_far.best_path else texts.NO_FILE
    return form[language].format(
        path=so_far.best_path,
        metric=so_far.start.main_indicator,
        value=number(so_far.best),
        epoch=so_far.best_epoch,
    )


def _place(event: Union[Alert, EvalSample, Resolved, RunEnd, Moment], language: str) -> str:
    text = texts.PLACE[language].format(epoch=event.epoch, step=event.global_step)
    evaluation = getattr(event, "evaluation", None)
    return text + (texts.EVALUATION[language].format(evaluation=evaluation) if evaluation else "")
