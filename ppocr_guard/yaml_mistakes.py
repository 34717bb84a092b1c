"""What people most often do to a YAML that can no longer be read; the parser's words say it to
nobody, and its line is often the next one."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from ppocr_guard.wording import mark, say

BEFORE = 2  # lines above the parser's own in which the mistake is looked for
_KEY = r"^\s*(?:-\s+)?[A-Za-z_]\w*"  # as PaddleOCR's keys are
_MISTAKES = (
    (re.compile(r"^ *\t"), mark("it is indented with a tab, and YAML takes blanks alone")),
    (
        re.compile(_KEY + r"\s*："),
        mark("a full-width colon stands behind the key, in place of `: `"),
    ),
    (re.compile(_KEY + r":[^\s:/\\]"), mark("no blank stands behind the colon of the key")),
)


class Mistake(NamedTuple):
    """What is wrong, and the line (from 1) on which it stands."""

    line: int
    reason: str


def mistake(text: str, line: int) -> Optional[Mistake]:
    """What may have made the parser stop on a line (from 1); None: nothing that is known."""
    lines = text.splitlines()
    for number in range(min(line, len(lines)), max(0, line - 1 - BEFORE), -1):
        for pattern, reason in _MISTAKES:
            if pattern.search(lines[number - 1]):
                return Mistake(number, say(reason))
    return None
