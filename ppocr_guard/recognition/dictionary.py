"""A dictionary of characters (``character_dict_path``), read as PaddleOCR reads it.

``BaseRecLabelEncode`` (ppocr/data/imaug/label_ops.py) takes one class a line, whatever stands
there; only line ends are taken off. Labels are looked up character by character, so a line of
more than one code point is a class that no label ever has.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass

from ppocr_guard.wording import say

DIGITS_AND_LETTERS = tuple("0123456789abcdefghijklmnopqrstuvwxyz")  # without a dictionary
MARK = "\ufeff"  # the byte order mark, when read as UTF-8


class DictionaryError(ValueError):
    """PaddleOCR cannot read the dictionary; the message says why, after its name."""


@dataclass(frozen=True)
class Dictionary:
    """Classes in the order of their lines, as PaddleOCR has them."""

    entries: tuple[str, ...]

    @property
    def has_mark(self) -> bool:
        """Whether the file begins with a byte order mark, which is then part of a class."""
        return bool(self.entries) and self.entries[0].startswith(MARK)

    @property
    def empty(self) -> list[int]:
        """Line numbers (from 1) on which nothing stands."""
        return [number for number, entry in enumerate(self.entries, start=1) if not entry]

    @property
    def doubled(self) -> dict[str, list[int]]:
        """Line numbers of each class that stands more than once."""
        often = {entry for entry, count in Counter(self.entries).items() if count > 1 and entry}
        lines: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries, start=1):
            if entry in often:
                lines.setdefault(entry, []).append(number)
        return lines

    @property
    def padded(self) -> list[int]:
        """Lines that hold one character and blanks around it."""
        return [
            number
            for number, entry in enumerate(self.entries, start=1)
            if len(entry) > 1 and len(entry.strip()) == 1 and not entry.startswith(MARK)
        ]

    @property
    def long(self) -> list[int]:
        """Other lines of more than one code point: no character of a label is found there."""
        padded = set(self.padded)
        return [
            number
            for number, entry in enumerate(self.entries, start=1)
            if len(entry) > 1 and number not in padded and not entry.startswith(MARK)
        ]


def parse(data: bytes) -> Dictionary:
    """The classes in a dictionary's bytes.

    Raises:
        DictionaryError: no UTF-8, which PaddleOCR ends with.
    """
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()  # as readlines() has it
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(line.decode("utf-8").strip("\n").strip("\r\n"))
        except UnicodeDecodeError:
            raise DictionaryError(
                say(
                    "is not written in UTF-8 (line {line}); it may be {encoding}",
                    line=number,
                    encoding=_written_in(data),
                )
            ) from None
    return Dictionary(tuple(entries))


def _written_in(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return say("Latin-1 or another one-byte encoding")
    return say("GBK or a one-byte encoding")
