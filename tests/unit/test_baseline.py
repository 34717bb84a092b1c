"""The score before training, and a run that stays below it."""

from __future__ import annotations

import math

import pytest

from ppocr_guard.detect.baseline import BaselineDetector


def feed(values, baseline=0.8, images=100, of=100, patience=3):
    detector = BaselineDetector(patience)
    if baseline is not None:
        detector.start(baseline, images, of)
    return [detector.update(value) for value in values]


def test_it_needs_several_evaluations_below():
    assert feed([0.5, 0.6, 0.7, 0.7]) == [None, None, True, True]


def test_it_is_over_when_the_best_comes_up_to_it():
    assert feed([0.5, 0.6, 0.7, 0.8, 0.1]) == [None, None, True, False, False]


def test_a_difference_within_the_margin_is_none():
    assert feed([0.795] * 4) == [False] * 4


def test_without_a_baseline_nothing_is_said():
    assert feed([0.1] * 4, baseline=None) == [None] * 4


def test_a_baseline_of_few_images_must_be_missed_by_more():
    assert feed([0.7] * 4, images=100, of=100)[-1] is True
    assert feed([0.7] * 4, images=16, of=100)[-1] is False
    assert feed([0.4] * 4, images=16, of=100)[-1] is True


def test_nan_is_no_score():
    assert feed([math.nan] * 4)[-1] is True


def test_state_survives():
    detector = BaselineDetector(3)
    detector.start(0.8, 32, 500)
    detector.update(0.5)
    other = BaselineDetector(3)
    other.load_state_dict(detector.state_dict())
    assert other.state_dict() == detector.state_dict()
    assert [other.update(0.5), other.update(0.5)] == [None, True]
    with pytest.raises(KeyError):
        other.load_state_dict({})
