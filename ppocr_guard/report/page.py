"""Puts the report together: one HTML page that needs no network and no other file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from string import Template
from typing import Optional

from ppocr_guard import __version__
from ppocr_guard.audit import Problem
from ppocr_guard.logs.run import Run
from ppocr_guard.paddleocr.best import Kept
from ppocr_guard.report import evidence, held, sections
from ppocr_guard.report.curves import curves
from ppocr_guard.report.html_text import esc
from ppocr_guard.report.outcome import best_of, last_of
from ppocr_guard.report.text import Words, duration, moment, number, ratio
from ppocr_guard.sample_files import SampleFile

# Words that the script needs for axes and tooltips.
_SCRIPT_WORDS = ("step", "epoch", "evaluation", "band", "stop", "at_epoch")


@dataclass(frozen=True)
class Entry:
    """A run and what is known beside its events."""

    run: Run
    problems: Optional[list[Problem]] = None  # of its configuration; None: not checked
    notes: list[str] = field(default_factory=list)
    kept: Optional[Kept] = None  # the guard's copy of the best checkpoint
    samples: Sequence[SampleFile] = ()  # pictures of the best and of the last evaluation


def render(entries: Sequence[Entry], words: Words, *, now: float) -> str:
    """The page for one or more runs. ``now`` in Unix seconds is printed in its foot."""
    data = [curves(entry.run, words) for entry in entries]
    articles = "".join(
        _article(index, entry, list(data[index]["charts"]), words)
        for index, entry in enumerate(entries)
    )
    payload = {"words": {key: words(key) for key in _SCRIPT_WORDS}, "runs": data}
    script = "\n".join(_asset(name) for name in ("uPlot.iife.min.js", "report.js"))
    names = ", ".join(entry.run.name for entry in entries)
    return Template(_asset("page.html")).substitute(
        language="zh-CN" if words.language == "zh" else "en",
        title=esc(f"{names} – {words('title')}"),
        heading=esc(words("title")),
        theme=esc(words("theme")),
        policy=_policy(script),
        style=_asset("uPlot.min.css") + "\n" + _asset("report.css"),
        licence=_asset("uPlot.LICENSE").replace("--", "- -"),
        comparison=_comparison(entries, words) if len(entries) > 1 else "",
        columns=len(entries),
        articles=articles,
        foot=esc(words("generated", when=moment(now), version=__version__)),
        # "<" must not end the script element that carries the data.
        data=json.dumps(payload, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        script=script,
    )


def _article(index: int, entry: Entry, available: list[str], words: Words) -> str:
    run = entry.run
    return (
        f'<article class="run tone-{sections.tone(run)}" data-run="{index}">'
        + sections.hero(run, words)
        + sections.tiles(run, words)
        + sections.advice(run, words, entry.kept)
        + evidence.samples(run, entry.samples, words)
        + sections.charts(run, index, available, words)
        + '<div class="details">'
        + held.conditions(run, words)
        + sections.findings(run, words)
        + sections.problems(entry.problems, words)
        + sections.facts(run, words, entry.notes)
        + "</div></article>"
    )


def _comparison(entries: Sequence[Entry], words: Words) -> str:
    """A table of the key numbers, a row a run, and one chart with the metric of all."""
    heads = (
        words("run"),
        words("verdict"),
        words("best", metric=entries[0].run.indicator),
        words("last", metric=entries[0].run.indicator),
        words("ratio"),
        words("release"),
        words("duration"),
        words("alert_codes"),
    )
    rows = "".join(
        f'<tr class="tone-{sections.tone(entry.run)}">'
        + "".join(f"<td>{cell}</td>" for cell in _compare_cells(index, entry.run, words))
        + "</tr>"
        for index, entry in enumerate(entries)
    )
    return (
        f'<section class="card compare"><h3>{esc(words("compare"))}</h3><div class="scroll">'
        f"<table><thead><tr>{''.join(f'<th>{esc(h)}</th>' for h in heads)}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
        '<div class="plot" data-chart="compare" data-height="280" role="img" '
        f'aria-label="{esc(words("compare"))}"></div></section>'
    )


def _compare_cells(index: int, run: Run, words: Words) -> list[str]:
    best, last = best_of(run), last_of(run)
    found = run.latest_ratios()
    shown = next((r for r in found if r.operator == "MakeShrinkMap"), found[0] if found else None)
    codes = ", ".join(dict.fromkeys(condition.code for condition in run.conditions))
    return [
        f'<span class="swatch c{index % 6}"></span>{esc(run.name)}',
        f'<span class="dot"></span>{esc(words(sections.verdict_state(run)))}',
        esc(number(best.value) if best else "–"),
        esc(number(last) if last is not None else "–"),
        esc(ratio(shown.ratio) if shown else "–"),
        esc(run.start.release if run.start else "–"),
        esc(duration(run.elapsed) if run.elapsed else "–"),
        esc(codes or "–"),
    ]


def _policy(script: str) -> str:
    """Nothing may be loaded, and only this very script may run: text from a log cannot."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _asset(name: str) -> str:
    return (resources.files("ppocr_guard.report") / "assets" / name).read_text(encoding="utf-8")
