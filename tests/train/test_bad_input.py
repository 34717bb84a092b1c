"""What a user can get wrong gets a clear line, and the run goes on where it can."""

from __future__ import annotations

import socket
import sys


def test_a_missing_label_file_is_named_before_paddleocr_fails(kit) -> None:
    data = kit.data._replace(train_labels=kit.folder / "nowhere.txt")
    run = kit.run("no_labels", data=data)
    assert run.code == 1
    (line,) = run.lines("ppocr_guard ERROR", "label_file_missing")
    assert "nowhere.txt does not exist" in line
    assert "no_labels.yml:" in line
    lines = run.output.splitlines()
    traceback = next(i for i, text in enumerate(lines) if text.startswith("Traceback"))
    assert lines.index(line) < traceback


def test_the_run_goes_on_without_the_parts_that_cannot_work(kit) -> None:
    """An evaluation set without images, a port in use, a folder that cannot be made."""
    empty = kit.folder / "empty.txt"
    empty.touch()
    blocked = kit.folder / "parts" / "ppocr_guard"
    blocked.parent.mkdir()
    blocked.touch()  # a file where the guard's folder would be
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        guard = f"Guard: {{hooks: {{Prometheus: {{port: {port}}}}}}}\n"
        data = kit.data._replace(val_labels=empty)
        run = kit.run("parts", data=data, guard=guard, epoch_num=1)
    assert run.code == 0, run.output
    assert run.lines("ppocr_guard WARNING", "[evaluation_disabled]", "Evaluation is off")
    assert run.lines("ppocr_guard WARNING", "Prometheus", f"port {port} of", "is served on")
    for hook in ("Journal", "VisualDL"):
        assert run.lines("ppocr_guard WARNING", hook, str(blocked))
    assert run.lines("epoch 1: effective shrink ratio")
    assert not run.lines("Traceback")


def test_two_runs_in_one_folder_share_the_journal(kit) -> None:
    for _ in range(2):
        run = kit.run("again", epoch_num=1)
        assert run.code == 0, run.output
    journal = run.folder / "ppocr_guard" / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    assert text.count('"event": "run_start"') == text.count('"event": "run_end"') == 2


def test_a_run_with_the_guard_switched_off(kit) -> None:
    run = kit.run("off", guard="Guard: {enabled: false}\n", epoch_num=1)
    assert run.code == 0, run.output
    assert run.lines("Guard.enabled is false")
    assert not (run.folder / "ppocr_guard").exists()


def test_options_of_the_command_line_reach_the_guard(kit) -> None:
    """Of hooks that the file does not name, too; and PaddleOCR can print the key ``on``."""
    overrides = [
        "Guard.hooks.Prometheus=false", "Guard.hooks.Notify=false", "Guard.hooks.Journal.every=1",
    ]  # fmt: skip
    run = kit.run(
        "overrides",
        guard="Guard: {hooks: {VisualDL: false, AutoStop: {on: [no_positives], exit_code: 4}}}\n",
        command=[sys.executable, "tools/train.py", "-c", "{config}", "-o", *overrides],
        epoch_num=1,
    )
    assert run.code == 0, run.output
    assert not run.lines("Prometheus: serving")
    assert (run.folder / "ppocr_guard" / "journal.jsonl").exists()


def test_of_several_o_paddleocr_takes_the_last_and_the_guard_says_so(kit) -> None:
    run = kit.run(
        "twice",
        command=[
            *[sys.executable, "tools/train.py", "-c", "{config}"],
            *["-o", "Global.epoch_num=7", "Global.seed=1", "-o", "Global.seed=2"],
        ],
        epoch_num=1,
    )
    assert run.code == 0, run.output
    (line,) = run.lines("ppocr_guard WARNING", "overrides_lost")
    assert "Global.epoch_num of the command line has no effect" in line
    assert run.lines("seed : 2")
    assert run.lines("epoch: [1/1]")
    assert not run.lines("/7]")


def test_an_equals_sign_in_a_value_of_o_is_met_before_paddleocrs_traceback(kit) -> None:
    run = kit.run(
        "equals",
        command=[
            *[sys.executable, "tools/train.py", "-c", "{config}"],
            *["-o", "Global.pretrained_model=https://example.com/a?b=c"],
        ],
    )
    assert run.code == 2, run.output
    assert run.lines("-o Global.pretrained_model", "Write Global.pretrained_model into the YAML")
    assert run.lines("Training has not started: correct the command line.")
    assert not run.lines("Traceback")
