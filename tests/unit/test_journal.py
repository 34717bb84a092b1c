"""The Journal hook, and reading what it wrote."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppocr_guard.events import (
    Alert,
    EvalEnd,
    EvalSample,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    StopRequest,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.journal import Journal
from ppocr_guard.logs.journal import parse_line, read_journal
from ppocr_guard.paths import journal_path
from ppocr_guard.records import to_record
from ppocr_guard.redact import redacted
from ppocr_guard.steps import StepFilter


def run_start(folder: Path, **config: object) -> RunStart:
    return RunStart(
        time=1.0,
        run="r",
        model="DB/MobileNetV3",
        release="2.8.1",
        config={"Global": {"print_batch_step": 5}, **config},
        save_model_dir=str(folder),
        epoch_num=3,
    )


def step(number: int, loss: float = 1.5) -> StepEnd:
    return StepEnd(time=2.0, epoch=1, global_step=number, losses={"loss": loss})


def close(hook: Journal) -> None:
    hook.close(time.monotonic() + 5)


def test_every_event_comes_back_as_it_was_and_steps_are_thinned(tmp_path: Path) -> None:
    hook = Journal()
    start = run_start(tmp_path)
    evaluation = EvalEnd(
        3.0, 1, 20, 1, {"hmean": math.inf}, "hmean", 0.25, 0.5, rescored={0.2: 0.9}
    )
    ratio = ShrinkRatio(3.0, 1, 0, "MakeShrinkMap", "live", 0.8096, 0.4, 0.6)
    alert = Alert("hmean_collapse", "critical", "崩溃", "advice", {"best": 0.9}, evaluation=1)
    end = RunEnd(4.0, 1, 20, "stopped", StopRequest("hmean_collapse", "why", 1, 20, alert=alert))
    hook.on_run_start(start)
    for number in range(1, 21):
        hook.on_step(step(number))
    hook.on_eval(evaluation)
    hook.on_shrink_ratio(ratio)
    hook.on_alert(alert)
    hook.on_run_end(end)
    close(hook)
    reader = read_journal(journal_path(str(tmp_path)))
    events = list(reader)
    assert reader.skipped == 0
    assert events[0] == start
    steps = [event.global_step for event in events if isinstance(event, StepEnd)]
    assert steps == [1, 5, 10, 15, 20]  # the first, then Global.print_batch_step
    assert events[-4:] == [evaluation, ratio, alert, end]


def test_a_step_whose_loss_is_not_finite_is_never_left_out(tmp_path: Path) -> None:
    hook = Journal(every=1000)
    hook.on_run_start(run_start(tmp_path))
    for number in (1, 2, 3):
        hook.on_step(step(number, math.nan if number == 3 else 1.0))
    close(hook)
    steps = [e for e in read_journal(journal_path(str(tmp_path))) if isinstance(e, StepEnd)]
    assert [e.global_step for e in steps] == [1, 3]
    assert math.isnan(steps[1].losses["loss"])


def test_a_second_launch_appends_after_a_torn_line(tmp_path: Path) -> None:
    path = journal_path(str(tmp_path))
    first = Journal()
    first.on_run_start(run_start(tmp_path))
    close(first)
    with path.open("ab") as file:
        file.write(b'{"event": "step", "time": 2.0, "los')
    second = Journal()
    second.on_run_start(run_start(tmp_path))
    second.on_step(step(5))
    close(second)
    reader = read_journal(path)
    assert [type(event) for event in reader] == [RunStart, RunStart, StepEnd]
    assert reader.skipped == 1


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    code = f"""
    import sys, time
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    from pathlib import Path
    from test_journal import Journal, run_start, step
    hook = Journal(every=1)
    hook.on_run_start(run_start(Path({str(tmp_path)!r})))
    for number in range(1, 101):
        hook.on_step(step(number))
    hook._queue.flush(5)
    print("ready", flush=True)
    time.sleep(60)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert len(list(read_journal(journal_path(str(tmp_path))))) == 101


def test_an_unwritable_folder_is_one_warning_and_no_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    hook = Journal()
    with caplog.at_level(logging.WARNING, "ppocr_guard"):
        hook.on_run_start(run_start(blocked))
        hook.on_step(step(5))
        close(hook)
    assert len(caplog.messages) == 1
    assert str(journal_path(str(blocked))) in caplog.messages[0]


def test_a_full_disk_costs_lines_but_not_the_next_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hook = Journal(every=1)
    hook.on_run_start(run_start(tmp_path))
    assert hook._queue is not None
    assert hook._queue.flush(5)
    real, full = os.write, [True]

    def write(fd: int, data: bytes) -> int:
        if full[0]:
            full[0] = False
            real(fd, data[:10])  # half of it fits
            raise OSError(28, "No space left on device")
        return real(fd, data)

    monkeypatch.setattr(os, "write", write)
    hook.on_step(step(1))
    assert hook._queue.flush(5)
    hook.on_step(step(2))
    close(hook)
    monkeypatch.undo()
    reader = read_journal(journal_path(str(tmp_path)))
    assert [type(event) for event in reader] == [RunStart, StepEnd]
    assert reader.skipped == 1
    assert "1 writes failed" in caplog.text


