from __future__ import annotations

from ppocr_guard.detect.growth import GrowthDetector


def grown(values):
    detector = GrowthDetector()
    return [detector.update(value) for value in values]


def test_a_leak_is_told_after_six_rises():
    found = grown([1000, 2000, 2200, 2400, 2600, 2800, 3000, 3200, 3400])
    assert found[:7] == [None] * 7
    assert found[7] == 1200
    assert found[8] == 1400


def test_what_goes_up_and_down_is_no_leak():
    assert grown([1000, 3000, 3500, 2800, 3600, 2900, 3700, 3000, 3900]) == [None] * 9


def test_a_little_more_each_time_is_no_leak():
    assert grown([1000, 2000, *(2000 + i for i in range(20))]) == [None] * 22
