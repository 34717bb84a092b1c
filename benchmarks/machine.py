"""The machine that a number was measured on, in words."""

from __future__ import annotations

import os
import platform

from ppocr_guard.installed import versions


def machine(*packages: str) -> str:
    """Python, cores and system, and the versions of ``packages``."""
    found = versions(packages)
    named = [f"{name} {found.get(name, 'unknown')}" for name in packages]
    python = f"Python {platform.python_version()}"
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return ", ".join([cores, platform.system(), python, *named])
