"""Learning that acc does not show yet; the curves are of real trainings from scratch (CTC)."""

from __future__ import annotations

import random

import pytest

from ppocr_guard.detect.nearness import NearnessDetector

PATIENCE = 10


def learns(values: list[float]) -> list[bool]:
    detector = NearnessDetector(PATIENCE)
    return [detector.update(value) for value in values]


def test_a_rise_is_learning_long_before_anything_is_read() -> None:
    slow = [0.0] * 8 + [0.009, 0.029, 0.042, 0.06, 0.084, 0.095, 0.102, 0.108]
    assert learns(slow) == [False] * 10 + [True] * 6
    late = [0.0] * 4 + [0.003, 0.01, 0.012]  # where the run was over
    assert learns(late)[-1]
    dips = [*slow, 0.105, 0.107, 0.106]
    assert learns(dips)[-1]


@pytest.mark.parametrize(
    "nothing",
    [
        [0.0] * 16,  # only blanks: shuffled labels, black images, a frozen backbone
        [0.023] + [0.0] * 15,  # a rate that is far too high
        [0.05, 0.09, 0.07] * 6,
        [0.0, 0.0, 0.1, 0.1004, 0.1008, 0.1012],  # one character after another is not a rise
    ],
)
def test_no_rise_is_no_learning(nothing: list[float]) -> None:
    assert not any(learns(nothing))


def test_a_rise_that_ended_long_ago_is_none() -> None:
    values = [0.0, 0.02, 0.04, 0.06] + [0.05] * PATIENCE
    found = learns(values)
    assert found[3]
    assert found[-2]
    assert not found[-1]


def test_values_without_an_order_seldom_look_like_a_rise() -> None:
    rng = random.Random(1)
    runs = [[rng.random() * 0.1 for _ in range(20)] for _ in range(400)]
    assert sum(any(learns(run)) for run in runs) / len(runs) < 1 / 12  # the sum over all n


def test_what_is_read_counts_without_a_rise() -> None:
    assert learns([0.1, 0.2, 0.15]) == [False, True, True]


def test_a_state_from_before_there_was_a_rise_is_taken() -> None:
    detector = NearnessDetector(PATIENCE)
    detector.load_state_dict({"first": 0.0, "best": 0.2, "since_progress": 1})
    assert detector.learns
    again = NearnessDetector(PATIENCE)
    again.load_state_dict(detector.state_dict())
    assert again.learns
    with pytest.raises(ValueError, match="expected"):
        detector.load_state_dict({"first": 0.0, "best": 0.2, "since_progress": 1, "x": 2})
