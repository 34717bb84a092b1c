"""The validation sample beside the verdict: what the model sees at its best and at its last."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

from ppocr_guard.events import EvalEnd
from ppocr_guard.logs.run import Run
from ppocr_guard.report.html_text import esc
from ppocr_guard.report.text import Words, number
from ppocr_guard.sample_files import SampleFile


def samples(run: Run, kept: Sequence[SampleFile], words: Words) -> str:
    """One picture, or two side by side; empty where there is none of this run."""
    shown = list(_of_this_run(run, kept))
    if len(shown) == 2 and shown[0][1].evaluation == shown[1][1].evaluation:
        shown = [("best_and_last", shown[0][1], shown[0][2])]
    figures = "".join(_figure(kind, event, png, words) for kind, event, png in shown)
    if not figures:
        return ""
    return (
        f'<section class="card evidence"><h3>{esc(words("sample"))}</h3>'
        f'<div class="pictures">{figures}</div>'
        f'<p class="note">{esc(words("sample.key"))}</p></section>'
    )


def _of_this_run(run: Run, kept: Iterable[SampleFile]) -> Iterable[tuple[str, EvalEnd, bytes]]:
    by_number = {placed.event.evaluation: placed.event for placed in run.evaluations}
    for sample in kept:
        if sample.kind == "texts":  # has a table of its own
            continue
        event = by_number.get(sample.evaluation)
        png = sample.png() if event is not None else b""
        if event is not None and png:
            yield sample.kind, event, png


def _figure(kind: str, event: EvalEnd, png: bytes, words: Words) -> str:
    caption = words(
        f"sample.{kind}",
        evaluation=event.evaluation,
        epoch=event.epoch,
        metric=event.main_indicator,
        value=number(event.value),
    )
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    return (
        f'<figure class="picture"><img src="{source}" alt="{esc(caption)}">'
        f"<p>{esc(caption)}</p></figure>"
    )
