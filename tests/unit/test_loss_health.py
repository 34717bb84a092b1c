from __future__ import annotations

import math
import re

import pytest
from judged import Judged, alerts

from ppocr_guard.events import DataErrors, Examination, RunEnd, RunStart, StepEnd
from ppocr_guard.hooks.loss_health import LossHealth


def step(i, loss=1.0, smoothed=False, images=8, data_errors=0, **parts):
    return StepEnd(
        0.0, 1, i, {"loss": loss, **parts}, 1e-3, images, data_errors=data_errors, smoothed=smoothed
    )


def feed(hook, losses, **how):
    """(step, alert) of each alert."""
    found = []
    for i, loss in enumerate(losses, 1):
        found += [(i, alert) for alert in alerts(hook.on_step(step(i, loss, **how)))]
    return found


def codes(found):
    return [(i, alert.code) for i, alert in found]


def start(**settings):
    return RunStart(0.0, "r", "", "", {"Global": settings}, ".", epoch_num=1)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_not_finite_warns_at_once_and_is_critical_when_it_stays(bad):
    found = feed(Judged(LossHealth()), [1.0, 0.9, *[bad] * 8])
    assert codes(found) == [(3, "loss_not_finite"), (7, "loss_not_finite")]
    assert [alert.severity for _, alert in found] == ["warning", "critical"]


def test_one_bad_step_passes():
    hook = Judged(LossHealth())
    assert [a.severity for _, a in feed(hook, [1.0, math.nan, 0.9, 0.8])] == ["warning"]
    assert "loss_not_finite" in hook.conditions()
    feed(hook, [1.0 - i / 1000 for i in range(60)])
    assert "loss_not_finite" not in hook.conditions()


def test_with_amp_it_takes_twice_as_long():
    hook = Judged(LossHealth())
    hook.on_run_start(start(use_amp=True))
    found = feed(hook, [1.0, math.inf, 0.9, *[math.nan] * 12])
    assert [(i, alert.severity) for i, alert in found] == [(2, "warning"), (13, "critical")]


def test_half_of_the_steps_not_finite_is_no_passing_matter():
    found = feed(Judged(LossHealth()), [1.0 if i % 4 else math.nan for i in range(200)])
    assert [alert.severity for _, alert in found] == ["warning"]
    found = feed(Judged(LossHealth()), [math.nan if i % 4 else 1.0 for i in range(200)])
    assert [alert.severity for _, alert in found] == ["warning", "critical"]


def test_lost_weights_are_critical_at_once_and_whole_ones_are_given_time():
    def looked(share):
        return Examination(0.0, 1, 2, 1, "hmean", {}, facts={"weights_finite": share})

    lost, whole = Judged(LossHealth()), Judged(LossHealth())
    for hook, share in ((lost, 0.99), (whole, 1.0)):
        feed(hook, [math.nan])
        hook.on_examination(looked(share))
    assert [alert.severity for _, alert in feed(lost, [math.nan])] == ["critical"]
    found = feed(whole, [math.nan] * 25)
    assert [(i, alert.severity) for i, alert in found] == [(19, "critical")]


def test_the_component_is_named():
    event = step(1, math.nan, loss_shrink_maps=math.nan, loss_threshold_maps=0.5)
    (alert,) = alerts(Judged(LossHealth()).on_step(event))
    assert alert.evidence["component"] == "loss_shrink_maps"


def test_divergence():
    falling = [2.0 * 0.97**i for i in range(60)]
    found = feed(Judged(LossHealth()), falling + [12.0 + 0.1 * (i % 7) for i in range(60)])
    assert [code for _, code in codes(found)] == ["loss_diverged"]
    at, alert = found[0]
    assert 80 <= at <= 100
    assert alert.evidence["level"] > 3 * alert.evidence["lowest"]


def test_a_learning_rate_that_breaks_the_second_step():
    losses = [3.8] + [10.5 + 0.01 * (i % 7) for i in range(60)]
    assert [
        code for _, code in codes(feed(Judged(LossHealth()), losses))
    ] == []  # 10.5 is below 3 x 3.8
    losses = [1.7] + [10.5 + 0.01 * (i % 7) for i in range(60)]
    assert [code for _, code in codes(feed(Judged(LossHealth()), losses))] == ["loss_diverged"]


def test_spikes_and_warm_up_are_no_divergence():
    recogniser = [30 * 0.95**i + 0.1 + (0.5 if i % 50 == 0 else 0.0) for i in range(400)]
    assert codes(feed(Judged(LossHealth()), recogniser)) == []
    warm_up = [1.0 + 0.3 * math.sin(i / 20) + 0.001 * i for i in range(200)]
    assert codes(feed(Judged(LossHealth()), warm_up)) == []


