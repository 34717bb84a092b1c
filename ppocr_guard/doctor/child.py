"""Asks another Python process, for what it imports may crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.wording import say


def ask(
    code: str,
    *words: str,
    seconds: float,
    late: str,
    cwd: Optional[Path] = None,
    environment: Optional[Mapping[str, str]] = None,
) -> Any:
    """The JSON in the last line that ``code`` prints; ``{"error": ...}`` where there is none.

    Args:
        words: what ``sys.argv[1:]`` is.
        seconds: for which it is waited.
        late: the error where that is not enough.
        environment: more of it, beside this process's own.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, *words],
            cwd=cwd,
            env={**os.environ, "GLOG_minloglevel": "3", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"error": late}
    except (IndexError, ValueError):
        last = [line for line in done.stderr.splitlines() if line.strip()]
        ended = say("it ended with {code}", code=done.returncode)
        return {"error": last[-1].strip() if last else ended}
