"""State files that are damaged: what fits is used, what does not is said."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from ppocr_guard.events import Condition, EvalEnd, Moment
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.hooks.journal import Journal
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paddleocr import state
from ppocr_guard.paddleocr.best import read_kept
from ppocr_guard.paths import journal_path
from ppocr_guard.records import plain

GOOD = plain(Condition("hmean_collapse", "critical", "m", "a", since=Moment(1)))


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "dreadful"},
        {"severity": 3},
        {"code": None},
        {"code": ["x"]},
        {"since": {"time": "late"}},
        {"since": None, "epoch": "one"},
        {"evidence": 5},
        {"message": {"a": 1}},
    ],
)
def test_a_condition_of_wrong_types_is_left_out_and_the_run_is_judged(
    change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard([])
    guard.load_state_dict({"conditions": [{**GOOD, **change}, GOOD], "hooks": {}})
    assert "1 saved conditions cannot be used" in caplog.text
    guard.dispatch(EvalEnd(2.0, 2, 1, 4, {"hmean": 0.5}, "hmean", 0.5, 0.8))
    assert guard.verdict is not None
    assert [held.code for held in guard.verdict.conditions] == ["hmean_collapse"]


@pytest.mark.parametrize(
    "so_far",
    [
        {"evaluations": "many"},
        {"evaluations": float("inf"), "metric": "hmean", "value": 0, "best": 0, "best_epoch": 1},
        {"evaluations": 1, "metric": [], "value": 0.0, "best": 0.0, "best_epoch": None},
        {"evaluations": 1, "metric": "hmean", "value": "x", "best": 0.0, "best_epoch": None},
        [],
        None,
    ],
)
def test_evaluations_of_wrong_types_begin_anew(so_far: Any) -> None:
    guard = Guard([HmeanTrend()])
    guard.load_state_dict({"so_far": so_far})
    guard.dispatch(EvalEnd(2.0, 2, 1, 1, {"hmean": 0.5}, "hmean", 0.5, 0.8))
    assert guard.so_far.evaluations == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"progress": {"evaluations": "x"}}',
        b'{"progress": {"evaluations": 1.5}}',
        b'{"progress": {"best": [1]}}',
        b'{"progress": {}, "hooks": {"HmeanTrend": 3}}',
        b'{"progress": {}, "conditions": {}}',
        b'{"progress": {}, "hooks": {"a": ' + b'{"a": ' * 2000 + b"1" + b"}" * 2002,
    ],
)
def test_a_state_file_that_cannot_be_used_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    (tmp_path / ("latest" + state.SUFFIX)).write_bytes(data)
    with caplog.at_level(logging.WARNING, "ppocr_guard"):
        assert state.load(str(tmp_path / "latest")) is None
    [line] = caplog.messages
    assert "latest.guard.json" in line
    assert "starts anew" in line


def test_a_hook_whose_state_is_no_json_is_named_and_the_others_are_saved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Hook):
        def state_dict(self) -> dict[str, Any]:
            return {"x": {1, 2}}

    class Keeps(Hook):
        def state_dict(self) -> dict[str, Any]:
            return {"x": 1}

    kept = Guard([Odd(), Keeps()]).state_dict()
    assert "hook Odd: its state cannot be saved" in caplog.text
    writer = state.StateWriter()
    writer.save(str(tmp_path / "latest"), state.Progress(2, 0.5, 1), kept, {}, None)
    writer.close()
    saved = state.load(str(tmp_path / "latest"))
    assert saved is not None
    assert saved.hooks == {"Keeps": {"x": 1}}
    assert saved.progress_so_far == state.Progress(2, 0.5, 1)


@pytest.mark.parametrize("value", ["NaN", "1e999", '"x"', "[]", "null"])
def test_a_kept_best_without_a_number_is_none(tmp_path: Path, value: str) -> None:
    (tmp_path / "best_accuracy.pdparams").touch()
    (tmp_path / "metric.json").write_text(f'{{"metric": "hmean", "value": {value}, "epoch": 1}}')
    assert read_kept(tmp_path, "hmean") is None


def test_what_was_told_may_be_anything(tmp_path: Path) -> None:
    path = tmp_path / "announced.json"
    for text in ("", "[[1]]", '[["a", "b", "c", 1e999]]', "[" * 100_000, "{}", "7"):
        path.write_text(text)
        assert state.load_told(path) == {}


def test_a_name_that_is_not_utf_8_is_written_and_read(tmp_path: Path) -> None:
    from test_journal import close, run_start

    hook = Journal()
    hook.on_run_start(
        run_start(tmp_path, Train={"file": b"\xb0\xa1.txt".decode("utf-8", "surrogateescape")})
    )
    close(hook)
    path = journal_path(str(tmp_path))
    path.read_bytes().decode("utf-8")
    [start] = read_journal(path)
    json.dumps(plain(start), ensure_ascii=False).encode("utf-8")


def test_a_deleted_journal_is_said_and_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from test_journal import close, run_start, step

    hook = Journal(every=1)
    hook.on_run_start(run_start(tmp_path))
    hook.on_step(step(1))
    assert hook._queue is not None
    assert hook._queue.flush(5)
    path = journal_path(str(tmp_path))
    path.unlink()
    hook.on_step(step(2))
    close(hook)
    assert [type(event).__name__ for event in read_journal(path)] == ["RunStart", "StepEnd"]
    assert [text for text in caplog.messages if "it is begun anew" in text]
