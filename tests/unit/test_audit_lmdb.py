"""Recognition data in LMDB, read as LMDBDataSet has it; each set is a real one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Optional

import pytest
from audit_data import png
from rec_data import LETTERS, WORDS, RecProject

pytest.importorskip("lmdb")
pytest.importorskip("cv2")

import cv2
import lmdb
import numpy as np
from test_texts import CTCLabelEncode

from ppocr_guard.audit.ceiling import CeilingError
from ppocr_guard.audit.rec_ceiling import measure_recognition
from ppocr_guard.cli import main
from ppocr_guard.paddleocr.label_lines import encoder, evaluated, label_lines
from ppocr_guard.paddleocr.texts import Pair, TextReader, Texts
from ppocr_guard.recognition import lmdb_set
from ppocr_guard.recognition.lmdb_set import read_labels


def make(
    folder: Path,
    texts: Sequence[Optional[str]],
    *,
    number: Optional[str] = "",
    size: tuple[int, int] = (120, 32),
) -> None:
    """Samples with these labels; None: an image without one. ``number``: num-samples, None: none
    at all."""
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=1 << 24) as env, env.begin(write=True) as out:
        for index, text in enumerate(texts, 1):
            out.put(b"image-%09d" % index, png(*size))
            if text is not None:
                out.put(b"label-%09d" % index, text.encode())
        if number is not None:
            out.put(b"num-samples", (number or str(len(texts))).encode())


class LmdbProject(RecProject):
    """The healthy project with its data in two LMDB folders below one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for mode in ("Train", "Eval"):
            dataset = self.config[mode]["dataset"]
            dataset["name"] = "LMDBDataSet"
            dataset["data_dir"] = f"./lmdb/{mode}"
            dataset.pop("label_file_list", None)
        train = [f"{word}{number}" for number in range(40) for word in WORDS]
        make(folder / "lmdb/Train/a", train[:200])
        make(folder / "lmdb/Train/b", train[200:])


@pytest.fixture
def project(tmp_path: Path) -> LmdbProject:
    return LmdbProject(tmp_path)


SOUND = [f"{word}x{number}" for number in range(4) for word in WORDS]


def test_a_sound_set_gives_nothing_to_say(project: LmdbProject) -> None:
    make(project.folder / "lmdb/Eval", SOUND)
    assert not [p for p in project.problems() if p.severity != "info"]


def test_labels_are_judged_as_those_of_label_files(project: LmdbProject) -> None:
    texts = [*SOUND, "caf\u00e9", "", "x" * 26, "two words", '[{"transcription": "a"}]']
    make(project.folder / "lmdb/Eval", texts)
    (project.folder / "plain").mkdir()
    plain = RecProject(project.folder / "plain")
    plain.labels("Eval", texts)
    found = {p.code: p for p in project.problems()}
    assert {code: p.severity for code, p in found.items()} == {
        p.code: p.severity for p in plain.problems()
    }
    assert len(found) >= 3
    empty = found["labels_empty"]
    assert empty.path == "Eval.dataset.data_dir"
    assert "lmdb/Eval:42" in empty.message  # the number of the sample


def test_the_ceiling_of_a_set_whose_samples_are_drawn_at_random(project: LmdbProject) -> None:
    # Two of ten are dropped; of the eight others two lose a character.
    labels = ["abc"] * 6 + ["a\u00e9c"] * 2 + ["\u00e9", "x" * 26]
    make(project.folder / "lmdb/Eval", labels)
    value = measure_recognition(project.context())
    assert value["acc"] == pytest.approx(0.6)
    assert value["printed"] == pytest.approx(1.0)  # the shortened ones count as right
    assert (value["samples"], value["evaluated"]) == (10, 8)
    assert value["train"]["samples"] == 400


def test_what_is_dropped_counts_as_the_mean_of_the_others(project: LmdbProject) -> None:
    project.config["Global"]["max_text_length"] = 60
    long = "ab" * 25  # more than CTC's time steps
    make(project.folder / "lmdb/Eval", ["abc", long, "", ""])
    value = measure_recognition(project.context())
    assert value["printed"] == pytest.approx(0.5)
    assert value["lost"]["ctc"] == 1


def test_widths_are_those_of_the_images_in_it(project: LmdbProject) -> None:
    make(project.folder / "lmdb/Eval", SOUND, size=(1200, 32))
    found = [p for p in project.problems("texts_squeezed") if p.path.startswith("Eval")]
    assert len(found) == 1
    assert "image-0000000" in found[0].message


@pytest.mark.parametrize(
    ("number", "said"), [(None, "has no num-samples"), ("many", "that is no number")]
)
def test_a_set_that_paddleocr_cannot_open(
    project: LmdbProject, number: Optional[str], said: str
) -> None:
    make(project.folder / "lmdb/Eval", SOUND, number=number)
    (problem,) = project.problems("lmdb_unreadable")
    assert problem.severity == "critical"
    assert said in problem.message
    with pytest.raises(CeilingError, match="num-samples"):
        measure_recognition(project.context())


