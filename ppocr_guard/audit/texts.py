"""Label files of recognition: one line an image, ``path<TAB>text``, as PaddleOCR reads them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class TextLine(NamedTuple):
    """One line that PaddleOCR can use."""

    line: int  # from 1
    image: str  # as written
    text: str  # with the carriage return that Windows leaves at the end of a line


def read_texts(path: Path, delimiter: str = "\t") -> list[TextLine]:
    """The lines of one file that can be used, in their order; none where it cannot be read.

    As ``SimpleDataSet.__getitem__`` has it: the text is the second column.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return []
    found = []
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()  # as readlines() has it
    for number, raw in enumerate(lines, start=1):
        try:
            parts = raw.decode("utf-8").split(delimiter)
        except UnicodeDecodeError:
            continue
        if len(parts) > 1:
            found.append(TextLine(number, parts[0], parts[1]))
    return found
