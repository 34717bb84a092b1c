"""What holds for a run, and what held: the list that the marks on the curves refer to, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppocr_guard.events import Condition, Moment
from ppocr_guard.logs.history import Held, HeldGroup, groups
from ppocr_guard.logs.run import Run
from ppocr_guard.report.html_text import code_marks, code_title, esc
from ppocr_guard.report.text import Words, number

_LONGEST = 160  # characters of one number's text


def conditions(run: Run, words: Words) -> str:
    """Two cards: what holds now, and (if there was any) what is over."""
    found = groups(run)
    told: dict[str, int] = {}  # cause in words -> number of the item that tells it in full
    rows = [_row(number, group, words, told, _latest(run)) for number, group in enumerate(found, 1)]
    held = [row for row, group in zip(rows, found) if group.open]
    over = [row for row, group in zip(rows, found) if not group.open]
    body = f'<ol class="alerts">{"".join(held)}</ol>' if held else f"<p>{esc(words('none'))}</p>"
    page = f'<section class="card holds"><h3>{esc(words("holds"))}</h3>{body}</section>'
    if over:
        page += (
            f'<section class="card over"><h3>{esc(words("over"))}</h3>'
            f'<ol class="alerts">{"".join(over)}</ol></section>'
        )
    return page


def _latest(run: Run) -> int:
    return run.evaluations[-1].event.evaluation if run.evaluations else 0


def _row(index: int, group: HeldGroup, words: Words, told: dict[str, int], latest: int) -> str:
    messages = dict.fromkeys(words.say(held.condition.message) for held in group.members)
    first = group.first.condition
    return (
        f'<li class="alert {esc(group.severity)}{"" if group.open else " ended"}">'
        f'<span class="n">{index}</span><div><p class="alert-head">'
        f"{code_title(group.code, words)}"
        f'<span class="place">{esc(" · ".join(_place(group, words, latest)))}</span></p>'
        + "".join(f"<p>{code_marks(message)}</p>" for message in messages)
        + _cause(index, first, words, told)
        + _ends(group, words)
        + (_evidence(first, words) if group.open else "")
        + "</div></li>"
    )


def _place(group: HeldGroup, words: Words, latest: int) -> list[str]:
    """From when to when; and of when the numbers are, where they are not of today."""
    spans = dict.fromkeys(_span(held, words) for held in group.members)
    newest = max((held.condition.evaluation or 0 for held in group.members), default=0)
    if group.open and 0 < newest < latest:
        spans[words("numbers_of", evaluation=newest)] = None
    return list(spans)


def _span(held: Held, words: Words) -> str:
    begin = _moment(held.condition.since, words)
    if held.ended is None:
        return words("since_moment", moment=begin)
    # The start of a launch has no epoch of its own.
    end = _moment(held.ended, words) if held.ended.epoch else words("at_resume")
    return words("from_to", begin=begin, end=end)


def _moment(moment: Moment, words: Words) -> str:
    at = words("at_epoch", epoch=moment.epoch)
    if moment.evaluation:
        return f"{at}, {words('at_evaluation', evaluation=moment.evaluation)}"
    return at if moment.epoch else words("at_start")


def _cause(index: int, condition: Condition, words: Words, told: dict[str, int]) -> str:
    """The cause in words: in full once on a page, later by the item that tells it."""
    if not condition.because:
        return ""
    because = words.say(condition.because)
    key = condition.cause or because
    if key in told:
        return f"<p>{esc(words('cause_as', number=told[key]))}</p>"
    told[key] = index
    return f"<p>{code_marks(words('cause') + ': ' + because)}</p>"


def _ends(group: HeldGroup, words: Words) -> str:
    reasons = dict.fromkeys(words.say(h.why) for h in group.members if h.why)
    return "".join(f'<p class="end">{code_marks(reason)}</p>' for reason in reasons)


def _evidence(condition: Condition, words: Words) -> str:
    """The numbers behind it: plain ones only. What is nested, and what the sentences tell, is
    left out."""
    told = {condition.because, condition.cause, condition.advice, condition.message}
    shown = {k: _brief(v) for k, v in condition.evidence.items() if _new(v, told)}
    pairs = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in shown.items() if v)
    if not pairs:
        return ""
    return (
        f"<details><summary>{esc(words('evidence'))}</summary>"
        f'<dl class="pairs">{pairs}</dl></details>'
    )


def _new(value: object, told: set[Any]) -> bool:
    return not isinstance(value, str) or value not in told


def _brief(value: object) -> str:
    """A number, a short text or a list of such; empty for anything else."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return number(float(value)) if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else ""
    if isinstance(value, Mapping) and all(isinstance(v, (int, float)) for v in value.values()):
        return ", ".join(f"{k}: {_brief(v)}" for k, v in value.items())[:_LONGEST]
    if isinstance(value, (list, tuple)) and all(isinstance(v, (int, float)) for v in value):
        return ", ".join(map(_brief, value))[:_LONGEST]
    return ""
