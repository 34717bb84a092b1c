"""A rehearsal of real PaddleOCR code tells what reading cannot, and touches nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import TINY

from ppocr_guard.demo import configs, lines, recognition, train

CHECK = [sys.executable, "-m", "ppocr_guard", "check"]


def call(words, cwd, timeout=120):
    return subprocess.run(
        words,
        cwd=cwd,
        env={**train.environment(), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def rehearse(kit, name, change=None, *, tree=None, options=TINY, images="6"):
    """(exit code, what ``check --rehearse --json --no-data`` says) of a changed configuration."""
    path = configs.write(kit.folder / f"{name}.yml", kit.data, kit.folder / name, options)
    if change is not None:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(config)
        path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    words = ["--paddleocr", str(tree or kit.tree()), "--rehearse", "--json", "--no-data"]
    done = call([*CHECK, str(path), *words, "--images", images], kit.folder)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def transforms(config, mode="Train"):
    return config[mode]["dataset"]["transforms"]


def without(config, operator, mode="Train"):
    config[mode]["dataset"]["transforms"] = [
        entry for entry in transforms(config, mode) if operator not in entry
    ]


def set_option(config, operator, **values):
    for entry in transforms(config):
        if operator in entry:
            entry[operator].update(values)


def swap(config):
    entries = transforms(config)
    at = next(i for i, entry in enumerate(entries) if "NormalizeImage" in entry)
    entries[at], entries[at + 1] = entries[at + 1], entries[at]


FAULTS = {
    "no-labels": (
        lambda c: without(c, "DetLabelEncode"),
        "samples_fail",
        "Train.dataset.transforms[1].EastRandomCropData",
    ),
    "no-shrink-map": (
        lambda c: without(c, "MakeShrinkMap"),
        "samples_fail",
        "Train.dataset.transforms[6].KeepKeys",
    ),
    "normalize-last": (swap, "samples_fail", "Train.dataset.transforms[6].NormalizeImage"),
    "shrink-4": (
        lambda c: set_option(c, "MakeShrinkMap", shrink_ratio=4),
        "targets_empty",
        "Train.dataset.transforms[4].MakeShrinkMap",
    ),
    "indicator": (
        lambda c: c["Metric"].update(main_indicator="acc"),
        "training_crashes",
        "Metric.main_indicator",
    ),
    "east": (
        lambda c: c.update(PostProcess={"name": "EASTPostProcess"}),
        "training_crashes",
        "PostProcess",
    ),
    "eval-not-normalized": (
        lambda c: without(c, "NormalizeImage", "Eval"),
        "training_crashes",
        "Eval.dataset.transforms",
    ),
    "save-step-0": (
        lambda c: c["Global"].update(save_epoch_step=0),
        "training_crashes",
        "Global.save_epoch_step",
    ),
    "thresh-30": (
        lambda c: c["PostProcess"].update(thresh=30),
        "postprocess_blind",
        "PostProcess.thresh",
    ),
    "alpa": (lambda c: c["Loss"].update(alpa=5), "unknown_key", "Loss.alpa"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_only_running_tells(kit, name):
    change, code, path = FAULTS[name]
    exit_code, report = rehearse(kit, name, change)
    assert exit_code == 1
    # A rule may have learned to tell it too, in its own words and at its own place.
    codes = {(p["code"], p["path"]) for p in report["problems"] if p["severity"] != "info"}
    assert (code, path) in codes or any(
        p["path"].startswith(path) or path.startswith(p["path"])
        for p in report["problems"]
        if p["severity"] == "critical"
    )
    assert report["rehearsal"]["ended"] == "finished"


def test_images_that_do_not_open(kit, tmp_path):
    (tmp_path / "train").mkdir()
    for image in (kit.data.folder / "train").iterdir():
        (tmp_path / "train" / image.name).write_bytes(b"")
    _, report = rehearse(
        kit, "empty", lambda c: c["Train"]["dataset"].update(data_dir=str(tmp_path))
    )
    (problem,) = [p for p in report["problems"] if p["code"] == "samples_fail"]
    assert problem["path"] == "Train.dataset.transforms[0].DecodeImage"
    assert "6 of 6 samples" in problem["message"]


def test_a_recogniser_with_too_few_time_steps(kit, tmp_path):
    """The sound one passes first; acc is its number before training."""
    data = lines.make_lines(tmp_path / "lines", train_lines=64, val_lines=8)
    for name, width, code in (("rec", 160, None), ("narrow", 32, "ctc_steps_too_few")):
        path = recognition.write(
            tmp_path / f"{name}.yml", data, tmp_path / name, recognition.RecOptions(width=width)
        )
        words = ["--paddleocr", str(kit.tree()), "--rehearse", "--json", "--images", "8"]
        done = call([*CHECK, str(path), *words], tmp_path)
        report = json.loads(done.stdout)
        codes = [p["code"] for p in report["problems"] if p["severity"] != "info"]
        assert report["rehearsal"]["main_indicator"] == "acc"
        assert report["rehearsal"]["baseline"] == 0
        if code is None:
            assert "ctc_steps_too_few" not in codes
            assert "training_crashes" not in codes
        else:
            assert code in codes or any("ctc" in other for other in codes)
            assert "part_without_gradient" not in codes


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"  # other trainings share the tree
    }


@pytest.mark.parametrize("release", ["2.10.0", "3.7.0"])
def test_a_sound_configuration_passes_and_nothing_is_touched(kit, release):
    tree, data = kit.tree(release), contents(kit.data.folder)
    code_before = contents(tree)
    started = time.monotonic()
    exit_code, report = rehearse(kit, f"sound-{release}", tree=tree)
    assert time.monotonic() - started < 60
    assert exit_code == 0, report["problems"]
    assert contents(kit.data.folder) == data
    assert contents(tree) == code_before
    assert not (kit.folder / f"sound-{release}").exists()  # save_model_dir
    seen = report["rehearsal"]
    assert seen["samples"]["Train"] == {"tried": 6, "failed": 0, "of": 32}
    assert seen["baseline"] is not None
    assert seen["baseline_images"] == seen["validation_images"] == 6
    assert seen["step_seconds"] > 0
    assert seen["evaluation_seconds"] > 0
    assert seen["hours"] > 0
    assert seen["peak_memory_bytes"] > 2**27
    assert len(seen["losses"]) == 3


def test_weights_are_compared_and_score_before_training(kit):
    base = kit.run("base", guard=None, prefix=(), epoch_num=8, learning_rate=0.01)
    assert base.code == 0, base.output
    weights = base.folder / "latest"
    _, report = rehearse(
        kit, "fine-tune", options=replace(TINY, pretrained_model=weights), images="32"
    )
    seen = report["rehearsal"]
    assert seen["weights"]["fit"] == seen["weights"]["total"] > 50
    # The whole validation set is looked at, so the number is that of the last evaluation.
    last = float(base.lines("cur metric")[-1].split("hmean: ")[1].split(",")[0])
    assert seen["baseline"] == pytest.approx(last, abs=1e-9)
    wide = replace(TINY, pretrained_model=weights, backbone_scale=1.0)
    exit_code, report = rehearse(kit, "wide", options=wide)
    (problem,) = [p for p in report["problems"] if p["code"] == "weights_mismatch"]
    assert (exit_code, problem["severity"]) == (1, "critical")
    assert report["rehearsal"]["weights"]["parts"]["backbone"]["fit"] == 0


def test_run_trains_after_a_rehearsal_and_knows_its_score(kit):
    guard = "Guard: {hooks: [HmeanTrend, Journal]}\n"
    options = replace(TINY, epoch_num=1, guard=guard)
    path = configs.write(kit.folder / "then.yml", kit.data, kit.folder / "then", options)
    words = [sys.executable, "-m", "ppocr_guard", "run", "--rehearse", "--images", "4", "--"]
    done = call([*words, *train.command(kit.tree(), path)], kit.folder)
    assert done.returncode == 0, done.stderr
    journal = (kit.folder / "then" / "ppocr_guard" / "journal.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in journal.splitlines()]
    (baseline,) = [record for record in records if record["event"] == "baseline"]
    assert (baseline["source"], baseline["images"], baseline["of"]) == ("rehearsal", 4, 6)


def test_run_does_not_start_what_will_fail(kit):
    path = configs.write(kit.folder / "blind.yml", kit.data, kit.folder / "blind", TINY)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  thresh: 0.3\n", "  thresh: 30\n"), encoding="utf-8")
    words = [sys.executable, "-m", "ppocr_guard", "run", "--rehearse", "--images", "6", "--"]
    done = call([*words, *train.command(kit.tree(), path)], kit.folder)
    assert done.returncode == 2
    assert "not started" in done.stderr
    assert not (kit.folder / "blind").exists()
