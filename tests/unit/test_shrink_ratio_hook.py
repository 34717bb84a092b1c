"""ShrinkRatio: what it says and asks for, over plain events."""

from __future__ import annotations

import logging

import pytest
from judged import Judged, alerts

from ppocr_guard.events import Alert, EpochStart, RepairRequest, RoundTrip
from ppocr_guard.events import ShrinkRatio as Event
from ppocr_guard.hooks.shrink_ratio import ShrinkRatio


def ratio(value: float, source: str = "live", operator: str = "MakeShrinkMap", **more) -> Event:
    values = {"expected_low": 0.4, "expected_high": 0.6, "base": 0.4, **more}
    return Event(0.0, 1, 0, operator, source, value, **values)


def codes(reactions) -> list[str]:
    return [r.code for r in reactions or () if isinstance(r, Alert)]


@pytest.mark.parametrize("value", [0.4, 0.4205, 0.5, 0.6])
def test_what_the_config_means_is_no_alert(value: float) -> None:
    assert codes(Judged(ShrinkRatio()).on_shrink_ratio(ratio(value))) == []


def test_the_ratio_of_the_seed_bug_is_unexpected_once_for_each_operator() -> None:
    hook = Judged(ShrinkRatio())
    (alert,) = alerts(
        hook.on_shrink_ratio(ratio(0.8096, "scheduled", cause="the seed 1024 is the epoch"))
    )
    assert alert.code == "shrink_ratio_unexpected"
    assert "0.8096" in alert.message
    assert "the seed 1024" in alert.because
    assert "total_epoch" in alert.advice
    assert codes(hook.on_shrink_ratio(ratio(0.8096, "live"))) == []
    assert codes(hook.on_shrink_ratio(ratio(0.8096, operator="MakeBorderMap"))) == [alert.code]


def test_repair_asks_for_the_base_ratio() -> None:
    reactions = list(Judged(ShrinkRatio(repair=True)).on_shrink_ratio(ratio(0.8096)))
    (request,) = [r for r in reactions if isinstance(r, RepairRequest)]
    assert request.ratios == {"MakeShrinkMap": 0.4}


def test_no_repair_without_the_option_or_on_a_measurement() -> None:
    for hook, event in (
        (Judged(ShrinkRatio()), ratio(0.8096)),
        (Judged(ShrinkRatio(repair=True)), ratio(0.8096, "measured")),
    ):
        reactions = list(hook.on_shrink_ratio(event))
        assert not [r for r in reactions if isinstance(r, RepairRequest)]
        assert codes(reactions) == ["shrink_ratio_unexpected"]


def test_sources_that_disagree_are_a_mismatch() -> None:
    hook = Judged(ShrinkRatio())
    hook.on_shrink_ratio(ratio(0.4))
    assert codes(hook.on_shrink_ratio(ratio(0.41, "measured", uncertainty=0.01))) == []
    assert codes(hook.on_shrink_ratio(ratio(0.58, "measured", uncertainty=0.01))) == [
        "shrink_ratio_mismatch"
    ]


def test_operators_that_disagree_are_a_mismatch() -> None:
    hook = Judged(ShrinkRatio())
    hook.on_shrink_ratio(ratio(0.4))
    (alert,) = alerts(hook.on_shrink_ratio(ratio(0.5, operator="MakeBorderMap")))
    assert alert.code == "shrink_ratio_mismatch"
    assert "0.4000" in alert.message
    assert "0.5000" in alert.message


def test_sources_of_different_operators_are_not_compared() -> None:
    hook = Judged(ShrinkRatio())
    hook.on_shrink_ratio(ratio(0.4, "live"))
    assert codes(hook.on_shrink_ratio(ratio(0.5, "measured", "MakeBorderMap"))) == []


def test_a_new_epoch_forgets_the_ratios_of_the_last() -> None:
    hook = Judged(ShrinkRatio())
    hook.on_shrink_ratio(ratio(0.4, "measured", uncertainty=0.0))
    hook.on_epoch_start(EpochStart(0.0, 2, 10))
    assert codes(hook.on_shrink_ratio(ratio(0.6, "live"))) == []


def test_unclip_mismatch_names_the_ratio_that_fits() -> None:
    bad = RoundTrip(0.0, 1, 1, 1.5, 0.51, 0.59, 0.43, 0.93, 40)
    good = RoundTrip(0.0, 1, 1, 1.5, 0.87, 0.99, 1.8, 0.95, 40)
    hook = Judged(ShrinkRatio())
    assert codes(hook.on_round_trip(good)) == []
    (alert,) = alerts(hook.on_round_trip(bad))
    assert alert.code == "unclip_mismatch"
    assert "0.51" in alert.message
    assert "0.43" in alert.advice
    assert codes(hook.on_round_trip(bad)) == []


def test_each_epoch_is_logged_with_all_sources(caplog: pytest.LogCaptureFixture) -> None:
    hook = Judged(ShrinkRatio())
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        hook.on_epoch_start(EpochStart(0.0, 1, 0))
        hook.on_shrink_ratio(ratio(0.4, "live"))
        hook.on_shrink_ratio(ratio(0.401, "measured", uncertainty=0.004))
        hook.on_epoch_start(EpochStart(0.0, 2, 10))
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == (
        "epoch 1: effective shrink ratio of MakeShrinkMap: live 0.4000, measured 0.4010 ±0.004"
    )
