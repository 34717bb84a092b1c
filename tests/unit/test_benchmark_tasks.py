"""The benchmark of other tasks: its data, and what it takes for wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from report_runs import CONFIG, write_journal

pytest.importorskip("cv2")

import cv2
import numpy as np

from benchmarks.tasks import data
from benchmarks.tasks.__main__ import _stand_in, look, table
from ppocr_guard.demo.lines import read_lines
from ppocr_guard.events import Alert, EvalEnd, Event, RunEnd, RunStart


def run(folder: Path, *events: Event, indicator: str = "acc", end: str = "finished") -> None:
    start = RunStart(1.0, "r", "CLS", "2.10.0", CONFIG, "out", 4, main_indicator=indicator)
    write_journal(folder / "run", iter([start, *events, RunEnd(9.0, 4, 40, end)]))


def evaluation(value: float, acc: float) -> EvalEnd:
    return EvalEnd(2.0, 1, 10, 1, {"acc": acc, "fps": 90.0}, "acc", value, value)


def test_a_sound_run_has_nothing_wrong(tmp_path: Path) -> None:
    told = Alert("learns_slowly", "info", "m", "a")
    run(tmp_path, evaluation(0.5, 0.5), told, evaluation(0.9, 0.9))
    seen = look(tmp_path)
    assert (seen.indicator, seen.values, seen.end, seen.wrong) == (
        "acc", [0.5, 0.9], "finished", []
    )  # fmt: skip
    row = list(table({"direction": seen}))[-1]
    assert "| acc | 0.50 / 0.90 / 0.90 | learns_slowly (info) | finished | - |" in row


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    false_word = Alert("unclip_mismatch", "warning", "of a detector", "a")
    run(tmp_path, evaluation(90.0, 0.5), false_word, end="failed")
    assert look(tmp_path).wrong == [
        "evaluation 1: 90.0 is not its metric",
        "unclip_mismatch: of a detector",
        "ended: failed",
    ]
    assert look(tmp_path / "none").wrong == ["no journal"]


def test_that_nothing_is_learned_is_no_false_word_where_nothing_is(tmp_path: Path) -> None:
    told = Alert("hmean_not_learning", "warning", "acc learns nothing", "a")
    for value, wrong in ((0.0, 0), (0.6, 1)):
        folder = tmp_path / str(value)
        run(folder, evaluation(value, value), told)
        assert len(look(folder).wrong) == wrong


def test_every_second_line_is_upside_down(tmp_path: Path) -> None:
    lines = data.text_lines(tmp_path / "lines", 4, 2)
    files = data.directions(tmp_path, lines)
    labels = read_lines(files.train)
    assert [line.text for line in labels] == ["0", "180", "0", "180"]
    source = read_lines(lines.train_labels)
    for number in (0, 1):
        before = cv2.imread(str(lines.folder / source[number].image))
        after = cv2.imread(str(files.folder / labels[number].image))
        assert np.array_equal(after, before[::-1, ::-1] if number else before)


def test_boxes_of_receipts_and_tables_lie_on_what_is_drawn(tmp_path: Path) -> None:
    files = data.receipts(tmp_path / "r", 1, 1)
    name, fields = files.train.read_text("utf-8").strip().split("\t")
    image = cv2.imread(str(files.folder / name), cv2.IMREAD_GRAYSCALE)
    for one in json.loads(fields):
        (left, top), _, (right, bottom), _ = one["points"]
        assert image[top:bottom, left:right].min() < 60
        assert one["label"] == f"c{ord(one['transcription'][0]) - ord('a')}"
    files = data.tables(tmp_path / "t", 1, 1)
    label = json.loads(files.train.read_text("utf-8"))
    image = cv2.imread(str(files.folder / label["filename"]), cv2.IMREAD_GRAYSCALE)
    tokens, cells = label["html"]["structure"]["tokens"], label["html"]["cells"]
    assert tokens.count("<td>") == len(cells)
    for cell in cells:
        left, top, right, bottom = cell["bbox"]
        assert image[top:bottom, left:right].min() == 0


def test_a_module_that_is_not_used_has_a_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "before")
    _stand_in(tmp_path, "nothing_like_it.models")
    assert os.environ["PYTHONPATH"] == f"{tmp_path}{os.pathsep}before"
    script = "from nothing_like_it.models import A, B; print(A.__name__, B.__name__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "A B\n", done.stderr
    _stand_in(tmp_path, "json.decoder")  # which is there
    assert not (tmp_path / "json").exists()
