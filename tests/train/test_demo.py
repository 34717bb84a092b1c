"""The demo is the one full story: a base model, the bug caught and stopped, the fix held; and what
becomes of the stopped run when it is resumed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import same_numbers
from played import Played
from prometheus_client.parser import text_string_to_metric_families

from ppocr_guard.demo import sources, train
from ppocr_guard.demo.command import BUG

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


def resume(
    demo: Played, name: str, folder: Path, *options: str
) -> tuple[subprocess.CompletedProcess, Path]:
    """Go on from the demo's stopped run, in a copy of its folder, with the config of ``name``."""
    run = folder / name
    shutil.copytree(demo.folder / "bug", run)
    command = train.command(sources.compose(*BUG), demo.folder / f"{name}.yml")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ppocr_guard",
            "run",
            "--",
            *command,
            "-o",
            f"Global.checkpoints={run / 'latest'}",
            f"Global.save_model_dir={run}",
            *options,
        ],
        cwd=sources.compose(*BUG),
        env=train.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )
    return done, run


def records(run: Path, *kinds: str) -> list[dict[str, Any]]:
    """Of the last launch."""
    lines = (run / "ppocr_guard" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    begins = max(i for i, record in enumerate(found) if record["event"] == "run_start")
    return [record for record in found[begins:] if record["event"] in kinds]


def test_a_collapse_that_goes_on_is_stopped_again(demo: Played, tmp_path: Path) -> None:
    done, run = resume(demo, "bug", tmp_path)
    assert done.returncode == 3, done.stdout
    assert "This run was stopped for it" in done.stdout
    (start,) = records(run, "run_start")
    assert start["stopped_for"] == "hmean_collapse"
    assert start["changed"] == []
    evaluations = records(run, "eval")
    assert len(evaluations) <= 3  # collapse_patience
    before = [r["evaluation"] for r in demo.records("bug", "eval")]
    assert [r["evaluation"] for r in evaluations] == [
        before[-1] + 1 + i for i in range(len(evaluations))
    ]
    (alert,) = [a for a in records(run, "alert") if a["code"] == "hmean_collapse"]
    assert alert["change"] == "persists"
    verdict = records(run, "verdict")[-1]
    assert verdict["state"] == "collapsed"
    held = {c["code"]: c for c in verdict["conditions"]}
    first = next(a for a in demo.records("bug", "alert") if a["code"] == "hmean_collapse")
    assert held["hmean_collapse"]["since"]["evaluation"] == first["evaluation"]
    (end,) = records(run, "run_end")
    assert end["stop"]["code"] == "hmean_collapse"
    best = max(r["value"] for r in demo.records("bug", "eval"))
    kept = run / "ppocr_guard" / "best"
    assert json.loads((kept / "metric.json").read_text())["value"] == best
    weights = (kept / "best_accuracy.pdparams").read_bytes()
    assert weights == (demo.folder / "bug" / "best_accuracy.pdparams").read_bytes()
    assert f"best:   {run / 'best_accuracy'} (hmean {best:.4f}" in done.stdout


def test_with_the_cause_removed_the_run_is_judged_anew(demo: Played, tmp_path: Path) -> None:
    done, run = resume(demo, "fixed", tmp_path)
    assert done.returncode == 0, done.stdout
    (start,) = records(run, "run_start")
    assert any("total_epoch" in change for change in start["changed"])
    assert records(run, "alert") == []
    over = {r["code"] for r in records(run, "resolved")}
    assert {"hmean_collapse", "shrink_ratio_unexpected"} <= over
    verdict = records(run, "verdict")[-1]
    assert (verdict["state"], verdict["conditions"]) == ("healthy", [])
    assert records(run, "eval")[-1]["value"] > 0.7
    page = tmp_path / "report.html"
    words = [sys.executable, "-m", "ppocr_guard", "report", str(run), "-o", str(page)]
    subprocess.run(words, check=True, timeout=120)
    assert "healthy" in page.read_text(encoding="utf-8").lower()


def test_a_repaired_run_has_no_warning(demo: Played, tmp_path: Path) -> None:
    config = (demo.folder / "bug.yml").read_text(encoding="utf-8")
    assert "repair: false" in config
    (demo.folder / "repaired.yml").write_text(
        config.replace("repair: false", "repair: true"), encoding="utf-8"
    )
    done, run = resume(demo, "repaired", tmp_path)
    (start,) = records(run, "run_start")
    assert start["changed"] == ["Guard.repair: False -> True"]
    assert [a for a in records(run, "alert") if a["severity"] != "info"] == [], done.stdout
    repaired = records(run, "repaired")
    assert {(r["operator"], round(r["was"], 4), r["ratio"]) for r in repaired} == {
        ("MakeShrinkMap", 0.8096, 0.4),
        ("MakeBorderMap", 0.8096, 0.4),
    }
    assert "shrink_ratio_mismatch" not in done.stdout
