"""What the guard must remember over a resume, beside the checkpoint that is resumed from."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Optional

from pydantic import BaseModel, ConfigDict, ValidationError

from ppocr_guard.background import Background

SUFFIX = ".guard.json"  # beside latest.pdparams stands latest.guard.json
MAX_BYTES = 32 * 2**20
Told = dict[tuple[str, str, str], int]  # (code, subject, severity) -> epoch
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


class _Checked(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, arbitrary_types_allowed=True)


class _Progress(_Checked):
    evaluations: int = 0
    best: Optional[float] = None
    best_epoch: Optional[int] = None


class Saved(_Checked):
    """The file beside a checkpoint."""

    progress: _Progress
    hooks: dict[str, dict[str, Any]] = {}
    conditions: list[dict[str, Any]] = []
    so_far: dict[str, Any] = {}
    trained_on: dict[str, Any] = {}  # see ppocr_guard.changes
    stopped_for: Optional[str] = None  # code that the guard stopped the launch for

    @property
    def progress_so_far(self) -> Progress:
        return Progress(**self.progress.model_dump())

    @property
    def guard(self) -> dict[str, Any]:
        """What :meth:`ppocr_guard.guard.Guard.load_state_dict` takes."""
        return {"hooks": self.hooks, "conditions": self.conditions, "so_far": self.so_far}


def load(checkpoint: str) -> Optional[Saved]:
    """State saved with a checkpoint; None, with a log line, where there is none to be used."""
    path = Path(checkpoint + SUFFIX)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES} bytes")
        return Saved.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        _log.info("no guard state beside %s: the guard starts anew with this run", checkpoint)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        _log.warning(
            "cannot use %s (%s: %s): the guard starts anew with this run", path, where, first["msg"]
        )
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("cannot use %s (%s): the guard starts anew with this run", path, error)
    return None


def load_told(path: Path) -> Told:
    """What earlier launches announced; empty where that is not known."""
    try:
        entries = json.loads(path.read_bytes())
        return {(str(code), str(of), str(sev)): int(epoch) for code, of, sev, epoch in entries}
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return {}


class StateWriter:
    """Writes states on a thread of its own, whole files only."""

    def __init__(self) -> None:
        self._background: Background[tuple[str, str]] = Background(
            _write, name="guard state", capacity=16
        )

    def save(
        self,
        checkpoint: str,
        progress: Progress,
        guard: Mapping[str, Any],
        trained_on: Mapping[str, Any],
        stopped_for: Optional[str],
    ) -> None:
        values = {
            "progress": asdict(progress),
            **guard,
            "trained_on": trained_on,
            "stopped_for": stopped_for,
        }
        self._background.put((checkpoint + SUFFIX, json.dumps(values)))

    def save_told(self, path: Path, told: Told) -> None:
        self._background.put(
            (str(path), json.dumps([[*key, epoch] for key, epoch in told.items()]))
        )

    def close(self) -> None:
        self._background.close(5.0)


def _write(items: list[tuple[str, str]]) -> None:
    newest = dict(items)  # of several for one file only the last counts
    for path, text in newest.items():
        temporary = path + ".tmp"
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
