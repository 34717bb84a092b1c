"""The recognition demo, as far as it needs no training."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

pytest.importorskip("cv2")

from ppocr_guard.demo import command, lines, reading, recognition, sources
from ppocr_guard.demo.follow import DemoError, Run
from ppocr_guard.events import Alert, EvalTexts


def test_the_ceiling_is_what_the_data_was_made_for_and_fix_lifts_it(tmp_path: Path) -> None:
    data = lines.make_lines(tmp_path / "data", 20, 100, reading.WRITING)
    short = lines.write_dictionary(tmp_path / "short.txt", reading.WRITING.alphabet)
    console = Console(record=True, width=200)
    options = replace(reading.BROKEN, dictionary=short)
    config = recognition.write(tmp_path / "my.yml", data, tmp_path / "out", options)
    found = [reading._ceiling(console, config)]
    reading.fix(console, config)
    found.append(reading._ceiling(console, config))
    assert [value["acc"] for value in found] == [pytest.approx(0.6), pytest.approx(1.0)]
    assert found[0]["lost"]["not_in_dictionary"] == 20
    assert found[0]["lost"]["ctc"] == found[0]["lost"]["too_long"] == 10
    told = " ".join(console.export_text().split())  # lines break as the folder's name is long
    assert "0.600 at most can come out as written" in told
    assert "$ ppocr-guard fix my.yml" in told
    assert "short_guard.txt has the 36 characters" in told  # the command's own words
    assert "are longer than the 16 characters that max_text_length 16 leaves" in told
    assert "by hand: [3, 32, 104] -> [3, 32, 208]" in told
    assert short.with_name("short_guard.txt").read_text("utf-8").endswith("²\né\n€\n")


def test_a_fix_that_writes_no_dictionary_ends_the_demo(tmp_path: Path) -> None:
    data = lines.make_lines(tmp_path / "data", 4, 4)
    config = recognition.write(tmp_path / "my.yml", data, tmp_path / "out", reading.BROKEN)
    with pytest.raises(DemoError, match="wrote no dictionary"):
        reading.fix(Console(record=True), config)


def test_it_counts_as_shown_when_it_was_told_before_and_the_repair_helped(tmp_path: Path) -> None:
    alert = Alert("targets_wrong", "critical", "m", "a", global_step=0)

    def result(name: str, acc: float, written: float, told: bool) -> reading.Result:
        texts = EvalTexts(0.0, 1, 1, 1, 100, (), {"acc_written": written})
        run = Run(tmp_path / name, tmp_path / f"{name}.log", 0, [acc])
        run.first_alert, run.texts = (alert if told else None), texts
        return reading.Result(run, {"acc": 0.6})

    console = Console(record=True, width=200)
    before, after = result("broken", 0.7, 0.5, True), result("fixed", 0.8, 0.8, False)
    assert reading._summary(console, before, after, 60.0)
    assert "PaddleOCR's acc 0.700, of the texts as written 0.500" in console.export_text()
    assert not reading._summary(console, result("broken", 0.7, 0.5, False), after, 60.0)
    assert not reading._summary(console, result("broken", 0.7, 0.9, True), after, 60.0)


def test_what_is_missing_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "NEEDED", ("paddle_of_another_world",))
    args = argparse.Namespace(recognition=True, dir=tmp_path / "demo")
    assert command.run(args) == 2
    assert "needs paddle_of_another_world" in capsys.readouterr().out

    monkeypatch.setattr(reading, "NEEDED", ())
    monkeypatch.setattr(sources, "compose", lambda *_: tmp_path)
    monkeypatch.setattr(lines, "_LATIN", [])
    monkeypatch.setattr(lines, "CJK_FONTS", ())
    assert command.run(args) == 1
    out = capsys.readouterr().out
    assert "no font here can write" in out
    assert "Traceback" not in out
