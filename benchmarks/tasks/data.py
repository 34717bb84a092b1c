"""Small synthetic data of each task, in the form that PaddleOCR's loaders read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from ppocr_guard.demo.lines import DIGITS, LOWER, Lines, make_lines, read_lines, write_dictionary

FONT = cv2.FONT_HERSHEY_SIMPLEX
CLASSES = 26  # SDMGRHead has as many


class Files(NamedTuple):
    folder: Path
    train: Path
    val: Path


def text_lines(folder: Path, train: int, val: int) -> Lines:
    data = make_lines(folder, train, val)
    write_dictionary(data.dictionary, DIGITS + LOWER)
    return data


def directions(folder: Path, lines: Lines) -> Files:
    """Every second line upside down, labelled 0 or 180."""
    files = Files(lines.folder, folder / "cls_train.txt", folder / "cls_val.txt")
    for source, target in ((lines.train_labels, files.train), (lines.val_labels, files.val)):
        labels = []
        for number, line in enumerate(read_lines(source)):
            turned = bool(number % 2)
            path = lines.folder / line.image
            name = f"turned_{line.image.replace('/', '_')}"
            image = cv2.imread(str(path))
            cv2.imwrite(str(lines.folder / name), image[::-1, ::-1] if turned else image)
            labels.append(f"{name}\t{180 if turned else 0}\n")
        target.write_text("".join(labels), "utf-8")
    return files


def receipts(folder: Path, train: int, val: int) -> Files:
    """One field a row; what begins with the letter of a class is of it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "class_list.txt").write_text("".join(f"c{n}\n" for n in range(CLASSES)), "utf-8")
    write_dictionary(folder / "dict.txt", DIGITS + LOWER)
    rng = np.random.default_rng(5)
    for name, count in (("train", train), ("val", val)):
        lines = []
        for number in range(count):
            image = np.full((256, 256, 3), 235, np.uint8)
            fields = []
            for row, kind in enumerate(rng.permutation(np.arange(1, CLASSES, 2))[:6]):
                text = chr(ord("a") + int(kind)) + str(rng.integers(100, 999))
                top = 10 + 40 * row
                cv2.putText(image, text, (20, top + 24), FONT, 0.9, (20, 20, 20), 2)
                box = [[16, top], [140, top], [140, top + 32], [16, top + 32]]
                fields.append({"transcription": text, "points": box, "label": f"c{kind}"})
            file = f"{name}{number}.png"
            cv2.imwrite(str(folder / file), image)
            lines.append(f"{file}\t{json.dumps(fields)}\n")
        (folder / f"{name}.txt").write_text("".join(lines), "utf-8")
    return Files(folder, folder / "train.txt", folder / "val.txt")


def tables(folder: Path, train: int, val: int) -> Files:
    """Grids of two or three rows and columns, as PubTabNet labels them."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(6)
    for name, count in (("train", train), ("val", val)):
        lines = []
        for number in range(count):
            file = f"{name}{number}.png"
            image, label = _table(*(int(n) for n in rng.integers(2, 4, 2)))
            cv2.imwrite(str(folder / file), image)
            lines.append(json.dumps({"filename": file, "html": label}) + "\n")
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return Files(folder, folder / "train.jsonl", folder / "val.jsonl")


def _table(rows: int, columns: int) -> tuple[Any, dict[str, Any]]:
    image = np.full((40 * rows + 10, 60 * columns + 10, 3), 255, np.uint8)
    tokens, cells = ["<tbody>"], []
    for row in range(rows):
        tokens.append("<tr>")
        for column in range(columns):
            left, top = 5 + 60 * column, 5 + 40 * row
            cv2.rectangle(image, (left, top), (left + 60, top + 40), (0, 0, 0), 1)
            cv2.putText(image, f"{row}{column}", (left + 12, top + 28), FONT, 0.7, (0, 0, 0), 2)
            tokens += ["<td>", "</td>"]
            box = [left + 10, top + 8, left + 46, top + 32]
            cells.append({"tokens": [str(row), str(column)], "bbox": box})
        tokens.append("</tr>")
    tokens.append("</tbody>")
    return image, {"structure": {"tokens": tokens}, "cells": cells}
