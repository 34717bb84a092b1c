"""Text as HTML. All that comes from a journal or a log goes through here."""

from __future__ import annotations

import html

from ppocr_guard.report.text import Words, clean


def esc(value: object) -> str:
    """Text that is safe between tags and in quoted attributes."""
    return html.escape(clean(value), quote=True)


def code_marks(text: str) -> str:
    """Escaped text with `...` as <code>."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return esc(text)
    return "".join(f"<code>{esc(p)}</code>" if i % 2 else esc(p) for i, p in enumerate(parts))


def code_title(code: str, words: Words) -> str:
    """What a code means, and the code."""
    title = words.alert_title(code)
    strong = f"<strong>{esc(title)}</strong> " if title else ""
    return f"{strong}<code>{esc(code)}</code> "
