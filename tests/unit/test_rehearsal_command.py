"""A rehearsal as a command: its process, its numbers, and what it hands to the training."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from rehearsed_facts import DB, only, samples, step, told

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.rehearsal import Rehearsal, RehearsalError, before
from ppocr_guard.audit.rehearsal.before import training_of
from ppocr_guard.audit.rehearsal.found import Found
from ppocr_guard.audit.rehearsal.process import Request, rehearse
from ppocr_guard.audit.rehearsal.summary import costs, rows, summary
from ppocr_guard.cli import main
from ppocr_guard.paddleocr.baseline import rehearsed_findings
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import read_yaml

PLAN = {
    "fact": "plan",
    "epoch_num": 100,
    "first_epoch": 1,
    "steps_per_epoch": 360,
    "eval_start": 0,
    "eval_every": 100,
    "validation_images": 500,
    "num_workers": 4,
    "main_indicator": "hmean",
}

BASELINE = {
    "fact": "baseline",
    "metrics": {"hmean": 0.25, "precision": 0.5},
    "images": 25,
    "seconds": 50.0,
    "memory": 1 << 31,
}


def test_the_numbers_of_json():
    facts = [samples("", "", failed=0), PLAN, BASELINE, step(1, 3.0, 2), step(2, 2.0), step(3, 2.5)]
    numbers = summary(told(*facts))
    assert numbers["baseline"] == 0.25
    assert numbers["step_seconds"] == 0.5
    assert numbers["evaluation_seconds"] == 1000.0  # 2 s an image, 500 images
    assert numbers["hours"] == pytest.approx((36000 * 0.5 + 360 * 1000) / 3600)
    assert numbers["peak_memory_bytes"] == 1 << 31
    assert only(costs(told(*facts), numbers)).code == "evaluation_slow"
    assert ("hmean before training", "0.2500 on 25 of 500 validation images") in rows(numbers)


def test_a_rehearsal_that_saw_nothing_has_no_numbers():
    numbers = summary(told())
    assert numbers["hours"] is numbers["baseline"] is numbers["weights"] is None
    assert list(rows(numbers)) == []


def test_a_small_batch_is_scaled_up_and_said_to_be():
    numbers = summary(told(PLAN, step(1, 3.0, 2, 9.0), step(2, 3.0, 2, 4.0)))
    assert (numbers["step_seconds"], numbers["step_estimated"]) == (16.0, True)


def test_without_paddle_it_says_what_is_missing_and_tells_what_reading_tells(tmp_path, capsys):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -S -c 'import sys'\n", encoding="utf-8")
    python.chmod(0o755)
    tree = tmp_path / "clone"
    for file in ("tools/train.py", "ppocr/data/simple_dataset.py"):
        (tree / file).parent.mkdir(parents=True)
        (tree / file).write_text("class SimpleDataSet:\n    pass\n", encoding="utf-8")
    words = ["check", str(DB), "--no-data", "--rehearse", "--paddleocr", str(tree)]
    assert main([*words, "--python", str(python)]) == 2
    output = capsys.readouterr()
    assert "nothing was rehearsed" in output.err
    assert "db.yml for PaddleOCR" in output.out
    assert main([*words, "--python", str(tmp_path / "none")]) == 2
    assert "cannot be started" in capsys.readouterr().err


def test_time_over_ends_the_process(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
    python.chmod(0o755)
    request = Request(tmp_path, DB, python=str(python), timeout=0.5)
    seen = rehearse(request, lambda _stage, _seconds: None)
    assert seen.ended == "timeout"
    assert seen.exit_code == -9
    assert seen.seconds < 10


def test_ctrl_c_ends_all_that_was_started(tmp_path):
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/worker\nwait\n", encoding="utf-8"
    )
    python.chmod(0o755)
    worker = tmp_path / "worker"

    def interrupted(_stage, seconds):
        if worker.exists() and worker.read_text(encoding="utf-8").strip():
            raise KeyboardInterrupt
        assert seconds < 20

    with pytest.raises(KeyboardInterrupt):
        rehearse(Request(tmp_path, DB, python=str(python)), interrupted)
    stat = Path(f"/proc/{worker.read_text(encoding='utf-8').strip()}/stat")
    if Path("/proc").exists():
        deadline = time.monotonic() + 5  # gone, or a zombie that nobody has waited for
        while stat.exists() and " Z " not in stat.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    "words",
    [
        ["python", "{tree}/tools/train.py", "-c", "my.yml", "-o", "Global.seed=1", "a.b=2"],
        [
            *[
                "python3",
                "-m",
                "paddle.distributed.launch",
                "--gpus",
                "0,1",
                "{tree}/tools/train.py",
            ],
            *["--config", "my.yml", "-o", "c.d=3", "-o", "Global.seed=1", "a.b=2"],
        ],
    ],
)
def test_the_training_is_read_off_the_command(tmp_path, words):
    training = training_of([word.format(tree=tmp_path) for word in words])
    assert training.tree == tmp_path.resolve()
    assert training.config == "my.yml"
    assert training.overrides == ("Global.seed=1", "a.b=2")
    assert Path(training.python).name.startswith("python")


@pytest.mark.parametrize("words", [["sh", "train.sh"], ["python", "tools/train.py"]])
def test_a_command_that_does_not_show_its_training_is_refused(words):
    with pytest.raises(RehearsalError, match="rehearsed"):
        training_of(words)


def test_a_rehearsal_hands_its_warnings_to_the_training_that_follows(monkeypatch):
    found = (
        Found("part_without_gradient", "warning", (), say("{part} is cut off", part="neck"), ""),
        Found("weights_partial", "info", (), say("usual"), ""),
    )
    numbers = summary(told())
    monkeypatch.setattr(before, "rehearsed", lambda *_a, **_k: Rehearsal(found, numbers, ""))
    monkeypatch.setattr(before, "open_context", lambda args: Context(read_yaml(args.yaml)))
    words = ["python", "tools/train.py", "-c", str(DB)]
    outcome = before.rehearse_command(words, images=4, timeout=5)
    assert outcome.exit_code is None
    for name, value in outcome.environment.items():
        monkeypatch.setenv(name, value)
    folder = str(read_yaml(DB).config["Global"]["save_model_dir"])
    assert rehearsed_findings(folder) == {"part_without_gradient": "neck is cut off"}
