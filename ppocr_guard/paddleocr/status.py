"""How a guarded process tells ``ppocr-guard run``, which started it, what became of it.

A courtesy to the parent, and nothing more: where it is gone (``nohup``, ``sbatch``, a detached
``docker exec``), or its folder cannot be written, the process is guarded all the same.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `ppocr-guard run` needs none of the events
    from ppocr_guard.events import StopRequest

ACTIVE = "PPOCR_GUARD"  # "1": children of `ppocr-guard run` are to be guarded
FOLDER = "PPOCR_GUARD_STATUS"  # folder in which each guarded process leaves a file
_log = logging.getLogger("ppocr_guard")


def running(run: str) -> None:
    _write({"state": "running", "run": run})


def stopped(stop: StopRequest) -> None:
    _write({"state": "stopped", "code": stop.code, "reason": str(stop.reason)})


def refused() -> None:
    """The guard section cannot be used; the process ends before training."""
    _write({"state": "refused"})


def read(folder: Path) -> list[dict[str, Any]]:
    """What the processes left, by file name; what cannot be read is left out."""
    reports = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError):
            report = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(report, dict) and "state" in report:
                reports.append(report)
    return reports


def _write(values: dict[str, Any]) -> None:
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    path = Path(folder) / f"{os.getpid()}.json"
    temporary = path.with_suffix(".tmp")
    try:
        temporary.write_text(json.dumps(values), encoding="utf-8")
        temporary.replace(path)
    except (OSError, ValueError) as error:
        _log.debug("no report to `ppocr-guard run` (%s): it is gone", error)
