"""Keeps the best checkpoint that was seen out of PaddleOCR's reach.

``tools/program.py`` replaces ``best_accuracy`` whenever a metric is ``>=`` its best, which begins
at 0; from 2.9.0 on a resume sets the best ``acc`` to 0 again (``best["acc"] = 0.0``, recognition):
so a model worth 0.5 is overwritten by one worth 0.0. The copy stands in
``<save_model_dir>/ppocr_guard/best/``, with its metric beside it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.background import Background
from ppocr_guard.paddleocr.state import SUFFIX
from ppocr_guard.paths import best_dir

NAME = "best_accuracy"
METRIC_FILE = "metric.json"
WAIT_SECONDS = 30.0  # the most that a save waits for a copy that it would destroy
_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file
_log = logging.getLogger("ppocr_guard")


@dataclass(frozen=True)
class Kept:
    """The copy: ``path`` is the prefix of its files."""

    path: str
    value: float
    epoch: Optional[int]


class BestKeeper:
    """Copies on a thread of its own; a copy appears under its name when it is whole."""

    def __init__(self, save_model_dir: str, metric: str, *, enabled: bool = True) -> None:
        self._folder = best_dir(save_model_dir)
        self._metric = metric
        self._enabled = enabled
        self._queue: Background[tuple[str, Kept]] = Background(
            lambda asked: self._copy(*asked[-1]), name="best checkpoint", capacity=1
        )
        self.kept = read_kept(self._folder, metric) if enabled else None
        self._best = self.kept.value if self.kept else 0.0  # of what was asked for, too

    def keep(self, path: str, value: float, epoch: Optional[int]) -> None:
        """Copy the checkpoint with this prefix, if it is better than all before."""
        if self._enabled and value > self._best:
            self._best = value
            self._queue.put((path, Kept(str(self._folder / NAME), value, epoch)))

    def wait(self, seconds: float) -> bool:
        """Until no copy is being made; False when the time ran out."""
        return self._queue.flush(seconds)

    def close(self, seconds: float) -> None:
        self._queue.close(seconds)

    def forget(self) -> None:
        """A new run in the same folder: the copy of the run before stands until this one has a
        best of its own."""
        self.kept, self._best = None, 0.0

    def _copy(self, path: str, kept: Kept) -> None:
        new = self._folder.with_name(self._folder.name + ".new")
        old = self._folder.with_name(self._folder.name + ".old")
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            before = _files(path)
            for file in before:
                _copy_file(file, new / (NAME + file.name[len(Path(path).name) :]))
            if _changed(before):  # a better one was written meanwhile; its turn comes
                shutil.rmtree(new, ignore_errors=True)
                return
            about = {"metric": self._metric, "value": kept.value, "epoch": kept.epoch}
            (new / METRIC_FILE).write_text(json.dumps(about), encoding="utf-8")
            shutil.rmtree(old, ignore_errors=True)
            if self._folder.exists():
                self._folder.rename(old)
            new.rename(self._folder)
            self.kept = kept
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            _log.warning(
                "the best checkpoint could not be kept in %s (%s). Training goes on; "
                "`Guard: {keep_best: false}` switches this off.",
                self._folder,
                error.strerror or error,
            )


def read_kept(folder: Path, metric: str) -> Optional[Kept]:
    """The copy that an earlier launch made; None where there is none that is whole."""
    for place in (folder, folder.with_name(folder.name + ".old")):  # killed between two renames
        try:
            about: Any = json.loads((place / METRIC_FILE).read_bytes())
            value, epoch = float(about["value"]), about.get("epoch")
        except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
                RecursionError):  # fmt: skip
            continue
        if not math.isfinite(value):
            continue
        if about.get("metric") == metric and (place / (NAME + ".pdparams")).is_file():
            return Kept(str(place / NAME), value, epoch if isinstance(epoch, int) else None)
    return None


def _files(path: str) -> dict[Path, tuple[int, int]]:
    """Files of the checkpoint with this prefix, with what changes when they are written."""
    prefix = Path(path)
    return {
        file: _stamp(file)
        for file in sorted(prefix.parent.glob(prefix.name + ".*"))
        if file.suffix != ".tmp"
    }


def _changed(before: Mapping[Path, tuple[int, int]]) -> bool:
    """The guard's own file does not count: it is written apart from PaddleOCR's."""
    return any(
        _stamp(file) != seen for file, seen in before.items() if not file.name.endswith(SUFFIX)
    )


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size


def _copy_file(source: Path, target: Path) -> None:
    """A reflink where the file system has it. Never a hard link: PaddleOCR writes in place."""
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        with open(source, "rb") as read, open(target, "wb") as written:
            fcntl.ioctl(written.fileno(), _FICLONE, read.fileno())
        return
    shutil.copyfile(source, target)
