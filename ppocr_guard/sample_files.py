"""The pictures of validation samples that are kept beside the journal: at most two.

``<save_model_dir>/ppocr_guard/samples/best-0007.png`` and ``last-0012.png``; the number is that
of the evaluation. The report shows them. Of a recogniser it is ``texts-0012.png``: the images of
the ten worst lines of the latest evaluation.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 4 << 20  # of one picture; those that the guard draws have at most 960 pixels a side
_PNG = b"\x89PNG\r\n\x1a\n"
KINDS = ("best", "last", "texts")
_NAME = re.compile(rf"({'|'.join(KINDS)})-(\d{{1,9}})\.png")


@dataclass(frozen=True)
class SampleFile:
    """A picture that was kept. ``kind``: one of :data:`KINDS`."""

    kind: str
    evaluation: int
    path: Path

    def png(self) -> bytes:
        """Empty when the file is gone, too large, or no PNG."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError:
            return b""
        return data if data.startswith(_PNG) and len(data) <= MAX_BYTES else b""


class SampleFiles:
    """Keeps the sample of the best evaluation and that of the last, and no other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, kind: str, evaluation: int, png: bytes) -> None:
        """Replace the picture of this kind; it appears when it is whole. Raises OSError."""
        if len(png) > MAX_BYTES:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f"{kind}-{evaluation:04d}.png"
        new = target.with_suffix(".new")
        new.write_bytes(png)
        os.replace(new, target)
        for old in _of_kind(self._folder, kind):
            if old.path != target:
                old.path.unlink(missing_ok=True)

    def clear(self) -> None:
        """A new run begins in this folder. Never raises."""
        for kind in KINDS:
            for old in _of_kind(self._folder, kind):
                with contextlib.suppress(OSError):
                    old.path.unlink()


def kept_samples(folder: Path) -> list[SampleFile]:
    """One of each kind, where there are any; the newer of two of one kind."""
    found = []
    for kind in KINDS:
        of_kind = sorted(_of_kind(folder, kind), key=lambda sample: sample.evaluation)
        found += of_kind[-1:]
    return found


def _of_kind(folder: Path, kind: str) -> Iterator[SampleFile]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        match = _NAME.fullmatch(name)
        if match and match.group(1) == kind:
            yield SampleFile(kind, int(match.group(2)), folder / name)
