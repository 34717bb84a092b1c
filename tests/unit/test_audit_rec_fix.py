"""``fix`` on a recognition configuration: a dictionary with the missing characters."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest
from rec_data import LETTERS, RecProject

from ppocr_guard.cli import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecProject:
    monkeypatch.chdir(tmp_path)
    made = RecProject(tmp_path)
    made.labels("Train", ["apple", "5€", "²", "a\u200bb", "ｂ"] * 40)
    made.labels("Eval", ["bread", "7£"])
    made.save()
    return made


def test_a_dictionary_is_written_beside_the_old_one(
    project: RecProject, capsys: pytest.CaptureFixture[str]
) -> None:
    old = (project.folder / "lines" / "dict.txt").read_bytes()
    main(["fix", "my.yml", "--release", "2.10.0"])
    told = capsys.readouterr().out
    new = (project.folder / "lines" / "dict_guard.txt").read_text(encoding="utf-8")
    # What cannot be seen, and the full-width b of which there is a plain one, are left out.
    assert new.split("\n") == [*LETTERS, "£", "²", "€", ""]
    assert (project.folder / "lines" / "dict.txt").read_bytes() == old
    text = (project.folder / "my.yml").read_text(encoding="utf-8")
    assert "character_dict_path: ./lines/dict_guard.txt" in text
    assert "36 characters of ./lines/dict.txt and 3 more (£ ² €)" in told
    assert "is trained anew" in told
    assert told.count("wrote: ") == 1  # Train and Eval need the same file
    assert told.count("fixed: ") == 1
    assert "(U+200B ZERO WIDTH SPACE)" in told  # left for the user

    main(["fix", "my.yml", "--release", "2.10.0"])
    assert not (project.folder / "lines" / "dict_guard_guard.txt").exists()


def test_with_diff_nothing_is_written(
    project: RecProject, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fix", "my.yml", "--diff", "--release", "2.10.0"])
    told = capsys.readouterr()
    assert "+  character_dict_path: ./lines/dict_guard.txt" in told.out
    assert "would write" in told.err
    assert not (project.folder / "lines" / "dict_guard.txt").exists()


def test_a_file_of_that_name_is_left_alone(project: RecProject) -> None:
    project.write("lines/dict_guard.txt", "mine\n")
    main(["fix", "my.yml", "--release", "2.10.0"])
    assert (project.folder / "lines" / "dict_guard.txt").read_text() == "mine\n"
    assert (project.folder / "lines" / "dict_guard2.txt").exists()


def test_spaces_are_switched_on_only_without_weights(project: RecProject) -> None:
    project.labels("Train", ["a b", "ab"] * 40)
    project.labels("Eval", ["ab"])
    main(["fix", "my.yml", "--release", "2.10.0"])
    assert "use_space_char: true" in (project.folder / "my.yml").read_text(encoding="utf-8")
    project.config["Global"]["pretrained_model"] = "./best"
    project.save()
    main(["fix", "my.yml", "--release", "2.10.0"])
    assert "use_space_char: false" in (project.folder / "my.yml").read_text(encoding="utf-8")


def test_a_folder_of_the_new_dictionarys_name_is_passed_over(tmp_path: Path) -> None:
    project = RecProject(tmp_path)
    project.labels("Train", ["caf\u00e9"] * 9)
    (project.folder / "lines" / "dict_guard.txt").mkdir()
    (problem,) = [p for p in project.problems("characters_outside") if p.new]
    assert problem.new[0].path.name == "dict_guard2.txt"


@pytest.mark.parametrize(
    ("labels", "lacking", "weights", "written"),
    [
        (2000, 1, None, False),
        (2000, 2, None, True),
        (2000, 19, "./best", False),
        (2000, 20, "./best", True),
        (2000, 19, "https://example.com/best.pdparams", False),
    ],
)
def test_for_few_labels_both_ways_out_are_told_and_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    labels: int,
    lacking: int,
    weights: Optional[str],
    written: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    project = RecProject(tmp_path)
    project.write("lines/train.txt", "a.png\tapple\n" * (labels - lacking))
    project.write("lines/val.txt", "b.png\t5€\n" * lacking)  # shares are of both sets
    project.config["Global"]["pretrained_model"] = weights
    project.save()
    main(["fix", "my.yml", "--release", "2.10.0", "--language", "en"])
    told = capsys.readouterr().out
    assert (project.folder / "lines" / "dict_guard.txt").exists() == written
    assert ("There are two ways." in told) != written
    if not written:
        assert f"these characters, in {lacking} of {labels} texts, are never read" in told
        assert ("acc begins at 0" in told) == (weights is not None)
