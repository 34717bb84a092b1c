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
from ppocr_guard.report import compare, evidence, held, sections
from ppocr_guard.report.curves import curves
from ppocr_guard.report.environment import environment
from ppocr_guard.report.findings import measurements, problems
from ppocr_guard.report.html_text import esc
from ppocr_guard.report.outcome import shown_state
from ppocr_guard.report.text import Words, moment
from ppocr_guard.report.worst import worst_lines
from ppocr_guard.sample_files import SampleFile

# Words that the script needs for axes and tooltips.
_SCRIPT_WORDS = ("step", "epoch", "evaluation", "band", "stop", "at_epoch", "hours")


@dataclass(frozen=True)
class Entry:
    """A run and what is known beside its events."""

    run: Run
    problems: Optional[list[Problem]] = None  # of its configuration; None: not checked
    notes: list[str] = field(default_factory=list)
    kept: Optional[Kept] = None  # the guard's copy of the best checkpoint
    samples: Sequence[SampleFile] = ()  # pictures, one of a kind at most


def render(entries: Sequence[Entry], words: Words, *, now: float) -> str:
    """The page for one or more runs. ``now`` in Unix seconds is printed in its foot."""
    data = [curves(entry.run, words) for entry in entries]
    runs = [entry.run for entry in entries]
    available = [list(one["charts"]) for one in data]
    labels = compare.labels(runs)
    for one, label in zip(data, labels):
        one["name"] = label
    parts = [_article(index, entry, available[index], words) for index, entry in enumerate(entries)]
    overview = ""
    if len(runs) > 1:
        overview = compare.comparison(runs, labels, available, words)
        overview += f'<h2 class="each">{esc(words("details"))}</h2>'
        parts = [
            _folded(index, run, labels[index], parts[index], words)
            for index, run in enumerate(runs)
        ]
    articles = "".join(parts)
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
        controls=_controls(words),
        comparison=overview,
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
        + worst_lines(run, index, entry.samples, words)
        + sections.charts(run, index, available, words)
        + '<div class="details">'
        + held.conditions(run, words)
        + measurements(run, words)
        + problems(entry.problems, run, words)
        + sections.facts(run, words, entry.notes)
        + environment(run, words)
        + "</div></article>"
    )


def _folded(index: int, run: Run, name: str, article: str, words: Words) -> str:
    """The details of one run of several: the reader opens what is of interest."""
    state = words(shown_state(run))
    return (
        f'<details class="one tone-{sections.tone(run)}"><summary>{compare.swatch(index)}'
        f'<strong>{esc(name)}</strong><span class="state"><span class="dot"></span>{esc(state)}'
        f"</span></summary>{article}</details>"
    )


def _controls(words: Words) -> str:
    """How the curves are drawn, for all charts of the page."""
    axes = "".join(
        f'<option value="{key}">{esc(words(f"axis.{key}"))}</option>'
        for key in ("step", "relative", "time")
    )
    smooth = f'<option value="0">{esc(words("smoothing.none"))}</option>' + "".join(
        f'<option value="{weight}">{weight}</option>' for weight in ("0.6", "0.9", "0.97")
    )
    return (
        f'<label>{esc(words("axis"))} <select id="axis">{axes}</select></label>'
        f'<label>{esc(words("smoothing"))} <select id="smooth">{smooth}</select></label>'
        f'<label><input type="checkbox" id="log"> {esc(words("log_scale"))}</label>'
    )


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
