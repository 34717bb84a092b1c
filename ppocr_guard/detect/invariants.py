"""Figures of what must hold of any training: gradients by part, and equal weights of the ranks."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

APART = 1e-5  # relative difference of weights; equal ones differ in no bit
LOOKS = 3  # steps over which a part must have had no gradient


class Fingerprint(NamedTuple):
    """Of the weights of one part: their length, and a sum with signs that depends on their
    order."""

    length: float
    sum: float


Fingerprints = Mapping[str, Fingerprint]


def fingerprint(values: Iterable[float]) -> Fingerprint:
    square = total = 0.0
    for index, value in enumerate(values):
        square += value * value
        total += value * math.cos(index)
    return Fingerprint(math.sqrt(square), total)


class Apart(NamedTuple):
    """How far the weights of a rank are from rank 0's."""

    rank: int
    part: str
    difference: float  # relative; infinite where one of them is not finite


def farthest(ranks: Mapping[int, Fingerprints]) -> Optional[Apart]:
    """The largest difference from rank 0, also a tiny one; None where there is none at all."""
    first = ranks.get(0, {})
    found = [
        Apart(rank, part, _difference(own, first[part]))
        for rank, parts in ranks.items()
        if rank != 0
        for part, own in parts.items()
        if part in first
    ]
    different = [one for one in found if one.difference > 0]
    return max(different, key=lambda one: one.difference, default=None)


def _difference(one: Fingerprint, other: Fingerprint) -> float:
    finite = [all(map(math.isfinite, fingerprint)) for fingerprint in (one, other)]
    if not all(finite):
        return 0.0 if not any(finite) else math.inf
    far = max(abs(one.length - other.length), abs(one.sum - other.sum))
    return far / max(one.length, other.length, 1e-12)


class Gradients:
    """Which tensors got a gradient in the last ``LOOKS`` steps that were looked at."""

    def __init__(self) -> None:
        self._looks: deque[Mapping[str, Sequence[bool]]] = deque(maxlen=LOOKS)

    def look(self, parts: Mapping[str, Sequence[bool]]) -> dict[str, float]:
        """``parts``: by part, whether each trainable tensor has a gradient that is not 0 in this
        step. Returns shares by part; none before ``LOOKS`` steps."""
        self._looks.append(parts)
        if len(self._looks) < LOOKS:
            return {}
        found = {}
        for part in parts:
            looks = [look[part] for look in self._looks if len(look.get(part, ()))]
            if len(looks) == LOOKS:
                found[part] = sum(map(any, zip(*looks))) / min(map(len, looks))
        return found
