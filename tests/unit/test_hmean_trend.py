from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from judged import Judged, over, states

from ppocr_guard.events import Alert, Baseline, EvalEnd, RoundTrip, RunStart, ShrinkRatio, StepEnd
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.auto_stop import AutoStop
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.hooks.loss_health import LossHealth

BUG = [0.79, 0.60, 0.26, 0.22, 0.20, 0.24, 0.26]


def evaluation(i, value, indicator="hmean", best=0.0, **metrics):
    return EvalEnd(
        0.0, i, 20 * i, i, {indicator: value, **metrics}, indicator, value, best,
        rescored=metrics.pop("rescored", None),
    )  # fmt: skip


def feed(hook, values, start=1, **metrics):
    reactions = []
    for i, value in enumerate(values, start):
        reactions += hook.on_eval(evaluation(i, value, **metrics)) or []
    return reactions


def alerts(reactions):
    return {r.code: r for r in reactions if isinstance(r, Alert)}


def run_start(**changes):
    values = {"run": "r", "model": "", "release": "", "config": {}, "save_model_dir": "."}
    return RunStart(time=0.0, epoch_num=40, **{**values, **changes})


def test_a_collapse_is_told_once_with_its_numbers():
    reactions = feed(Judged(HmeanTrend()), BUG)
    told = [r for r in reactions if isinstance(r, Alert)]
    assert [a.code for a in told] == ["hmean_collapse"]
    alert = told[0]
    assert (alert.severity, alert.evaluation, alert.epoch) == ("critical", 5, 5)
    expected = {"value": 0.20, "best": 0.79, "best_epoch": 1, "evaluations": 5, "since": 3}
    assert {k: alert.evidence[k] for k in expected} == expected
    assert alert.evidence["threshold"] == pytest.approx(0.474)
    assert alert.evidence["drop"] == pytest.approx(1 - 0.20 / 0.79)
    for number in ("0.2000", "0.7900", "0.4740", "75%", "epoch 1"):
        assert number in alert.message
    assert states(reactions) == ["too_short", "unstable", "collapsed"]


def test_recognition_is_watched_by_its_accuracy():
    reactions = feed(Judged(HmeanTrend()), BUG, indicator="acc")
    assert alerts(reactions)["hmean_collapse"].message.startswith("acc collapsed")


def test_equal_precision_and_recall_save_an_evaluation():
    hook = Judged(HmeanTrend())
    reactions = []
    for i, value in enumerate(BUG, 1):
        reactions += hook.on_eval(evaluation(i, value, precision=value, recall=value)) or []
    alert = alerts(reactions)["hmean_collapse"]
    assert alert.evaluation == 4
    assert alert.evidence["cause"] == "unclip_mismatch"


def test_border_map_alone_is_no_suspicion():
    ratio = ShrinkRatio(0.0, 1, 1, "MakeBorderMap", "live", 0.8096, 0.4, 0.6)
    hook = Judged(HmeanTrend())
    hook.on_shrink_ratio(ratio)
    assert "hmean_collapse" not in alerts(feed(hook, [0.8, 0.55, 0.55, 0.55]))
    hook = Judged(HmeanTrend())
    hook.on_shrink_ratio(ShrinkRatio(0.0, 1, 1, "MakeShrinkMap", "live", 0.8096, 0.4, 0.6))
    assert alerts(feed(hook, [0.8, 0.55, 0.55, 0.55]))["hmean_collapse"].evaluation == 3


def test_a_round_trip_that_fits_clears_the_shrink_ratio():
    hook = Judged(HmeanTrend())
    hook.on_shrink_ratio(ShrinkRatio(0.0, 1, 1, "MakeShrinkMap", "live", 0.8096, 0.4, 0.6))
    hook.on_round_trip(RoundTrip(0.0, 1, 1, 0.4, 0.9, 0.99, 0.43, 0.9, 50))
    assert "hmean_collapse" not in alerts(feed(hook, [0.8, 0.55, 0.55, 0.55]))


def test_a_repaired_ratio_is_no_suspicion():
    hook = Judged(HmeanTrend())
    hook.on_shrink_ratio(ShrinkRatio(0.0, 1, 0, "MakeShrinkMap", "scheduled", 0.8096, 0.4, 0.6))
    hook.on_shrink_ratio(ShrinkRatio(0.0, 1, 0, "MakeShrinkMap", "live", 0.4, 0.4, 0.6))
    hook.on_shrink_ratio(ShrinkRatio(0.0, 1, 0, "MakeShrinkMap", "scheduled", 0.8096, 0.4, 0.6))
    assert "hmean_collapse" not in alerts(feed(hook, [0.8, 0.55, 0.55, 0.55]))


