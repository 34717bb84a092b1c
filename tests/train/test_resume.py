"""A run that was stopped and resumed: what was wrong still is, or is over."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ppocr_guard.demo import sources, train
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
