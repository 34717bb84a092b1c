"""``ppocr-guard fix``: what it changes, and that it changes nothing else."""

from __future__ import annotations

import json
import os

import pytest
import yaml
from audit_data import CONFIGS, Project

from ppocr_guard.audit.edits import apply_edits
from ppocr_guard.audit.problem import Edit
from ppocr_guard.cli import main

DB = (CONFIGS / "db.yml").read_bytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Project(tmp_path)
    (tmp_path / "my.yml").write_bytes(DB)
    return tmp_path


def fix(*arguments):
    return main(["fix", "my.yml", "--release", "2.8.1", *arguments])


def test_total_epoch_goes_and_every_other_byte_stays(folder):
    assert fix() == 0
    kept = [line for line in DB.splitlines(keepends=True) if b"total_epoch: *" not in line]
    assert (folder / "my.yml").read_bytes() == b"".join(kept)
    assert (folder / "my.yml.orig").read_bytes() == DB
    assert main(["check", "my.yml", "--release", "2.8.1"]) == 0


def test_fixing_twice_changes_nothing_more(folder, capsys):
    fix()
    once = (folder / "my.yml").read_bytes()
    capsys.readouterr()
    assert fix() == 0
    assert "nothing to fix" in capsys.readouterr().out
    assert (folder / "my.yml").read_bytes() == once
    assert sorted(p.name for p in folder.glob("my.yml*")) == ["my.yml", "my.yml.orig"]


def test_the_other_remedy(folder):
    assert fix("--total-epoch", "10000") == 0
    assert (folder / "my.yml").read_bytes() == DB.replace(
        b"total_epoch: *epochs", b"total_epoch: 10000"
    )
    once = (folder / "my.yml").read_bytes()
    assert fix("--total-epoch", "10000") == 0
    assert (folder / "my.yml").read_bytes() == once


def test_the_other_remedy_is_written_where_the_release_does_not_need_it(folder):
    assert main(["fix", "my.yml", "--release", "2.10.0", "--total-epoch", "10000"]) == 0
    assert (folder / "my.yml").read_bytes().count(b"total_epoch: 10000") == 2


def test_diff_changes_nothing(folder, capsys):
    assert fix("--diff") == 0
    output = capsys.readouterr()
    removed = [line for line in output.out.splitlines() if line.startswith("-  ")]
    assert removed == [
        "-        total_epoch: *epochs  # the trap",
        "-        total_epoch: *epochs",
    ]
    assert not [line for line in output.out.splitlines() if line.startswith("+ ")]
    assert (folder / "my.yml").read_bytes() == DB
    assert not (folder / "my.yml.orig").exists()


def test_an_earlier_original_is_kept_too(folder):
    (folder / "my.yml.orig").write_bytes(b"older")
    fix()
    assert (folder / "my.yml.orig").read_bytes() == b"older"
    assert (folder / "my.yml.orig2").read_bytes() == DB


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_line_ends_and_a_missing_last_one_stay(folder, end):
    text = DB.replace(b"\n", end).removesuffix(end)
    (folder / "my.yml").write_bytes(text)
    assert fix() == 0
    kept = [line for line in text.split(end) if b"total_epoch: *" not in line]
    assert (folder / "my.yml").read_bytes() == end.join(kept)


def test_a_byte_order_mark_stays(folder):
    (folder / "my.yml").write_bytes(b"\xef\xbb\xbf" + DB)
    assert fix() == 0
    assert (folder / "my.yml").read_bytes().startswith(b"\xef\xbb\xbf# A DB")


def test_a_link_stays_a_link(folder):
    (folder / "my.yml").rename(folder / "real.yml")
    (folder / "my.yml").symlink_to("real.yml")
    assert fix() == 0
    assert (folder / "my.yml").is_symlink()
    assert b"total_epoch:" not in (folder / "real.yml").read_bytes()


