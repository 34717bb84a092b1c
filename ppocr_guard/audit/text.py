"""The report for a person at a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ppocr_guard.audit.ceiling import ceiling_lines, ceiling_table
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.rec_ceiling import recognition_lines
from ppocr_guard.audit.rehearsal.summary import rehearsal_table
from ppocr_guard.audit.report import Report
from ppocr_guard.audit.rules.shrink import ASPECTS, Curve
from ppocr_guard.geometry.unclip import fitting_unclip_ratio, perfect_iou

_STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
_LABEL = re.compile(r" +(why: |do:  )?")
WIDTH, HEIGHT = 48, 6  # of the chart, in characters


def print_report(report: Report, console: Console) -> None:
    release = report.release or "(release not known: --paddleocr DIR or --release X.Y.Z)"
    newer = "" if report.known else ", newer than any examined: taken for 3.7.0"
    _print(console, f"{report.config} for PaddleOCR {release}{newer}", "bold")
    for index, problem in enumerate(report.problems):
        following = report.problems[index + 1 : index + 2]
        again = any(p.code == problem.code and p.advice == problem.advice for p in following)
        _print_problem(problem, console, reason=not again)
    if report.curves:
        _print(console, "\nEffective shrink ratio by epoch", "bold")
        for line in ratio_lines(report):
            _print(console, line)
    if report.ceiling is not None:
        _print(console, "\nCeiling", "bold")
        recognition = report.ceiling.get("metric") == "acc"
        for line in (recognition_lines if recognition else ceiling_lines)(report.ceiling):
            _print(console, f"  {line}")
        if not recognition:
            console.print(ceiling_table(report.ceiling))
    if report.rehearsal is not None:
        numbers = report.rehearsal.numbers
        _print(console, f"\nRehearsal ({numbers['seconds']:.0f} s)", "bold")
        console.print(rehearsal_table(numbers))
    console.print()
    _print(console, _summary(report), "bold")


def _print(console: Console, line: str, style: str = "") -> None:
    """One line; a terminal's lines are broken between words, with the indent kept. What goes
    into a file or a pipe stays whole."""
    if not console.is_terminal:
        console.print(Text(line, style=style), soft_wrap=True)
        return
    label = _LABEL.match(line)
    if label is None:
        console.print(Text(line, style=style, overflow="fold"))
        return
    body = Text(line[label.end() :], style=style, overflow="fold")
    row = Table.grid(padding=0)
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(label.group(), style=style), body)
    console.print(row)


def _print_problem(problem: Problem, console: Console, reason: bool) -> None:
    """``reason``: why, and what to do, too; of several alike the last has them."""
    head = Text()
    head.append(f"\n{problem.severity}", style=_STYLES[problem.severity])
    head.append(f" {problem.file}:{problem.line} ")
    head.append(problem.path, style="dim")
    head.append(f" [{problem.code}]", style="dim")
    head.overflow = "fold"
    console.print(head, soft_wrap=not console.is_terminal)
    _print(console, f"  {problem.message}")
    if not reason:
        return
    _print(console, f"  why: {problem.why}.", "dim")
    fix = " (ppocr-guard fix does it)" if problem.fixable else ""
    _print(console, f"  do:  {problem.advice}{fix}", "green")


def _summary(report: Report) -> str:
    if not report.problems:
        return "No problem found."
    counts = [
        f"{sum(p.severity == severity for p in report.problems)} {severity}"
        for severity in _STYLES
        if any(p.severity == severity for p in report.problems)
    ]
    fixable = sum(problem.fixable for problem in report.problems)
    more = f"; `ppocr-guard fix {report.config}` corrects {fixable}" if fixable else ""
    return f"{', '.join(counts)}{more}."


def ratio_lines(report: Report) -> Iterator[str]:
    """Chart, one line a row, and what the ratio means for the unclip ratio."""
    groups: dict[tuple[float, ...], list[Curve]] = {}
    for curve in report.curves:
        groups.setdefault(tuple(curve.ratios), []).append(curve)
    for same in groups.values():
        curve = same[0]
        in_line = "" if report.release else f" in {curve.behaviour.release}"
        yield "  " + " and ".join(c.operator for c in same) + in_line
        yield from (f"  {row}" for row in chart(curve))
        if curve.operator == "MakeShrinkMap" or len(same) > 1:
            yield from (f"  {line}" for line in _unclip_lines(curve, report.unclip_ratio))


def chart(curve: Curve) -> list[str]:
    """The ratio as ``*`` over the epochs; what the config means as ``.``."""
    values = curve.ratios
    low, high = min([*values, curve.low]), max([*values, curve.high])
    if high - low < 0.1:
        low, high = low - 0.05, high + 0.05
    step = (high - low) / (HEIGHT - 1)

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
    rows.append(f"        1{last:>{columns - 1}} epochs (* effective, . what the config means)")
    first, final = values[0], values[-1]
    span = f"{first:.4f}" if first == final else f"{first:.4f} to {final:.4f}"
    rows.append(f"        {span}")
    return rows


def _unclip_lines(curve: Curve, unclip: Optional[float]) -> Iterator[str]:
    ratio = curve.ratios[-1]
    if not 0 < ratio < 1:
        return
    fitting = [fitting_unclip_ratio(ratio, aspect, 1) for aspect in ASPECTS]
    low, high = fitting[0], fitting[-1]
    line = f"        unclip_ratio that undoes it: {low:.2f} (square) to {high:.2f} (1:4)"
    if unclip is not None and unclip >= 0:
        ious = [perfect_iou(ratio, unclip, aspect, 1) for aspect in ASPECTS]
        line += (
            f"; at the configured {unclip:g} a perfect prediction has an IoU of "
            f"{min(ious):.2f} to {max(ious):.2f}"
        )
    yield line