def test_secrets_of_the_configuration_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUARD_WEBHOOK", "https://hooks.example/RESOLVED")
    hook = Journal()
    hook.on_run_start(
        run_start(
            tmp_path,
            Guard={
                "hooks": [
                    {
                        "Notify": {
                            "urls": [
                                "${GUARD_WEBHOOK}",
                                "https://oapi.dingtalk.com/robot/send?access_token=LEAK1",
                                {"url": "https://open.feishu.cn/hook/LEAK2", "secret": "LEAK3"},
                                "tgram://LEAK4:x@host/LEAK5",
                            ]
                        }
                    }
                ]
            },
            Train={"dataset": {"name": "https://user:LEAK6@host/data?sig=LEAK7", "token": "LEAK8"}},
        )
    )
    close(hook)
    text = journal_path(str(tmp_path)).read_text()
    assert "LEAK" not in text
    assert "RESOLVED" not in text
    assert "${GUARD_WEBHOOK}" in text
    assert "https://host/data" in text  # what is no secret stays


@given(st.binary(max_size=200))
def test_garbage_is_a_value_error_and_nothing_else(line: bytes) -> None:
    try:
        parse_line(line)
    except ValueError:
        return
    pytest.fail("random bytes are no record")


@given(st.data())
def test_a_damaged_record_never_raises_anything_else(data: st.DataObject) -> None:
    alert = Alert("c", "info", "m", "a", {"x": 1.0})
    record = to_record(RunEnd(1.0, 1, 2, "stopped", StopRequest("c", "r", 1, 2, alert=alert)))
    key = data.draw(st.sampled_from(sorted(record)))
    record[key] = data.draw(
        st.none() | st.integers() | st.text(max_size=5) | st.dictionaries(st.text(), st.none())
    )
    with contextlib.suppress(ValueError):
        parse_line(json.dumps(record).encode())


def test_redacted_leaves_the_original_alone() -> None:
    config = {"Guard": {"urls": ["https://a/b"]}}
    assert redacted(config) == {"Guard": {"urls": ["https://a/***"]}}
    assert config == {"Guard": {"urls": ["https://a/b"]}}


def test_pictures_of_the_best_and_of_the_last_evaluation_are_kept(tmp_path: Path) -> None:
    def evaluate(hook: Journal, number: int, value: float, best: float) -> None:
        hook.on_eval(EvalEnd(3.0, number, number, number, {}, "hmean", value, best))
        hook.on_eval_sample(EvalSample(3.5, number, number, number, b"\x89PNG%d" % number))

    hook = Journal()
    hook.on_run_start(run_start(tmp_path))
    for number, (value, best) in enumerate([(0.5, 0.5), (0.8, 0.8), (0.3, 0.8), (0.2, 0.8)], 1):
        evaluate(hook, number, value, best)
    close(hook)
    samples = tmp_path / "ppocr_guard" / "samples"
    kept = {path.name: path.read_bytes() for path in samples.iterdir()}
    assert kept == {"best-0002.png": b"\x89PNG2", "last-0004.png": b"\x89PNG4"}
    assert "eval_sample" not in journal_path(str(tmp_path)).read_text()

    hook = Journal()  # a resume goes on from there
    hook.on_run_start(replace(run_start(tmp_path), resumed=True))
    evaluate(hook, 5, 0.4, 0.8)
    close(hook)
    assert sorted(path.name for path in samples.iterdir()) == ["best-0002.png", "last-0005.png"]

    hook = Journal()
    hook.on_run_start(run_start(tmp_path))  # a new run does not show the pictures of another
    close(hook)
    assert list(samples.iterdir()) == []
    assert Guard([Journal()]).handlers("eval_sample")
    assert not Guard([Journal(samples=False)]).handlers("eval_sample")


@pytest.mark.parametrize("how", ["deleted", "folder", "replaced", "cut"])
def test_a_journal_that_is_damaged_in_mid_run_is_begun_anew(tmp_path, caplog, how) -> None:
    hook = Journal()
    guard = Guard([hook])
    guard.dispatch(run_start(tmp_path))
    guard.dispatch(step(1))
    assert hook._queue.flush(5)
    path = tmp_path / "ppocr_guard" / "journal.jsonl"
    if how == "folder":
        shutil.rmtree(path.parent)
    elif how == "cut":
        os.truncate(path, 20)
    else:
        path.unlink()
        if how == "replaced":
            path.write_text("")
    guard.dispatch(step(10))
    assert hook._queue.flush(5)
    guard.dispatch(step(20))
    close(hook)
    assert caplog.text.count("it is begun anew from here") == 1
    lines = path.read_text("utf-8").splitlines()[how == "cut" :]
    assert [json.loads(line)["event"] for line in lines] == ["run_start", "step", "step"]


def test_a_pipe_is_no_journal(tmp_path, caplog) -> None:
    (tmp_path / "ppocr_guard").mkdir()
    os.mkfifo(tmp_path / "ppocr_guard" / "journal.jsonl")
    guard = Guard([Journal()])
    guard.dispatch(run_start(tmp_path))
    assert "cannot write" in caplog.text
    assert "it is a pipe" in caplog.text


def test_a_long_run_thins_its_steps_and_keeps_its_evaluations() -> None:
    kept = StepFilter(1, most=100)
    kept.run_starts({})
    passed = [n for n in range(1, 100_001) if kept.wants(step(n))]
    assert len(passed) < 1200
    assert kept.every == 512
    gaps = [b - a for a, b in zip(passed, passed[1:])]
    assert gaps == sorted(gaps)
    assert kept.wants(StepEnd(time=0.0, epoch=1, global_step=7, losses={"loss": math.nan}))