def test_a_measured_ratio_may_be_off_by_a_little():
    hook = Judged(HmeanTrend())
    measured = ShrinkRatio(0.0, 1, 1, "MakeShrinkMap", "measured", 0.36, 0.4, 0.6, uncertainty=0.01)
    hook.on_shrink_ratio(measured)
    assert "hmean_collapse" not in alerts(feed(hook, [0.8, 0.55, 0.55, 0.55]))


def test_rescoring_that_recovers_names_the_unclip_ratio():
    hook = Judged(HmeanTrend())
    reactions = []
    for i, value in enumerate(BUG, 1):
        rescored = {1.5: value, 0.5: 0.9, 0.2: 0.92} if value < 0.5 else None
        reactions += hook.on_eval(evaluation(i, value, rescored=rescored)) or []
    alert = alerts(reactions)["hmean_collapse"]
    assert (alert.evaluation, alert.evidence["cause"]) == (4, "unclip_mismatch")
    assert "unclip_ratio 0.2" in alert.because


def test_nan_from_the_start_is_not_learning():
    reactions = feed(Judged(HmeanTrend()), [math.nan] * 40)
    assert alerts(reactions)["hmean_not_learning"].evaluation == 40  # without a loss or an end
    assert states(reactions)[-1] == "not_learning"


def test_plateau_is_information():
    reactions = feed(Judged(HmeanTrend()), [0.5, 0.8, *[0.81] * 20])
    alert = alerts(reactions)["hmean_plateau"]
    assert (alert.severity, alert.evaluation) == ("info", 18)
    assert states(reactions) == ["too_short", "healthy", "plateaued"]


def test_unstable_and_back():
    reactions = feed(Judged(HmeanTrend()), [0.0, 0.3, 0.69, 0.7, 0.07, 0.3, 0.6, 0.9])
    assert alerts(reactions)["hmean_unstable"].evidence["lowest"] == 0.07
    assert states(reactions)[-1] == "unstable"


def test_overfitting_names_both_losses():
    hook = Judged(HmeanTrend())
    reactions = []
    for i in range(1, 31):
        hook.on_step(StepEnd(0.0, i, i, {"loss": 2.0 * 0.9**i}))
        value = 0.9 if i == 9 else 0.85 if i < 9 else 0.9 - 0.005 * (i - 9)
        reactions += hook.on_eval(evaluation(i, value)) or []
    alert = alerts(reactions)["overfitting"]
    assert alert.evidence["loss"] < 0.8 * alert.evidence["loss_at_best"]
    assert states(reactions)[-1] == "overfitting"


def test_a_run_that_stays_below_its_baseline():
    hook = Judged(HmeanTrend())
    hook.on_baseline(Baseline(0.0, "hmean", 0.8, images=500, of=500))
    reactions = feed(hook, [0.5, 0.6, 0.65, 0.66, 0.7])
    alert = alerts(reactions)["below_baseline"]
    assert (alert.severity, alert.evaluation) == ("warning", 5)
    assert "0.8000 before training (500 of 500 validation images)" in alert.message
    assert "0.7000" in alert.message
    resumed = HmeanTrend()
    resumed.load_state_dict(hook.state_dict())
    assert resumed.baseline.value == 0.8
    assert "below_baseline" in over(feed(hook, [0.81], start=6))


def test_without_a_baseline_nothing_is_below_it():
    assert "below_baseline" not in alerts(feed(Judged(HmeanTrend()), [0.1] * 8))


def test_a_nan_loss_that_stays_decides_the_verdict():
    health = LossHealth()
    hook = Judged(HmeanTrend(), health)
    feed(hook, [0.5, 0.6, 0.7, 0.7])
    nan = [StepEnd(0.0, 4, 81 + i, {"loss": math.nan}) for i in range(5)]
    assert states(hook.on_step(nan[0])) == ["healthy"]  # it may pass
    assert states([r for step in nan[1:] for r in hook.on_step(step)])[-1:] == ["diverged"]
    assert states(feed(hook, [0.7, 0.9], start=5)) == ["diverged"]
    found = []
    for i in range(health.not_finite.span + 1):
        found += hook.on_step(StepEnd(0.0, 6, 121 + i, {"loss": 1.0 + i % 3}))
    assert over(found) == ["loss_not_finite"]
    assert states(found)[-1:] == ["healthy"]


