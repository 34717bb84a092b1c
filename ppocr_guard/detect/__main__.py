"""``python -m ppocr_guard.detect``: the decision table of the diagnosis, as Markdown."""

from __future__ import annotations

from ppocr_guard.detect.document import as_markdown

if __name__ == "__main__":
    print(as_markdown(), end="")
