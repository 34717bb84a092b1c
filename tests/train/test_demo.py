"""The demo is the one full story: a base model, the bug caught and stopped, the fix held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import same_numbers
from played import Played
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.timeout(1800)


def test_it_is_caught_and_the_fix_holds(demo: Played) -> None:
    assert demo.code == 0, demo.output
    assert "shrink ratio 0.8096 (live)" in demo.output
    assert "[unclip_mismatch]" in demo.output
    assert "Caught: stopped at evaluation" in demo.output
    assert "hmean by evaluation" in demo.output
    assert "vdl" in demo.output


def test_the_stop_comes_within_three_evaluations_of_the_collapse(demo: Played) -> None:
    evaluations = demo.records("bug", "eval")
    values = [r["value"] for r in evaluations]
    fallen = next(
        r["evaluation"]
        for r, best in zip(evaluations, running_best(values))
        if r["value"] < 0.6 * best
    )
    (end,) = demo.records("bug", "run_end")
    assert end["reason"] == "stopped"
    assert end["stop"]["code"] == "hmean_collapse"
    assert 0 <= end["stop"]["evaluation"] - fallen < 3
    assert evaluations[-1]["evaluation"] == end["stop"]["evaluation"]
    (alert,) = [a for a in demo.records("bug", "alert") if a["code"] == "hmean_collapse"]
    assert alert["evidence"]["cause"] == "shrink_ratio_wrong"


@pytest.mark.parametrize("run", ["base", "bug", "fixed"])
def test_each_number_is_the_same_wherever_it_stands(demo: Played, run: str, tmp_path: Path) -> None:
    page = demo.pages[run][-1]
    shown = same_numbers.check(demo.folder / run, tmp_path / "report.html", page)
    assert shown.state == ("collapsed" if run == "bug" else "healthy")
    samples = sorted((demo.folder / run / "ppocr_guard" / "samples").glob("*.png"))
    assert [sample.name[:4] for sample in samples] == ["best", "last"]
    (told,) = demo.records(run, "environment")
    assert told["packages"]["paddlepaddle"]
    assert demo.records(run, "resources")[-1]["memory_bytes"] > 1e8


def running_best(values: list[float]) -> list[float]:
    best = 0.0
    return [best := max(best, value) for value in values]


def test_the_same_predictions_score_well_with_another_unclip_ratio(demo: Played) -> None:
    last = demo.records("bug", "eval")[-1]
    rescored = {float(ratio): value for ratio, value in last["rescored"].items()}
    assert max(rescored, key=lambda ratio: rescored[ratio]) < 1.0
    assert max(rescored.values()) > last["value"] + 0.3


def test_the_healthy_runs_are_left_alone(demo: Played) -> None:
    for run in ("base", "fixed"):
        (end,) = demo.records(run, "run_end")
        assert end["reason"] == "finished"
        assert not [a for a in demo.records(run, "alert") if a["severity"] == "critical"]
        assert demo.records(run, "eval")[-1]["value"] > 0.7
        for ratio in demo.records(run, "shrink_ratio"):
            assert ratio["ratio"] == pytest.approx(0.4, abs=0.04)


def test_metrics_held_the_journals_numbers_while_it_trained(demo: Played) -> None:
    assert len(demo.pages["bug"]) > 3
    evaluated = {r["global_step"]: r["value"] for r in demo.records("bug", "eval")}
    seen = set()
    for page in demo.pages["bug"]:
        samples = {
            (s.name, s.labels.get("op"), s.labels.get("source")): s.value
            for family in text_string_to_metric_families(page)
            for s in family.samples
        }
        live = samples.get(("ppocr_guard_effective_shrink_ratio", "MakeShrinkMap", "live"))
        assert live in (None, pytest.approx(0.8096))
        hmean = samples.get(("ppocr_guard_eval_hmean_ratio", None, None))
        if hmean is not None:
            assert hmean in [pytest.approx(value) for value in evaluated.values()]
            seen.add(round(hmean, 6))
    assert seen


def test_visualdl_reads_the_same_numbers_back(demo: Played) -> None:
    visualdl = pytest.importorskip("visualdl")
    (file,) = (demo.folder / "bug" / "ppocr_guard" / "vdl").glob("vdlrecords.*")
    reader = visualdl.LogReader(file_path=str(file))
    written = {p.id: p.value for p in reader.get_data("scalar", "eval/hmean")}
    journal = {r["global_step"]: r["value"] for r in demo.records("bug", "eval")}
    assert written == {step: pytest.approx(value) for step, value in journal.items()}
    live = visualdl.LogReader(file_path=str(file.parent / "live" / file.name))
    ratios = live.get_data("scalar", "shrink_ratio/MakeShrinkMap")
    assert [p.value for p in ratios] == [pytest.approx(0.8096)] * len(ratios)
    samples = reader.get_data("image", "eval/sample")
    assert [sample.id for sample in samples] == list(journal)
    assert all(s.image.encoded_image_string.startswith(b"\x89PNG") for s in samples)


def test_what_the_demo_left_can_be_looked_at(demo: Played, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    runs = [str(demo.folder / run) for run in ("bug", "fixed")]
    for words, code in (
        (["report", *runs, "-o", str(page)], 0),
        (["watch", "--once", runs[0]], 0),
        (["replay", str(demo.folder / "bug" / "ppocr_guard" / "journal.jsonl")], 1),
        (["replay", str(demo.folder / "fixed" / "train.log")], 0),
        (["check", str(demo.folder / "bug.yml"), "--release", "2.8.1"], 1),
    ):
        command = [sys.executable, "-m", "ppocr_guard", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert "hmean_collapse" in page.read_text(encoding="utf-8")
