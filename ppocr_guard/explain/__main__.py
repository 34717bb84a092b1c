"""``python -m ppocr_guard.explain DIR``: writes a page a code and language, and the list."""

from __future__ import annotations

import sys
from pathlib import Path

from ppocr_guard.explain.catalog import explanations
from ppocr_guard.explain.page import HEAD, index, markdown
from ppocr_guard.wording import LANGUAGES


def pages() -> dict[str, str]:
    """File name -> text."""
    found, texts = explanations(), {}
    for language in LANGUAGES:
        folder = "" if language == "en" else f"{language}/"
        for code, told in found.items():
            texts[f"{folder}{code}.md"] = f"{HEAD}\n{markdown(told, language)}"
        texts[f"{folder}README.md"] = f"{HEAD}\n{index(found, language)}"
    return texts


def write(folder: Path) -> None:
    """Pages of codes that there are no more are removed."""
    texts = pages()
    for path in folder.rglob("*.md"):
        if path.relative_to(folder).as_posix() not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/codes"))
