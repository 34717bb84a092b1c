"""Text on a terminal whose lines break where a reader of Chinese expects it."""

from __future__ import annotations

import re
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.containers import Lines
from rich.text import Text

# Wide characters, of which each may begin a line: ideographs, kana, hangul, full-width forms.
_WIDE = "\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6"
_OPENS = "（《「『【〔［｛“‘"
_CLOSES = "，。、；：？！）》」』】〕］｝”’…—％"
# What stays together: a word, or one wide character, with the marks around it and blanks behind.
_UNIT = re.compile(
    rf"[{_OPENS}]*(?:[{_WIDE}]|[^{_WIDE}{_OPENS}{_CLOSES}\s]+)?[{_CLOSES}]*\s*", re.DOTALL
)


def breaks(line: str, width: int) -> list[int]:
    """Where one line without a line end is broken, so that each part has at most ``width`` cells.

    Between words, between two Chinese characters, never before a closing or behind an opening
    mark; within a word that is wider than a line.
    """
    found: list[int] = []
    used = 0
    for unit in _UNIT.finditer(line):
        text = unit.group()
        size = cell_len(text.rstrip())
        if used and used + size > width:
            found.append(unit.start())
            used = 0
        if size > width:
            for at, sign in enumerate(text):
                if used and used + cell_len(sign) > width:
                    found.append(unit.start() + at)
                    used = 0
                used += cell_len(sign)
        else:
            used += cell_len(text)
    return found


class Prose(Text):
    """A rich text broken by :func:`breaks`; rich itself breaks at blanks, and Chinese has none."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        if options.get("no_wrap"):
            return super().wrap(console, width, **options)
        lines = Lines()
        for line in self.split(allow_blank=True):
            line.expand_tabs(options.get("tab_size") or 8)
            for part in line.divide(breaks(line.plain, width)):
                part.rstrip_end(width)
                lines.append(part)
        return lines