def test_a_file_that_is_no_lmdb(project: LmdbProject) -> None:
    folder = project.folder / "lmdb/Eval"
    folder.mkdir()
    (folder / "data.mdb").write_bytes(b"not at all" * 1000)
    (problem,) = project.problems("lmdb_unreadable")
    assert "cannot be read as LMDB" in problem.message


def test_samples_without_a_label(project: LmdbProject) -> None:
    make(project.folder / "lmdb/Eval", [*SOUND, None, None])
    (problem,) = project.problems("lmdb_unreadable")
    assert "2 of 42 samples have no label" in problem.message
    assert measure_recognition(project.context())["samples"] == 40


def test_without_the_package_one_line_says_so(
    project: LmdbProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(project.folder / "lmdb/Eval", SOUND)
    monkeypatch.setitem(sys.modules, "lmdb", None)
    found = project.problems("lmdb_unreadable")
    assert [(p.severity, p.path) for p in found] == [
        ("info", "Train.dataset.data_dir"),
        ("info", "Eval.dataset.data_dir"),
    ]
    assert "package lmdb is not installed" in found[0].message
    monkeypatch.chdir(project.folder)
    assert main(["check", str(project.save()), "--ceiling", "--release", "2.10.0"]) == 2
    assert "`pip install lmdb`" in capsys.readouterr().err


def test_of_a_huge_set_labels_are_read_that_are_spread_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmdb_set, "MOST", 3)
    make(tmp_path / "set", list(LETTERS[:8]))
    found = read_labels(tmp_path / "set")
    assert (found.samples, found.labels) == (8, [(1, "a"), (4, "d"), (7, "g")])


def opened(*folders: Path) -> Iterator[Any]:
    """As LMDBDataSet holds its sets."""
    sets, order = {}, []
    for index, folder in enumerate(folders):
        env = lmdb.open(str(folder), readonly=True, lock=False)
        sets[index] = {"dirpath": str(folder), "env": env, "txn": env.begin()}
        order += [(float(index), float(n + 1)) for n in range(env.stat()["entries"] // 2)]
    encode = CTCLabelEncode("abcdef")
    yield SimpleNamespace(lmdb_sets=sets, data_idx_order_list=np.array(order), ops=[encode])
    for one in sets.values():
        one["env"].close()


def test_lines_of_a_running_evaluation_come_from_it(tmp_path: Path) -> None:
    np_png = bytes(cv2.imencode(".png", np.zeros((32, 64, 3), np.uint8))[1])
    make(tmp_path / "a", ["abc", "\u00e9"])
    make(tmp_path / "b", ["ab\u00e9", "de"])
    with lmdb.open(str(tmp_path / "b"), map_size=1 << 24) as env, env.begin(write=True) as out:
        out.put(b"image-000000001", np_png)
    for data in opened(tmp_path / "a", tmp_path / "b"):
        lines = label_lines(data)
        assert [line.text for line in lines] == ["abc", "\u00e9", "ab\u00e9", "de"]
        assert [line.text for line in label_lines(data, most=2)] == ["abc", "\u00e9"]
        encode = encoder(data.ops)
        assert encode is not None
        seen = list(evaluated(lines, encode, at_random=True))
        assert [label for _, label in seen] == ["abc", "", "ab", "de"]
        assert seen[1][0] is None  # any other stands in for it
        texts = Texts(data)
        texts.pairs = [Pair("abc", 0.9, "abc"), Pair("x", 0.9, "de"),
                       Pair("ab", 0.9, "ab"), Pair("de", 0.9, "de")]  # fmt: skip
        posted: list[Any] = []
        reader = TextReader(posted.append)
        reader.read(texts, 1, 6, 1)
        reader.close()
        (event,) = posted
        assert event.figures["acc_written"] == 0.5
        assert event.figures["altered"] == event.figures["skipped"] == 0.25
        unknown, known = event.worst
        assert (unknown.written, unknown.label, unknown.image) == (None, "de", "")
        assert (known.written, known.image) == ("ab\u00e9", f"{tmp_path}/b/image-000000001")
        assert event.sheet  # its image is there


def test_steps_are_counted_of_a_set_in_lmdb(project: LmdbProject) -> None:
    make(project.folder / "lmdb/Eval", SOUND)
    project.config["Global"]["eval_batch_step"] = [0, 100_000]
    (found,) = project.problems("evaluation_never_reached")
    assert project.context().images("Train") == 400
    assert "the run has only" in found.message
    project.config["Train"]["loader"].update(batch_size_per_card=512, drop_last=True)
    assert [p.severity for p in project.problems("no_step")] == ["critical"]
