"""``check --ceiling`` on a recognition configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rec_data import LETTERS, RecProject

from ppocr_guard.cli import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecProject:
    monkeypatch.chdir(tmp_path)
    return RecProject(tmp_path)


def ceiling(project: RecProject, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    project.save()
    main(["check", "my.yml", "--ceiling", "--json", "--release", "2.10.0"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_healthy_set_can_come_out_whole(
    project: RecProject, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ceiling(project, capsys)
    assert found["ceiling"]["metric"] == "acc"
    assert (found["ceiling"]["acc"], found["ceiling"]["printed"]) == (1.0, 1.0)
    assert found["ceiling"]["limits"] == {
        "max_text_length": 25,
        "longest": 25,
        "time_steps": 40,  # 160 pixels, four a step
    }
    assert sum(found["ceiling"]["lost"].values()) == 0
    assert found["train"]["samples"] == 400
    assert found["train"]["dropped"] == found["train"]["shortened"] == 0


def test_what_paddleocr_prints_is_not_what_can_come_out(
    project: RecProject, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["word"] * 87 + ["5€"] * 9 + ["a b"] * 1 + ["a" * 26] * 3
    project.labels("Eval", texts)
    project.labels("Train", ["€", "word", "wo rd", "a" * 22, "x" * 26])
    found = ceiling(project, capsys)
    assert found["ceiling"]["printed"] == 1.0
    assert found["ceiling"]["acc"] == pytest.approx(0.87)
    lost = {reason: count for reason, count in found["ceiling"]["lost"].items() if count}
    assert lost == {"not_in_dictionary": 9, "too_long": 3, "space": 1}
    assert found["ceiling"]["characters"] == {"€": 9, " ": 1}
    train = found["train"]
    assert (train["samples"], train["dropped"], train["shortened"]) == (5, 2, 1)
    assert train["ctc_impossible"] == 1  # 22 equal letters take 43 steps of 40


def test_sentences_name_the_characters(
    project: RecProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.dictionary(LETTERS.replace("x", ""))
    project.labels("Eval", ["a\u0301x", "x", "Ａ", "ok"])
    project.save()
    main(["check", "my.yml", "--ceiling", "--release", "2.10.0"])
    told = capsys.readouterr().out
    assert "PaddleOCR will print acc 1.000 at most." in told
    assert "Of the 4 texts that you labelled, 0.250 at most can come out as written." in told
    assert "(U+0301 COMBINING ACUTE ACCENT) 1" in told
    assert "x 2" in told
    assert "Ａ (U+FF21 FULLWIDTH LATIN CAPITAL LETTER A) 1" in told
    assert "75.0% (3) hold characters that are not in the dictionary" in told


def test_all_labels_dropped_is_said(
    project: RecProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.labels("Eval", ["文字", "文"])
    found = ceiling(project, capsys)
    assert (found["ceiling"]["printed"], found["ceiling"]["acc"]) == (None, 0.0)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("no labels", "no validation label"),
        ("no dictionary", "does not exist"),
        ("GBK", "not written in UTF-8"),
        ("length", "max_text_length is no whole number"),
    ],
)
def test_one_line_where_nothing_can_be_measured(
    project: RecProject, capsys: pytest.CaptureFixture[str], broken: str, words: str
) -> None:
    if broken == "no labels":
        project.write("lines/val.txt", "")
    elif broken == "no dictionary":
        (project.folder / "lines" / "dict.txt").unlink()
    elif broken == "GBK":
        project.write("lines/dict.txt", "文\n字\n", "gbk")
    else:
        project.config["Global"]["max_text_length"] = "25"
    project.save()
    assert main(["check", "my.yml", "--ceiling"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_clone_without_the_classes_is_refused(
    project: RecProject, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tree = tmp_path / "clone"
    for file in ("tools/train.py", "ppocr/data/__init__.py"):
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text("", encoding="utf-8")
    project.save()
    assert main(["check", "my.yml", "--ceiling", "--paddleocr", str(tree)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
