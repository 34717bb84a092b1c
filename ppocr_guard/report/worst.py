"""The ten lines that a recogniser read worst in its latest evaluation, as a table of the page."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import NamedTuple, Optional

from ppocr_guard.events import EvalTexts, ReadText
from ppocr_guard.logs.run import Run
from ppocr_guard.report.html_text import esc
from ppocr_guard.report.text import Words, number
from ppocr_guard.sample_files import SampleFile

_ID = "lines-of-{}"


class _Sheet(NamedTuple):
    """A picture with a row for each line. It stands in the page once; the rows show parts of it."""

    id: str
    source: str
    width: int
    row: int  # pixels


def worst_lines(run: Run, index: int, kept: Sequence[SampleFile], words: Words) -> str:
    """Empty for a run that reads no texts. ``index``: of the run on the page."""
    texts = run.texts
    if texts is None:
        return ""
    sheet = _sheet(texts, kept, _ID.format(index))
    parts = [f'<section class="card worst"><h3>{esc(words("worst"))}</h3>']
    parts.append(f'<p class="note">{esc(summary(run, texts, words))}</p>')
    if texts.worst:
        heads = ["worst.image", "worst.written", "worst.label", "worst.read", "worst.distance"]
        cells = "".join(f"<th>{esc(words(head))}</th>" for head in heads)
        rows = "".join(_row(text, n, sheet, words) for n, text in enumerate(texts.worst))
        parts.append(_once(sheet) if sheet else "")
        parts.append(f'<div class="scroll"><table><tr>{cells}</tr>{rows}</table></div>')
    return "".join(parts) + "</section>"


def summary(run: Run, texts: EvalTexts, words: Words) -> str:
    """Which evaluation, and what share was read as it was written beside what PaddleOCR says."""
    said = [words("worst.of", count=texts.texts, evaluation=texts.evaluation, epoch=texts.epoch)]
    written = texts.figures.get("acc_written")
    if written is not None:
        said.append(words("worst.acc_written", value=number(written)))
        shown = _printed(run, texts)
        if shown is not None:
            metric, value = shown
            said.append(words("worst.printed", metric=metric, value=number(value)))
    if not texts.worst:
        said.append(words("worst.none"))
    return " ".join(said)


def _printed(run: Run, texts: EvalTexts) -> Optional[tuple[str, float]]:
    for placed in reversed(run.evaluations):
        if placed.event.evaluation == texts.evaluation:
            return placed.event.main_indicator, placed.event.value
    return None


def _sheet(texts: EvalTexts, kept: Sequence[SampleFile], name: str) -> Optional[_Sheet]:
    for sample in kept:
        if sample.kind == "texts" and sample.evaluation == texts.evaluation:
            png = sample.png()
            if len(png) < 24 or not texts.worst:
                return None
            width, height = struct.unpack(">II", png[16:24])  # of its first chunk, IHDR
            row = height // len(texts.worst)
            if not (0 < width <= 4096 and 0 < row <= 4096):
                return None
            source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
            return _Sheet(name, source, width, row)
    return None


def _once(sheet: _Sheet) -> str:
    return (
        '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
        f'<image id="{sheet.id}" href="{sheet.source}" width="{sheet.width}"/></defs></svg>'
    )


def _row(text: ReadText, n: int, sheet: Optional[_Sheet], words: Words) -> str:
    image = f'<span class="place">{esc(text.image)}</span>'
    if sheet is not None:
        image = (  # less a pixel, for a printer mixes in the neighbour
            f'<svg class="line" viewBox="0 {n * sheet.row + 1} {sheet.width} {sheet.row - 2}" '
            f'width="{sheet.width}" height="{sheet.row - 2}" role="img" '
            f'aria-label="{esc(text.image)}"><use href="#{sheet.id}"/></svg><br>{image}'
        )
    cells = [
        image,
        _text("" if text.written is None else text.written, words, unknown=text.written is None),
        _text(text.label, words, mark=text.altered),
        _text(text.prediction, words),
        str(text.distance),
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _text(text: str, words: Words, *, mark: bool = False, unknown: bool = False) -> str:
    if not text:
        said = words("worst.unknown" if unknown else "worst.empty")
        return f'<span class="place">{esc(said)}</span>'
    return f'<span class="read{" differs" if mark else ""}">{esc(text)}</span>'
