"""What may be shown of a text that came from a file."""

from __future__ import annotations

import re

from ppocr_guard.wording import changed

# What a terminal or a page must not get: controls (ESC among them) and halves of characters,
# which stand in the name of a file that is not UTF-8.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """``text`` without control characters; a line end and a tab may stay."""
    if _UNPRINTABLE.search(text) is None:
        return text  # itself: a sentence stays one
    return changed(text, lambda quoted: _UNPRINTABLE.sub("\ufffd", quoted))
