"""An exception as a fact: where in PaddleOCR's tree it came from, and what it said."""

from __future__ import annotations

import os
import traceback
from typing import Any

MESSAGE = 2000  # characters


def describe(error: BaseException, tree: str) -> dict[str, Any]:
    """``type``, ``message``, and ``frames`` inside ``tree``, the innermost last."""
    root = os.path.realpath(tree) + os.sep
    frames = []
    for frame in traceback.extract_tb(error.__traceback__):
        file = os.path.realpath(frame.filename)
        if file.startswith(root):
            frames.append(
                {
                    "file": file[len(root) :].replace(os.sep, "/"),
                    "line": frame.lineno,
                    "function": frame.name,
                    "text": frame.line or "",
                }
            )
    message = str(error).strip()
    return {
        "type": type(error).__name__,
        "message": message if len(message) <= MESSAGE else message[-MESSAGE:],
        "frames": frames[-12:],
    }
