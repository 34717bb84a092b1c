"""Labels that are written otherwise than a model reads the images, one way for all."""

from __future__ import annotations

import random
from typing import Callable

import pytest

from ppocr_guard.recognition.rewriting import rewritten

RNG = random.Random(5)
TEXTS = ["".join(RNG.choices("abcdeo01l5s", k=RNG.randint(3, 8))) for _ in range(16)]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (str.upper, "case"),
        (lambda text: text[::-1], "reversed"),
        (lambda text: text[:-1], "end"),
        (lambda text: text[1:], "start"),
        (lambda text: text.translate(str.maketrans("0o1l", "o0l1")), "exchanged"),
    ],
)
def test_one_change_for_all(change: Callable[[str], str], name: str) -> None:
    pairs = [(text, change(text)) for text in TEXTS]
    ways = rewritten(pairs)
    assert max(ways, key=lambda one: ways[one]) == name
    assert ways[name] == sum(read != label for read, label in pairs)


def test_a_shuffled_set_is_not_rewritten() -> None:
    labels = TEXTS[3:] + TEXTS[:3]
    assert sum(rewritten(list(zip(TEXTS, labels))).values()) <= 1


def test_a_few_misread_characters_are_no_exchange() -> None:
    pairs = [(text, text) for text in TEXTS[:14]] + [("ab0", "abo"), ("c0d", "cod")]
    assert "exchanged" not in rewritten(pairs)


def test_nothing_is_wrong() -> None:
    assert rewritten([(text, text) for text in TEXTS]) == {}