EMPTY = {"loss_shrink_maps": 0.0, "loss_threshold_maps": 0.0, "loss_binary_maps": 1.0}


def test_no_text_in_the_maps():
    found = feed(Judged(LossHealth()), [1.0] * 30, **EMPTY)
    assert codes(found) == [(20, "loss_degenerate")]
    assert found[0][1].evidence["pattern"] == "no_positives"


def test_no_text_with_a_threshold_loss():
    """A shrink ratio of 1.002 leaves the threshold maps alone."""
    losses = [1.2 + 0.01 * (i % 5) for i in range(30)]
    found = feed(Judged(LossHealth()), losses, **{**EMPTY, "loss_threshold_maps": 0.2})
    assert codes(found) == [(20, "loss_degenerate")]


def test_lines_of_a_log_stand_for_many_steps():
    assert codes(feed(Judged(LossHealth()), [1.0] * 9, smoothed=True, **EMPTY)) == [
        (2, "loss_degenerate")
    ]


def test_distillation_prefixes():
    names = {f"DBLoss_Student_{k}": v for k, v in EMPTY.items()}
    assert codes(feed(Judged(LossHealth()), [1.0] * 30, **names)) == [(20, "loss_degenerate")]


def test_batches_without_text_now_and_then_are_fine():
    hook = Judged(LossHealth())
    for i in range(200):
        parts = EMPTY if i % 20 else {**EMPTY, "loss_shrink_maps": 0.4}
        assert not hook.on_step(step(i, 1.0 + i / 1000, **parts))


def test_a_loss_that_never_moves():
    found = feed(Judged(LossHealth()), [0.69314] * 40)
    assert codes(found) == [(21, "loss_degenerate")]
    assert found[0][1].evidence["pattern"] == "constant"
    assert feed(Judged(LossHealth()), [0.69314] * 40, smoothed=True) == []


def errors(count, waiting):
    return DataErrors(0.0, 1, 5, count, waiting, "Traceback\nKeyError: 'label'")


def test_the_pipeline_retries_for_ever():
    hook = Judged(LossHealth())
    assert hook.on_data_errors(errors(20, 30.0)) == []
    (alert,) = alerts(hook.on_data_errors(errors(150, 31.0)))
    assert (alert.code, alert.severity) == ("data_pipeline_failing", "critical")
    assert "KeyError: 'label'" in alert.message
    assert hook.on_data_errors(errors(300, 60.0)) == []


def test_waiting_counts_only_with_errors():
    assert Judged(LossHealth()).on_data_errors(errors(0, 500.0)) == []
    assert len(alerts(Judged(LossHealth()).on_data_errors(errors(1, 121.0)))) == 1


def test_half_of_the_samples_fail():
    hook = Judged(LossHealth())
    found = []
    for i in range(1, 51):
        found += hook.on_step(step(i, 1.0 + i / 100, data_errors=8 * i))
    assert [a.code for a in alerts(found)] == ["data_pipeline_failing"]
    assert found[0].evidence["share"] == pytest.approx(0.5)
    hook = Judged(LossHealth())
    for i in range(1, 201):
        assert hook.on_step(step(i, 1.0 + i / 100, data_errors=i)) == []


def test_defaults_named_in_the_docstring_are_the_codes():
    text = " ".join(LossHealth.__doc__.split())
    fields = LossHealth.Options.model_fields
    named = re.findall(r"(\d+)[^`()]*\(``(\w+)``\)", text)
    named += [(value, name) for name, value in re.findall(r"``(\w+)`` ([\d.]+)\)", text)]
    assert len(named) == len(fields)
    for value, name in named:
        assert float(value.rstrip(".")) == fields[name].default, name


@pytest.mark.parametrize(
    "error",
    [
        "SystemError: (Fatal) Blocking queue is killed because the data reader raises an exception."
        "\n  [Hint: Expected killed_ != true]",
        "RecursionError: maximum recursion depth exceeded",
    ],
)
def test_a_loader_that_breaks_down_is_told(error):
    (alert,) = alerts(Judged(LossHealth()).on_run_end(RunEnd(0.0, 1, 0, "failed", error=error)))
    assert (alert.code, alert.severity) == ("data_pipeline_failing", "critical")
    assert error.splitlines()[0] in alert.message
    assert "Hint" not in alert.message


@pytest.mark.parametrize("error", [None, "KeyboardInterrupt: ", "MemoryError: out of memory"])
def test_other_ends_are_not(error):
    assert Judged(LossHealth()).on_run_end(RunEnd(0.0, 1, 9, "failed", error=error)) == []
