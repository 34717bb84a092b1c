"""ppocr_guard: the guard for PaddleOCR fine-tuning.

Importing it is cheap: neither paddle nor numpy is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppocr_guard.paddleocr.in_transforms import Transform

if TYPE_CHECKING:
    from ppocr_guard.events import (
        Alert,
        BatchFigures,
        CheckpointSaved,
        Condition,
        DataErrors,
        EpochStart,
        EvalEnd,
        EvalSample,
        EvalTexts,
        Examination,
        Findings,
        Invariants,
        Over,
        Repaired,
        RepairRequest,
        Resolved,
        RoundTrip,
        RunEnd,
        RunStart,
        ShrinkRatio,
        StepEnd,
        StopRequest,
        Verdict,
    )
    from ppocr_guard.guard import Guard
    from ppocr_guard.hook import Hook, HookOptions
    from ppocr_guard.paddleocr.attach import attach

__version__ = "0.1.0"
__all__ = [
    "Alert",
    "BatchFigures",
    "CheckpointSaved",
    "Condition",
    "DataErrors",
    "EpochStart",
    "EvalEnd",
    "EvalSample",
    "EvalTexts",
    "Examination",
    "Findings",
    "Guard",
    "Hook",
    "HookOptions",
    "Invariants",
    "Over",
    "RepairRequest",
    "Repaired",
    "Resolved",
    "RoundTrip",
    "RunEnd",
    "RunStart",
    "ShrinkRatio",
    "StepEnd",
    "StopRequest",
    "Transform",
    "Verdict",
    "attach",
]
_HOMES = {
    "attach": "ppocr_guard.paddleocr.attach",
    "Guard": "ppocr_guard.guard",
    "Hook": "ppocr_guard.hook",
    "HookOptions": "ppocr_guard.hook",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'ppocr_guard' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES.get(name, "ppocr_guard.events")), name)
