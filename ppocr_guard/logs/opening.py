"""Opens a log as text, whatever it comes in: packed by gzip, a notebook, UTF-16."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, Union, cast

from ppocr_guard.wording import say

GZIP = b"\x1f\x8b"
LOOK = 4096  # bytes by which a kind is told
MAX_NOTEBOOK = 1 << 28  # bytes; JSON is read as a whole
MAX_UNPACKED = 1 << 32  # bytes of what has to be kept in a file
STDIN = "-"


@contextmanager
def open_log(path: Path) -> Iterator[TextIO]:
    """The text of a log; what is not valid in its encoding is replaced.

    Raises:
        OSError: it cannot be read.
        ValueError: a notebook that is too large.
    """
    with path.open("rb") as file:
        stream: Any = file
        if file.read(2) == GZIP:
            stream = io.BufferedReader(_Unpacked(file))
        else:
            file.seek(0)
        head = stream.peek(LOOK)[:LOOK]
        if _is_notebook(path, head):
            yield io.StringIO(_outputs(stream.read(MAX_NOTEBOOK + 1), path))
        else:
            yield io.TextIOWrapper(stream, encoding=encoding(head), errors="replace")


class _Unpacked(io.RawIOBase):
    """What a gzip file holds, as far as it goes: one that still grows, or was cut, has no end."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._file.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return 0
        buffer[: len(data)] = data
        return len(data)


def encoding(head: bytes) -> str:
    """Of a text that begins so. PowerShell redirects in UTF-16; its mark is lost where files are
    joined. All else is read as UTF-8."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    zeros = [head[start::2].count(0) for start in (0, 1)]
    if max(zeros) > len(head) / 8 and min(zeros) < max(zeros) / 8:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    return "utf-8-sig"


def _is_notebook(path: Path, head: bytes) -> bool:
    names = {suffix.lower() for suffix in path.suffixes}
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and (
        ".ipynb" in names or b'"cells"' in head
    )


def _outputs(data: bytes, path: Path) -> str:
    """What the cells of a notebook printed; the file as it stands if it is no whole notebook."""
    if len(data) > MAX_NOTEBOOK:
        raise ValueError(say("a notebook of more than {size} MB", size=MAX_NOTEBOOK >> 20))
    text = data.decode("utf-8", errors="replace")
    try:
        cells = json.loads(text.lstrip("\ufeff"))["cells"]
        return "\n".join(part for cell in cells for part in _printed(cell))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return text.replace("\\n", "\n")


def _printed(cell: dict[str, Any]) -> Iterator[str]:
    for output in cell.get("outputs") or ():
        text = output.get("text") or (output.get("data") or {}).get("text/plain") or ""
        yield text if isinstance(text, str) else "".join(map(str, text))


@contextmanager
def local_file(name: str) -> Iterator[Path]:
    """The file of that name; standard input (``-``) and a packed journal as a temporary one.

    Raises:
        OSError: it cannot be read, or there is no room for it.
        ValueError: more than 4 GB.
    """
    packed = Path(name).name.lower().endswith(".jsonl.gz")
    if name != STDIN and not packed:
        yield Path(name)
        return
    with tempfile.TemporaryDirectory(prefix="ppocr_guard-") as folder:
        target = Path(folder) / ("journal.jsonl" if packed else "stdin")
        with target.open("wb") as out:
            if packed:
                with open(name, "rb") as file:
                    _copy(cast(BinaryIO, io.BufferedReader(_Unpacked(file))), out)
            else:
                _copy(sys.stdin.buffer, out)
        yield target


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    while block := source.read(1 << 20):
        target.write(block)
        if target.tell() > MAX_UNPACKED:
            raise ValueError(say("more than {size} GB", size=MAX_UNPACKED >> 30))


def is_journal(path: Union[str, Path]) -> bool:
    """By its name, or by its first line: a record of the guard."""
    path = Path(path)
    if path.suffix == ".jsonl":
        return True
    with path.open("rb") as file:
        head = file.read(LOOK)
    return head.startswith(b'{"') and b'"event"' in head.split(b"\n")[0]
