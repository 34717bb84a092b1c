"""Several runs on one page: in what they differ, and nothing else."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from played_runs import Player, collapsed
from report_runs import BEGAN, CONFIG
from test_report_state import Page

from ppocr_guard.events import Environment, Resources, RunStart
from ppocr_guard.logs.run import Run, summarise
from ppocr_guard.report import text
from ppocr_guard.report.compare import labels
from ppocr_guard.report.curves import curves
from ppocr_guard.report.differences import config_differences, environment_differences, tasks
from ppocr_guard.report.page import Entry, render

EN = text.Words("en")


def told(**changes: Any) -> Environment:
    plain = Environment(
        time=BEGAN,
        host="gpu-7",
        command="python tools/train.py -c bug.yml -o Global.epoch_num=40",
        python="3.10.14",
        cpu="Xeon",
        cpus=8,
        memory_bytes=64 * 2.0**30,
        gpus=("Tesla T4, 15360 MiB",),
        paddleocr="/opt/PaddleOCR",
        commit="3b8b9e5a0c",
        packages={"paddlepaddle-gpu": "2.6.2", "numpy": "1.26.4"},
    )
    return replace(plain, **changes)


def run_with(config: dict[str, Any], **changes: Any) -> Run:
    [run] = summarise([RunStart(BEGAN, "r", "DB", "2.8.1", config, "out", 4)])
    run.environment = told(**changes)
    return run


def without_total_epoch(config: dict[str, Any]) -> dict[str, Any]:
    mended = copy.deepcopy(config)
    for entry in mended["Train"]["dataset"]["transforms"]:
        for options in entry.values():
            if isinstance(options, dict):
                options.pop("total_epoch", None)
    return mended


def test_of_the_bug_and_the_fix_only_total_epoch_is_named() -> None:
    bug = {**copy.deepcopy(CONFIG), "Global": {"save_model_dir": "out/bug", "seed": 1024}}
    bug["Guard"] = {"run_name": "bug", "hooks": [{"Prometheus": {"port": 9101}}]}
    fixed = without_total_epoch(bug)
    fixed["Global"].update(save_model_dir="out/fixed", print_batch_step=5)
    fixed["Guard"] = {"run_name": "fixed", "hooks": [{"Prometheus": {"port": 9102}}]}
    runs = [run_with(bug), run_with(fixed, host="gpu-8", command="other")]
    [row] = config_differences(runs)
    assert row.name == "Train.dataset.transforms.MakeBorderMap + MakeShrinkMap.total_epoch"
    assert row.values == ("500", "–")
    assert environment_differences(runs) == []


def test_an_operator_that_was_put_in_between_is_one_difference() -> None:
    plain = without_total_epoch(CONFIG)
    more = copy.deepcopy(plain)
    more["Train"]["dataset"]["transforms"].insert(2, {"IaaAugment": None})
    [row] = config_differences([run_with(plain), run_with(more)])
    assert (row.name, row.values) == ("Train.dataset.transforms.IaaAugment", ("–", "on"))


def test_the_guard_s_repair_is_a_difference_of_the_training() -> None:
    repair = {**CONFIG, "Guard": {"hooks": [{"ShrinkRatio": {"repair": True}}]}}
    [row] = config_differences([run_with(CONFIG), run_with(repair)])
    assert (row.name, row.values) == ("Guard.repair", ("false", "true"))


def test_releases_and_packages_differ_but_not_what_a_log_does_not_tell() -> None:
    runs = [
        run_with(CONFIG),
        run_with(CONFIG, packages={"paddlepaddle-gpu": "3.0.0", "numpy": "1.26.4"}),
        run_with(CONFIG, local_changes=("ppocr/data/simple_dataset.py",)),
    ]
    silent = run_with(CONFIG)
    silent.environment = None
    found = {d.name: d.values for d in environment_differences([*runs, silent])}
    assert found == {
        "PaddleOCR, changed files": ("–", "–", "ppocr/data/simple_dataset.py", "–"),
        "paddlepaddle-gpu": ("2.6.2", "3.0.0", "2.6.2", "–"),
    }


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "They train for several tasks (det / rec): of their configurations, only what all"),
        ("zh", "它们训练的任务不同（det / rec）：只比较各次训练的配置中共有的设置。"),
    ],
)
def test_of_several_tasks_only_what_both_have_is_compared(language: str, line: str) -> None:
    detector = copy.deepcopy(CONFIG)
    detector["Architecture"] = {"model_type": "det", "algorithm": "DB", "Neck": {"k": 1}}
    recogniser = {
        "Global": copy.deepcopy(detector.get("Global", {})),
        "Architecture": {"model_type": "rec", "algorithm": "CRNN", "Head": {"mid_channels": 96}},
        "Loss": {"name": "CTCLoss"},
    }
    runs = [run_with(detector), run_with(recogniser)]
    assert tasks(runs) == ["det", "rec"]
    assert {d.name for d in config_differences(runs)} <= {"Architecture.algorithm", "Loss.name"}
    assert config_differences(runs)[0].values == ("DB", "CRNN")
    html = render([Entry(run) for run in runs], text.Words(language), now=0)
    assert line in Page(html).by_class["differences"]
    assert tasks([run_with(detector), run_with(detector)]) == []


def test_runs_of_one_name_are_told_apart() -> None:
    runs = [run_with(CONFIG), run_with(CONFIG)]
    assert labels(runs) == ["r #1", "r #2"]


def test_each_run_is_folded_and_the_overview_comes_first() -> None:
    players = [collapsed(), Player().launch((0.5, 0.7, 0.8, 0.81))]
    runs = [run for player in players for run in summarise(player.events)]
    html = render([Entry(run) for run in runs], EN, now=0)
    assert html.count('<details class="one') == 2
    overlay = 'data-overlay="metric" data-height'
    assert html.index("In what the runs differ") < html.index(overlay)
    assert html.index(overlay) < html.index('<details class="one')
    assert "hmean_collapse" in Page(html).by_class["compare"]


def test_the_environment_and_what_the_run_took() -> None:
    run = run_with(CONFIG)
    for step in range(1, 4):
        run.add(Resources(BEGAN + step, 1, step, step * 2.0**30, 400.0))
    page = Page(render([Entry(run)], EN, now=0)).by_class["facts"]
    for part in (
        "Host gpu-7",
        "Tesla T4, 15360 MiB",
        "Memory of the run, at most 3.00 GiB",
        "PaddleOCR's commit 3b8b9e5a0c",
        "Local changes none",
        "paddlepaddle-gpu 2.6.2 · numpy 1.26.4",
        "Command python tools/train.py -c bug.yml -o Global.epoch_num=40",
    ):
        assert part in page
    chart = curves(run, EN)["charts"]["memory"]
    values = {series["label"]: series["values"] for series in chart["series"]}
    assert values == {"memory, GiB": [1.0, 2.0, 3.0], "CPU %": [50.0, 50.0, 50.0]}


def test_hours_and_the_plan_go_with_the_curves() -> None:
    [run] = summarise(Player().launch((0.5, 0.6)).events)
    data = curves(run, EN)
    assert data["planned"] == 40 * 10
    hours = data["clock"]["hours"]
    assert data["clock"]["step"][-1] == 20
    assert hours == sorted(hours)
    assert abs(hours[-1] - 2 * (10 * 1.5 + 9) / 3600) < 1e-2
