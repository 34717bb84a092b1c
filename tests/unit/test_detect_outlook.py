from __future__ import annotations

import pytest

from ppocr_guard.detect.collapse import CollapseDetector
from ppocr_guard.detect.outlook import chance, features, outlook
from ppocr_guard.detect.outlook_table import OUTCOMES


def test_the_longer_and_the_calmer_the_less_likely():
    by_length = [outlook(0.5, length, 0.1).chance for length in (1, 3, 10, 30)]
    assert by_length == sorted(by_length, reverse=True)
    by_swing = [outlook(0.5, 5, swing).chance for swing in (0.0, 0.05, 0.2, 0.5)]
    assert by_swing == sorted(by_swing)


def test_the_counts_are_those_of_dips_with_about_this_chance():
    for depth in (0.2, 0.5, 0.9):
        for length in (1, 4, 20, 100):
            for swing in (-0.01, 0.0, 0.1, 0.8):
                found = outlook(depth, length, swing)
                assert 0 < found.chance < 1
                assert 0 <= found.came_back <= found.dips
    assert outlook(0.5, 200, 0.0).came_back / outlook(0.5, 200, 0.0).dips < 0.3
    assert outlook(0.3, 1, 0.5).came_back / outlook(0.3, 1, 0.5).dips > 0.9


def test_the_table_covers_every_chance_and_is_calibrated():
    limits = [limit for limit, _, _ in OUTCOMES]
    assert limits == sorted(limits)
    assert limits[-1] == 1
    low = 0.0
    for limit, dips, came_back in OUTCOMES:
        assert dips >= 15
        # The share that came back, cross-validated, is near the chance that was said.
        assert low - 0.12 <= came_back / dips <= limit + 0.12
        low = limit


def test_the_chance_is_the_logistic_of_the_features():
    assert chance(*features(0.5, 5, 0.1)) == pytest.approx(outlook(0.5, 5, 0.1).chance)


def test_a_collapse_says_its_outlook():
    detector = CollapseDetector()
    fall = [detector.update(v) for v in [0.79, 0.6, 0.26, 0.22, 0.2, 0.24]][-1]
    assert fall is not None
    assert fall.over
    assert fall.outlook is not None
    assert fall.outlook.chance < 0.4
    assert f"{fall.outlook.came_back} did" in fall.outlook.sentence
    assert detector.declined is None
