"""What the Prometheus hook keeps over a resume: which run it is, and its last numbers."""

from __future__ import annotations

import hashlib
import os
import socket
import uuid
from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.events import VERDICTS, EvalEnd, RunStart
from ppocr_guard.records import from_record, to_record

FIRST_STATE = "too_short"


@dataclass
class Memory:
    """Saved with every checkpoint, so that a page tells right after a resume what it told before.

    ``run_id`` is drawn when a run begins, and goes wherever its checkpoints go: by it a run that
    went on under another address is told from another machine's run of the same name.
    """

    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    verdict: str = FIRST_STATE
    evaluation: Optional[EvalEnd] = None

    def to_json(self) -> dict[str, Any]:
        evaluation = None if self.evaluation is None else to_record(self.evaluation)
        return {"run_id": self.run_id, "verdict": self.verdict, "evaluation": evaluation}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Memory:
        """Raises ValueError or KeyError on data that is none."""
        run_id, verdict, record = str(state["run_id"]), state["verdict"], state["evaluation"]
        if verdict not in VERDICTS:
            raise ValueError(f"no verdict: {verdict!r}")
        evaluation = None if record is None else from_record(record)
        if evaluation is not None and not isinstance(evaluation, EvalEnd):
            raise ValueError("the evaluation is none")
        return cls(run_id, verdict, evaluation)


def launch_labels(start: RunStart, run_id: str) -> dict[str, str]:
    """What tells launches with one name apart. The folder is a hash, for a path is no label."""
    folder = hashlib.sha256(os.path.realpath(start.save_model_dir).encode("utf-8", "replace"))
    return {"host": socket.gethostname(), "folder": folder.hexdigest()[:8], "run_id": run_id}
