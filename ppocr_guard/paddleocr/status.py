"""How a guarded process tells ``ppocr-guard run``, which started it, what became of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ppocr_guard.events import StopRequest

ACTIVE = "PPOCR_GUARD"  # "1": children of `ppocr-guard run` are to be guarded
FOLDER = "PPOCR_GUARD_STATUS"  # folder in which each guarded process leaves a file


def running(run: str) -> None:
    _write({"state": "running", "run": run})


def stopped(stop: StopRequest) -> None:
    _write({"state": "stopped", "code": stop.code, "reason": stop.reason})


def refused() -> None:
    """The guard section cannot be used; the process ends before training."""
    _write({"state": "refused"})


def read(folder: Path) -> list[dict[str, Any]]:
    """What the processes left, oldest first."""
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]


def _write(values: dict[str, Any]) -> None:
    folder = os.environ.get(FOLDER)
    if folder:
        path = Path(folder) / f"{os.getpid()}.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(values), encoding="utf-8")
        temporary.replace(path)
