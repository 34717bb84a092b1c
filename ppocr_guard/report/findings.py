"""What measurements and the configuration say beside the conditions, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Optional

from ppocr_guard.audit import Problem
from ppocr_guard.events import EvalEnd
from ppocr_guard.logs.run import Run
from ppocr_guard.report.html_text import broken, code_marks, code_title, esc
from ppocr_guard.report.text import Words, number, percent, ratio

_SHRINK = "shrink_ratio_wrong"  # the cause
_BETTER = 0.05  # of a median IoU, below which another unclip ratio is not worth a word
_NEAR = 0.1  # two unclip ratios that are told as one


def measurements(run: Run, words: Words) -> str:
    """The round trip and the scores under another unclip ratio, in sentences. A fitting unclip
    ratio is named once: the one that the round trip found, where it was made."""
    sentences = []
    trip = run.round_trips[-1] if run.round_trips else None
    if trip is not None:
        better = trip.fitting_median_iou > trip.median_iou + _BETTER
        sentences.append(
            words(
                "round_trip.text" if better else "round_trip.fine",
                unclip=ratio(trip.unclip_ratio),
                iou=number(trip.median_iou, 2),
                share=percent(trip.share_matched),
                fit=number(trip.fitting_unclip_ratio, 2),
                fit_iou=number(trip.fitting_median_iou, 2),
            )
        )
    rescored = next((p.event for p in reversed(run.evaluations) if p.event.rescored), None)
    if rescored is not None and rescored.rescored:
        sentences.append(_rescored(rescored, trip.fitting_unclip_ratio if trip else None, words))
    body = "".join(f"<p>{esc(sentence)}</p>" for sentence in sentences if sentence)
    if not body:
        return ""
    return f'<section class="card"><h3>{esc(words("round_trip"))}</h3>{body}</section>'


def _rescored(event: EvalEnd, fitting: Optional[float], words: Words) -> str:
    scores = {k: v for k, v in (event.rescored or {}).items() if v == v}
    if not scores:
        return ""
    unclip = max(scores, key=lambda value: scores[value])
    near = fitting is not None
    if fitting is not None:
        unclip = min(scores, key=lambda value: abs(value - fitting))
        near = abs(unclip - fitting) <= _NEAR
    return words(
        "rescore.near" if near else "rescore.text",
        unclip=ratio(unclip),
        evaluation=event.evaluation,
        metric=event.main_indicator,
        value=number(scores[unclip]),
        stock=number(event.value),
    )


def problems(found: Optional[Sequence[Problem]], run: Run, words: Words) -> str:
    """What `ppocr-guard check` finds in the run's configuration; nothing when not checked.

    What the run has shown already is not advised upon a second time, and where the run measured
    something the estimate from the configuration is left out.
    """
    if found is None:
        return ""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in found:
        if not _refuted(problem, run):
            key = problem.code, problem.severity, problem.advice
            groups.setdefault(key, []).append(problem)
    advised = {condition.code for condition in run.conditions}
    mending = any(condition.cause == _SHRINK for condition in run.conditions)
    rows = "".join(
        _row(group, code in advised or (mending and _of_shrinking(group)), words)
        for (code, _, _), group in groups.items()
    )
    nothing = code_marks(words("no_problems"))
    body = f'<ol class="alerts">{rows}</ol>' if rows else f"<p>{nothing}</p>"
    return f'<section class="card"><h3>{esc(words("problems"))}</h3>{body}</section>'


def _refuted(problem: Problem, run: Run) -> bool:
    """The run knows better: it measured what the check estimates, or it has trained with a
    component that the check does not know."""
    if problem.code == "unclip_mismatch":
        return bool(run.round_trips)
    return problem.code == "component_unknown" and run.step > 0


def _of_shrinking(group: Iterable[Problem]) -> bool:
    return all("total_epoch" in problem.path for problem in group)


def _row(group: Sequence[Problem], advised: bool, words: Words) -> str:
    first = group[0]
    places = ", ".join(dict.fromkeys(problem.path for problem in group))
    messages = dict.fromkeys(words.say(problem.message) for problem in group)
    advice = words("advised") if advised else words.say(first.advice)
    texts = [*messages, advice]
    if all(problem.fixable for problem in group):
        texts.append(words("fixable"))
    return (
        f'<li class="alert {esc(first.severity)}"><span class="n" aria-hidden="true">!</span>'
        f'<div><p class="alert-head">{code_title(first.code, words, found=True)}'
        f'<span class="place">{broken(places)}</span></p>'
        + "".join(f"<p>{code_marks(text)}</p>" for text in texts)
        + "</div></li>"
    )
