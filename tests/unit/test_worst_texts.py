"""The lines that a recogniser read worst, from the evaluation to what a person looks at."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from report_runs import CONFIG, write_journal
from rich.console import Console

from ppocr_guard.cli import main
from ppocr_guard.events import EvalEnd, EvalTexts, ReadText, RunEnd, RunStart
from ppocr_guard.hooks.journal import Journal
from ppocr_guard.logs.run import Run, summarise
from ppocr_guard.records import from_record, to_record
from ppocr_guard.report.frame import Frame
from ppocr_guard.report.text import Words
from ppocr_guard.sample_files import kept_samples

pytest.importorskip("cv2")

import cv2
import numpy as np

from ppocr_guard.paddleocr.line_images import HEIGHT, WIDTH, image_file, sheet
from ppocr_guard.paddleocr.texts import Pair, TextReader, Texts

READ = (
    ReadText("val/1.png", "5 €²", "5 ", "x<b>", 4, 0.5),
    ReadText("val/2.png", "abc", "abc", "", 3, 0.1),
)
FIGURES = {"acc_written": 0.25, "empty": 0.5}


def png(height: int, width: int, colour: int = 200) -> bytes:
    return bytes(cv2.imencode(".png", np.full((height, width, 3), colour, np.uint8))[1])


def texts(evaluation: int = 2, page: bytes = b"") -> EvalTexts:
    return EvalTexts(9.0, 1, 20, evaluation, 8, READ, FIGURES, page)


def events(folder: str = "out") -> list[Any]:
    scored = {"acc": 0.5, "norm_edit_dis": 0.6}
    return [
        RunStart(1.0, "my_rec", "CRNN", "2.10.0", CONFIG, folder, 2, main_indicator="acc"),
        EvalEnd(8.0, 1, 10, 1, scored, "acc", 0.5, 0.5),
        EvalEnd(9.0, 1, 20, 2, scored, "acc", 0.5, 0.5),
        texts(),
        RunEnd(10.0, 1, 20, "finished"),
    ]


def test_a_sheet_has_a_row_for_each_image_and_one_for_what_cannot_be_read() -> None:
    page = sheet([png(64, 128), None, b"no image", png(32, 3200, 10)])
    pixels = cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels.shape == (4 * HEIGHT, WIDTH, 4)
    rows = [pixels[i * HEIGHT : (i + 1) * HEIGHT] for i in range(4)]
    assert (rows[0][:, :64, 3] == 255).all()  # as high as its row
    assert not rows[0][:, 64:, 3].any()
    assert not rows[1][..., 3].any()
    assert not rows[2][..., 3].any()
    assert rows[3][..., 3].any(axis=0).all()  # as wide as the sheet, and not as high
    assert sheet([None, b"no image"]) == b""


def test_the_images_of_the_worst_lines_come_with_them(tmp_path: Path) -> None:
    for name, width in (("0.png", 32), ("1.png", 64)):
        (tmp_path / name).write_bytes(png(32, width))
    assert image_file(SimpleNamespace(data_dir=str(tmp_path)), "none.png") is None
    assert image_file(SimpleNamespace(), "0.png") is None
    data = SimpleNamespace(
        data_lines=[b"0.png\tab\n", b"1.png\tabc\n"],
        data_idx_order_list=[0, 1],
        delimiter="\t",
        data_dir=str(tmp_path),
        ops=[type("CTCLabelEncode", (), {"dict": {}, "character": ["", *"abc"],
                                         "encode": lambda _, t: ["_abc".index(c) for c in t]})()],
    )  # fmt: skip
    read = Texts(data)
    read.pairs = [Pair("a", 0.5, "ab"), Pair("", 0.5, "abc")]
    posted: list[Any] = []
    reader = TextReader(posted.append)
    reader.read(read, 1, 6, 1)
    reader.close()
    (event,) = posted
    assert [text.image for text in event.worst] == ["1.png", "0.png"]
    pixels = cv2.imdecode(np.frombuffer(event.sheet, np.uint8), cv2.IMREAD_UNCHANGED)
    assert [int((row[0, :, 3] > 0).sum()) for row in np.split(pixels, 2)] == [64, 32]


def test_the_journal_keeps_the_latest_sheet_beside_its_records(tmp_path: Path) -> None:
    hook = Journal()
    start, *_ = events(str(tmp_path))
    hook.on_run_start(start)
    for evaluation in (1, 2):
        hook.on_eval_texts(texts(evaluation, png(64, 32, evaluation)))
    hook.close(time.monotonic() + 5)
    folder = tmp_path / "ppocr_guard"
    (kept,) = kept_samples(folder / "samples")
    assert (kept.kind, kept.evaluation, kept.png()) == ("texts", 2, png(64, 32, 2))
    records = (folder / "journal.jsonl").read_text("utf-8").splitlines()
    read = [from_record(json.loads(line)) for line in records[1:]]
    assert read == [texts(1), texts(2)]  # without pictures
    assert from_record(to_record(texts(1, b"x"))) == texts(1, b"x")

    none = Journal(samples=False)
    none.on_run_start(replace(start, save_model_dir=str(tmp_path / "other")))
    none.on_eval_texts(texts(1, png(64, 32)))
    none.close(time.monotonic() + 5)
    assert not (tmp_path / "other" / "ppocr_guard" / "samples").exists()


@pytest.mark.parametrize("pictures", [True, False])
def test_the_report_has_them_as_a_table(tmp_path: Path, pictures: bool) -> None:
    write_journal(tmp_path, iter(events()))
    if pictures:
        folder = tmp_path / "ppocr_guard" / "samples"
        folder.mkdir()
        (folder / "texts-0002.png").write_bytes(png(64, 32))
    output = tmp_path / "r.html"
    assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
    html = output.read_text("utf-8")
    assert "Read as they were written: 0.2500." in html
    assert "PaddleOCR, against the labels as it changed them: acc 0.5000." in html
    assert '<dt>Read as written</dt><dd class="value">0.2500</dd>' in html  # beside the acc
    assert '<span class="read">5 €²</span>' in html
    assert '<span class="read differs">5 </span>' in html  # what PaddleOCR made of it
    assert '<span class="read">x&lt;b&gt;</span>' in html
    assert "(empty)" in html
    assert html.count("data:image/png") == pictures  # once for all rows
    assert html.count('<use href="#lines-of-0"/>') == 2 * pictures
    assert "Green: true texts" not in html  # of a detector


def test_a_sheet_of_another_evaluation_is_not_shown(tmp_path: Path) -> None:
    write_journal(tmp_path, iter(events()))
    folder = tmp_path / "ppocr_guard" / "samples"
    folder.mkdir()
    output = tmp_path / "r.html"
    for name, data in (("texts-0001.png", png(64, 32)), ("texts-0002.png", png(64, 32)[:20])):
        (folder / name).write_bytes(data)
        assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
        assert "data:image/png" not in output.read_text("utf-8")


def frame(run: Run, rows: int | None, width: int = 80, language: str = "en") -> str:
    console = Console(width=width, record=True, file=StringIO(), color_system=None)
    console.print(Frame(run, Words(language), now=run.time, rows=rows))
    return console.export_text()


def test_the_live_view_shows_as_many_as_there_is_room_for() -> None:
    (run,) = summarise(events())
    many = tuple(replace(READ[0], distance=n) for n in range(20, 10, -1))
    run.texts = replace(texts(), worst=many)
    whole = frame(run, None)
    assert "Label as written" in whole
    assert "PaddleOCR sees" in whole
    assert whole.count("x<b>") == 10
    assert frame(run, 24).count("x<b>") in (5, 10)
    assert frame(run, 12).count("x<b>") == 0
    for rows in (12, 18, 24):
        assert len(frame(run, rows).splitlines()) <= rows
    assert "读得最差的文本行" in frame(run, None, language="zh")
    run.texts = replace(texts(), worst=READ[1:])  # no label was changed: no column for it
    assert "PaddleOCR sees" not in frame(run, None)


def test_visualdl_gets_text_and_images(tmp_path: Path) -> None:
    visualdl = pytest.importorskip("visualdl")
    from ppocr_guard.hooks.visualdl import FILE_NAME, VisualDL

    hook = VisualDL(language="en")
    start, first, *_ = events(str(tmp_path))
    hook.on_run_start(start)
    hook.on_eval(first)
    hook.on_eval_texts(texts(1, png(64, 32)))
    hook.close(time.monotonic() + 30)
    file = tmp_path / "ppocr_guard" / "vdl" / FILE_NAME
    reader = visualdl.LogReader(file_path=str(file))
    tags = reader.get_tags()
    assert {"eval/worst_images", "eval/worst_best_images"} <= set(tags["image"])
    (record,) = reader.get_data("text", "eval/worst_texts")
    said = record.text.encoded_text_string
    assert "Label as written | Label as PaddleOCR sees it | Prediction | Edit distance" in said
    assert "① '5 €²' | '5 ' | 'x<b>' | 4 | val/1.png" in said.replace("\\'", "'")
    assert "② 'abc' | 'abc' | '' | 3 | val/2.png" in said.replace("\\'", "'")
