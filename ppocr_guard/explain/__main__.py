"""``python -m ppocr_guard.explain DIR``: writes a page for each code, and README.md with all."""

from __future__ import annotations

import sys
from pathlib import Path

from ppocr_guard.explain.catalog import explanations
from ppocr_guard.explain.page import HEAD, index, markdown


def pages() -> dict[str, str]:
    """File name -> text."""
    found = explanations()
    texts = {f"{code}.md": f"{HEAD}\n{markdown(told)}" for code, told in found.items()}
    return {**texts, "README.md": f"{HEAD}\n{index(found)}"}


def write(folder: Path) -> None:
    """Pages of codes that there are no more are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = pages()
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/codes"))
