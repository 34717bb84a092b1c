"""Where the time goes: told with numbers and advice, and not where little is read."""

from __future__ import annotations

from typing import Any

import pytest
from judged import Judged, alerts

from ppocr_guard.detect.pace import LoaderPace, workers_wanted
from ppocr_guard.events import Environment, EpochStart, EvalEnd, RunStart, StepEnd
from ppocr_guard.hooks.pace import Pace


def judged(workers: Any = 4, cores: int = 0, ranks: int = 1) -> Judged:
    hook = Judged(Pace())
    config = {"Train": {"loader": {"num_workers": workers, "batch_size_per_card": 8}}}
    hook.dispatch(RunStart(0.0, "r", "", "", config, ".", epoch_num=9, world_size=ranks))
    hook.dispatch(EpochStart(0.0, 1, 0))
    if cores:
        hook.dispatch(Environment(0.0, "host", "", "3.11", cpus=cores))
    return hook


def steps(hook: Judged, count: int, seconds: float, waiting: float, first: int = 1) -> list[Any]:
    found = []
    for i in range(first, first + count):
        event = StepEnd(0.0, 1, i, {"loss": 1.0}, step_seconds=seconds, data_seconds=waiting)
        found += [alert for alert in alerts(hook.dispatch(event)) if alert.code == "loader_slow"]
    return found


def test_a_loader_that_starves_is_told_once_with_numbers_and_the_workers_that_would_do() -> None:
    (alert,) = steps(judged(workers=4, cores=32), 600, 1.0, 0.6)
    assert alert.severity == "warning"
    assert alert.global_step == 201  # the first step, the first stretch, and three
    assert "60% of the time goes into waiting for data: 0.60 s of 1.00 s" in alert.message
    assert "num_workers is 4" in alert.message
    assert "num_workers to 10" in alert.advice


def test_the_advice_knows_the_cores() -> None:
    (alert,) = steps(judged(workers=4, cores=8), 300, 1.0, 0.6)
    assert "num_workers to 8" in alert.advice
    (alert,) = steps(judged(workers=8, cores=8), 300, 1.0, 0.6)
    assert "8 workers a card have no more cores" in alert.advice
    assert "num_workers to" not in alert.advice
    (alert,) = steps(judged(workers=4, cores=8, ranks=2), 300, 1.0, 0.6)
    assert "no more cores" in alert.advice
    (alert,) = steps(judged(workers="four"), 300, 1.0, 0.6)
    assert "Raise Train.loader.num_workers" in alert.advice


def test_it_is_over_when_the_loader_keeps_up() -> None:
    hook = judged()
    assert steps(hook, 300, 1.0, 0.6)
    assert "loader_slow" in hook.conditions()
    steps(hook, 60, 1.0, 0.3, 301)
    assert "loader_slow" in hook.conditions()
    steps(hook, 100, 1.0, 0.1, 361)
    assert "loader_slow" not in hook.conditions()


@pytest.mark.parametrize(
    ("count", "seconds", "waiting"),
    [
        (2000, 1.0, 0.3),  # a third of the time
        (150, 0.3, 0.2),  # a small training on a CPU: over before three stretches
        (100, 2.0, 1.9),
    ],
)
def test_what_is_no_starving(count: int, seconds: float, waiting: float) -> None:
    assert steps(judged(), count, seconds, waiting) == []


def test_workers_that_start_anew_each_epoch_are_another_matter() -> None:
    hook = judged()
    for epoch in range(100):
        hook.dispatch(EpochStart(0.0, epoch, 10 * epoch))
        assert steps(hook, 1, 30.0, 29.0) == []
        assert steps(hook, 9, 1.0, 0.1) == []


def test_one_slow_stretch_is_none() -> None:
    pace = LoaderPace()
    shares = [0.1, 0.6, 0.6, 0.1, 0.6, 0.6, 0.35, 0.6]
    found = [pace.step(1.0, share) for share in shares for _ in range(51)]
    assert not [one for one in found if one and one.starves]


def test_numbers_that_make_no_sense_are_left_out() -> None:
    hook = judged()
    for seconds, waiting in [(float("nan"), 0.1), (1.0, float("inf")), (1.0, 2.0), (1.0, -1.0)]:
        assert steps(hook, 300, seconds, waiting) == []


def test_a_line_of_a_log_stands_for_the_steps_since_the_one_before() -> None:
    hook = judged()
    found = []
    for i in range(10, 400, 10):
        event = StepEnd(0.0, 1, i, {}, step_seconds=1.0, data_seconds=0.7, smoothed=True)
        found += alerts(hook.dispatch(event))
    assert [(alert.code, alert.global_step) for alert in found] == [("loader_slow", 200)]


def evaluate(hook: Judged, number: int, seconds: float) -> list[Any]:
    event = EvalEnd(
        0.0, 1, number, number, {"hmean": 0.5}, "hmean", 0.5, 0.5, duration_seconds=seconds
    )
    return [alert for alert in alerts(hook.dispatch(event)) if alert.code == "evaluation_slow"]


def test_evaluations_that_take_most_of_the_time_are_told_once_it_is_much() -> None:
    hook = judged()
    steps(hook, 100, 1.0, 0.0)
    assert evaluate(hook, 1, 600) == []
    (alert,) = evaluate(hook, 2, 600)
    assert "Evaluations take 92% of the time: 2 took 20 minutes" in alert.message
    assert "100 steps 2 minutes" in alert.message
    steps(hook, 900, 1.0, 0.0)
    evaluate(hook, 3, 100)
    assert "evaluation_slow" not in hook.conditions()


def test_a_small_training_that_evaluates_all_the_time_is_left_alone() -> None:
    """The demo: five steps of 0.2 s, an evaluation of 1.3 s."""
    hook = judged()
    for i in range(100):
        steps(hook, 5, 0.2, 0.01)
        assert evaluate(hook, i + 1, 1.3) == []


def test_workers_that_would_keep_up() -> None:
    assert workers_wanted(4, 0.6) == 10
    assert workers_wanted(0, 0.5) == 2
    assert workers_wanted(2, 1.0) == 40
