"""Folders with a configuration and a small data set, in which a mistake is made."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

CONFIGS = Path(__file__).with_name("configs")
NAMES = tuple(sorted(path.stem for path in CONFIGS.glob("*.yml")))
PAGES, LINES = (24, 8), (64, 16)  # images to train and to evaluate


class Project:
    """One folder: ``my.yml``, ``pages`` or ``lines`` with their labels, and ``weights``."""

    def __init__(self, folder: Path, data: Path, config: str) -> None:
        shutil.copytree(data, folder, dirs_exist_ok=True)
        self.folder = folder
        self.path = folder / "my.yml"
        self.options: list[list[str]] = []  # behind each -o of the command line
        self.text = (CONFIGS / f"{config}.yml").read_text(encoding="utf-8")

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @text.setter
    def text(self, value: str) -> None:
        self.path.write_text(value, encoding="utf-8")


Change = Callable[[Project], None]


@dataclass(frozen=True)
class Mistake:
    """A mistake, and what its finding must name: a regular expression for path and message."""

    name: str
    config: str
    change: Change
    names: str


@dataclass(frozen=True)
class Harmless:
    """A variant of a configuration that is as good as the original."""

    name: str
    config: str
    change: Change
    gpu: bool = False  # no training of it without one


def make_data(folder: Path) -> Path:
    """Pages, lines and a teacher's weights, the same each time."""
    import numpy as np

    from ppocr_guard.demo.dataset import make_dataset
    from ppocr_guard.demo.lines import make_lines

    make_dataset(folder / "pages", *PAGES, size=320)
    make_lines(folder / "lines", *LINES)
    (folder / "weights").mkdir()
    with (folder / "weights" / "teacher.pdparams").open("wb") as file:
        pickle.dump({"backbone.conv1_1.weight": np.zeros((1, 1), "float32")}, file, protocol=2)
    return folder


def swap(*pairs: str, count: int = 1) -> Change:
    """Replace texts of the YAML: old, new, old, new ... ``count`` times each; 0: everywhere.

    Raises:
        AssertionError: an old text does not stand there.
    """

    def change(project: Project) -> None:
        text = project.text
        for old, new in zip(pairs[::2], pairs[1::2]):
            assert old in text, f"{old!r} does not stand in {project.path}"
            text = text.replace(old, new, count or -1)
        project.text = text

    return change


def evaluation(old: str, new: str) -> Change:
    """As :func:`swap`, in the section Eval."""

    def change(project: Project) -> None:
        start, mark, end = project.text.partition("\nEval:\n")
        assert old in end, f"{old!r} does not stand in Eval of {project.path}"
        project.text = start + mark + end.replace(old, new, 1)

    return change


def move(block: str, before: str) -> Change:
    """Take a block out, and put it before the first line that begins with ``before``."""

    def change(project: Project) -> None:
        text = project.text
        assert text.count(block) >= 1, f"{block!r} does not stand in {project.path}"
        text = text.replace(block, "", 1)
        assert before in text, f"{before!r} does not stand in {project.path}"
        project.text = text.replace(before, block + before, 1)

    return change


def labels(
    name: str, edit: Callable[[list[str]], Sequence[str]], encoding: str = "utf-8"
) -> Change:
    """Rewrite a label file by its lines (without their ends)."""

    def change(project: Project) -> None:
        path = project.folder / name
        lines = list(edit(path.read_text(encoding="utf-8").splitlines()))
        path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))

    return change


def pages(edit: Callable[[list[dict[str, Any]]], object]) -> Change:
    """Rewrite the texts of each training page: ``edit`` changes the list that it is given."""

    def lines(old: list[str]) -> list[str]:
        new = []
        for line in old:
            name, _, label = line.partition("\t")
            texts = json.loads(label)
            edit(texts)
            new.append(f"{name}\t{json.dumps(texts)}")
        return new

    return labels("pages/train.txt", lines)


def boxes(edit: Callable[[dict[str, Any]], object]) -> Change:
    """Change each text of the training pages."""

    def each(texts: list[dict[str, Any]]) -> None:
        for text in texts:
            edit(text)

    return pages(each)


def images(pattern: str, content: bytes) -> Change:
    """Overwrite files with ``content``."""

    def change(project: Project) -> None:
        found = sorted(project.folder.glob(pattern))
        assert found, f"no {pattern} in {project.folder}"
        for path in found:
            path.write_bytes(content)

    return change


def both(*changes: Change) -> Change:
    def change(project: Project) -> None:
        for one in changes:
            one(project)

    return change
