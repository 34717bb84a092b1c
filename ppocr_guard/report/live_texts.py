"""The lines that a recogniser read worst, as rows of the live view."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ppocr_guard.logs.run import Run
from ppocr_guard.report.text import Words, clean
from ppocr_guard.report.worst import summary


def worst_rows(run: Run, words: Words, count: int) -> list[RenderableType]:
    """At most ``count`` lines; nothing where there are none. The label as PaddleOCR sees it has a
    column where one of them differs from what was written."""
    texts = run.texts
    if texts is None or not texts.worst or count < 1:
        return []
    shown = texts.worst[:count]
    differs = any(text.altered for text in shown)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True, justify="right")
    for _ in range(3 if differs else 2):
        grid.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    heads = ["", words("worst.written")] + [words("worst.sees")] * differs + [words("worst.read")]
    grid.add_row(*(Text(head, style="dim") for head in heads))
    for text in shown:
        written = text.label if text.written is None else text.written
        cells = [Text(str(text.distance), style="dim"), _cell(written, words)]
        cells += [_cell(text.label, words, "yellow" if text.altered else "dim")] if differs else []
        grid.add_row(*cells, _cell(text.prediction, words))
    head = Text(f"{words('worst')} · {words('worst.distance')}", style="bold")
    return [Group(head, Text(clean(summary(run, texts, words)), style="dim"), grid)]


def _cell(text: str, words: Words, style: str = "") -> Text:
    return Text(clean(text), style=style) if text else Text(words("worst.empty"), style="dim")
