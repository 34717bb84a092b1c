"""The same training, started as often as need be: stopped, killed, resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ppocr_guard.demo import train

ROOT = Path(__file__).parents[2]  # of `benchmarks`, whose hooks the configurations name


class Trainer:
    """``config`` trains into ``folder``; a start resumes from ``latest`` where there is one."""

    def __init__(self, tree: Path, config: Path, folder: Path) -> None:
        self.tree = tree
        self.config = config
        self.folder = folder
        self.log = config.with_suffix(".log")

    def start(self) -> subprocess.Popen[bytes]:
        words = train.command(self.tree, self.config)
        if (self.folder / "latest.pdparams").exists():
            words += ["-o", f"Global.checkpoints={self.folder / 'latest'}"]
        environment = {**train.environment(), "PYTHONPATH": str(ROOT)}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ppocr_guard", "run", "--", *words],
                cwd=self.tree,
                env={**environment, "OMP_NUM_THREADS": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def launch(self) -> tuple[int, str]:
        """To its end: exit code and what this launch printed."""
        before = self.log.stat().st_size if self.log.exists() else 0
        code = self.start().wait(timeout=300)
        return code, self.log.read_bytes()[before:].decode("utf-8", "replace")

    def done(self, steps_per_epoch: int) -> int:
        """Steps, of all epochs; PaddleOCR's own number begins anew with each launch."""
        written = self.folder / "step"  # by benchmarks.faults.hooks.PlayedMetric
        words = written.read_text().split() if written.exists() else []
        return (int(words[0]) - 1) * steps_per_epoch + int(words[1]) if len(words) == 2 else 0

    def kill_at(self, step: int, delay: float, *, steps_per_epoch: int) -> None:
        """Start, and kill -9 ``delay`` seconds after this step was done, and ``latest`` written."""
        process = self.start()
        deadline = time.monotonic() + 240
        while self.done(steps_per_epoch) < step:
            assert process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.005)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGSTOP)
        while not self._whole():
            os.killpg(process.pid, signal.SIGCONT)
            time.sleep(0.02)
            os.killpg(process.pid, signal.SIGSTOP)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _whole(self) -> bool:
        """PaddleOCR is not in the middle of writing ``latest``: nobody can resume from half of it.
        Its files come in this order, each into its own place."""
        files = [self.folder / f"latest.{kind}" for kind in ("pdopt", "pdparams", "states")]
        if not files[0].exists():
            return True
        if not all(file.exists() and file.stat().st_size for file in files):
            return False
        times = [file.stat().st_mtime_ns for file in files]
        return times == sorted(times)

    def records(self, *kinds: str, last_launch: bool = False) -> list[dict[str, Any]]:
        lines = (self.folder / "ppocr_guard" / "journal.jsonl").read_bytes().splitlines()
        found: list[dict[str, Any]] = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:  # cut by a kill
                continue
        if last_launch:
            begins = max(i for i, record in enumerate(found) if record["event"] == "run_start")
            found = found[begins:]
        return [record for record in found if record["event"] in kinds]
