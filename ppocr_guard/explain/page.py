"""An explanation as Markdown: the page under docs/codes, and what the command prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ppocr_guard.explain.catalog import ISSUES, READS, Cause, Explanation

HEAD = "<!-- Made by `python -m ppocr_guard.explain`; change the declaration of the code. -->"


def markdown(told: Explanation, language: str = "en") -> str:
    """The whole page."""
    return "\n".join([f"# {told.code}", "", *_body(told, language)]).rstrip() + "\n"


def _body(told: Explanation, language: str) -> Iterator[str]:
    if told.alert is not None:
        zh = language == "zh"
        title = told.alert.title_zh if zh else told.alert.title
        advice = told.alert.advice_zh if zh else told.alert.advice
        yield from (f"An alert of a training: {title}.", "", f"What to do: {advice}", "")
    if told.problem is not None:
        yield from _problem(told)
    if told.rehearsed is not None:
        yield from (
            f"Told by `ppocr-guard check --rehearse`: {told.rehearsed}.", "",
        )  # fmt: skip
    if told.example is not None:
        yield from _example(told.example)
    if told.causes:
        yield from _causes(told.causes)
    if told.issues:
        links = ", ".join(f"[{number}]({ISSUES}{number})" for number in told.issues)
        yield from (f"PaddleOCR issues: {links}.", "")


def _problem(told: Explanation) -> Iterator[str]:
    problem = told.problem
    assert problem is not None
    yield f"A finding of `ppocr-guard check` ({problem.severity}): {problem.why}."
    yield ""
    when = ", and again right before a training" if problem.live else ""
    yield f"It is read off {READS[problem.reads]}{when}."
    yield ""


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    yield "## Example"
    yield ""
    yield from ("```diff", *example["change"].splitlines(), "```", "")
    release = f" for PaddleOCR {example['release']}" if example.get("release") else ""
    yield f"`ppocr-guard check`{release} says:"
    yield ""
    yield from (f"> {example['path']}: {example['message']} {example['advice']}", "")
    if example.get("fix"):
        yield from ("`ppocr-guard fix` does this:", "")
        yield from ("```diff", *example["fix"].splitlines(), "```", "")


def _causes(causes: tuple[Cause, ...]) -> Iterator[str]:
    yield "## As the cause of an alert"
    yield ""
    yield "It is named when one of these lines holds:"
    yield ""
    for cause in causes:
        yield from (f"- {line}" for line in cause.when)
    yield ""
    against = [fact for cause in causes for fact in cause.against]
    if against:
        yield from (f"It is not named when: {'; '.join(dict.fromkeys(against))}.", "")
    looks = "; ".join(dict.fromkeys(cause.look for cause in causes))
    yield from (f"To see that it is this one: {looks}.", "")


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
