"""The acc that a perfect recogniser can reach: as PaddleOCR prints it, and on labels as written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ppocr_guard.recognition.labels import REASONS, Reader


@dataclass
class Ceiling:
    """Shares of the validation labels, all in 0..1."""

    acc: float  # can come out as they were written
    printed: Optional[float]  # that RecMetric would count as right; None: no label is left
    samples: int
    evaluated: int  # labels that the encoder keeps; each dropped one is replaced by another
    lost: dict[str, int]  # by reason, of ppocr_guard.recognition.labels.REASONS
    characters: dict[str, int] = field(default_factory=dict)  # outside: labels that have each


@dataclass
class Training:
    """What becomes of the training labels."""

    samples: int
    dropped: int  # another sample is drawn in their place
    shortened: int  # learned without their characters outside the dictionary, or cut
    ctc_impossible: int  # longer than the time steps: loss 0, no gradient
    reasons: dict[str, int] = field(default_factory=dict)  # of those dropped
    characters: dict[str, int] = field(default_factory=dict)


def ceiling(labels: Sequence[str], reader: Reader, *, next_stands_in: bool = True) -> Ceiling:
    """Both numbers for a validation set, in its order (a dropped label counts its neighbour
    twice). ``next_stands_in`` False: any other stands in for one that is dropped, as in LMDB; what
    is printed is what can be expected then.

    Raises:
        ValueError: there is no label.
    """
    if not labels:
        raise ValueError("there is no label")
    lost = Counter(reason for label in labels if (reason := reader.lost(label)) is not None)
    right: list[Optional[bool]] = []
    for label in labels:
        seen = reader.seen(label)
        # A perfect model writes what the metric's label says, if CTC can write that much.
        right.append(None if seen.text is None else reader.fits(label))
    return Ceiling(
        acc=1 - sum(lost.values()) / len(labels),
        printed=_with_neighbours(right) if next_stands_in else _mean(right),
        samples=len(labels),
        evaluated=sum(one is not None for one in right),
        lost={reason: lost[reason] for reason in REASONS},
        characters=outside(labels, reader),
    )


def training(labels: Sequence[str], reader: Reader) -> Training:
    """What the encoder makes of the training labels."""
    reasons: Counter[str] = Counter()
    shortened = impossible = 0
    for label in labels:
        seen = reader.seen(label)
        if seen.dropped is not None:
            reasons[seen.dropped] += 1
            continue
        shortened += reader.shortens(label)
        impossible += not reader.fits(label)
    return Training(
        len(labels),
        sum(reasons.values()),
        shortened,
        impossible,
        dict(reasons),
        outside(labels, reader),
    )


def outside(labels: Iterable[str], reader: Reader) -> dict[str, int]:
    """Characters that the dictionary lacks, by the number of labels that have them."""
    counts: Counter[str] = Counter()
    for label in labels:
        counts.update(list(dict.fromkeys(reader.missing(label))))
    return dict(counts.most_common())


def _mean(right: Sequence[Optional[bool]]) -> Optional[float]:
    kept = [one for one in right if one is not None]
    return sum(kept) / len(kept) if kept else None


def _with_neighbours(right: Sequence[Optional[bool]]) -> Optional[float]:
    """Mean, where each None takes the next one's value (the last goes on at the first)."""
    following = next((one for one in right if one is not None), None)
    if following is None:
        return None
    total = 0
    for one in reversed(right):
        following = following if one is None else one
        total += following
    return total / len(right)
