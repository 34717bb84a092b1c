"""What a journal may hold that is no record: counted, and never a reason to fail."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_runs import training

from ppocr_guard.events import EvalEnd, Event, RunEnd, RunStart, StepEnd
from ppocr_guard.logs.follow import JournalRuns
from ppocr_guard.logs.journal import parse_line, read_journal
from ppocr_guard.logs.run import summarise
from ppocr_guard.records import to_record


def write(path: Path, *records: Any) -> Path:
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
    return path


def evaluation(number: int, epoch: int, value: float) -> EvalEnd:
    return EvalEnd(1.0, epoch, number * 10, number, {"hmean": value}, "hmean", value, value)


@pytest.mark.parametrize(
    "change",
    [
        {"value": "much"},
        {"value": [0.5]},
        {"epoch": 1.5},
        {"epoch": True},
        {"epoch": 10**400},
        {"time": "nan"},
        {"time": 1e300},
        {"metrics": None},
        {"metrics": {"hmean": "x"}},
        {"main_indicator": 3},
        {"rescored": {"wide": 0.5}},
        {"event": "evil"},
        {"event": {}},
    ],
)
def test_a_record_with_a_wrong_type_is_skipped_and_counted(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    good = to_record(evaluation(1, 1, 0.5))
    path = write(tmp_path / "journal.jsonl", good, {**good, **change}, good)
    reader = read_journal(path)
    assert len(list(reader)) == 2
    assert reader.skipped == 1
    assert reader.reason.startswith("line 2: ")


def test_special_numbers_come_back() -> None:
    step = StepEnd(1.0, 1, 2, {"loss": float("inf")}, learning_rate=1)
    event = parse_line(json.dumps(to_record(step)).encode())
    assert event == step


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"event": "run_end", "time": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\x00",
        b'{"event": "run_end", "time": 1, "epoch": 1, "global_step": 1, "reason": "x"}',
        b'{"event": "run_end", "time": 1, "epoch": 1, "global_step": 1, "reason": "failed",'
        b' "stop": 1}',
        b'{"event": "run_start"}',
    ],
)
def test_a_line_that_is_no_record_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_line(line)


def test_nothing_unprintable_comes_out_of_a_journal() -> None:
    start = RunStart(
        1.0, "\x1b[31mred\udc80", "", "x", {"k\x07": ["\x1b]0;t\x07"]}, "out", epoch_num=1
    )
    record = json.dumps(to_record(start)).encode()
    event = parse_line(record)
    assert isinstance(event, RunStart)
    assert event.run == "\ufffd[31mred\ufffd"
    assert event.config == {"k\ufffd": ["\ufffd]0;t\ufffd"]}


def test_of_repeated_evaluations_the_last_attempt_counts() -> None:
    start = RunStart(1.0, "r", "DB", "2.10.0", {}, "out", epoch_num=9)
    events: list[Event] = [
        start,
        *(evaluation(n, n, n / 10) for n in (1, 2, 3)),
        replace(start, resumed=True, start_epoch=2),  # killed: no end; epochs 2 and 3 again
        evaluation(2, 2, 0.7),
    ]
    [run] = summarise(events)
    assert [p.event.value for p in run.evaluations] == [0.1, 0.7]
    assert [p.event.value for p in run.superseded] == [0.3, 0.2]
    assert [attempt.evaluations for attempt in run.attempts] == [3, 1]
    assert [attempt.end for attempt in run.attempts] == [None, None]
    run.add(RunEnd(2.0, 2, 20, "finished"))
    assert run.attempts[-1].end is run.end is not None


def test_a_guard_that_lost_its_state_repeats_nothing() -> None:
    start = RunStart(1.0, "r", "DB", "2.10.0", {}, "out", epoch_num=9)
    again = replace(start, resumed=True, start_epoch=3)
    [run] = summarise([start, evaluation(1, 1, 0.1), evaluation(2, 2, 0.2), again,
                       evaluation(1, 3, 0.3)])  # fmt: skip
    assert [p.event.value for p in run.evaluations] == [0.1, 0.2, 0.3]


def test_bad_records_are_counted_with_the_run_that_they_stand_in(tmp_path: Path) -> None:
    records = [to_record(event) for event in training("healthy")]
    path = write(tmp_path / "journal.jsonl", *records[:30], {"event": "?"}, *records, 7, [])
    journal = JournalRuns(path)
    assert [run.skipped for run in journal.read()] == [1, 2]
    assert journal.bad_lines == 3
    assert journal.reason.startswith("line 31: ")


def test_a_journal_that_was_deleted_and_begun_anew_is_read_anew(tmp_path: Path) -> None:
    records = [to_record(event) for event in training("healthy")]
    path = write(tmp_path / "journal.jsonl", *records)
    journal = JournalRuns(path)
    assert journal.poll()
    assert journal.runs[0].end is not None
    other = write(tmp_path / "other", *records[:3])  # its inode is not that of the first
    path.unlink()
    assert journal.poll()  # what was read stays while there is none
    other.rename(path)
    assert journal.poll()
    assert journal.begun_anew == 1
    assert len(journal.runs) == 1
    assert journal.runs[0].end is None


def test_a_half_written_record_waits_for_its_rest(tmp_path: Path) -> None:
    line = json.dumps(to_record(evaluation(1, 1, 0.5))).encode() + b"\n"
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line + line[:20])
    journal = JournalRuns(path)
    journal.poll()
    assert len(journal.runs[0].evaluations) == 1
    with path.open("ab") as file:
        file.write(line[20:].replace(b'"evaluation": 1', b'"evaluation": 2'))
    journal.poll()
    assert [p.event.evaluation for p in journal.runs[0].evaluations] == [1, 2]
    assert journal.bad_lines == 0
