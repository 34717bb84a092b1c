"""Memory that this process uses, for its slope over a run."""

from __future__ import annotations

import os
from pathlib import Path

_STATM = Path("/proc/self/statm")  # Linux: sizes in pages; the second is the resident set


def used() -> dict[str, float]:
    """MiB: ``memory_host`` (resident), ``memory_gpu`` (allocated by paddle); what is known."""
    found: dict[str, float] = {}
    try:
        pages = int(_STATM.read_text().split()[1])
        found["memory_host"] = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, ValueError, IndexError):
        pass
    try:
        import paddle

        if paddle.device.is_compiled_with_cuda():
            found["memory_gpu"] = paddle.device.cuda.memory_allocated() / 2**20
    except Exception:  # a build without any of this
        pass
    return found
