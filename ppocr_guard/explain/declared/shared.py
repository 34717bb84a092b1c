"""Sentences that many declarations have in common."""

from __future__ import annotations

PATHS = (
    "Paths are looked up from the folder in which `check` runs, and from the clone. Where the "
    "training starts in another folder or on another machine, check there, or with --no-data."
)
FORK = (
    "A PaddleOCR that you changed may have it: name it with --paddleocr DIR, and its own source is "
    "read."
)
ENDS = "No case is known: PaddleOCR's own code ends there."
NONE = "No case is known."
FOREVER = (
    "The loader never gives a batch: the process stands at the first step with the GPU idle, until "
    "somebody looks."
)
SHARE = (
    "A single such label is a hint, from {rec_labels.WARNS:.1%} of a set on it is a warning, from "
    "{rec_labels.CRITICAL:.0%} on critical."
)
SIXTEEN = "It judges by the 16 images looked at: they may not stand for the set."
