from __future__ import annotations

import math
from dataclasses import replace

import pytest
from report_runs import BEGAN, hmean_at, training

from ppocr_guard.events import EvalEnd, RunEnd, RunStart, StepEnd, Verdict
from ppocr_guard.logs.run import Run, summarise
from ppocr_guard.logs.series import MAX_POINTS, StepSeries


def step(number: int, *, epoch: int = 1, loss: float = 1.0, time: float = BEGAN) -> StepEnd:
    return StepEnd(time, epoch, number, {"loss": loss})


def start(**changes: object) -> RunStart:
    plain = RunStart(BEGAN, "r", "DB", "2.10.0", {}, "out", epoch_num=4, steps_per_epoch=10)
    return replace(plain, **changes)  # type: ignore[arg-type]


def gather(*events: object) -> Run:
    [run] = summarise(events)  # type: ignore[arg-type]
    return run


def test_a_collapsed_run_that_was_stopped() -> None:
    [run] = summarise(training("collapse", stop_at=6))
    assert run.state == "stopped"
    assert run.verdict is not None
    assert run.verdict.state == "collapsed"
    assert (run.epoch, run.step, len(run.evaluations)) == (6, 120, 6)
    assert run.best is not None
    assert run.best.event.value == hmean_at("collapse", 1)
    assert [(placed.event.code, placed.step) for placed in run.alerts] == [
        ("shrink_ratio_unexpected", 0),
        ("shrink_ratio_unexpected", 0),
        ("unclip_mismatch", 0),
        ("hmean_collapse", 80),
    ]
    assert {(r.operator, r.source) for r in run.latest_ratios()} == {
        (operator, source)
        for operator in ("MakeShrinkMap", "MakeBorderMap")
        for source in ("scheduled", "live", "measured")
    }


def test_progress_and_time_left() -> None:
    [run] = summarise(training("healthy", until=12, ended=False))
    assert run.progress == pytest.approx(12 / 40)
    assert run.eta_seconds == pytest.approx(run.elapsed / 12 * 28, rel=0.01)
    assert run.recent("images_per_second") == pytest.approx(8 / 1.5, rel=0.1)
    assert gather(start(), step(5, time=BEGAN + 5)).progress == pytest.approx(0.5 / 4)


def test_the_speed_is_that_of_this_launch() -> None:
    """As /metrics has it: a resume on a slower machine is not as fast as what was before."""
    fast = [StepEnd(BEGAN, 1, n, {"loss": 1.0}, 0.1, 8, 0.1, 0.0) for n in range(1, 11)]
    again = start(resumed=True, start_epoch=2)
    slow = [StepEnd(BEGAN, 2, n, {"loss": 1.0}, 0.1, 8, 2.0, 1.0) for n in range(1, 4)]
    run = gather(start(), *fast, again, *slow)
    assert run.recent("images_per_second") == pytest.approx(4.0)
    assert run.recent("data_wait_share") == pytest.approx(0.5)
    assert gather(start(), *fast, again).recent("images_per_second") is None


def test_progress_without_epoch_starts_as_in_a_log() -> None:
    run = gather(start(), step(10), step(15, epoch=2, time=BEGAN + 30))
    assert run.progress == pytest.approx(1.5 / 4)


def test_a_finished_run_has_no_time_left() -> None:
    [run] = summarise(training("healthy"))
    assert (run.progress, run.eta_seconds, run.state) == (1.0, None, "finished")


def test_steps_go_on_over_a_resume() -> None:
    run = gather(
        start(),
        step(10),
        step(20, epoch=2),
        start(resumed=True, start_epoch=3),
        step(5, epoch=3),
    )
    assert list(run.losses.steps) == [10, 20, 25]
    assert run.launches == [0, 20]
    assert run.global_step == 5
    assert run.progress == pytest.approx(2.5 / 4)


def test_a_start_that_is_no_resume_is_another_run() -> None:
    runs = summarise([start(), step(10), start(run="second"), step(5)])
    assert [run.name for run in runs] == ["r", "second"]
    assert runs[1].step == 5


def test_what_comes_before_the_start_belongs_to_it() -> None:
    runs = summarise([Verdict(BEGAN, 0, 0, 0, "too_short"), start(), step(5)])
    assert len(runs) == 1


def test_a_journal_without_its_head() -> None:
    run = gather(step(7), RunEnd(BEGAN + 9, 1, 7, "failed", error="boom"))
    assert (run.name, run.progress, run.state) == ("run", None, "failed")


def test_nan_is_never_the_best() -> None:
    def evaluation(number: int, value: float) -> EvalEnd:
        return EvalEnd(BEGAN, number, number, number, {"hmean": value}, "hmean", value, 0.5)

    run = gather(evaluation(1, 0.5), evaluation(2, math.nan))
    assert run.best is not None
    assert run.best.event.evaluation == 1
    assert gather(evaluation(1, math.nan)).best is None
    assert gather(step(3, loss=math.nan), step(4)).not_finite == [3]


def test_thinning_keeps_spikes_and_order() -> None:
    series = StepSeries()
    for number in range(100_000):
        spike = {31_234: 50.0, 77_777: -3.0}.get(number, 1.0 + number % 7 / 100)
        series.add(number, 1, {"loss": spike})
    rows = series.thin("loss")
    assert len(rows) <= MAX_POINTS
    assert rows == sorted(set(rows))
    assert {31_234, 77_777} <= set(rows)


def test_thinning_of_nothing_but_nan() -> None:
    series = StepSeries()
    for number in range(5000):
        series.add(number, 1, {"loss": math.nan})
    assert 0 < len(series.thin("loss")) <= MAX_POINTS


def test_a_loss_that_appears_later() -> None:
    run = gather(step(1), replace(step(2), losses={"loss": 1.0, "loss_cbn": 0.2}))
    assert math.isnan(run.losses.columns["loss_cbn"][0])
    assert run.latest_losses() == {"loss": 1.0, "loss_cbn": 0.2}
