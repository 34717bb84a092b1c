"""Mistakes of text recognition: dictionaries, labels, lengths, sizes, weights."""

from __future__ import annotations

import pickle
import shutil
from typing import Callable

from benchmarks.mistakes.project import Change, Mistake, Project, both, evaluation, labels, swap

LINES = "lines/train.txt"
SHARE = 8  # every such label has the mistake


def write(name: str, edit: Callable[[str], str], encoding: str = "utf-8") -> Change:
    """Rewrite a text file."""

    def change(project: Project) -> None:
        path = project.folder / name
        text = path.read_text(encoding="utf-8")
        path.write_bytes(edit(text).encode(encoding))

    return change


def some(text: str, *, name: str = LINES, every: int = SHARE) -> Change:
    """Every so manieth label becomes ``text``; ``{}`` in it is the label that was."""

    def edit(old: list[str]) -> list[str]:
        new = []
        for number, line in enumerate(old):
            image, label = line.split("\t")
            new.append(f"{image}\t{text.replace('{}', label)}" if number % every == 0 else line)
        return new

    return labels(name, edit)


def weights(name: str, classes: int) -> Change:
    def change(project: Project) -> None:
        import numpy as np

        arrays = {"backbone.conv1.weight": np.zeros((1, 1)), name: np.zeros((2, classes))}
        (project.folder / "weights" / "base.pdparams").write_bytes(pickle.dumps(arrays))
        project.text = project.text.replace(
            "pretrained_model: null", "pretrained_model: ./weights/base"
        )

    return change


def copied(project: Project) -> None:
    """Training images under other names in the evaluation set."""
    path = project.folder / "lines" / "val.txt"
    more = []
    for number, line in enumerate((project.folder / LINES).read_text().splitlines()[:6]):
        image, label = line.split("\t")
        target = f"again{number}.png"
        shutil.copyfile(project.folder / "lines" / image, project.folder / "lines" / target)
        more.append(f"{target}\t{label}\n")
    path.write_text(path.read_text() + "".join(more))


def wide(project: Project) -> None:
    """Images of whole lines: 30 times as wide as high."""
    import cv2

    for path in sorted((project.folder / "lines").rglob("*.png"))[::2]:
        cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (960, 32)))


def renamed(project: Project) -> None:
    (project.folder / "arabic_digits").mkdir()
    (project.folder / "lines" / "dict.txt").rename(project.folder / "arabic_digits" / "dict.txt")
    project.text = project.text.replace("./lines/dict.txt", "./arabic_digits/dict.txt")


_DICT = "lines/dict.txt"
_BOX = '[{"transcription": "{}", "points": [[0, 0], [90, 0], [90, 30], [0, 30]]}]'

DEVELOP = (
    Mistake(
        "dictionary with a BOM", "rec_crnn", write(_DICT, lambda t: f"\ufeff{t}"), "byte order mark"
    ),
    Mistake("dictionary in GBK", "rec_v4", write(_DICT, lambda t: f"{t}\u6c49\n", "gbk"), "UTF-8"),
    Mistake(
        "dictionary with empty lines", "rec_nrtr", write(_DICT, lambda t: f"{t}\n\n"), "empty line"
    ),
    Mistake(
        "dictionary with doubled lines", "rec_crnn", write(_DICT, lambda t: t + t), "more than once"
    ),
    Mistake(
        "dictionary with trailing blanks",
        "rec_v4",
        write(_DICT, lambda t: t.replace("\n", " \n")),
        "blank",
    ),
    Mistake(
        "dictionary that is a folder", "rec_crnn", swap("./lines/dict.txt", "./lines"), "dictionary"
    ),
    Mistake(
        "dictionary without half of the letters",
        "rec_v4",
        write(_DICT, lambda t: t[: len(t) // 2]),
        "dictionary lacks",
    ),
    Mistake("euro signs in the labels", "rec_crnn", some("{}\u20ac"), "\u20ac"),
    Mistake("full-width digits", "rec_nrtr", some("\uff11\uff12\uff13"), "FULLWIDTH"),
    Mistake("accents as combining marks", "rec_crnn", some("{}e\u0301"), "COMBINING|NFC|NFD"),
    Mistake("texts longer than the limit", "rec_crnn", some("ab" * 20), "max_text_length"),
    Mistake("texts too long for NRTR's marks", "rec_v4", some("ab" * 12), "max_text_length"),
    Mistake(
        "texts longer than the time steps",
        "rec_crnn",
        both(swap("max_text_length: 25", "max_text_length: 80"), some("ab" * 30)),
        "time steps",
    ),
    Mistake("blanks without use_space_char", "rec_nrtr", some("a {} b"), "use_space_char"),
    Mistake("empty labels", "rec_v4", some(""), "empty"),
    Mistake(
        "detection labels in a third of the lines", "rec_crnn", some(_BOX, every=3), "detection"
    ),
    Mistake(
        "one image hundreds of times",
        "rec_nrtr",
        labels(LINES, lambda old: [*old, *[old[0]] * 300]),
        "stands",
    ),
)

REPORT = (
    Mistake("evaluation on copies of training images", "rec_crnn", copied, "byte for byte"),
    Mistake("a dictionary in a folder named arabic", "rec_crnn", renamed, "arabic"),
    Mistake("weights with one class more", "rec_crnn", weights("head.fc.weight", 38), "classes"),
    Mistake(
        "weights of a detector", "rec_v4", weights("head.binarize.conv1.weight", 8), "detection"
    ),
    Mistake("lines 30 times as wide as high", "rec_crnn", wide, "squeezed"),
    Mistake(
        "first_bs and batch size differ",
        "rec_v4",
        swap("first_bs: 16", "first_bs: 64"),
        "first_bs|batch_size",
    ),
    Mistake(
        "evaluated at twice the width",
        "rec_crnn",
        evaluation("image_shape: [3, 32, 160]", "image_shape: [3, 32, 320]"),
        "image_shape|320",
    ),
    Mistake("labels with a zero-width space", "rec_nrtr", some("{}\u200b"), "ZERO WIDTH"),
    Mistake("Cyrillic letters among Latin ones", "rec_crnn", some("\u0441{}"), "CYRILLIC"),
    Mistake("curly quotes", "rec_v4", some("\u201c{}\u201d"), "\u201c|QUOTATION"),
    Mistake("capitals with a dictionary without", "rec_crnn", some("ABC{}"), "dictionary lacks"),
    Mistake(
        "evaluation labels in another script",
        "rec_v4",
        some("\u6587\u5b57", name="lines/val.txt", every=1),
        "dictionary lacks",
    ),
    Mistake("a dictionary of UTF-16", "rec_nrtr", write(_DICT, lambda t: t, "utf-16"), "UTF"),
    Mistake(
        "a dictionary with the characters of a JSON list",
        "rec_crnn",
        write(_DICT, lambda t: str(t.split())),
        "one class|dictionary lacks|dict",
    ),
    Mistake(
        "max_text_length 12 in the head",
        "rec_v4",
        swap("        max_text_length: 25\n\nLoss", "        max_text_length: 12\n\nLoss"),
        "max_text_length",
    ),
    Mistake("repeats that CTC has no steps for", "rec_crnn", some("1" * 24), "time steps"),
)
