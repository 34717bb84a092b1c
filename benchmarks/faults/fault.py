"""What a fault is, and what is expected of the guard when it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

SAME = "the same bits"  # as the training without a guard
STOPPED = "stopped, as it should be"
REFUSED = "not started, as it should be"
KILLED = "ended by the fault itself"

WHOLE = "nothing"  # is lost
NO_JOURNAL = "the journal"
PART = "a part of the journal"

HOOK = "benchmarks.faults.hooks."
HOOKS = "{HmeanTrend: null}, {LossHealth: null}, {Journal: null}"


@dataclass(frozen=True)
class Place:
    """Where a fault happens."""

    folder: Path  # save_model_dir
    config: Path
    tree: Path  # of PaddleOCR
    port: int = 0  # a free one, PORT in the hooks; TARGET is a file in ``folder``
    process: Optional[int] = None  # of `ppocr-guard run`, while it runs

    @property
    def guard(self) -> Path:
        return self.folder / "ppocr_guard"

    @property
    def journal(self) -> Path:
        return self.guard / "journal.jsonl"


Action = Callable[[Place], Any]


@dataclass(frozen=True)
class Fault:
    """One row of the table.

    ``before`` is done before the training starts; ``during`` while it waits after its third step;
    with ``resumes`` the training is the second launch of a run. What ``before`` or ``during``
    returns is called when the training has ended. ``says`` is a regular expression that a line of
    the log must match; empty where nothing is lost and nothing need be said.
    """

    name: str
    done: str
    says: str = ""
    training: str = SAME
    lost: str = WHOLE
    hooks: str = HOOKS
    before: Optional[Action] = None
    during: Optional[Action] = None
    resumes: bool = False
    environment: Mapping[str, Optional[str]] = field(default_factory=dict)  # None: unset
    wrap: tuple[str, ...] = ()  # words before `ppocr-guard run`
    options: Mapping[str, Any] = field(default_factory=dict)  # of the kit's configuration
    ranks: int = 1
    script: str = ""  # instead of tools/train.py
    tree: Optional[Callable[[Path], Path]] = None  # makes another PaddleOCR of the kit's
