from __future__ import annotations

from ppocr_guard.codes import check_codes
from ppocr_guard.detect.stopping import LEVELS, StopWhen, at_once


def test_a_condition_stops_when_it_is_bad_enough_for_long_enough():
    rule = StopWhen("hmean_not_learning", "warning", held=3, done=0.5)
    assert rule.due("warning", 3, 0.5)
    assert rule.due("critical", 9, 1.0)
    assert not rule.due("info", 9, 1.0)
    assert not rule.due("critical", 2, 1.0)
    assert not rule.due("critical", 9, 0.4)


def test_each_level_stops_at_what_the_level_before_stops_at_and_sooner():
    order = ("careful", "default", "thrifty")
    assert tuple(LEVELS) == order
    for lower, higher in zip(order, order[1:]):
        upper = {rule.code: rule for rule in LEVELS[higher]}
        for rule in LEVELS[lower]:
            same = upper[rule.code]
            assert same.held <= rule.held
            assert same.done <= rule.done


def test_codes_by_name_stop_at_once_but_not_in_passing():
    rules = at_once(["loss_not_finite", "hmean_plateau", "mine"])
    assert [rule.held for rule in rules] == [0, 0, 0]
    assert not rules[0].due("warning", 0, 0.0)  # one NaN that the scaler skipped
    assert rules[0].due("critical", 0, 0.0)
    assert rules[2].due("info", 0, 0.0)


def test_the_levels_name_known_codes():
    for rules in LEVELS.values():
        check_codes([rule.code for rule in rules])
