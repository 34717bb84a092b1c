"""What a run came to: its best, its last, and where the best model lies. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional

from ppocr_guard.events import ShrinkRatio
from ppocr_guard.logs.run import Run
from ppocr_guard.paddleocr.best import Kept
from ppocr_guard.report.text import Words, number, ratio

_SAME = 1e-9  # two readings of one metric


@dataclass(frozen=True)
class Best:
    """The best value of the main indicator, over all launches."""

    value: float
    epoch: Optional[int]
    step: Optional[int]  # None: of a launch that this journal does not hold


def best_of(run: Run) -> Optional[Best]:
    """As the verdict counts it: what a resume carried over included; NaN never is."""
    found = run.best
    best = Best(found.event.value, found.event.epoch, found.step) if found else None
    for placed in run.evaluations[-1:]:
        carried = placed.event.best
        if math.isfinite(carried) and (best is None or carried > best.value + _SAME):
            best = Best(carried, placed.event.best_epoch, None)
    return best


def last_of(run: Run) -> Optional[float]:
    """The main indicator at the last evaluation; NaN stays NaN."""
    return run.evaluations[-1].event.value if run.evaluations else None


def last_is_best(run: Run) -> bool:
    best, last = best_of(run), last_of(run)
    return best is not None and last is not None and last >= best.value - _SAME


def shown_ratio(run: Run) -> Optional[ShrinkRatio]:
    """The one that stands for a run: of MakeShrinkMap, as the loader has it where that is known."""
    found = run.latest_ratios()  # by operator and source: "live" comes first
    return next((r for r in found if r.operator == "MakeShrinkMap"), found[0] if found else None)


def epochs(run: Run, words: Words) -> str:
    """How far it came: ``12 of 40``, or ``12`` where the plan is not known."""
    total = run.start.epoch_num if run.start else 0
    return words("epochs", epoch=run.epoch, total=total) if total > 0 else str(run.epoch)


@dataclass(frozen=True)
class BestFile:
    """A checkpoint (prefix of its files) and the metric that the model in it has."""

    path: str
    value: Optional[float]  # None: not known


def best_file(run: Run, kept: Optional[Kept] = None) -> Optional[BestFile]:
    """Where the best model is: PaddleOCR's best_accuracy while it holds the best, else the copy
    that the guard has kept; else whatever was saved as best, with the metric that it has."""
    best, saved = best_of(run), run.best_checkpoint
    if best is None or best.value <= 0:
        return None
    value = _value_when_saved(run)
    if saved is not None and value is not None and value >= best.value - _SAME:
        return BestFile(saved.path, value)
    if kept is not None and kept.value >= best.value - _SAME:
        return BestFile(kept.path, kept.value)
    if saved is not None:
        return BestFile(saved.path, value)
    if run.start and run.start.save_model_dir:  # a log does not tell
        return BestFile(f"{run.start.save_model_dir.rstrip('/')}/best_accuracy", None)
    return None


def _value_when_saved(run: Run) -> Optional[float]:
    saved = run.best_checkpoint
    if saved is None:
        return None
    for placed in reversed(run.evaluations):
        event = placed.event
        if event.epoch == saved.epoch and event.global_step == saved.global_step:
            return event.value
    return None


def shown_state(run: Run) -> str:
    """The verdict as it is put to people. It judges the curve: where that is healthy and something
    else is wrong, ``healthy_but``, for nobody reads on behind "healthy"."""
    state = run.verdict.state if run.verdict else "unknown"
    return "healthy_but" if state == "healthy" and run.severity != "info" else state


def why(run: Run, words: Words) -> str:
    """The verdict's sentence with the numbers of the last evaluation."""
    worst = next((one for one in run.conditions if one.severity == run.severity), None)
    title = (words.alert_phrase(worst.code) or worst.code) if worst else ""
    generic = words(f"{shown_state(run)}.why", metric=run.indicator, title=title)
    if run.verdict is None:
        return generic
    at = run.evaluations[-1].event.evaluation if run.evaluations else 0
    deciding = next(filter(run.decides, run.conditions), None)
    # A sentence of an earlier evaluation would contradict the numbers beside it.
    old = deciding is not None and deciding.evaluation is not None and deciding.evaluation < at
    if old or not run.verdict.message or run.verdict.evaluation < at:
        return f"{generic} {_numbers(run, words)}".strip()
    said = words.say(run.verdict.message)
    return said if deciding is not None or not run.evaluations else f"{generic} {said}"


def _numbers(run: Run, words: Words) -> str:
    best, last = best_of(run), last_of(run)
    if best is None or last is None:
        return ""
    return words(
        "numbers_now",
        metric=run.indicator,
        value=number(last),
        best=number(best.value),
        epoch="–" if best.epoch is None else best.epoch,
    )


def ending(run: Run, words: Words) -> str:
    """How the run ended; empty where the badge says it all."""
    if run.would_stop:
        stop = run.would_stop
        return words("would_stop", epoch=stop.epoch, step=stop.global_step, code=stop.code)
    if run.end is None:
        return words("running.note") if run.state == "running" else ""
    if run.end.reason == "stopped" and run.end.stop:
        stop, reason = run.end.stop, words.say(run.end.stop.reason)
        # Where the verdict says the same in the line above, once is enough.
        note = "stopped.short" if reason == why(run, words) else "stopped.note"
        return words(note, epoch=stop.epoch, step=stop.global_step, code=stop.code, reason=reason)
    if run.end.reason == "failed":
        return words("failed.note", error=run.end.error or "–")
    if run.end.reason == "interrupted":
        return words("interrupted.note", epoch=run.end.epoch, step=run.end.global_step)
    return ""


def resume_notes(run: Run, words: Words) -> list[str]:
    """That the run was resumed, where, and what was changed for it."""
    notes = []
    first = run.attempts[0].start if run.attempts else None
    if first is not None and first.resumed:
        notes.append(words("resumed_elsewhere", epoch=first.start_epoch))
    for before, attempt in zip(run.attempts, run.attempts[1:]):
        ended = before.end.reason if before.end else "killed"
        stopped = attempt.start.stopped_for
        reason = words(f"after.{ended}") + (f" ({stopped})" if stopped else "")
        note = words("resumed_at", epoch=attempt.start.start_epoch, reason=reason)
        if attempt.start.changed:
            note += " " + words("changed", changes="; ".join(attempt.start.changed))
        notes.append(note)
    if len(notes) > _MOST_NOTES:  # a scheduler that restarts a job for days
        notes = [words("resumed_often", count=len(notes)), *notes[-_MOST_NOTES:]]
    return notes


_MOST_NOTES = 3


def repair_note(run: Run, words: Words) -> str:
    """What the guard repaired, from what to what, since when; empty without a repair."""
    pinned: dict[tuple[float, float, int, int], list[str]] = {}
    for placed in run.repaired:
        event = placed.event
        key = event.was, event.ratio, event.epoch, placed.step
        operators = pinned.setdefault(key, [])
        operators += [event.operator] if event.operator not in operators else []
    if not pinned:
        return ""
    (was, now, epoch, step), operators = next(iter(pinned.items()))
    return words(
        "repaired.note",
        operators=" + ".join(operators),
        was=ratio(was),
        ratio=ratio(now),
        epoch=epoch,
        step=step,
    )
