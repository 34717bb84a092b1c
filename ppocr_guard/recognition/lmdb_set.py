"""Text lines in LMDB, in the layout that ``LMDBDataSet`` reads (ppocr/data/lmdb_dataset.py):
``num-samples``, and for each sample, from 1, ``label-000000001`` and ``image-000000001``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.wording import say

NAME = "LMDBDataSet"
FILE = "data.mdb"
KEY = "{}-{:09d}"
MOST = (
    1_000_000  # labels of one folder that are read, evenly over it; there are sets of ten million
)


class LmdbError(Exception):
    """What PaddleOCR cannot read either; the message says why."""


class PackageMissingError(Exception):
    """The package lmdb is not installed."""


@dataclass
class LmdbLabels:
    """The labels of one folder. ``error``: why there are none."""

    folder: Path
    samples: int = 0  # as num-samples says
    labels: list[tuple[int, str]] = field(default_factory=list)  # (number from 1, text)
    without: int = 0  # samples looked at that have no label, or none in UTF-8
    error: Optional[str] = None


def folders(data_dir: Path) -> list[Path]:
    """Those that PaddleOCR opens: every folder below ``data_dir``, or it, that has none in it."""
    return sorted(Path(here) for here, below, _ in os.walk(data_dir) if not below)


def read_labels(folder: Path) -> LmdbLabels:
    """All that can be read of a folder.

    Raises:
        PackageMissingError: lmdb is not installed.
    """
    found = LmdbLabels(folder)
    try:
        with _opened(folder) as get:
            found.samples = _number(get(b"num-samples"))
            step = max(1, -(-found.samples // MOST))
            for number in range(1, found.samples + 1, step):
                text = _text(get(KEY.format("label", number).encode()))
                if text is None:
                    found.without += 1
                else:
                    found.labels.append((number, text))
    except LmdbError as error:
        found.error = error.args[0]
    return found


def read_images(folder: Path, numbers: list[int]) -> dict[int, bytes]:
    """The image files of these samples; those that are there.

    Raises:
        PackageMissingError: lmdb is not installed.
    """
    try:
        with _opened(folder) as get:
            found = {number: get(KEY.format("image", number).encode()) for number in numbers}
    except LmdbError:
        return {}
    return {number: bytes(data) for number, data in found.items() if data}


@contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    """A function from key to value or None; nothing is written, and no lock is taken."""
    try:
        import lmdb
    except ImportError:
        raise PackageMissingError from None
    if not (folder / FILE).is_file():  # lmdb would make one
        raise LmdbError(say("holds no data.mdb"))
    try:
        env = lmdb.open(str(folder), readonly=True, lock=False, create=False)
        with env, env.begin() as transaction:
            yield transaction.get
    except lmdb.Error as error:
        raise LmdbError(say("cannot be read as LMDB ({reason})", reason=str(error))) from None


def _number(value: Optional[bytes]) -> int:
    if value is None:
        raise LmdbError(say("has no num-samples"))
    try:
        return int(value)
    except ValueError:
        raise LmdbError(say("has a num-samples that is no number")) from None


def _text(value: Optional[bytes]) -> Optional[str]:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None
