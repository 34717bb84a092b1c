"""An explanation as Markdown: the page under docs/codes, and what the command prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ppocr_guard.explain.catalog import ISSUES, READS, Cause, Explanation
from ppocr_guard.terms import term
from ppocr_guard.wording import CLOSE, SERIES, in_language, join, say

HEAD = "<!-- Made by `python -m ppocr_guard.explain`; change the declaration of the code. -->"


def markdown(told: Explanation, language: str = "en") -> str:
    """The whole page."""
    body = (in_language(line, language) for line in _body(told, language))
    return "\n".join([f"# {told.code}", "", *body]).rstrip() + "\n"


def _body(told: Explanation, language: str) -> Iterator[str]:
    if told.alert is not None:
        zh = language == "zh"
        title = told.alert.title_zh if zh else told.alert.title
        advice = told.alert.advice_zh if zh else told.alert.advice
        yield from (say("An alert of a training: {title}.", title=title), "")
        yield from (say("What to do: {advice}", advice=advice), "")
    if told.problem is not None:
        yield from _problem(told)
    if told.rehearsed is not None:
        why = say(told.rehearsed)
        yield from (say("Told by `ppocr-guard check --rehearse`: {why}.", why=why), "")
    if told.example is not None:
        yield from _example(told.example)
    if told.causes:
        yield from _causes(told.causes)
    if told.issues:
        links = ", ".join(f"[{number}]({ISSUES}{number})" for number in told.issues)
        yield from (say("PaddleOCR issues: {links}.", links=links), "")


def _problem(told: Explanation) -> Iterator[str]:
    problem = told.problem
    assert problem is not None
    yield say(
        "A finding of `ppocr-guard check` ({severity}): {why}.",
        severity=term(problem.severity),
        why=problem.why,
    )
    yield ""
    when = say(", and again right before a training") if problem.live else ""
    yield say("It is read off {what}{when}.", what=say(READS[problem.reads]), when=when)
    yield ""


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    yield say("## Example")
    yield ""
    yield from ("```diff", *example["change"].splitlines(), "```", "")
    release = say(" for PaddleOCR {release}", release=example.get("release"))
    yield say(
        "`ppocr-guard check`{release} says:", release=release if example.get("release") else ""
    )
    yield ""
    yield say(
        "> {path}: {message} {advice}",
        path=example["path"],
        message=example["message"],
        advice=example["advice"],
    )
    yield ""
    if example.get("fix"):
        yield from (say("`ppocr-guard fix` does this:"), "")
        yield from ("```diff", *example["fix"].splitlines(), "```", "")


def _causes(causes: tuple[Cause, ...]) -> Iterator[str]:
    yield say("## As the cause of an alert")
    yield ""
    yield say("It is named when one of these lines holds:")
    yield ""
    for cause in causes:
        yield from (join("- ", line, by=CLOSE) for line in cause.when)
    yield ""
    against = [fact for cause in causes for fact in cause.against]
    if against:
        facts = join(*dict.fromkeys(against), by=SERIES)
        yield from (say("It is not named when: {facts}.", facts=facts), "")
    looks = join(*(say(look) for look in dict.fromkeys(c.look for c in causes)), by=SERIES)
    yield from (say("To see that it is this one: {looks}.", looks=looks), "")


def index(found: Mapping[str, Explanation]) -> str:
    """The page that lists all codes."""
    lines = [
        "# All codes",
        "",
        "`ppocr-guard explain CODE` prints these pages.",
        "",
        "| Code | Alert | Finding | Rehearsal | Cause | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for code, told in found.items():
        marks = (told.alert, told.problem, told.rehearsed, told.causes)
        cells = " | ".join("x" if mark else "" for mark in marks)
        title = told.title.replace("|", "\\|")
        lines.append(f"| [{code}]({code}.md) | {cells} | {title} |")
    return "\n".join(lines) + "\n"