def test_a_resume_keeps_patience_and_best():
    first = Judged(HmeanTrend())
    feed(first, BUG[:4])
    second = Judged(HmeanTrend())
    second.load_state_dict(first.state_dict())
    second.on_run_start(run_start(resumed=True, best=0.79))
    alert = alerts(feed(second, BUG[4:], start=5))["hmean_collapse"]
    assert (alert.evaluation, alert.evidence["since"], alert.evidence["best_epoch"]) == (5, 3, 1)


def test_a_new_run_starts_anew():
    hook = Judged(HmeanTrend())
    feed(hook, [0.9] * 5)
    hook.on_run_start(run_start())
    assert alerts(feed(hook, [0.1] * 5)) == {}


@pytest.mark.parametrize("state", [{}, {"collapse": {}}, {"collapse": 3}])
def test_a_broken_state_is_refused_and_the_hook_stays_usable(state):
    hook = Judged(HmeanTrend())
    with pytest.raises(ValueError, match="HmeanTrend"):
        hook.load_state_dict(state)
    assert "hmean_collapse" in alerts(feed(hook, BUG))


def test_auto_stop_takes_it():
    guard = Guard([HmeanTrend(), AutoStop()])
    for i, value in enumerate(BUG, 1):
        guard.dispatch(evaluation(i, value))
    assert guard.stop is not None
    assert (guard.stop.code, guard.stop.evaluation) == ("hmean_collapse", 5)
    assert guard.verdict.state == "collapsed"
    assert guard.health.hook_errors == {}


def test_defaults_named_in_the_docstring_are_the_codes():
    text = " ".join(HmeanTrend.__doc__.split())
    fields = HmeanTrend.Options.model_fields
    assert f"under {1 - fields['collapse_drop'].default:.0%}".replace("%", " %") in text
    assert re.search(rf"collapse_drop`` {fields['collapse_drop'].default}", text)
    assert f"for {fields['collapse_patience'].default} evaluations" in text


def test_a_run_without_evaluation_is_said_at_its_start():
    start = RunStart(0.0, "r", "m", "2.10.0", {}, "out", 5, eval_start_step=math.inf)
    assert list(alerts(Judged(HmeanTrend()).on_run_start(start))) == ["evaluation_disabled"]
    assert Judged(HmeanTrend()).on_run_start(replace(start, eval_start_step=0)) == []


def test_from_scratch_with_a_warm_up_it_learns_while_the_loss_falls():
    """hmean stays at 0 for most of the run: a box needs maps that are far better than at first."""
    hook = Judged(HmeanTrend())
    hook.on_run_start(run_start(config={"Optimizer": {"lr": {"warmup_epoch": 12}}}))
    found = []
    for i in range(1, 41):
        loss = 8.0 if i <= 12 else 8.0 * 0.95 ** (i - 12)
        hook.on_step(StepEnd(0.0, i, 20 * i, {"loss": loss, "loss_shrink_maps": loss / 2}))
        found += hook.on_eval(evaluation(i, 0.0 if i < 34 else 0.08 * (i - 33)))
    assert "hmean_not_learning" not in alerts(found)
    assert states(found) == ["too_short", "healthy"]


def test_without_a_warm_up_a_loss_that_stands_still_learns_nothing():
    hook = Judged(HmeanTrend())
    hook.on_run_start(run_start())
    found = []
    for i in range(1, 15):
        hook.on_step(StepEnd(0.0, i, 20 * i, {"loss": 8.0}))
        found += hook.on_eval(evaluation(i, 0.0))
    assert alerts(found)["hmean_not_learning"].evaluation == 10


def test_nothing_at_zero_is_healthy_after_a_collapse_not_even_when_resumed():
    first = Judged(HmeanTrend())
    assert states(feed(first, [0.9] * 6 + [0.0] * 14))[-1] == "collapsed"
    for changed in ((), ("Optimizer.lr.learning_rate",)):
        second = Judged(HmeanTrend())
        second.load_state_dict(first.state_dict())
        second.on_run_start(run_start(resumed=True, best=0.9, changed=changed))
        assert "healthy" not in states(feed(second, [0.0] * 10, start=21))