def test_a_hard_link_stays_one(folder):
    other = folder / "other.yml"
    os.link(folder / "my.yml", other)
    assert fix() == 0
    assert os.path.samefile(folder / "my.yml", other)
    assert b"total_epoch:" not in other.read_bytes()
    assert (folder / "my.yml.orig").read_bytes() == DB


def test_a_read_only_file_stays_as_it_is(folder, capsys):
    (folder / "my.yml").chmod(0o444)
    assert fix() == 2
    assert "my.yml: is read-only" in capsys.readouterr().err
    assert (folder / "my.yml").read_bytes() == DB
    assert sorted(p.name for p in folder.glob("*.orig*")) == []


IN_SHRINK_MAP = "        total_epoch: *epochs\n        shrink_ratio"
WRITTEN = {
    "merge": "        <<: {total_epoch: 500}\n        shrink_ratio",
    "question": "        ? total_epoch\n        : 500\n        shrink_ratio",
    "doubled": "        total_epoch: 9\n        total_epoch: 500\n        shrink_ratio",
    "quoted": "        'total_epoch': *epochs\n        shrink_ratio",
}


@pytest.mark.parametrize("how", WRITTEN)
def test_what_is_promised_is_done(folder, how, capsys):
    text = DB.decode()
    assert IN_SHRINK_MAP in text
    (folder / "my.yml").write_text(text.replace(IN_SHRINK_MAP, WRITTEN[how]), encoding="utf-8")
    main(["check", "my.yml", "--release", "2.8.1", "--json"])
    found = json.loads(capsys.readouterr().out)["problems"]
    promised = {problem["path"] for problem in found if problem["fixable"]}
    assert len(promised) == (2 if how == "quoted" else 0)
    assert fix() == (0 if promised else 1)
    done = [line for line in capsys.readouterr().out.splitlines() if line.startswith("fixed: ")]
    assert {line.split()[2] for line in done} == promised


def test_all_other_safe_fixes(folder):
    text = DB.decode().replace("use_visualdl: false", "use_visualdl: true  # to see it")
    text = text.replace("eval_batch_step: [0, 400]", "eval_batch_step:\n  - 3000\n  - 30000")
    text = text.replace("cal_metric_during_train: false", "cal_metric_during_train: true")
    text = text.replace("batch_size_per_card: 1,", "batch_size_per_card: 4,")
    text = text.replace("        - image\n        - shape", "        - shape\n        - image")
    text = text.replace("learning_rate: 0.001 ", "learning_rate: 1e-3 ")
    text = text.replace("      - ./train.txt\n", "", 1).replace(
        "label_file_list:\n    ratio", "label_file_list: './train.txt'\n    ratio"
    )
    (folder / "my.yml").write_text(text, encoding="utf-8")
    assert main(["check", "my.yml", "--release", "2.8.1"]) == 1
    assert fix() == 0
    new = (folder / "my.yml").read_text(encoding="utf-8")
    for part in (
        "use_visualdl: false  # to see it",
        "eval_batch_step:\n  - 0\n  - 50\n",
        "cal_metric_during_train: false",
        "batch_size_per_card: 1,",
        "        - image\n        - shape",
        "learning_rate: 0.001  # for 8 images",
        "label_file_list: [./train.txt]",
        "注释也要保留。",
    ):
        assert part in new, part
    assert fix() == 0
    assert (folder / "my.yml").read_text(encoding="utf-8") == new


def test_what_cannot_be_fixed_is_left_and_said(folder, capsys):
    (folder / "eval.txt").unlink()
    assert fix() == 1
    assert "left for you: my.yml:91" in capsys.readouterr().out


