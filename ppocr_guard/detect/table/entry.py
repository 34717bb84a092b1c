"""What a row of the decision table is."""

from __future__ import annotations

from dataclasses import dataclass

Facts = tuple[str, ...]

# Conditions that an examination shows by itself, without waiting for the metric.
TARGETS_WRONG = "targets_wrong"
LABELS_WRONG = "labels_wrong"
EVAL_MISMATCH = "eval_mismatch"
TRAINING_WRONG = "training_wrong"
DATA_CHANGED = "data_changed"
MEDIOCRE = "mediocre"
SURE = 0.9


@dataclass(frozen=True)
class Entry:
    """One cause.

    ``confidence``: in 0..1, by alternative: a judgement that ranks causes. ``phrases``: sentences
    with fields, the first of which all fields are known is taken. ``remedy``: of
    :mod:`ppocr_guard.detect.remedies`. ``condition``: which condition it is when an examination
    shows it with a confidence of ``SURE``; empty: it only explains what the metric shows.
    ``look``: how a person sees that it is this one.
    """

    code: str
    when: tuple[tuple[float, Facts], ...]
    phrases: tuple[str, ...]
    remedy: str
    look: str
    against: Facts = ()
    explains: tuple[str, ...] = ()
    condition: str = ""
