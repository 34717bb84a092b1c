"""The report for a person at a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ppocr_guard.audit.ceiling import ceiling_lines, ceiling_table
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.rec_ceiling import recognition_lines
from ppocr_guard.audit.rehearsal.summary import rehearsal_table
from ppocr_guard.audit.report import Report
from ppocr_guard.audit.rules.shrink import ASPECTS, Curve
from ppocr_guard.geometry.unclip import fitting_unclip_ratio, perfect_iou
from ppocr_guard.prose import Prose
from ppocr_guard.terms import term
from ppocr_guard.wording import BOTH, CLOSE, LIST, SERIES, in_language, join, say

_STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
_LABEL = re.compile(r" +(why: |do:  |原因：|建议：)?")
WIDTH, HEIGHT = 48, 6  # of the chart, in characters


def print_report(report: Report, console: Console, language: str = "en") -> None:
    out = _Out(console, language)
    out.line(
        say(
            "{config} for PaddleOCR {release}{newer}",
            config=report.config,
            release=say(report.release)
            if report.release
            else say("(release not known: --paddleocr DIR or --release X.Y.Z)"),
            newer="" if report.known else say(", newer than any examined: taken for 3.7.0"),
        ),
        "bold",
    )
    for index, problem in enumerate(report.problems):
        following = report.problems[index + 1 : index + 2]
        again = any(p.code == problem.code and p.advice == problem.advice for p in following)
        _print_problem(problem, out, reason=not again)
    if report.curves:
        out.title(say("Effective shrink ratio by epoch"))
        for line in ratio_lines(report):
            out.line(line, indent="  ")
    if report.ceiling is not None:
        out.title(say("Ceiling"))
        recognition = report.ceiling.get("metric") == "acc"
        for line in (recognition_lines if recognition else ceiling_lines)(report.ceiling):
            out.line(line, indent="  ")
        if not recognition:
            console.print(ceiling_table(report.ceiling, language))
    if report.rehearsal is not None:
        numbers = report.rehearsal.numbers
        out.title(say("Rehearsal ({seconds:.0f} s)", seconds=numbers["seconds"]))
        console.print(rehearsal_table(numbers, language))
    console.print()
    out.line(_summary(report), "bold")


def _print(console: Console, line: str, style: str = "") -> None:
    """One line; a terminal's lines are broken between words, with the indent kept. What goes
    into a file or a pipe stays whole."""
    if not console.is_terminal:
        console.print(Text(line, style=style), soft_wrap=True)
        return
    label = _LABEL.match(line)
    if label is None:
        console.print(Group(Prose(line, style=style)))
        return
    body = Prose(line[label.end() :], style=style)
    row = Table.grid(padding=0)
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(label.group(), style=style), body)
    console.print(row)


class _Out:
    """A console and the language that is spoken on it."""

    def __init__(self, console: Console, language: str) -> None:
        self.console, self.language = console, language

    def line(self, text: str, style: str = "", indent: str = "") -> None:
        _print(self.console, indent + in_language(text, self.language), style)

    def title(self, text: str) -> None:
        self.line(text, "bold", indent="\n")


def _print_problem(problem: Problem, out: _Out, reason: bool) -> None:
    """``reason``: why, and what to do, too; of several alike the last has them."""
    head = Text()
    severity = in_language(term(problem.severity), out.language)
    head.append(f"\n{severity}", style=_STYLES[problem.severity])
    head.append(f" {problem.file}:{problem.line} ")
    head.append(problem.path, style="dim")
    head.append(f" [{problem.code}]", style="dim")
    head.overflow = "fold"
    out.console.print(head, soft_wrap=not out.console.is_terminal)
    out.line(problem.message, indent="  ")
    if not reason:
        return
    out.line(say("why: {why}.", why=problem.why), "dim", indent="  ")
    fix = say(" (ppocr-guard fix does it)") if problem.fixable else ""
    out.line(say("do:  {advice}{fix}", advice=problem.advice, fix=fix), "green", indent="  ")


def _summary(report: Report) -> str:
    if not report.problems:
        return say("No problem found.")
    counts = [
        say("{count} {severity}", count=count, severity=term(severity))
        for severity in _STYLES
        if (count := sum(p.severity == severity for p in report.problems))
    ]
    fixable = sum(problem.fixable for problem in report.problems)
    return say(
        "{counts}{more}.",
        counts=join(*counts, by=LIST),
        more=say(
            "; `ppocr-guard fix {config}` corrects {fixable}",
            config=report.config,
            fixable=fixable,
        )
        if fixable
        else "",
    )


def ratio_lines(report: Report) -> Iterator[str]:
    """Chart, one line a row, and what the ratio means for the unclip ratio."""
    groups: dict[tuple[float, ...], list[Curve]] = {}
    for curve in report.curves:
        groups.setdefault(tuple(curve.ratios), []).append(curve)
    for same in groups.values():
        curve = same[0]
        operators = join(*(c.operator for c in same), by=BOTH)
        line = (
            operators
            if report.release
            else say("{what} in {release}", what=operators, release=curve.behaviour.title)
        )
        yield line
        yield from chart(curve)
        if curve.operator == "MakeShrinkMap" or len(same) > 1:
            yield from _unclip_lines(curve, report.unclip_ratio)


def chart(curve: Curve) -> list[str]:
    """The ratio as ``*`` over the epochs; what the config means as ``.``."""
    values = curve.ratios
    low, high = min([*values, curve.low]), max([*values, curve.high])
    step = (high - low) / (HEIGHT - 1)
    if high - low < 0.1:
        step = (high - low + 0.1) / (HEIGHT - 1)
        low -= 2 * step  # a row has just the lowest ratio: 0.4 is not drawn at 0.39

    def row_of(value: float) -> int:
        return round((value - low) / step)

    columns = min(WIDTH, max(len(values), 2))
    rows = []
    for row in reversed(range(HEIGHT)):
        meant = row_of(curve.low) <= row <= row_of(curve.high)
        marks = [
            "*"
            if row_of(values[column * (len(values) - 1) // (columns - 1)]) == row
            else "."
            if meant
            else " "
            for column in range(columns)
        ]
        rows.append(f"{low + row * step:6.2f} |{''.join(marks)}".rstrip())
    last = str(len(values))
    axis = f"        1{last:>{columns - 1}}"
    rows.append(say("{axis} epochs (* effective, . what the config means)", axis=axis))
    first, final = f"{values[0]:.4f}", f"{values[-1]:.4f}"
    span = first if first == final else say("{first} to {last}", first=first, last=final)
    rows.append(join(" " * 8, span, by=CLOSE))
    return rows


def _unclip_lines(curve: Curve, unclip: Optional[float]) -> Iterator[str]:
    ratio = curve.ratios[-1]
    if not 0 < ratio < 1:
        return
    fitting = [fitting_unclip_ratio(ratio, aspect, 1) for aspect in ASPECTS]
    low, high = fitting[0], fitting[-1]
    line = say(
        "        unclip_ratio that undoes it: {low:.2f} (square) to {high:.2f} (1:4)",
        low=low,
        high=high,
    )
    if unclip is not None and unclip >= 0:
        ious = [perfect_iou(ratio, unclip, aspect, 1) for aspect in ASPECTS]
        configured = say(
            "at the configured {unclip:g} a perfect prediction has an IoU of {low:.2f} to "
            "{high:.2f}",
            unclip=unclip,
            low=min(ious),
            high=max(ious),
        )
        yield join(line, configured, by=SERIES)
    else:
        yield line
