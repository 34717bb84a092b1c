"""Text as HTML. All that comes from a journal or a log goes through here."""

from __future__ import annotations

import html
import re

from ppocr_guard.explain import page_url
from ppocr_guard.report.text import Words, clean

# After a slash, and before the dot of a name (not of a number, nor the end of a sentence).
_PART_ENDS = re.compile(r"(?<=\w)/(?=\w)|(?<=[A-Za-z_\]])(?=\.[A-Za-z_])")


def esc(value: object) -> str:
    """Text that is safe between tags and in quoted attributes."""
    return html.escape(clean(value), quote=True)


def broken(value: object) -> str:
    """Escaped text whose paths and dotted names break where they have parts."""
    return _PART_ENDS.sub(r"\g<0><wbr>", esc(value))


def code_marks(text: str) -> str:
    """Escaped text with `...` as <code>."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return broken(text)
    return "".join(f"<code>{broken(p)}</code>" if i % 2 else broken(p) for i, p in enumerate(parts))


def code_title(code: str, words: Words, *, found: bool = False) -> str:
    """What a code means, and the code, which leads to its page where it is the guard's own.
    ``found``: it is of a finding of check."""
    title = words.alert_title(code)
    strong = f"<strong>{esc(title)}</strong> " if title else ""
    name = f"<code>{esc(code)}</code>"
    if title or found:
        name = f'<a href="{esc(page_url(code, words.language))}">{name}</a>'
    return f"{strong}{name} "
