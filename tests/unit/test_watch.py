from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Optional

import pytest
from report_runs import BEGAN, training, write_journal
from rich.cells import cell_len
from rich.console import Console

from ppocr_guard.cli import main
from ppocr_guard.conditions import Conditions, from_alert
from ppocr_guard.events import (
    Alert,
    Condition,
    EpochStart,
    EvalEnd,
    Event,
    Moment,
    Over,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.logs.journal import JournalTail
from ppocr_guard.logs.run import Run, summarise
from ppocr_guard.records import to_record
from ppocr_guard.report.frame import Frame, waiting
from ppocr_guard.report.spark import best_column, spark
from ppocr_guard.report.text import Words
from ppocr_guard.report.watch import Watched
from ppocr_guard.verdict import SoFar, judge

EN = Words("en")


def picture(
    run: Run,
    *,
    width: int = 80,
    language: str = "en",
    now: float = 0.0,
    rows: Optional[int] = None,
) -> str:
    console = Console(width=width, record=True, file=StringIO(), color_system=None)
    console.print(Frame(run, Words(language), now=now or run.time, rows=rows))
    return console.export_text()


def guarded(events: Iterable[Event]) -> Iterator[Event]:
    """As a guard would have written it: a verdict with what holds after each change."""
    held, so_far = Conditions(), SoFar()
    for event in events:
        if isinstance(event, Verdict):
            continue
        if isinstance(event, Alert):
            held.hold(from_alert(event))
        so_far = so_far.after(event) if isinstance(event, EvalEnd) else so_far
        yield event
        if isinstance(event, (Alert, EvalEnd)):
            at = Moment(event.epoch, event.global_step, event.evaluation, event.time)
            yield judge(held, so_far, at)


def lines(*events: object) -> bytes:
    return b"".join(json.dumps(to_record(e)).encode() + b"\n" for e in events)  # type: ignore[arg-type]


def test_a_frame_shows_what_matters() -> None:
    [run] = summarise(guarded(training("collapse", stop_at=6)))
    shown = picture(run)
    for part in (
        "Collapsed",
        "stopped by the guard",
        "epoch 6 of 40",
        "step 120",
        "★▅▃▂▂▂",
        "★ 0.7900 (epoch 1)",
        "0.8096",
        "expected 0.4 to 0.6",
        "hmean_collapse",
        "shrink_ratio_unexpected",
        "DB/MobileNetV3 · PaddleOCR 2.7.1, 2.7.4 to 2.8.1",
    ):
        assert part in shown


@pytest.mark.parametrize("rows", [10, 14, 18, 24, 40])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_cause_and_advice_are_shown_while_rows_are_free(rows: int, language: str) -> None:
    [run] = summarise(guarded(training("collapse", stop_at=6)))
    shown = picture(run, rows=rows, language=language)
    assert len(shown.splitlines()) <= rows
    if rows < 12:
        assert Words(language)("collapsed") in shown
        return
    assert "hmean_collapse" in shown  # what the verdict rests on comes first
    assert ("→" in shown) == (rows >= 24)
    # No word is cut in two, where there is room for whole ones.
    if rows == 40 and language == "en":
        text = " ".join(line.strip("│╭╮╰╯─ ") for line in shown.splitlines())
        for message in {condition.message for condition in run.conditions}:
            assert message in " ".join(text.split())


def test_what_is_over_is_shown_and_what_holds_has_numbers_of_today() -> None:
    def at(value: float) -> Condition:
        return Condition("hmean_collapse", "critical", f"hmean is {value}.", "Stop.", epoch=1)

    held = Conditions()
    events: list[Event] = [RunStart(BEGAN, "r", "DB", "2.10.0", {}, "out", 9)]
    for epoch, value in enumerate((0.24, 0.23), 1):
        alert = held.hold(at(value))
        events += [alert] if alert else []
        events.append(judge(held, SoFar(epoch), Moment(epoch, epoch, epoch, BEGAN + epoch)))
    shown = picture(summarise(events)[0])
    assert "hmean is 0.23." in shown
    assert "hmean is 0.24." not in shown
    resolved = held.end(Over("hmean_collapse", message="It is back."), Moment(3, 3, 3, BEGAN + 3))
    assert resolved is not None
    events += [resolved, judge(held, SoFar(3), Moment(3, 3, 3, BEGAN + 3))]
    shown = picture(summarise(events)[0])
    assert "✓ epoch 3 hmean_collapse  It is back." in shown
    assert "✖" not in shown


def test_a_resumed_run_is_one_run_and_tells_that_it_was_interrupted() -> None:
    events = [e for e in training("healthy", until=6) if not isinstance(e, RunEnd)]
    first = [*events, RunEnd(events[-1].time, 6, 120, "interrupted")]
    [run] = summarise(guarded(first))
    assert "interrupted" in picture(run)
    start = events[0]
    assert isinstance(start, RunStart)
    again = replace(start, time=events[-1].time + 60, resumed=True, start_epoch=7, global_step=0)
    [run] = summarise(guarded([*first, again, EpochStart(again.time + 1, 7, 0, 20)]))
    shown = picture(run)
    assert "running" in shown
    assert "Resumed at epoch 7, after it was interrupted." in shown


def test_the_learning_rate_is_the_current_one() -> None:
    run = Run()
    run.add(RunStart(BEGAN, "r", "DB", "2.10.0", {}, "out", 3))
    for number, rate in enumerate((0.1, 0.1, 0.1, 0.002), 1):
        run.add(StepEnd(BEGAN + number, 1, number, {"loss": 1.0}, rate, 8, 0.5, 0.1))
    assert "lr 0.002" in picture(run)


def test_the_release_is_told_in_the_readers_language() -> None:
    [run] = summarise(training("collapse", stop_at=6))
    assert "PaddleOCR 2.7.1、2.7.4 至 2.8.1" in picture(run, language="zh")
    assert Words("zh").release("{odd}") == "{odd}"


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_frame_fits_its_terminal(width: int, language: str) -> None:
    [run] = summarise(guarded(training("collapse", stop_at=6)))
    rows = picture(run, width=width, language=language).splitlines()
    assert {cell_len(row) for row in rows} == {width}


def test_a_running_run_tells_time_left_and_silence() -> None:
    [run] = summarise(training("healthy", until=12, ended=False))
    assert "17m 16s left" in picture(run)
    assert "no record for 10m 00s" in picture(run, now=run.time + 600)


def test_a_run_that_has_only_begun() -> None:
    [run] = summarise([RunStart(BEGAN, "r", "DB", "2.10.0", {}, "out", 0)])
    assert "no evaluation yet" in picture(run)


def test_text_of_a_journal_is_no_markup() -> None:
    evil = "[red]x[/red] [/] \x1b[31m \x07"
    run = Run()
    run.add(RunStart(BEGAN, evil, evil, evil, {}, evil, 3))
    run.add(StepEnd(BEGAN, 1, 1, {evil: 1.0}))
    run.add(EvalEnd(BEGAN, 1, 1, 1, {evil: 0.1}, evil, 0.1, 0.1))
    run.add(Alert(evil, "warning", evil, evil, epoch=1, time=BEGAN))
    run.add(RunEnd(BEGAN, 1, 1, "failed", error=evil))
    shown = picture(run, width=200)
    assert shown.count("[red]x[/red]") >= 3
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_spark() -> None:
    assert spark([], 10) == ""
    assert spark([0.0, 0.5, 1.0], 10) == "▁▅█"
    assert spark([0.9, float("nan")], 10) == "█×"
    # Thinned by the lowest: a fall of one evaluation among many still shows.
    assert "▁" in spark([0.9] * 50 + [0.0] + [0.9] * 50, 20)
    assert len(spark([0.5] * 1000, 30)) == 30
    assert spark([0.0, 1.0], 10, " .:-=+*#") == " #"
    assert best_column([0.1, 0.9, 0.2], 10) == 1
    assert best_column([0.1] * 50 + [0.9] + [0.1] * 49, 10) == 5
    assert best_column([0.1], 10) is None
    assert best_column([0.0, float("nan"), 0.0], 10) is None


def test_waiting_names_the_file(tmp_path: Path) -> None:
    console = Console(width=300, record=True, file=StringIO())
    console.print(waiting(tmp_path / "journal.jsonl", EN))
    assert str(tmp_path / "journal.jsonl") in console.export_text()


def test_the_tail_reads_a_piece_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tail = JournalTail(path)
    assert list(tail.poll()) == []
    first, second = lines(StepEnd(BEGAN, 1, 1, {})), lines(StepEnd(BEGAN, 1, 2, {}))
    path.write_bytes(first + second[:10])
    assert [e.global_step for e in tail.poll()] == [1]  # type: ignore[union-attr]
    assert list(tail.poll()) == []
    with path.open("ab") as file:
        file.write(second[10:] + b"no record\n")
    assert [e.global_step for e in tail.poll()] == [2]  # type: ignore[union-attr]
    assert list(tail.poll()) == []
    assert tail.bad_lines == 1


def test_the_tail_follows_rotation_and_truncation(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(lines(*(StepEnd(BEGAN, 1, n, {}) for n in (1, 2, 3))))
    tail = JournalTail(path)
    assert len(list(tail.poll())) == 3
    path.rename(tmp_path / "journal.jsonl.1")
    assert list(tail.poll()) == []
    path.write_bytes(lines(StepEnd(BEGAN, 1, 4, {})))
    assert [e.global_step for e in tail.poll()] == [4]  # type: ignore[union-attr]
    path.write_bytes(b"")
    assert list(tail.poll()) == []
    path.write_bytes(lines(StepEnd(BEGAN, 1, 5, {})))
    assert [e.global_step for e in tail.poll()] == [5]  # type: ignore[union-attr]


def test_a_new_run_in_the_same_journal_takes_over(tmp_path: Path) -> None:
    path = write_journal(tmp_path, training("collapse", stop_at=5))
    watched = Watched([tmp_path])
    assert watched.poll()
    assert watched.summary is not None
    assert watched.summary.state == "stopped"
    with path.open("ab") as file:
        file.write(lines(RunStart(BEGAN + 9999, "again", "DB", "2.10.0", {}, "out", 4)))
    watched.poll()
    assert (watched.summary.name, watched.summary.state) == ("again", "running")


def test_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    write_journal(tmp_path, training("healthy", until=12, ended=False))
    assert main(["watch", str(tmp_path), "--once", "--language", "en"]) == 0
    shown = capsys.readouterr().out
    assert "Healthy" in shown
    assert "epoch 12 of 40" in shown


def test_once_without_a_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path / "soon"), "--once"]) == 2
    assert "no journal" in capsys.readouterr().err
    (tmp_path / "train.log").write_text("x")
    assert main(["watch", str(tmp_path / "train.log")]) == 2
    assert "ppocr-guard replay" in capsys.readouterr().err


