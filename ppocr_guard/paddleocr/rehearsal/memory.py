"""The most memory that this process has taken so far."""

from __future__ import annotations

import sys
from typing import Any, Optional


def peak_bytes() -> Optional[int]:
    """Of the GPU where there is one (what paddle reserved), else of the process; None: unknown."""
    paddle: Any = sys.modules.get("paddle")
    if paddle is not None and paddle.device.get_device().startswith("gpu"):
        return int(paddle.device.cuda.max_memory_reserved())
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def available_bytes() -> Optional[int]:
    """Of the device: all of the GPU's, or what the machine has free; None: unknown."""
    paddle: Any = sys.modules.get("paddle")
    try:
        if paddle is not None and paddle.device.get_device().startswith("gpu"):
            return int(paddle.device.cuda.get_device_properties().total_memory)
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except Exception:
        return None
    return None
