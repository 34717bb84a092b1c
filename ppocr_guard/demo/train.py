"""Starting PaddleOCR's own ``tools/train.py`` in a composed tree."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Optional, Union


def command(tree: Union[str, Path], config: Union[str, Path]) -> list[str]:
    """``python tools/train.py -c my.yml``, with absolute paths."""
    script = Path(tree).absolute() / "tools" / "train.py"
    return [sys.executable, str(script), "-c", str(Path(config).absolute())]


def environment(base: Optional[Mapping[str, str]] = None) -> dict[str, str]:
    """``base`` (default: this process's environment) with what a quiet run on a CPU needs."""
    env = dict(os.environ if base is None else base)
    env.setdefault("OMP_NUM_THREADS", str(min(4, os.cpu_count() or 1)))
    env.setdefault("GLOG_minloglevel", "2")  # only errors of paddle's C++ side
    env.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network at import
    env.setdefault("PYTHONUNBUFFERED", "1")  # lines come as they are printed
    return env
