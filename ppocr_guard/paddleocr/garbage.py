"""Python's garbage collector, kept from running where the guard makes many objects at once."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """While the guard is imported and set up. What it makes then stays, but would set off full
    collections, and each looks at all that paddle and PaddleOCR have made: 0.2 s of CPU time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
