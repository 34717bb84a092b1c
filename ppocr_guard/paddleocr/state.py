"""What the guard must remember over a resume, beside the checkpoint that is resumed from."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Optional

from ppocr_guard.background import Background

SUFFIX = ".guard.json"  # beside latest.pdparams stands latest.guard.json
_log = logging.getLogger("ppocr_guard")


@dataclass(frozen=True)
class Progress:
    """Evaluations so far, over all launches of the run."""

    evaluations: int = 0
    best: Optional[float] = None
    best_epoch: Optional[int] = None

    def evaluated(self, value: float, epoch: int) -> Progress:
        """After one more evaluation. NaN is never the best."""
        if value == value and (self.best is None or value > self.best):
            return Progress(self.evaluations + 1, value, epoch)
        return replace(self, evaluations=self.evaluations + 1)


@dataclass(frozen=True)
class Restored:
    progress: Progress
    hooks: Mapping[str, Any]


def load(checkpoint: str) -> Optional[Restored]:
    """State saved with a checkpoint; None, with a log line, where there is none to be used."""
    path = checkpoint + SUFFIX
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        return Restored(Progress(**data["progress"]), dict(data["hooks"]))
    except FileNotFoundError:
        _log.info("no guard state beside %s: the guard starts anew with this run", checkpoint)
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning("cannot use %s (%s): the guard starts anew with this run", path, error)
    return None


class StateWriter:
    """Writes states on a thread of its own, whole files only."""

    def __init__(self) -> None:
        self._background: Background[tuple[str, str]] = Background(
            _write, name="guard state", capacity=16
        )

    def save(self, checkpoint: str, progress: Progress, hooks: Mapping[str, Any]) -> None:
        text = json.dumps({"progress": asdict(progress), "hooks": hooks})
        self._background.put((checkpoint + SUFFIX, text))

    def close(self) -> None:
        self._background.close(5.0)


def _write(items: list[tuple[str, str]]) -> None:
    for path, text in items:
        temporary = path + ".tmp"
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