def test_waits_for_the_file_and_leaves_when_the_run_has_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = list(training("healthy", epochs=3))

    def train() -> None:
        time.sleep(0.15)
        path = write_journal(tmp_path, iter(events[:40]))
        time.sleep(0.15)
        with path.open("ab") as file:
            file.write(lines(*events[40:]))

    thread = threading.Thread(target=train)
    thread.start()
    assert main(["watch", str(tmp_path), "--interval", "0.05", "--language", "en"]) == 0
    thread.join()
    shown = capsys.readouterr().out
    assert "Waiting for" in shown
    assert "finished" in shown


@pytest.mark.parametrize("interval", ["soon", "nan", "0", "1e9"])
def test_an_interval_that_is_none(interval: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["watch", "out", "--interval", interval])
    assert "must be from 0.05 to 3600 seconds" in capsys.readouterr().err


def test_a_ratio_of_a_source_that_is_not_known_is_shown() -> None:
    start = RunStart(BEGAN, "r", "DB", "2.10.0", {}, "out", 3)
    [run] = summarise([start, ShrinkRatio(BEGAN, 1, 1, "MakeShrinkMap", "guessed", 0.4321)])
    assert "0.4321" in picture(run)


def test_a_narrow_terminal_gets_the_beginning_of_what_holds_in_the_rows_that_are_left() -> None:
    text = " ".join(f"word{number}" for number in range(70))
    alert = Alert("targets_wrong", "critical", text, "Do it.", time=BEGAN, epoch=1)
    [run] = summarise(guarded([*training("healthy", until=3, ended=False), alert]))
    whole = picture(run, width=40)
    assert "word69" in whole.replace("\n", " ")
    small = picture(run, width=40, rows=24)
    told = [line for line in small.splitlines() if "word" in line]
    assert len(small.rstrip("\n").splitlines()) <= 24
    assert len(told) > 2  # not one line, with the rest of the screen empty
    assert "…" in told[-1]
