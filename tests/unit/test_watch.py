from __future__ import annotations

import json
import threading
import time
from io import StringIO
from pathlib import Path

import pytest
from report_runs import BEGAN, training, write_journal
from rich.cells import cell_len
from rich.console import Console

from ppocr_guard.cli import main
from ppocr_guard.events import (
    Alert,
    EvalEnd,
    RunEnd,
    RunStart,
    StepEnd,
)
from ppocr_guard.logs.journal import JournalTail
from ppocr_guard.logs.run import Run, summarise
from ppocr_guard.records import to_record
from ppocr_guard.report.frame import frame, spark, waiting
from ppocr_guard.report.text import Words
from ppocr_guard.report.watch import Watched

EN = Words("en")


def picture(run: Run, *, width: int = 80, language: str = "en", now: float = 0.0) -> str:
    console = Console(width=width, record=True, file=StringIO(), color_system=None)
    console.print(frame(run, Words(language), now=now or run.time))
    return console.export_text()


def lines(*events: object) -> bytes:
    return b"".join(json.dumps(to_record(e)).encode() + b"\n" for e in events)  # type: ignore[arg-type]


def test_a_frame_shows_what_matters() -> None:
    [run] = summarise(training("collapse", stop_at=6))
    shown = picture(run)
    for part in (
        "Collapsed",
        "stopped by the guard",
        "epoch 6 of 40",
        "step 120",
        "▇▅▃▂▂▂",
        "0.8096",
        "expected 0.4 to 0.6",
        "hmean_collapse",
        "shrink_ratio_unexpected (2)",
        "DB/MobileNetV3 · PaddleOCR 2.7.1, 2.7.4 to 2.8.1",
    ):
        assert part in shown
    assert len(shown.splitlines()) <= 24


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_frame_fits_its_terminal(width: int, language: str) -> None:
    [run] = summarise(training("collapse", stop_at=6))
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
    watched = Watched(tmp_path)
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
