"""The labels of a mode that stand in LMDB, read once for a context."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from ppocr_guard.audit.texts import TextLine
from ppocr_guard.recognition.lmdb_set import (
    KEY,
    NAME,
    LmdbLabels,
    PackageMissingError,
    folders,
    read_images,
    read_labels,
)

if TYPE_CHECKING:
    from ppocr_guard.audit.context import Context

__all__ = ["NAME", "images", "package_missing", "sets"]
_MISSING = "lmdb is not installed"  # a key of a context's memory


def sets(ctx: Context, mode: str) -> list[tuple[LmdbLabels, list[TextLine]]]:
    """What is in each folder that PaddleOCR opens, and its labels as lines; empty for other data
    sets, and where the package lmdb is missing."""
    folder = _data_dir(ctx, mode)
    if folder is None:
        return []
    key = f"{NAME} {folder}"
    if key not in ctx.memory:
        ctx.memory[key] = _read(ctx, folder)
    found: list[tuple[LmdbLabels, list[TextLine]]] = ctx.memory[key]
    return found


def _read(ctx: Context, data_dir: Path) -> list[tuple[LmdbLabels, list[TextLine]]]:
    found = []
    for folder in folders(data_dir):
        try:
            labels = read_labels(folder)
        except PackageMissingError:
            ctx.memory[_MISSING] = True
            return []
        lines = [TextLine(n, _image(folder, n), text) for n, text in labels.labels]
        found.append((labels, lines))
    return found


def package_missing(ctx: Context, mode: str) -> bool:
    """Whether the labels of a mode stay unread for want of the package."""
    return not sets(ctx, mode) and _data_dir(ctx, mode) is not None and _MISSING in ctx.memory


def images(ctx: Context, mode: str, names: Sequence[str]) -> dict[str, bytes]:
    """The image files of lines, by their ``image``; those that are there."""
    numbers = {name: int(name.rsplit("-", 1)[1]) for name in names}
    found: dict[str, bytes] = {}
    for labels, _ in sets(ctx, mode):
        own = [n for name, n in numbers.items() if name == _image(labels.folder, n)]
        for number, data in read_images(labels.folder, own).items():
            found[_image(labels.folder, number)] = data
    return found


def _image(folder: Path, number: int) -> str:
    """How a person finds it again: the folder and the key."""
    return f"{folder}/{KEY.format('image', number)}"


def _data_dir(ctx: Context, mode: str) -> Optional[Path]:
    folder = ctx.get(mode, "dataset", "data_dir")
    if ctx.dataset(mode) != NAME or not isinstance(folder, str):
        return None
    path = ctx.resolve(folder)
    return path if path.is_dir() else None
