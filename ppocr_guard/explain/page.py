"""An explanation as Markdown: the page under docs/codes, and what the command prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ppocr_guard.explain.catalog import ISSUES, READS, Cause, Explanation
from ppocr_guard.explain.names import filled
from ppocr_guard.explain.told import Releases
from ppocr_guard.terms import term
from ppocr_guard.wording import CLOSE, LIST, SERIES, in_language, join, mark, say

HEAD = "<!-- Made by `python -m ppocr_guard.explain`; change the declaration of the code. -->"

CELLS = mark(
    "These are the figures of an examination, by row and column: `labels` taken for a perfect "
    "prediction, the `model`, and each with the best (`_best`, `best`) of some postprocess "
    "settings; on training images as training sees them (`train`) and as evaluation sees them "
    "(`train_eval`), and on validation images (`val`)."
)
HEADS = (mark("Code"), mark("Alert"), mark("Finding"), mark("Rehearsal"), mark("Cause"))


def markdown(told: Explanation, language: str = "en") -> str:
    """The whole page."""
    body = (in_language(line, language) for line in _body(told, language))
    return "\n".join([f"# {told.code}", "", *body]).rstrip() + "\n"


def _body(told: Explanation, language: str) -> Iterator[str]:
    for line in (*_meaning(told, language), *_declared(told, language)):
        yield from (line, "")
    if told.example is not None:
        yield from _example(told.example)
    if told.run is not None:
        yield from _run(told.run)
    if told.causes:
        yield from _causes(told.causes)


def _meaning(told: Explanation, language: str) -> Iterator[str]:
    if told.alert is not None:
        yield say("An alert of a training: {title}.", title=told.title(language))
    if told.problem is not None:
        yield say(
            "A finding of `ppocr-guard check` ({severity}): {why}.",
            severity=term(told.problem.severity),
            why=told.problem.why,
        )
    if told.rehearsed is not None:
        why = say(told.rehearsed)
        yield say("Told by `ppocr-guard check --rehearse`: {why}.", why=why)
    if told.told.title:
        yield say(
            "A cause that the guard names beside an alert: {title}.", title=say(told.told.title)
        )


def _declared(told: Explanation, language: str) -> Iterator[str]:
    declared = told.told
    yield say("**What it costs.** {text}", text=filled(declared.cost))
    evidence: str = filled(declared.evidence)
    if told.problem is not None:
        what = say(READS[told.problem.reads])
        evidence = say("{text} It is read off {what}.", text=evidence, what=what)
        if told.problem.live:
            evidence = say("{text} It is told again right before a training.", text=evidence)
    yield say("**When it is told.** {text}", text=evidence)
    yield say("**When it may be wrong.** {text}", text=filled(declared.mistaken))
    if told.alert is not None:
        advice = told.alert.advice_zh if language == "zh" else told.alert.advice
        yield say("**What to do.** {text}", text=advice)
    yield say("**Releases.** PaddleOCR {spans}.", spans=spans(declared.releases))
    if told.issues:
        links = join(*(f"[{number}]({ISSUES}{number})" for number in told.issues), by=LIST)
        yield say("**PaddleOCR issues.** {links}.", links=links)


def spans(releases: Releases) -> str:
    """ "2.7.1, 2.7.4 to 2.8.1"."""
    return join(
        *(
            first if first == last else say("{first} to {last}", first=first, last=last)
            for first, last in releases
        ),
        by=LIST,
    )


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    yield from (say("## Example"), "")
    yield from ("```diff", *example["change"].splitlines(), "```", "")
    yield say("`ppocr-guard check` for PaddleOCR {release} says:", release=example["release"])
    yield ""
    said = {name: example[name] for name in ("message", "advice")}
    if example["path"]:
        yield say("> {path}: {message} {advice}", path=example["path"], **said)
    else:
        yield say("> {message} {advice}", **said)
    yield ""
    if example.get("fix"):
        yield say("`ppocr-guard fix` does this, and the finding is gone:")
        yield from ("", "```diff", *example["fix"].splitlines(), "```", "")


def _run(run: Mapping[str, Any]) -> Iterator[str]:
    yield from (say("## Example of the alert"), "")
    yield from (say("In a run with these figures:"), "")
    yield from ("```", *run["figures"].splitlines(), "```", "")
    if "model." in run["figures"]:
        yield from (say(CELLS), "")
    yield from (say("the guard says:"), "")
    yield from (join("> ", run["message"], by=CLOSE), "")


def _causes(causes: tuple[Cause, ...]) -> Iterator[str]:
    yield from (say("## As the cause of an alert"), "")
    for number, cause in enumerate(causes):
        one = say("It is named when one of these lines holds:")
        yield from (say("Or when one of these holds:") if number else one, "")
        yield from (join("- ", line, by=CLOSE) for line in cause.when)
        yield ""
        if cause.against:
            facts = join(*cause.against, by=SERIES)
            yield from (say("Not when: {facts}.", facts=facts), "")
    looks = join(*(say(look) for look in dict.fromkeys(c.look for c in causes)), by=SERIES)
    yield from (say("To see that it is this one, look at: {looks}.", looks=looks), "")


def index(found: Mapping[str, Explanation], language: str = "en") -> str:
    """The page that lists all codes."""
    lines: list[str] = [
        say("# All codes"),
        "",
        say("`ppocr-guard explain CODE` prints these pages."),
        "",
        "| " + " | ".join(in_language(say(head), language) for head in HEADS) + " | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for code, told in found.items():
        marks = (told.alert, told.problem, told.rehearsed, told.causes)
        cells = " | ".join("x" if mark else "" for mark in marks)
        title = told.title(language).replace("|", "\\|")
        lines.append(f"| [{code}]({code}.md) | {cells} | {title} |")
    return "\n".join(in_language(line, language) for line in lines) + "\n"
