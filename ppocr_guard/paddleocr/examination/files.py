"""Whether the image files of the sample are still those that the run began with."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class Mark:
    """A file as it was: date and size tell at no cost that it is the same, the checksum of its
    bytes that one with another date is."""

    path: str
    modified: int  # ns
    size: int
    checksum: int


def mark(data: Any) -> Optional[Mark]:
    """``data``: a sample with the ``img_path`` of SimpleDataSet; None for one of an LMDB, or that
    cannot be read."""
    path = str(data.get("img_path") or "")
    return _look(path) if path else None


def changed(marks: Sequence[Mark]) -> list[Mark]:
    """Those whose bytes are others now. One that cannot be read is left to PaddleOCR."""
    return [one for one in marks if _is_changed(one)]


def _is_changed(one: Mark) -> bool:
    try:
        now = os.stat(one.path)
    except OSError:
        return False
    if (now.st_mtime_ns, now.st_size) == (one.modified, one.size):
        return False
    found = _look(one.path)
    return found is not None and found.checksum != one.checksum


def _look(path: str) -> Optional[Mark]:
    try:
        with open(path, "rb") as file:
            content = file.read()
            status = os.fstat(file.fileno())
    except OSError:
        return None
    return Mark(path, status.st_mtime_ns, status.st_size, zlib.crc32(content))
