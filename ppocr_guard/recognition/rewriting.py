"""In what way labels may be written otherwise than a model reads the images: one way for all."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Callable

MEANS = 3  # characters: a shorter text may be right under a change by chance
SEEN = 3  # times that one character stands for another, before it counts ...
MOSTLY = 0.8  # ... and its share of the places where the one is read
# Of a prediction and a label that differ: would they be the same?
CHANGES: dict[str, Callable[[str, str], bool]] = {
    "case": lambda a, b: a.casefold() == b.casefold(),
    "width": lambda a, b: unicodedata.normalize("NFKC", a) == unicodedata.normalize("NFKC", b),
    "accents": lambda a, b: _bare(a) == _bare(b),
    "spaces": lambda a, b: a.replace(" ", "") == b.replace(" ", ""),
    "reversed": lambda a, b: a == b[::-1],
    "start": lambda a, b: a[1:] == b or a == b[1:],
    "end": lambda a, b: a[:-1] == b or a == b[:-1],
}
EXCHANGED = "exchanged"


def rewritten(pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """How many of the pairs (prediction, label) differ in one way alone, by the name of the way:
    one of ``CHANGES``, or ``EXCHANGED`` where characters stand for others in all labels."""
    wrong = [(read, label) for read, label in pairs if read != label and len(read) >= MEANS]
    found = {name: sum(same(*pair) for pair in wrong) for name, same in CHANGES.items()}
    table = _exchanges(pairs)
    found[EXCHANGED] = sum(read.translate(table) == label for read, label in wrong)
    return {name: count for name, count in found.items() if count}


def _exchanges(pairs: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Characters that the labels have another one for, as :meth:`str.translate` takes them."""
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for read, label in pairs:
        if len(read) == len(label):
            for one, other in zip(read, label):
                written[one][other] += 1
    table = {}
    for one, others in written.items():
        other, count = others.most_common(1)[0]
        if other != one and count >= SEEN and count >= MOSTLY * sum(others.values()):
            table[ord(one)] = other
    return table


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
