"""The lines that a recogniser read worst, as text for VisualDL."""

from __future__ import annotations

from ppocr_guard.events import EvalTexts
from ppocr_guard.report.text import Words, clean

_FIRST = ord("①")  # VisualDL shows a text without its line breaks: what begins a line must be seen


def worst_table(event: EvalTexts, language: str) -> str:
    """A line for each, in the order of the images."""
    words = Words(language)
    count, evaluation, epoch = event.texts, event.evaluation, event.epoch
    parts = [words("worst.of", count=count, evaluation=evaluation, epoch=epoch)]
    heads = ("worst.written", "worst.label", "worst.read", "worst.distance", "worst.image")
    parts.append(" | ".join(words(head) for head in heads) if event.worst else words("worst.none"))
    for index, text in enumerate(event.worst):
        written = words("worst.unknown") if text.written is None else _quoted(text.written)
        read = (_quoted(text.label), _quoted(text.prediction), str(text.distance))
        cells = [written, *read, *([clean(text.image)] if text.image else [])]
        parts.append(f"{chr(_FIRST + index)} {' | '.join(cells)}")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    return f"'{clean(text)}'"
