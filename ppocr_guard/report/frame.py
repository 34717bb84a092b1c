"""One picture of the live view: a run as a rich renderable that fits 80 columns.

Text from the journal enters as :class:`rich.text.Text`, never as markup.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ppocr_guard.logs.run import Run
from ppocr_guard.report.sections import as_expected, expected, tone, verdict_state
from ppocr_guard.report.text import Words, clean, duration, number, percent, ratio

SHOWN_ALERTS = 4
MAX_MESSAGE = 160  # characters of an alert: the view must fit a small terminal
_SILENT_AFTER = 120.0  # seconds without a record that are worth mentioning
_STYLES = {"good": "green", "info": "blue", "warning": "yellow", "critical": "red"}
_MARKS = {"info": "i", "warning": "!", "critical": "✖"}


class Sparkline:
    """Values as a line of bars, 0..1 from bottom to top; ``×`` is NaN.

    Takes the width it is given: more values than columns are thinned to the lowest of each
    span, so that a fall is never hidden.
    """

    def __init__(self, values: Sequence[float], style: str = "") -> None:
        self.values = list(values)
        self.style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        bars = " .:-=+*#" if options.ascii_only else "▁▂▃▄▅▆▇█"
        yield Text(spark(self.values, options.max_width, bars), style=self.style, no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, max(1, len(self.values)))


def spark(values: Sequence[float], width: int, bars: str = "▁▂▃▄▅▆▇█") -> str:
    """``values`` as at most ``width`` characters of ``bars``; values above 1 set the scale."""
    if not values or width <= 0:
        return ""
    count = min(width, len(values))
    top = max([1.0, *(v for v in values if math.isfinite(v))])
    line = []
    for column in range(count):
        span = values[column * len(values) // count : (column + 1) * len(values) // count]
        if any(not math.isfinite(v) for v in span):
            line.append("×" if bars.isascii() is False else "x")
        else:
            level = max(0.0, min(span)) / top
            line.append(bars[min(len(bars) - 1, int(level * len(bars)))])
    return "".join(line)


def waiting(path: Path, words: Words) -> RenderableType:
    """What is shown while there is no journal."""
    text = Text(words("waiting", path=clean(path)), style="dim", overflow="fold")
    return Panel(text, title="ppocr-guard", title_align="left", box=box.ROUNDED)


def frame(run: Run, words: Words, *, now: float) -> RenderableType:
    """The whole view. ``now`` in Unix seconds tells how long the journal has been silent."""
    style = _STYLES[tone(run)]
    parts: list[RenderableType] = [_verdict(run, words, style), _progress(run, words, now)]
    parts += [Rule(style="dim"), _numbers(run, words)]
    if run.alerts:
        parts += [Rule(style="dim"), _alerts(run, words)]
    title = Text.assemble((clean(run.name), "bold"))
    about = [run.start.model, f"PaddleOCR {run.start.release}"] if run.start else []
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=Text(clean(" · ".join(part for part in about if part)), style="dim"),
        subtitle_align="right",
        border_style=style,
        box=box.ROUNDED,
    )


def _verdict(run: Run, words: Words, style: str) -> RenderableType:
    state = verdict_state(run)
    row = Table.grid(expand=True)
    row.add_column(ratio=1)
    row.add_column(justify="right", no_wrap=True)
    known = run.state if run.state in ("finished", "stopped", "failed") else "running"
    row.add_row(
        Text(words(state), style=f"bold {style}"),
        Text(words(known), style="dim" if not run.end else "bold"),
    )
    lines: list[RenderableType] = [row]
    message = run.verdict.message if run.verdict else ""
    if run.end and run.end.reason == "failed" and run.end.error:
        message = words("failed.note", error=run.end.error)
    if message:
        lines.append(Text(clean(message), overflow="fold"))
    return Group(*lines)


def _progress(run: Run, words: Words, now: float) -> RenderableType:
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True, justify="right")
    total = run.start.epoch_num if run.start else 0
    epochs = words("epochs", epoch=run.epoch, total=total) if total > 0 else str(run.epoch)
    share = run.progress
    bar: RenderableType = (
        ProgressBar(total=1.0, completed=share, complete_style="blue", finished_style="green")
        if share is not None
        else Text("")
    )
    left = run.eta_seconds
    silent = now - run.time
    if run.end is None and run.time and silent > max(_SILENT_AFTER, 0):
        note = Text(words("silent", time=duration(silent)), style="yellow")
    elif left is not None:
        note = Text(words("eta", time=duration(left)))
    else:
        note = Text(duration(run.elapsed) if run.elapsed else "", style="dim")
    done = percent(share) if share is not None else ""
    heading = Text.assemble((f"{words('epoch')} ", "dim"), epochs, (f" · {words('step')} ", "dim"))
    row.add_row(
        heading.append(str(run.step)), bar, Text(done, style="dim").append("  ").append(note)
    )
    return row


def _numbers(run: Run, words: Words) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_row(Text(clean(run.indicator)), *_metric_cells(run, words))
    for label, value, note, style in _ratio_rows(run, words):
        table.add_row(label, Text(value, style=style), Text(note, style=style or "dim"))
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
        rate = run.recent("learning_rate")
        notes = [words("data_wait", share=percent(wait))] if wait is not None else []
        notes += [f"lr {number(rate, 6)}"] if rate is not None else []
        cells = Text(words("images_s", value=number(speed, 1)))
        table.add_row(words("throughput"), cells, Text(" · ".join(notes), style="dim"))
    return table


def _metric_cells(run: Run, words: Words) -> Iterable[RenderableType]:
    if not run.evaluations:
        return Text("–"), Text(words("no_evaluations"), style="dim")
    last, best = run.evaluations[-1].event, run.best
    line = Table.grid(padding=(0, 1))
    line.add_column()
    line.add_column(no_wrap=True, style="dim")
    note = ""
    if best:
        at = words("at_epoch", epoch=best.event.epoch)
        note = f"{words('best_so_far')} {number(best.event.value)} ({at})"
    values = [placed.event.value for placed in run.evaluations]
    line.add_row(Sparkline(values[-400:], _STYLES[tone(run)]), Text(note))
    return Text(number(last.value), style="bold"), line


def _ratio_rows(run: Run, words: Words) -> list[tuple[str, str, str, str]]:
    """One row an operator; one for both where they agree."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    found = run.latest_ratios()
    for operator in dict.fromkeys(r.operator for r in found):
        mine = {r.source: r for r in found if r.operator == operator}
        shown = mine.get("live") or mine.get("scheduled") or mine["measured"]
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


def _alerts(run: Run, words: Words) -> RenderableType:
    """The latest alerts, newest first, a code only once."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(ratio=1, overflow="fold")
    groups = sorted(run.alert_groups(), key=lambda group: -group.latest.step)
    for group in groups[:SHOWN_ALERTS]:
        alert = group.latest.event
        style = _STYLES[group.severity]
        text = Text(clean(alert.code), style=f"bold {style}")
        if len(group.alerts) > 1:
            text.append(f" ({len(group.alerts)})", style="not bold")
        text.append(f"  {_short(clean(alert.message))}", style="not bold default")
        when = Text(words("at_epoch", epoch=alert.epoch))
        table.add_row(Text(_MARKS[group.severity], style=style), when, text)
    if len(groups) > SHOWN_ALERTS:
        table.add_row("", "", Text(f"+ {len(groups) - SHOWN_ALERTS}", style="dim"))
    return table


def _short(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"
