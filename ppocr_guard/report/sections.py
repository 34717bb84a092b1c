"""The parts of the report's page for one run, as HTML. All text goes through :func:`esc`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Optional

from ppocr_guard.events import ShrinkRatio, Verdict
from ppocr_guard.logs.run import Run
from ppocr_guard.paddleocr.best import Kept
from ppocr_guard.report.advice import next_steps
from ppocr_guard.report.drawing import shrink_drawing
from ppocr_guard.report.facts import dig, run_facts
from ppocr_guard.report.html_text import broken, code_marks, esc
from ppocr_guard.report.outcome import (
    best_of,
    ending,
    epochs,
    last_of,
    repair_note,
    resume_notes,
    shown_ratio,
    shown_state,
    why,
)
from ppocr_guard.report.text import Words, duration, number, percent, ratio

_TONES = {
    "healthy": "good",
    "plateaued": "info",
    "too_short": "info",
    "unknown": "info",
    "overfitting": "warning",
    "unstable": "warning",
    "collapsed": "critical",
    "diverged": "critical",
    "not_learning": "critical",
}
_TONE_ORDER = ("good", "info", "warning", "critical")
_ALWAYS = ("metric", "ratio", "loss")  # shown as empty where there is nothing
_WIDE = ("metric", "ratio")
_HEIGHTS = {"metric": 300, "ratio": 240, "loss": 260, "lr": 200, "pace": 200, "memory": 200}


def verdict_state(run: Run) -> str:
    return run.verdict.state if run.verdict else "unknown"


def tone(run: Run) -> str:
    """The colour of a run: of its verdict, or of the worst that holds if that is worse."""
    found = [_TONES[verdict_state(run)]]
    if run.severity != "info":
        found.append(run.severity)
    return max(found, key=_TONE_ORDER.index)


def hero(run: Run, words: Words) -> str:
    """Verdict, when and why, and how the run went and ended."""
    state = verdict_state(run)
    since = ""
    if run.verdict and state not in ("too_short", "healthy"):
        first = _state_began(run)
        since = words("since", epoch=first.epoch, evaluation=first.evaluation)
    notes = [ending(run, words), *resume_notes(run, words), repair_note(run, words)]
    return (
        f'<header class="hero"><div class="hero-top"><h2>{esc(run.name)}</h2>'
        f'<span class="badge">{esc(words(run.state))}</span></div>'
        f'<p class="verdict" data-verdict="{esc(state)}"><span class="dot" aria-hidden="true">'
        f"</span>{esc(words(shown_state(run)))}"
        + (f" <small>{esc(since)}</small>" if since else "")
        + f'</p><p class="why">{esc(why(run, words))}</p>'
        + "".join(f'<p class="note">{esc(note)}</p>' for note in notes if note)
        + "</header>"
    )


def _state_began(run: Run) -> Verdict:
    """The first of the latest verdicts that all say the same."""
    began = run.verdicts[-1].event
    for placed in reversed(run.verdicts):
        if placed.event.state != began.state:
            break
        began = placed.event
    return began


def tiles(run: Run, words: Words) -> str:
    """The key numbers, large."""
    metric = run.indicator
    best, last = best_of(run), last_of(run)
    at = words("at_epoch", epoch=best.epoch) if best and best.epoch is not None else ""
    cells = [
        _tile(
            words("best", metric=metric),
            number(best.value) if best else "–",
            at if best else words("no_evaluations"),
        ),
        _tile(
            words("last", metric=metric),
            number(last) if last is not None else "–",
            _of_best(run, words) if last is not None else words("no_evaluations"),
        ),
        _ratio_tile(run, words) if _detects(run) else "",
        _written_tile(run, words),
        _progress_tile(run, words),
        _tile(
            words("duration"),
            duration(run.elapsed) if run.elapsed else "–",
            words("eta", time=duration(run.eta_seconds)) if run.eta_seconds else "",
        ),
    ]
    speed, wait = run.recent("images_per_second"), run.recent("data_wait_share")
    if speed is not None:
        note = words("data_wait", share=percent(wait)) if wait is not None else ""
        cells.append(_tile(words("throughput"), words("images_s", value=number(speed, 1)), note))
    return f'<dl class="tiles">{"".join(cells)}</dl>'


def _tile(label: str, value: str, note: str = "", mark: str = "") -> str:
    return (
        f'<div class="tile{" " + mark if mark else ""}"><dt>{esc(label)}</dt>'
        f'<dd class="value">{esc(value)}</dd><dd class="sub">{esc(note)}</dd></div>'
    )


def _written_tile(run: Run, words: Words) -> str:
    """Of a recogniser: PaddleOCR's acc beside it is against the labels as it changed them."""
    texts = run.texts
    written = texts.figures.get("acc_written") if texts else None
    if texts is None or written is None:
        return ""
    note = words("as_written.of", count=texts.texts, epoch=texts.epoch)
    return _tile(words("as_written"), number(written), note)


