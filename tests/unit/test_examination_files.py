"""Whether image files are still those that the run began with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ppocr_guard.paddleocr.examination import files


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    return path


def marked(path: Path) -> list[files.Mark]:
    found = files.mark({"img_path": str(path)})
    assert found is not None
    return [found]


def test_a_file_that_nobody_touched(image: Path) -> None:
    assert files.changed(marked(image)) == []


def test_another_date_alone_is_no_change(image: Path) -> None:
    marks = marked(image)
    os.utime(image, (1, 1))
    assert files.changed(marks) == []


def test_other_bytes_of_the_same_size_are_told(image: Path) -> None:
    marks = marked(image)
    image.write_bytes(b"two")
    os.utime(image, (1, 1))
    assert [one.path for one in files.changed(marks)] == [str(image)]


def test_a_file_that_is_gone_is_left_to_paddleocr(image: Path) -> None:
    marks = marked(image)
    image.unlink()
    assert files.changed(marks) == []


@pytest.mark.parametrize("data", [{}, {"img_path": None}, {"img_path": "no/such.png"}])
def test_a_sample_without_a_file(data: dict) -> None:
    assert files.mark(data) is None
