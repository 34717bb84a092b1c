"""Runs a script as the main program and times its training steps from within.

    python probe.py SCRIPT ARGUMENT...

It knows nothing of the guard: it looks on where every step passes, the optimizer's ``clear_grad``.
Settings come by the environment, for the arguments are the script's:

``PAIRED_OUT``    file that gets the result, as JSON
``PAIRED_BLOCK``  steps after which it writes a byte to ``PAIRED_PIPE`` and stops itself, until
                  another process lets it go on; 0: it ends with the first step
``PAIRED_PIPE``   number of an open file descriptor
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
import time
from typing import Any


class Probe:
    """Wall and CPU seconds of each step, the time stopped left out."""

    def __init__(self) -> None:
        self.block = int(os.environ["PAIRED_BLOCK"])
        self.out = os.environ["PAIRED_OUT"]
        self.first: dict[str, float] = {}  # the clocks at the end of the first step
        self.wall: list[float] = []
        self.cpu: list[float] = []  # of the training thread, user and system
        self.process: list[float] = []  # of all threads
        self.threads: dict[str, float] = {}  # CPU seconds by name, as seen last
        self._before = (0.0, 0.0, 0.0)

    def step(self) -> None:
        """A step is over (the training thread)."""
        now = _clocks()
        if self.first:
            for kept, this, before in zip((self.wall, self.cpu, self.process), now, self._before):
                kept.append(this - before)
        else:
            self.first = {"monotonic": now[0], "cpu": now[1], "process": now[2]}
            if not self.block:
                self.write()
                os._exit(0)
        if self.block and len(self.wall) % self.block == 0:
            self._look_at_threads()
            os.write(int(os.environ["PAIRED_PIPE"]), b".")
            os.kill(os.getpid(), signal.SIGSTOP)
        self._before = _clocks()

    def _look_at_threads(self) -> None:
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and thread.ident is not None:
                try:
                    spent = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
                except OSError:  # it has ended meanwhile
                    continue
                self.threads[thread.name] = spent

    def write(self) -> None:
        kept = {"first": self.first, "wall": self.wall, "cpu": self.cpu, "process": self.process}
        with open(self.out, "w", encoding="utf-8") as file:
            json.dump({**kept, "threads": self.threads}, file)


def _clocks() -> tuple[float, float, float]:
    return time.monotonic(), time.thread_time(), time.process_time()


def _watch(probe: Probe) -> None:
    from paddle.optimizer import Optimizer

    original = Optimizer.clear_grad

    def clear_grad(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        probe.step()
        return result

    Optimizer.clear_grad = clear_grad


def main() -> None:
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(script)  # as Python does for a script
    probe = Probe()
    _watch(probe)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        if probe.block:
            probe.write()


if __name__ == "__main__":
    main()
