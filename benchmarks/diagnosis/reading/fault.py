"""A fault in the training of a recogniser, and the ways in which it comes about."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from benchmarks.diagnosis.faults.fault import Fault, change_images
from ppocr_guard.demo.lines import Line, Lines, Writing, make_lines, read_lines, write_lines

LineChange = Callable[[list[Line]], list[Line]]
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class ReadingFault(Fault):
    """``options``: of :class:`ppocr_guard.demo.recognition.RecOptions`.

    ``train_lines``, ``val_lines``: changes to the label files. ``writing``: both sets are drawn
    anew from such texts, or (``only_train``) the training set alone. ``dictionary``: of the
    config, made of that of the weights.
    """

    train_lines: Optional[LineChange] = None
    val_lines: Optional[LineChange] = None
    writing: Optional[Writing] = None
    only_train: bool = False
    dictionary: Optional[Callable[[str], str]] = None

    def lines(self, source: Lines, folder: Path, seed: int) -> Lines:
        """``source`` with this fault's labels and images, which are written into ``folder``."""
        result = source
        if self.writing is not None:
            drawn = make_lines(folder / "data", 1000, 160, self.writing, seed + 100)
            if self.only_train:
                shutil.copytree(source.folder / "val", drawn.folder / "val", dirs_exist_ok=True)
                shutil.copy(source.val_labels, drawn.val_labels)
            result = drawn._replace(dictionary=source.dictionary)
        elif self.train_images is not None or self.val_images is not None:
            own = folder / "data"
            shutil.copytree(source.folder, own)
            shutil.copy(source.train_labels, own / "train.txt")
            shutil.copy(source.val_labels, own / "val.txt")
            result = Lines(own, own / "train.txt", own / "val.txt", source.dictionary)
        for split, change in (("train", self.train_images), ("val", self.val_images)):
            if change is not None:
                change_images(result.folder / split, change)
        for name, relabel in (("train_labels", self.train_lines), ("val_labels", self.val_lines)):
            if relabel is not None:
                path: Path = getattr(result, name)
                changed = folder / path.name
                write_lines(changed, relabel(read_lines(path)))
                result = result._replace(**{name: changed})
        return result


def texts(change: Callable[[str], str]) -> LineChange:
    return lambda lines: [line._replace(text=change(line.text)) for line in lines]


def shuffled(seed: int) -> LineChange:
    """The texts mixed up against the images."""

    def mix(lines: list[Line]) -> list[Line]:
        words = [line.text for line in lines]
        random.Random(seed).shuffle(words)
        return [line._replace(text=word) for line, word in zip(lines, words)]

    return mix


def moved(by: int) -> LineChange:
    """Every image with the text of a later line."""
    return lambda lines: [
        line._replace(text=other.text) for line, other in zip(lines, lines[by:] + lines[:by])
    ]


def translated(alphabet: str, seed: int, length: tuple[int, int] = (3, 8)) -> LineChange:
    """Texts of other characters, without any relation to the image."""
    rng = random.Random(seed)
    return texts(lambda _: "".join(rng.choices(alphabet, k=rng.randint(*length))))


def biased(index: int, by: float) -> Callable[[dict[str, Any]], None]:
    """The head's bias of one class raised."""

    def change(weights: dict[str, Any]) -> None:
        for name, value in weights.items():
            if name.endswith("fc.bias"):
                value[index] += by

    return change