def _of_best(run: Run, words: Words) -> str:
    best, last = best_of(run), run.evaluations[-1].event
    at = words("at_epoch", epoch=last.epoch)
    if best is None or not math.isfinite(last.value) or best.value <= 0:
        return at
    return f"{at} · {words('of_best', share=percent(last.value / best.value))}"


def _detects(run: Run) -> bool:
    """A run that has a shrink ratio, or may have one: a recogniser has none."""
    kind = dig(run.start.config if run.start else {}, "Architecture", "model_type")
    return bool(run.ratios) or kind != "rec"


def _ratio_tile(run: Run, words: Words) -> str:
    shown = shown_ratio(run)
    if shown is None:
        return _tile(words("ratio"), "–", words("no_ratio"))
    note = expected(shown, words) or shown.operator
    return _tile(words("ratio"), ratio(shown.ratio), note, "" if as_expected(shown) else "off")


def _progress_tile(run: Run, words: Words) -> str:
    done, steps = epochs(run, words), words("steps", steps=run.step)
    return _tile(words("epoch").capitalize(), done, steps)


def advice(run: Run, words: Words, kept: Optional[Kept] = None) -> str:
    steps = "".join(f"<li>{code_marks(step)}</li>" for step in next_steps(run, words, kept))
    if not steps:
        return "<section hidden></section>"
    return f'<section class="card next"><h3>{esc(words("next"))}</h3><ol>{steps}</ol></section>'


def charts(run: Run, index: int, available: Iterable[str], words: Words) -> str:
    """Places for the curves; the page's script draws into them."""
    present = set(available)
    always = _ALWAYS if _detects(run) else ("metric", "loss")
    shown = [name for name in _HEIGHTS if name in present or name in always]
    small = [name for name in shown if name not in _WIDE]
    cells = []
    for name in shown:
        title = words(f"{name}.chart")
        body = (
            f'<div class="plot" data-run="{index}" data-chart="{name}" '
            f'data-height="{_HEIGHTS[name]}" role="img" aria-label="{esc(title)}"></div>'
            if name in present
            else f'<p class="empty">{esc(words("no_data"))}</p>'
        )
        if name == "ratio":
            body = f'<div class="split">{body}{shrink_drawing(run, words)}</div>'
        # Two stand side by side; what is left over takes the whole row.
        wide = name in _WIDE or (len(small) % 2 == 1 and name == small[0])
        note = _chart_note(name, run, words)
        key = "key band" if name == "ratio" and note else "chart-note"
        cells.append(
            f'<figure class="card chart chart-{name}{" wide" if wide else ""}">'
            f'<figcaption>{esc(title)}<small class="{key}">{esc(note)}</small></figcaption>'
            f"{body}</figure>"
        )
    return (
        f'<section class="curves" aria-label="{esc(words("charts"))}">'
        f'<div class="charts">{"".join(cells)}</div>'
        f'<p class="hint">{esc(words("zoom"))}</p></section>'
    )


def _chart_note(name: str, run: Run, words: Words) -> str:
    if name == "metric" and len(run.launches) > 1:
        return words("launches", count=len(run.launches))
    if name == "loss" and run.start and run.start.source != "live":
        return words("smoothed")
    if name == "ratio":
        bands = {(r.expected_low, r.expected_high) for r in run.ratios}
        return expected(run.ratios[0], words) if len(bands) == 1 else words("band")
    return ""


def expected(shown: ShrinkRatio, words: Words) -> str:
    """``expected 0.4 to 0.6``, or one number where there is no range; empty when unknown."""
    low, high = shown.expected_low, shown.expected_high
    if low is None or high is None:
        return ""
    if low == high:
        return words("expected_one", low=ratio(low))
    return words("expected", low=ratio(low), high=ratio(high))


def as_expected(shown: ShrinkRatio) -> bool:
    """False when the ratio lies outside its band by more than 0.01 and its uncertainty."""
    low, high = shown.expected_low, shown.expected_high
    if low is None or high is None:
        return True
    slack = max(0.01, shown.uncertainty or 0.0)
    return low - slack <= shown.ratio <= high + slack


def facts(run: Run, words: Words, notes: Iterable[str] = ()) -> str:
    pairs = "".join(
        f"<div><dt>{esc(k)}</dt><dd>{broken(v)}</dd></div>" for k, v in run_facts(run, words)
    )
    extra = "".join(f'<p class="note">{esc(note)}</p>' for note in notes)
    return (
        f'<section class="card"><h3>{esc(words("facts"))}</h3>'
        f'<dl class="facts">{pairs}</dl>{extra}</section>'
    )
