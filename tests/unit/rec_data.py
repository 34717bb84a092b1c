"""A healthy recognition configuration with data, for tests to break."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Optional

import yaml
from audit_data import DUMPER, png

from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Problem
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.yaml_source import read_yaml

CONFIGS = Path(__file__).parents[2] / "benchmarks" / "mistakes" / "configs"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = ("apple", "bread", "cheese", "dough", "figs", "grape", "honey", "kiwi", "mango", "wine07")


class RecProject:
    """A folder with ``my.yml``, a dictionary, label files and heads of images."""

    def __init__(self, folder: Path, config: str = "rec_crnn") -> None:
        self.folder = folder
        (folder / "lines").mkdir()
        self.config: dict[str, Any] = copy.deepcopy(
            yaml.safe_load((CONFIGS / f"{config}.yml").read_text(encoding="utf-8"))
        )
        self.dictionary(LETTERS)
        self.labels("Train", [f"{word}{number}" for number in range(40) for word in WORDS])
        self.labels("Eval", [f"{word}x{number}" for number in range(4) for word in WORDS])

    def dictionary(self, characters: Iterable[str]) -> None:
        self.write("lines/dict.txt", "".join(f"{c}\n" for c in characters))

    def write(self, name: str, text: str, encoding: str = "utf-8") -> None:
        (self.folder / name).write_bytes(text.encode(encoding))

    def labels(
        self, mode: str, texts: Sequence[str], sizes: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Write a label file and an image a text (120 x 32, or of ``sizes`` in turn)."""
        file, lines = ("train.txt" if mode == "Train" else "val.txt"), []
        for number, text in enumerate(texts):
            name = f"{mode.lower()}{number}.png"
            size = sizes[number % len(sizes)] if sizes else (120, 32)
            # What follows the head makes each image another file.
            (self.folder / "lines" / name).write_bytes(png(*size) + name.encode())
            lines.append(f"{name}\t{text}\n")
        self.write(f"lines/{file}", "".join(lines))

    def options(self, name: str, mode: str = "Train") -> dict[str, Any]:
        found = next(t for t in self.config[mode]["dataset"]["transforms"] if name in t)
        options: dict[str, Any] = found[name]
        return options

    def save(self) -> Path:
        path = self.folder / "my.yml"
        path.write_text(yaml.dump(self.config, Dumper=DUMPER, sort_keys=False), encoding="utf-8")
        return path

    def context(self, release: Optional[str] = "2.10.0") -> Context:
        behaviour = behaviour_of(release) if release else None
        return Context(read_yaml(self.save()), behaviour, bases=(self.folder,))

    def problems(self, *codes: str) -> list[Problem]:
        """The problems of these codes (all without)."""
        return [p for p in audit(self.context()) if not codes or p.code in codes]