def test_an_unwritable_folder_is_one_line(folder, capsys, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied", "my.yml.orig")

    monkeypatch.setattr("shutil.copy2", refuse)
    assert fix() == 2
    assert capsys.readouterr().err == "ppocr-guard fix: my.yml.orig: Permission denied\n"
    assert (folder / "my.yml").read_bytes() == DB


BASE = "Global: {}\nTrain: {}\nX:\n"


@pytest.mark.parametrize(
    ("text", "path", "new"),
    [
        ("  a: 1\n  b: 2\n", ("a",), "  b: 2\n"),
        ("  a: 1\n  b: 2\n", ("b",), "  a: 1\n"),
        ("  a: 1\n  b:\n  - 1\n  - 2\n  # of c\n  c: 3\n", ("b",), "  a: 1\n  # of c\n  c: 3\n"),
        ("  m: {a: 1, b: 2}\n", ("m", "a"), "  m: {b: 2}\n"),
        ("  m: {a: 1, b: 2}\n", ("m", "b"), "  m: {a: 1}\n"),
        ("  m: {a: 1}\n", ("m", "a"), "  m: {}\n"),
        ("  m: {\n    a: 1,\n    b: 2,\n  }\n", ("m", "a"), "  m: {\n    b: 2,\n  }\n"),
        ("  m:\n    a: 1\n  n: 2\n", ("m", "a"), "  m:\n  n: 2\n"),
        ("  'a': \"x # y\"  # note\n  b: 2\n", ("a",), "  b: 2\n"),
        ("  s: &s 5\n  a: *s\n", ("a",), "  s: &s 5\n"),
        ("  a: &s 5\n  b: *s\n", ("a",), None),  # the alias would have nothing to point to
        ("  l:\n  - a: 1\n    b: 2\n", ("l", 0, "a"), None),  # shares its line with the dash
        ("  a: 1\n", ("b",), None),
    ],
)
def test_deleting(text, path, new):
    result = apply_edits(BASE + text, [Edit(("X", *path))])
    assert result == (None if new is None else BASE + new)


@pytest.mark.parametrize(
    ("text", "path", "value", "new"),
    [
        ("  a: 1  # note\n", ("a",), 2, "  a: 2  # note\n"),
        ("  a: true\n", ("a",), False, "  a: false\n"),
        ("  a:\n  b: 1\n", ("a",), 2, "  a: 2\n  b: 1\n"),
        ("  a: &s 1\n  b: *s\n", ("b",), 2, "  a: &s 1\n  b: 2\n"),
        ("  a: &s 1\n  b: *s\n", ("a",), 2, None),  # b would change too
        ("  a: [0, 3000]\n", ("a",), [0, 50], "  a: [0, 50]\n"),
        ("  a: [ 0,3000 ] # x\n", ("a",), [0, 50], "  a: [ 0,50 ] # x\n"),
        ("  a:\n  - 0 # x\n  - 3000\n", ("a",), [0, 50], "  a:\n  - 0 # x\n  - 50\n"),
        ("  a:\n  - 0\n", ("a",), [0, 50], None),
        ("  a: '1e-4'\n", ("a",), 1e-4, "  a: 0.0001\n"),
        ("  a: 1e-5\n", ("a",), 1e-5, "  a: 1.0e-05\n"),
    ],
)
def test_setting(text, path, value, new):
    result = apply_edits(BASE + text, [Edit(("X", *path), value)])
    assert result == (None if new is None else BASE + new)


def test_a_shared_mapping_is_edited_once():
    text = BASE + "  a: &p\n    total_epoch: 5\n    x: 1\n  b: *p\n"
    edits = [Edit(("X", "a", "total_epoch")), Edit(("X", "b", "total_epoch"))]
    result = apply_edits(text, edits)
    assert result == BASE + "  a: &p\n    x: 1\n  b: *p\n"
    assert yaml.safe_load(result)["X"]["b"] == {"x": 1}


def test_a_merged_key_is_left_alone_where_others_need_it():
    text = BASE + "  a: &p {total_epoch: 5}\n  b:\n    <<: *p\n    x: 1\n"
    assert apply_edits(text, [Edit(("X", "b", "total_epoch"))]) is None
