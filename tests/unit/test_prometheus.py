"""What the Prometheus hook serves, scraped over real sockets."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse
from prometheus_runs import LOSSES, feed, run_start, scrape, step, values

from ppocr_guard.codes import ALERT_CODES
from ppocr_guard.events import (
    VERDICTS,
    Condition,
    EvalEnd,
    RunEnd,
    Verdict,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.prometheus import Prometheus

REPORT = "https://files.example.org/{run}/report.html"


@pytest.fixture
def hook() -> Iterator[Prometheus]:
    hook = Prometheus(port=0, linger_seconds=0)
    yield hook
    hook.close(time.monotonic() + 5)


def test_all_numbers_of_a_run_are_served(hook: Prometheus) -> None:
    feed(hook)
    hook.health.overhead_seconds = 0.125
    hook.health.hook_errors["VisualDL"] = 2
    text, kind = scrape(hook)
    assert kind.startswith("text/plain")
    found = values(text)
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        for source in ("scheduled", "live", "measured"):
            assert found["effective_shrink_ratio", operator, source] == 0.8096
        assert found["expected_shrink_ratio", "low", operator] == 0.4
        assert found["expected_shrink_ratio", "high", operator] == 0.6
    assert found["eval_hmean_ratio",] == 0.24
    assert found["eval_precision_ratio",] == 0.25
    assert found["eval_recall_ratio",] == 0.23
    assert found["eval_best_hmean_ratio",] == 0.79
    assert found["eval_duration_seconds",] == 12.5
    assert {k[1]: v for k, v in found.items() if k[0] == "loss"} == LOSSES
    assert found["learning_rate",] == 0.001
    assert (found["epoch",], found["step",], found["steps_total",]) == (1, 40, 40)
    assert found["images_total",] == 320
    assert found["images_per_second",] == pytest.approx(20)
    assert found["step_duration_seconds_count",] == 40
    assert found["step_duration_seconds_sum",] == pytest.approx(16)
    assert found["step_duration_seconds_bucket", "0.2"] == 0
    assert found["step_duration_seconds_bucket", "0.5"] == 40
    assert found["data_wait_seconds_bucket", "0.1"] == 40
    assert found["data_wait_seconds_sum",] == pytest.approx(2)
    assert found["alerts_total", "hmean_collapse", "critical"] == 1
    for code in ALERT_CODES:
        assert ("alerts_total", code, "warning") in found  # at 0, so that increase() sees the first
    assert {s: found["verdict", s] for s in VERDICTS} == {
        s: float(s == "collapsed") for s in VERDICTS
    }
    assert found["last_update_timestamp_seconds",] == 1041.5
    assert found["finished",] == 0
    assert found["overhead_seconds_total",] == 0.125
    assert found["hook_errors_total", "VisualDL"] == 2
    assert found["round_trip_iou_ratio",] == 0.51
    assert found["fitting_unclip_ratio",] == 0.43
    assert 'paddleocr_release="2.8.1"' in text
    assert 'total_epoch="500"' in text


def held(hook: Prometheus) -> set[tuple[str, ...]]:
    """(code, severity, subject) of the conditions on the page."""
    return {key[1:] for key in values(scrape(hook)[0]) if key[0] == "condition"}


def test_a_condition_is_1_while_it_holds_and_goes_when_it_is_over(hook: Prometheus) -> None:
    feed(hook)
    wrong = Condition("shrink_ratio_unexpected", "critical", "m", subject="MakeShrinkMap")
    falls = Condition("hmean_collapse", "warning", "m")
    assert held(hook) == set()
    hook.on_verdict(Verdict(1042.0, 1, 41, 1, "collapsed", "", (wrong, falls)))
    assert held(hook) == {
        ("shrink_ratio_unexpected", "critical", "MakeShrinkMap"),
        ("hmean_collapse", "warning", ""),
    }
    assert {v for k, v in values(scrape(hook)[0]).items() if k[0] == "condition"} == {1}
    worse = replace(falls, severity="critical")
    hook.on_verdict(Verdict(1043.0, 1, 42, 2, "collapsed", "", (worse,)))
    assert held(hook) == {("hmean_collapse", "critical", "")}
    hook.on_verdict(Verdict(1044.0, 1, 43, 3, "healthy"))
    assert held(hook) == set()
    found = values(scrape(hook)[0])
    assert (found["verdict_level",], found["verdict", "healthy"]) == (0, 1)


def test_conditions_without_end_do_not_fill_prometheus(hook: Prometheus) -> None:
    feed(hook)
    many = tuple(Condition("mine", "info", "m", subject="x" * 90 + str(i)) for i in range(50))
    hook.on_verdict(Verdict(1042.0, 1, 41, 1, "healthy", "", many))
    assert held(hook) == {("mine", "info", "x" * 59 + "…")}
    many = tuple(Condition("mine", "info", "m", subject=f"rank {i}") for i in range(200))
    worst = Condition("hmean_collapse", "critical", "m")
    hook.on_verdict(Verdict(1042.0, 1, 41, 1, "healthy", "", (worst, *many)))
    assert len(held(hook)) == 30
    assert ("hmean_collapse", "critical", "") in held(hook)


def resumed_page(saved: dict[str, Any], **start: Any) -> dict[tuple[str, ...], float]:
    """What a launch serves before it has trained a step."""
    hook = Prometheus(port=0, linger_seconds=0)
    guard = Guard([hook])
    guard.load_state_dict(saved)
    guard.dispatch(replace(run_start(), time=2000.0, resumed=True, **start))
    found = values(scrape(hook)[0])
    guard.close(timeout=5)
    return found


def test_a_resume_shows_at_once_what_held_and_which_run_it_is() -> None:
    class Falls(Hook):
        def on_eval(self, event: EvalEnd) -> Condition:
            return Condition("hmean_collapse", "critical", "hmean fell", subject="val")

    hook = Prometheus(port=0, linger_seconds=0)
    guard = Guard([Falls(), hook])
    guard.dispatch(run_start())
    guard.dispatch(EvalEnd(1041.0, 1, 40, 5, {"hmean": 0.24}, "hmean", 0.24, 0.79, 1, 12.5))
    assert held(hook) == {("hmean_collapse", "critical", "val")}
    before = values(scrape(hook)[0])
    saved = json.loads(json.dumps(guard.state_dict()))
    guard.close(timeout=5)

    after = resumed_page(saved)
    assert after["condition", "hmean_collapse", "critical", "val"] == 1
    for name in ("verdict_level", "eval_hmean_ratio", "eval_best_hmean_ratio"):
        assert after[name,] == before[name,]
    [launch] = [key for key in after if key[0] == "launch_timestamp_seconds"]
    assert launch in before  # same run, host and folder
    assert (before[launch], after[launch]) == (1000, 2000)
    moved = resumed_page(saved, save_model_dir="elsewhere")
    [other] = [key for key in moved if key[0] == "launch_timestamp_seconds"]
    assert other[1] != launch[1]  # another folder
    assert other[2:] == launch[2:]


def test_two_runs_of_one_name_in_one_folder_are_two_runs() -> None:
    pages = []
    for _ in range(2):
        hook = Prometheus(port=0, linger_seconds=0)
        feed(hook)
        pages.append(values(scrape(hook)[0]))
        hook.close(time.monotonic() + 1)
    first, second = ({k for k in page if k[0] == "launch_timestamp_seconds"} for page in pages)
    assert first != second


@pytest.mark.parametrize(
    "state",
    [{}, {"run_id": "a", "verdict": "rotten", "evaluation": None}, {"run_id": "a", "verdict": 3}],
)
def test_a_state_that_does_not_fit_begins_anew(
    state: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    found = resumed_page({"hooks": {"Prometheus": state}})
    assert found["verdict_level",] == 1
    assert "Prometheus starts anew" in caplog.text


def test_a_run_that_was_ended_by_hand_has_not_vanished(hook: Prometheus) -> None:
    feed(hook)
    hook.on_run_end(RunEnd(1100.0, 1, 41, "interrupted"))
    assert values(scrape(hook)[0])["finished",] == 1


def test_a_whole_run_has_few_series(hook: Prometheus) -> None:
    feed(hook)
    counted = 2 * len(ALERT_CODES)  # warning and critical of each, from 0
    assert len(values(scrape(hook)[0])) - counted < 75


def test_numbers_move_and_the_end_shows(hook: Prometheus) -> None:
    feed(hook)
    hook.on_step(step(41, math.nan))
    assert math.isnan(values(scrape(hook)[0])["loss", "loss"])
    hook.on_run_end(RunEnd(1100.0, 1, 41, "stopped"))
    found = values(scrape(hook)[0])
    assert (found["finished",], found["step",]) == (1, 41)
    hook.on_run_end(RunEnd(1100.0, 1, 41, "failed"))
    assert values(scrape(hook)[0])["finished",] == 0


def test_openmetrics_is_valid(hook: Prometheus) -> None:
    feed(hook)
    text, kind = scrape(hook, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    names = {family.name for family in parse_openmetrics(text)}
    assert {"ppocr_guard_alerts", "ppocr_guard_build", "ppocr_guard_step_duration_seconds"} <= names
    assert "_created" not in text


def test_recognition_runs_export_their_own_indicator(hook: Prometheus) -> None:
    hook.on_run_start(run_start())
    hook.on_eval(EvalEnd(1001.0, 1, 10, 1, {"acc": 0.9}, "acc", 0.9, 0.95))
    found = values(scrape(hook)[0])
    assert found["eval_main_ratio", "acc"] == 0.9
    assert found["eval_best_main_ratio", "acc"] == 0.95
    assert ("eval_best_hmean_ratio",) not in found


def test_promtool_finds_nothing(hook: Prometheus) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool (Debian package prometheus)")
    feed(hook)
    result = subprocess.run(
        [promtool, "check", "metrics"],
        input=scrape(hook)[0],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_page_names_the_report_where_it_is_told_of_it(tmp_path: Path) -> None:
    found = {}
    for name, options in (("told", {"report_url": REPORT}), ("not", {})):
        page = tmp_path / f"{name}.prom"
        guard = Guard([Prometheus(port=None, textfile=str(page), **options)])
        guard.dispatch(run_start("run 1"))
        guard.close(timeout=10)
        families = parse(page.read_text(encoding="utf-8"))
        found[name] = [
            s.labels["report_url"]
            for family in families
            for s in family.samples
            if s.name == "ppocr_guard_report_info"
        ]
    assert found == {"told": ["https://files.example.org/run%201/report.html"], "not": []}
    with pytest.raises(ValueError, match="report_url"):
        Prometheus(report_url="https://user:secret@files.example.org")
