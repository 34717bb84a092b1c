"""Rehearsals of projects, several at once, kept in a file so that a run can be taken up again."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Optional, Union

from benchmarks.mistakes.judging import Said, project, rehearse
from benchmarks.mistakes.project import Harmless, Mistake
from ppocr_guard.audit.rehearsal import RehearsalError
from ppocr_guard.yaml_source import YamlError

Variant = Union[Mistake, Harmless]


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal said; ``not_done``: why there was none."""

    said: tuple[Said, ...] = ()
    not_done: str = ""


class Kept:
    """Rehearsals by release, configuration and name: a JSON line each."""

    def __init__(self, path: Optional[Path]) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._done: dict[str, Rehearsed] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                said = tuple(Said(**one) for one in record["said"])
                self._done[record["key"]] = Rehearsed(said, record["not_done"])

    def get(self, key: str) -> Optional[Rehearsed]:
        return self._done.get(key)

    def put(self, key: str, one: Rehearsed) -> None:
        with self._lock:
            self._done[key] = one
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, **asdict(one)}) + "\n")


def key_of(variant: Variant, release: str) -> str:
    return f"{release}/{variant.config}/{variant.name}"


def rehearse_all(
    variants: Sequence[Variant],
    clones: dict[str, Path],
    data: Path,
    kept: Kept,
    *,
    python: str,
    timeout: float,
    jobs: int,
) -> None:
    """Rehearse each with each clone, what is kept already left out."""
    waiting = [
        (variant, release, tree)
        for release, tree in clones.items()
        for variant in variants
        if kept.get(key_of(variant, release)) is None
    ]

    def one(item: tuple[Variant, str, Path]) -> None:
        variant, release, tree = item
        kept.put(key_of(variant, release), _rehearsed(variant, tree, data, python, timeout))

    with ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(one, item) for item in waiting]:
            future.result()


def _rehearsed(variant: Variant, tree: Path, data: Path, python: str, timeout: float) -> Rehearsed:
    if isinstance(variant, Harmless) and variant.gpu:
        return Rehearsed(not_done="needs a GPU")
    with project(data, variant.config, variant.change) as made:
        # PSE looks for its C extension below the folder in which the command runs.
        (made.folder / "ppocr").symlink_to(tree.resolve() / "ppocr")
        try:
            return Rehearsed(tuple(rehearse(made, tree, python, timeout)))
        except (YamlError, RehearsalError) as error:
            return Rehearsed(not_done=str(error).replace(str(made.folder), "."))
