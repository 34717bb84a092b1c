"""One picture of the live view: a run as a rich renderable that fits 80 columns.

Text from the journal enters as :class:`rich.text.Text`, never as markup.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Optional

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ppocr_guard.logs.history import HeldGroup, groups
from ppocr_guard.logs.run import Run
from ppocr_guard.report.live_held import Detail, details, table
from ppocr_guard.report.live_texts import worst_rows
from ppocr_guard.report.outcome import (
    best_of,
    epochs,
    repair_note,
    resume_notes,
    shown_state,
    why,
)
from ppocr_guard.report.sections import as_expected, expected, tone
from ppocr_guard.report.spark import BARS, best_column, spark
from ppocr_guard.report.text import Words, clean, duration, number, percent, ratio

_SILENT_AFTER = 120.0  # seconds without a record that are worth mentioning
_STYLES = {"good": "green", "info": "blue", "warning": "yellow", "critical": "red"}


class Sparkline:
    """Values as a line of bars, 0..1 from bottom to top; ``×`` is NaN, ``★`` the best.

    Takes the width it is given: more values than columns are thinned to the lowest of each
    span, so that a fall is never hidden.
    """

    def __init__(self, values: Sequence[float], style: str = "") -> None:
        self.values = list(values)
        self.style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        plain = options.ascii_only
        bars = " .:-=+*#" if plain else BARS
        line = Text(spark(self.values, options.max_width, bars), style=self.style, no_wrap=True)
        best = best_column(self.values, options.max_width)
        if best is not None:
            line = line[:best] + Text("@" if plain else "★", style="bold") + line[best + 1 :]
        yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, max(1, len(self.values)))


def waiting(path: Path, words: Words) -> RenderableType:
    """What is shown while there is no journal."""
    text = Text(words("waiting", path=clean(path)), style="dim", overflow="fold")
    return Panel(text, title="ppocr-guard", title_align="left", box=box.ROUNDED)


class Frame:
    """The whole view, in as many rows as the terminal has: cause and advice of what holds are
    told while there is room. ``rows`` None: all of it."""

    def __init__(
        self, run: Run, words: Words, *, now: float, rows: Optional[int] = None, footer: str = ""
    ) -> None:
        self._run = run
        self._words = words
        self._now = now
        self._rows = rows
        self._footer = footer

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        run = self._run
        held = sorted(groups(run), key=lambda group: not (group.open and _decides(group, run)))
        options = options.update(height=None)
        lines: list[list[Segment]] = []
        for detail in details(held):
            lines = console.render_lines(self._panel(held, detail), options)
            if self._rows is None or len(lines) <= self._rows:
                break
        if self._rows is not None and len(lines) > self._rows:
            lines = [*lines[: max(0, self._rows - 1)], lines[-1]]
        for index, line in enumerate(lines):
            yield from line
            if index < len(lines) - 1 or self._rows is None:
                yield Segment.line()

    def _panel(self, held: list[HeldGroup], detail: Detail) -> Panel:
        run, words = self._run, self._words
        style = _STYLES[tone(run)]
        rule = Rule(style="dim")
        parts: list[RenderableType] = [_verdict(run, words, style, held)]
        parts += [
            _progress(run, words, self._now),
            rule,
            _numbers(run, words, all_of_them=detail.numbers),
        ]
        if held and (detail.groups or detail.over):
            parts += [rule, table(held, words, detail)]
        worst = worst_rows(run, words, detail.texts)
        if worst:
            parts += [rule, *worst]
        if self._footer:
            parts.append(Text(self._footer, style="dim", no_wrap=True, overflow="ellipsis"))
        about = (
            [run.start.model, f"PaddleOCR {words.release(run.start.release)}"] if run.start else []
        )
        return Panel(
            Group(*parts),
            title=Text(clean(run.name), style="bold"),
            title_align="left",
            subtitle=Text(clean(" · ".join(part for part in about if part)), style="dim"),
            subtitle_align="right",
            border_style=style,
            box=box.ROUNDED,
        )


def _decides(group: HeldGroup, run: Run) -> bool:
    return any(run.decides(held.condition) for held in group.members)


def _verdict(run: Run, words: Words, style: str, held: list[HeldGroup]) -> RenderableType:
    row = Table.grid(expand=True)
    row.add_column(ratio=1)
    row.add_column(justify="right", no_wrap=True)
    row.add_row(
        Text(words(shown_state(run)), style=f"bold {style}"),
        Text(words(run.state), style="dim" if not run.end else "bold"),
    )
    lines: list[RenderableType] = [row]
    shown = {words.say(one.condition.message) for group in held for one in group.members}
    said = why(run, words) if run.verdict else ""
    if run.end and run.end.reason == "failed" and run.end.error:
        said = words("failed.note", error=run.end.error)
    if said and said not in shown:  # else it stands below, with its cause
        lines.append(Text(clean(said), overflow="fold"))
    for note in resume_notes(run, words)[-1:]:
        lines.append(Text(clean(note), style="dim", overflow="fold"))
    repaired = repair_note(run, words)
    if repaired:
        lines.append(Text(clean(repaired), overflow="fold"))
    return Group(*lines)


def _progress(run: Run, words: Words, now: float) -> RenderableType:
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True, justify="right")
    share = run.progress
    bar: RenderableType = (
        ProgressBar(total=1.0, completed=share, complete_style="blue", finished_style="green")
        if share is not None
        else Text("")
    )
    left = run.eta_seconds
    silent = now - run.time
    if run.end is None and run.time and silent > _SILENT_AFTER:
        note = Text(words("silent", time=duration(silent)), style="yellow")
    elif left is not None:
        note = Text(words("eta", time=duration(left)))
    else:
        note = Text(duration(run.elapsed) if run.elapsed else "", style="dim")
    done = percent(share) if share is not None else ""
    heading = Text.assemble(
        (f"{words('epoch')} ", "dim"), epochs(run, words), (f" · {words('step')} ", "dim")
    )
    row.add_row(
        heading.append(str(run.step)), bar, Text(done, style="dim").append("  ").append(note)
    )
    return row


def _numbers(run: Run, words: Words, *, all_of_them: bool) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_row(Text(clean(run.indicator)), *_metric_cells(run, words))
    for label, value, note, style in _ratio_rows(run, words):
        about = Text(note, style=style or "dim", no_wrap=True, overflow="ellipsis")
        table.add_row(label, Text(value, style=style), about)
    if not all_of_them:
        return table
    losses = run.latest_losses()
    if losses:
        parts = [f"{name.replace('loss_', '')} {number(v, 3)}" for name, v in losses.items() if v]
        rest = "  ".join(clean(part) for part in parts if not part.startswith("loss "))
        total = losses.get("loss", math.nan)
        bad = "" if math.isfinite(total) else "bold red"
        table.add_row(
            words("loss"), Text(number(total, 3), style=bad), Text(rest, style="dim", no_wrap=True)
        )
    speed, wait = run.recent("images_per_second"), run.recent("data_wait_share")
    if speed is not None:
        rate = _latest(run, "learning_rate")
        notes = [words("data_wait", share=percent(wait))] if wait is not None else []
        notes += [f"lr {number(rate, 6)}"] if rate is not None else []
        cells = Text(words("images_s", value=number(speed, 1)))
        table.add_row(words("throughput"), cells, Text(" · ".join(notes), style="dim"))
    return table


def _latest(run: Run, column: str) -> Optional[float]:
    """The latest number of a column of ``pace``."""
    return next((v for v in reversed(run.pace.columns.get(column, [])) if math.isfinite(v)), None)


def _metric_cells(run: Run, words: Words) -> Iterable[RenderableType]:
    if not run.evaluations:
        return Text("–"), Text(words("no_evaluations"), style="dim")
    last, best = run.evaluations[-1].event, best_of(run)
    line = Table.grid(padding=(0, 1))
    line.add_column()
    line.add_column(no_wrap=True, style="dim")
    note = ""
    if best:
        at = words("at_epoch", epoch="–" if best.epoch is None else best.epoch)
        note = f"★ {number(best.value)} ({at})"
    values = [placed.event.value for placed in run.evaluations]
    line.add_row(Sparkline(values[-400:], _STYLES[tone(run)]), Text(note))
    return Text(number(last.value), style="bold"), line


def _ratio_rows(run: Run, words: Words) -> list[tuple[str, str, str, str]]:
    """One row an operator; one for both where they agree."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    found = run.latest_ratios()
    for operator in dict.fromkeys(r.operator for r in found):
        mine = {r.source: r for r in found if r.operator == operator}
        shown = mine.get("live") or mine.get("scheduled") or next(iter(mine.values()))
        others = [
            f"{words.source(r.source)} {ratio(r.ratio)}" for r in mine.values() if r is not shown
        ]
        style = "" if as_expected(shown) else "bold red"
        note = expected(shown, words) or next(iter(others), "")
        rows.setdefault((ratio(shown.ratio), style, note), []).append(operator)
    return [
        (words("ratio"), value, f"{note} · {'/'.join(clean(o) for o in names)}".strip(" ·"), style)
        for (value, style, note), names in rows.items()
    ]
