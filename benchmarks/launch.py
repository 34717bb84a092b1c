"""Starts a guarded training of the demo's kit, and ends it with its workers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ppocr_guard.demo import train


@contextlib.contextmanager
def launched(
    tree: Path, config: Path, log: Path, script: Optional[Path] = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A training that prints into ``log``; what is left of it at the end is killed.

    Args:
        script: what is run in the place of ``tools/train.py``.
    """
    words = train.command(tree, config)
    if script is not None:
        words[1] = str(script)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "ppocr_guard", "run", "--", *words],
            cwd=tree,
            env={**train.environment(), "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that it can be ended with its workers
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
