"""The VisualDL hook, read back with VisualDL's own reader."""

from __future__ import annotations

import builtins
import logging
import math
import os
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ppocr_guard.events import (
    Alert,
    Condition,
    EvalEnd,
    EvalSample,
    Moment,
    Resolved,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hooks import visualdl as visualdl_hook
from ppocr_guard.hooks.visualdl import FILE_NAME, VisualDL
from ppocr_guard.hooks.visualdl.file import repair_tail
from ppocr_guard.hooks.visualdl.pictures import Pictures
from ppocr_guard.verdict import LEVELS

visualdl = pytest.importorskip("visualdl")
CONFIG = {
    "Global": {"epoch_num": 500, "print_batch_step": 2},
    "Optimizer": {"lr": {"learning_rate": 0.001}},
    "Train": {"dataset": {"transforms": [{"MakeShrinkMap": {"shrink_ratio": 0.4}}]}},
}


def run_start(folder: Path, **changes: Any) -> RunStart:
    values: dict[str, Any] = {"steps_per_epoch": 10, **changes}
    return RunStart(1000.0, "r", "DB", "2.8.1", CONFIG, str(folder), 500, **values)


def step(number: int, loss: float = 1.0) -> StepEnd:
    return StepEnd(
        1000.0 + number, 1, number, {"loss": loss, "loss_%x": 2.0}, 0.001, 8, 0.5, 0.1, 3
    )


def record_file(folder: Path) -> Path:
    return folder / "ppocr_guard" / "vdl" / FILE_NAME


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """tag -> [(step, value) ...], by VisualDL's reader."""
    reader = visualdl.LogReader(file_path=str(record_file(folder)))
    tags = reader.get_tags().get("scalar", [])
    return {tag: [(r.id, r.value) for r in reader.get_data("scalar", tag)] for tag in tags}


def lines(folder: Path, tag: str) -> dict[str, list[tuple[int, float]]]:
    """Of one chart: name of the line -> [(step, value) ...]."""
    found: dict[str, list[tuple[int, float]]] = {}
    for path in record_file(folder).parent.glob(f"*/{FILE_NAME}"):
        reader = visualdl.LogReader(file_path=str(path))
        found[path.parent.name] = [(r.id, r.value) for r in reader.get_data("scalar", tag)]
    return found


def close(hook: VisualDL) -> None:
    hook.close(time.monotonic() + 10)


def test_curves_text_and_hyperparameters_are_read_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = VisualDL()
    hook.on_run_start(run_start(tmp_path))
    for number in range(1, 7):
        hook.on_step(step(number, math.nan if number == 3 else number / 10))
    hook.on_shrink_ratio(ShrinkRatio(1001.0, 2, 6, "MakeShrinkMap", "live", 0.8096, 0.4, 0.6))
    hook.on_round_trip(RoundTrip(1001.0, 1, 0, 1.5, 0.51, 0.59, 0.43, 0.87, 40))
    hook.on_eval(
        EvalEnd(
            1007.0, 1, 6, 1, {"hmean": 0.24}, "hmean", 0.24, 0.79, rescored={0.2: 0.92, 1.5: 0.24}
        )
    )
    hook.on_verdict(Verdict(1007.0, 1, 6, 1, "collapsed", "it fell"))
    hook.on_alert(Alert("hmean_collapse", "critical", "崩溃", "stop", time=1007.0, global_step=6))
    hook.on_run_end(RunEnd(1008.0, 1, 6, "finished"))
    close(hook)
    found = curves(tmp_path)
    assert [number for number, _ in found["train/loss"]] == [1, 2, 3, 4, 6]  # 3: not finite
    assert math.isnan(found["train/loss"][2][1])
    assert found["train/loss"][-1] == (6, pytest.approx(0.6))
    assert found["train/loss_percentx"][0] == (1, 2.0)
    assert found["train/images_per_second"][0] == (1, 16.0)
    assert found["eval/hmean"] == [(6, pytest.approx(0.24))]
    assert found["eval/best"] == [(6, pytest.approx(0.79))]
    assert found["eval/best_unclip_ratio"] == [(6, pytest.approx(0.2))]
    assert lines(tmp_path, "shrink_ratio/MakeShrinkMap") == {
        "live": [(2, pytest.approx(0.8096))],
        "expected_low": [(2, pytest.approx(0.4))],
        "expected_high": [(2, pytest.approx(0.6))],
    }
    assert found["guard/fitting_unclip_ratio"] == [(0, pytest.approx(0.43))]
    assert found["guard/data_errors"][0] == (1, 3.0)
    assert found["guard/verdict"] == [(6, 7.0)]  # as in Prometheus: the higher the worse
    reader = visualdl.LogReader(file_path=str(record_file(tmp_path)))
    [alert] = reader.get_data("text", "guard/alerts")
    assert "崩溃" in alert.text.encoded_text_string
    assert alert.timestamp == 1007000
    [parameters] = reader.get_data("hyper_parameters", "hparam")
    names = {info.name for info in parameters.hparam.hparamInfos}
    assert {"epoch_num", "learning_rate", "shrink_ratio"} <= names
    assert capsys.readouterr().out == ""


def test_a_resumed_run_goes_on_in_the_same_file_where_its_steps_were(tmp_path: Path) -> None:
    first = VisualDL(every=1)
    first.on_run_start(run_start(tmp_path))
    for number in range(1, 21):
        first.on_step(step(number))
    close(first)
    second = VisualDL(every=1)
    # PaddleOCR counts its steps from 0 again.
    second.on_run_start(run_start(tmp_path, resumed=True, start_epoch=3, global_step=0))
    for number in range(1, 6):
        second.on_step(step(number))
    close(second)
    assert [number for number, _ in curves(tmp_path)["train/loss"]] == list(range(1, 26))
    assert [p.name for p in record_file(tmp_path).parent.iterdir()] == [FILE_NAME]
    reader = visualdl.LogReader(file_path=str(record_file(tmp_path)))
    assert len(reader.get_data("hyper_parameters", "hparam")) == 1


def test_a_truncated_tail_is_cut_and_the_rest_stays_readable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = VisualDL(every=1)
    first.on_run_start(run_start(tmp_path))
    for number in (1, 2, 3):
        first.on_step(step(number))
    close(first)
    path = record_file(tmp_path)
    os.truncate(path, path.stat().st_size - 5)
    with pytest.raises(Exception, match=r"[Pp]ars"):  # the trap: VisualDL itself cannot read it
        curves(tmp_path)
    second = VisualDL(every=1)
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        second.on_run_start(run_start(tmp_path))
    second.on_step(step(4))
    close(second)
    assert [number for number, _ in curves(tmp_path)["train/loss"]] == [1, 2, 3, 4]
    assert "cut off" in caplog.text


@pytest.mark.parametrize("tail", [b"\0" * 64, struct.pack("<Q", 1 << 60), b"abc"])
def test_repair_cuts_what_is_no_record(tmp_path: Path, tail: bytes) -> None:
    hook = VisualDL()
    hook.on_run_start(run_start(tmp_path))
    close(hook)
    path = record_file(tmp_path)
    good = path.read_bytes()
    path.write_bytes(good + tail)
    assert repair_tail(path) == len(tail)
    assert path.read_bytes() == good


def test_a_file_that_is_no_record_file_is_put_aside(tmp_path: Path) -> None:
    path = record_file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is something else")
    hook = VisualDL()
    hook.on_run_start(run_start(tmp_path))
    hook.on_step(step(1))
    close(hook)
    assert [number for number, _ in curves(tmp_path)["train/loss"]] == [1]
    assert len(list(path.parent.glob("broken-*.bin"))) == 1


def test_records_survive_a_kill(tmp_path: Path) -> None:
    code = f"""
    import sys, time
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    from test_visualdl import *
    hook = VisualDL(every=1)
    hook.on_run_start(run_start(Path({str(tmp_path)!r})))
    for number in range(1, 51):
        hook.on_step(step(number))
    hook._queue.flush(10)
    print("ready", flush=True)
    time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "ready"
        os.kill(child.pid, signal.SIGKILL)
    assert len(curves(tmp_path)["train/loss"]) == 50


def test_a_forked_child_neither_blocks_nor_writes(tmp_path: Path) -> None:
    hook = VisualDL(every=1)
    hook.on_run_start(run_start(tmp_path))
    hook.on_step(step(1))
    child = os.fork()
    if child == 0:
        for number in range(2, 2000):
            hook.on_step(step(number))
        os._exit(0)
    deadline = time.monotonic() + 10
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the child hangs")
        time.sleep(0.01)
    close(hook)
    assert len(curves(tmp_path)["train/loss"]) == 1


def test_without_visualdl_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "visualdl":
            raise ModuleNotFoundError("No module named 'visualdl'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    hook = VisualDL()
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        hook.on_run_start(run_start(tmp_path))
        hook.on_step(step(1))
        close(hook)
    assert len(caplog.messages) == 1
    assert "ppocr-guard[visualdl]" in caplog.messages[0]
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    hook = VisualDL()
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        hook.on_run_start(run_start(blocked))
        hook.on_step(step(1))
        close(hook)
    assert len(caplog.messages) == 1
    assert "cannot write" in caplog.messages[0]


def test_runs_below_one_folder_stand_side_by_side_with_their_final_metric(tmp_path: Path) -> None:
    """Read as VisualDL's server does it for its page of hyper-parameters."""
    from visualdl.reader.reader import LogReader
    from visualdl.server import lib

    for name, rate, last in (("a", 0.001, 0.9), ("b", 0.01, 0.24)):
        hook = VisualDL()
        config = {**CONFIG, "Optimizer": {"lr": {"learning_rate": rate}}}
        folder = tmp_path / name / "det"  # both runs are named after their folder
        hook.on_run_start(
            RunStart(1000.0, "det", "DB", "2.8.1", config, str(folder), 5, steps_per_epoch=10)
        )
        for epoch, value in enumerate((0.5, last), 1):
            for source, ratio in (("live", 0.4), ("measured", 0.41)):
                hook.on_shrink_ratio(
                    ShrinkRatio(1.0, epoch, 0, "MakeShrinkMap", source, ratio, 0.4, 0.4)
                )
            metrics = {"hmean": value}
            hook.on_eval(EvalEnd(1.0, epoch, epoch * 10, epoch, metrics, "hmean", value, 0.9))
            state = "healthy" if value > 0.3 else "collapsed"
            hook.on_verdict(Verdict(1.0, epoch, epoch * 10, epoch, state))
        close(hook)
    reader = LogReader(logdir=str(tmp_path))
    reader.load_new_data()
    scalars = lib.get_logs(reader, "scalar")
    of_run = dict(zip(scalars["runs"], scalars["tags"]))
    assert {"a/det", "b/det"} <= set(of_run)
    # One chart: all lines of an operator have one tag.
    ratios = {tag for tags in of_run.values() for tag in tags if tag.startswith("shrink_ratio")}
    assert ratios == {"shrink_ratio/MakeShrinkMap"}
    names = ("live", "measured", "expected low", "expected high")
    for run in ("a/det", "b/det"):
        assert all(of_run[f"{run}: {name}"] == list(ratios) for name in names)
    table = sorted(lib.get_hparam_list(reader), key=lambda run: run["hparams"]["learning_rate"])
    for run, last, verdict in zip(table, (0.9, 0.24), ("healthy", "collapsed")):
        assert run["metrics"]["eval/hmean"] == pytest.approx(last)
        assert run["metrics"]["guard/verdict"] == LEVELS[verdict]


def test_what_holds_and_what_is_over_is_text(tmp_path: Path) -> None:
    hook = VisualDL()
    hook.on_run_start(run_start(tmp_path))
    held = Condition("hmean_collapse", "critical", "hmean is 0.24.", "Stop.")
    hook.on_verdict(Verdict(1.0, 1, 1, 1, "collapsed", "hmean is 0.24.", (held,)))
    still = Alert("hmean_collapse", "critical", "hmean is 0.24.", "Stop.", change="persists")
    hook.on_alert(still)
    hook.on_resolved(Resolved("hmean_collapse", "", "critical", "It is back.", Moment()))
    close(hook)
    reader = visualdl.LogReader(file_path=str(record_file(tmp_path)))
    [verdict] = reader.get_data("text", "guard/verdict_text")
    assert "[critical] hmean_collapse: hmean is 0.24." in verdict.text.encoded_text_string
    told = [r.text.encoded_text_string for r in reader.get_data("text", "guard/alerts")]
    assert told == [
        "[critical] hmean_collapse: Still so after the resume: hmean is 0.24. Stop.",
        "[over] hmean_collapse: It is back.",
    ]
    assert curves(tmp_path)["guard/open_critical"] == [(1, 1.0)]


def test_steps_give_way_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visualdl_hook, "CAPACITY", 40)
    hook = VisualDL(every=1)
    hook.on_run_start(run_start(tmp_path))
    blocked, consume = threading.Event(), hook._consume
    assert hook._queue is not None
    hook._queue._consume = lambda batch: (blocked.wait(10), consume(batch))
    for number in range(1, 501):
        hook.on_step(step(number))
        if number % 50 == 0:
            metrics = {"hmean": 0.5}
            hook.on_eval(EvalEnd(1.0, 1, number, number, metrics, "hmean", 0.5, 0.5))
    blocked.set()
    close(hook)
    assert len(curves(tmp_path)["eval/hmean"]) == 10  # none lost
    written = len(curves(tmp_path)["train/loss"])
    assert 0 < written < 500
    first, last = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert "1 left out so far" in first
    assert f"of this launch {500 - written} steps and 0 other records were left out" in last


def test_pictures_are_thinned_and_the_best_and_the_last_are_kept() -> None:
    pictures = Pictures(4)
    written: dict[str, list[int]] = {"eval/sample": [], "eval/sample_best": []}
    for number in range(1, 101):
        sample = EvalSample(1.0, number, number, number, b"")
        for tag, found in pictures.offer(sample, best=number in (1, 3, 37)):
            written[tag].append(found.evaluation)
    assert written["eval/sample"] == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
    assert written["eval/sample_best"] == [1, 3, 37]
    assert [(tag, sample.evaluation) for tag, sample in pictures.rest()] == [("eval/sample", 100)]
    assert pictures.rest() == []
    assert Pictures(0).offer(EvalSample(1.0, 1, 1, 1, b""), best=True) == []
    many = [number for number in range(1, 100_001) if Pictures(16).is_due(number)]
    assert len(many) < 130
