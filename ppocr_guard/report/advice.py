"""What to do next, from what holds now."""

from __future__ import annotations

from typing import Optional

from ppocr_guard.logs.history import history
from ppocr_guard.logs.run import Run
from ppocr_guard.paddleocr.best import Kept
from ppocr_guard.report.outcome import best_file, last_is_best
from ppocr_guard.report.text import Words, clean

_LOST = ("collapsed", "diverged", "overfitting", "unstable")
_ENDED = ("interrupted", "failed")


def next_steps(run: Run, words: Words, kept: Optional[Kept] = None) -> list[str]:
    """Sentences, the most pressing first; each only once, and one for each cause.

    What decides on the verdict goes first: its advice knows most about its cause.
    """
    steps = []
    causes: set[str] = set()  # that have their advice: one remedy each
    held = [found.condition for found in history(run) if found.ended is None]
    for condition in sorted(held, key=lambda c: not run.decides(c)):
        if not condition.advice or condition.severity == "info" or condition.cause in causes:
            continue
        if condition.cause:
            causes.add(condition.cause)
        steps.append(clean(words.advice(condition.code, condition.advice, condition.cause)))
    steps += _weights(run, words, kept)
    if run.state in _ENDED and run.latest_checkpoint:
        latest = clean(run.latest_checkpoint.path)
        steps.append(words("resume.do", latest=latest, epoch=run.latest_checkpoint.epoch))
    if run.state == "running" and run.severity != "critical":
        steps.append(words("running.do"))
    return list(dict.fromkeys(steps))


def _weights(run: Run, words: Words, kept: Optional[Kept]) -> list[str]:
    """Which weights to take."""
    state = run.verdict.state if run.verdict else "unknown"
    best = best_file(run, kept)
    if best is None:
        return []
    path = clean(best.path)
    if state in _LOST and not last_is_best(run):
        return [words("use_best", best=path)]
    if state in _LOST:
        return [words("last_is_best", best=path)]
    if state == "healthy" and run.severity != "info":  # something else holds: no "nothing wrong"
        return [words("best_is_at", best=path)]
    return [words(f"{state}.do", best=path)] if state in ("healthy", "plateaued") else []
