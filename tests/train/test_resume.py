"""A run that was stopped and resumed: what was wrong still is, or is over."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import conftest
import pytest
from launched import Trainer

from ppocr_guard.demo import configs, lines, recognition, sources, train
from ppocr_guard.demo.command import BUG

pytestmark = pytest.mark.timeout(1800)


def resume(
    demo: Any, name: str, folder: Path, *options: str
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


def test_a_collapse_that_goes_on_is_stopped_again(demo: Any, tmp_path: Path) -> None:
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


def test_with_the_cause_removed_the_run_is_judged_anew(demo: Any, tmp_path: Path) -> None:
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


def test_a_repaired_run_has_no_warning(demo: Any, tmp_path: Path) -> None:
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


def played(values: list[float], *hooks: str) -> str:
    metric = f"{{benchmarks.faults.hooks.PlayedMetric: {{values: {values}}}}}"
    return f"Guard: {{hooks: [{', '.join([*hooks, metric])}]}}\n"


def test_stopped_again_on_the_newest_release(kit: Any) -> None:
    """3.7.0; the metric is played, the trainer is real."""
    values = [0.4, 0.6, 0.7, 0.72, *[0.1] * 30]
    hooks = ("{HmeanTrend: null}", "{Journal: null}", "{AutoStop: {exit_code: 3}}")
    options = replace(
        conftest.TINY, guard=played(values, *hooks), epoch_num=len(values), num_workers=0
    )
    config = configs.write(
        kit.folder / "stopped-again.yml", kit.data, kit.folder / "stopped-again", options
    )
    trainer = Trainer(kit.tree("3.7.0"), config, kit.folder / "stopped-again")
    code, output = trainer.launch()
    assert code == 3, output[-3000:]
    assert "The guard stopped this run (hmean_collapse)" in output
    before = len(trainer.records("eval"))
    code, output = trainer.launch()
    assert code == 3, output[-3000:]
    assert "This run was stopped for it" in output
    evaluations = trainer.records("eval", last_launch=True)
    assert 1 <= len(evaluations) <= 3  # collapse_patience
    assert evaluations[0]["evaluation"] == before + 1
    verdict = trainer.records("verdict", last_launch=True)[-1]
    assert verdict["state"] == "collapsed"
    kept = json.loads((trainer.folder / "ppocr_guard" / "best" / "metric.json").read_text())
    assert (kept["metric"], kept["value"]) == ("hmean", 0.72)


def test_a_resume_that_forgets_the_best_recogniser_does_not_lose_it(kit: Any) -> None:
    """From 2.9.0 on PaddleOCR begins with a best acc of 0 again, and replaces best_accuracy."""
    data = lines.make_lines(kit.folder / "lines", train_lines=64, val_lines=8)
    stop = "{benchmarks.faults.hooks.StopAt: {evaluation: 2}}"
    guard = played([0.5, 0.6, 0.1, 0.2], "{HmeanTrend: null}", "{Journal: null}", stop)
    options = recognition.RecOptions(
        guard=guard, epoch_num=4, eval_batch_step=(0, 2), num_workers=0, hidden_size=16
    )
    folder = kit.folder / "forgotten"
    config = recognition.write(kit.folder / "forgotten.yml", data, folder, options)
    trainer = Trainer(kit.tree("3.7.0"), config, folder)
    code, output = trainer.launch()
    assert code == 3, output[-3000:]  # stopped, as `run` says it
    best = (folder / "best_accuracy.pdparams").read_bytes()
    code, output = trainer.launch()
    assert code == 0, output[-3000:]
    kept = folder / "ppocr_guard" / "best"
    assert (
        "PaddleOCR has replaced its best_accuracy (acc 0.6000) by a worse model (0.1000); "
        f"the guard has kept the better one: {kept / 'best_accuracy'}"
    ) in output
    assert (folder / "best_accuracy.pdparams").read_bytes() != best
    assert (kept / "best_accuracy.pdparams").read_bytes() == best
    assert f"Best: {kept / 'best_accuracy'} (acc 0.6000 at epoch 2)" in output
