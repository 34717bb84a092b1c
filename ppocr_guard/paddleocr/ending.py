"""A command that does not end when it is told to: it and all that it started are ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

from ppocr_guard.language import tell
from ppocr_guard.wording import say

LAST = 10.0  # seconds at most between the second SIGTERM and SIGKILL


class Started(NamedTuple):
    """A process; ``began`` tells it from a later one of the same number."""

    pid: int
    began: bytes  # in clock ticks since boot


class Ending:
    """Waits for the end of a process from the first SIGTERM on that it was sent.

    Paddle's own handler of SIGTERM prints a stack, and may deadlock in malloc: such a training
    would never end, and whoever waits for it neither.

    Args:
        process: the command, in the process group of this one: the terminal's Ctrl-C reaches both,
            and so the group itself cannot be ended.
        patience: seconds from the first SIGTERM on.
        name: of the command that says what is done.
    """

    def __init__(self, process: subprocess.Popen[bytes], patience: float, name: str) -> None:
        self._process, self._patience, self._name = process, patience, name
        self._over = threading.Event()
        self._begun = False

    def begin(self) -> None:
        """The process was sent SIGTERM; only the first call counts."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._end, daemon=True).start()

    def over(self) -> None:
        """The process has ended: nothing more is sent."""
        self._over.set()

    def _end(self) -> None:
        if self._over.wait(self._patience):
            return
        left = min(LAST, self._patience)
        line = say(
            "the command has not ended {seconds:g} s after SIGTERM: it and all that it started "
            "get SIGTERM again, and SIGKILL {left:g} s later",
            seconds=self._patience,
            left=left,
        )
        tell(self._name, line)
        below = descendants(self._process.pid)
        self._process.send_signal(signal.SIGTERM)
        _send(below, signal.SIGTERM)
        if not self._over.wait(left):
            below = list(dict.fromkeys([*below, *descendants(self._process.pid)]))
            self._process.send_signal(signal.SIGKILL)
            _send(below, signal.SIGKILL)


def descendants(pid: int) -> list[Started]:
    """All processes below one; none where the system has no /proc."""
    children: dict[int, list[Started]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        found = _stat(int(folder.name))
        if found is not None:
            parent, one = found
            children.setdefault(parent, []).append(one)
    below, next_ones = [], [pid]
    while next_ones:
        ones = children.get(next_ones.pop(), [])
        below += ones
        next_ones += [one.pid for one in ones]
    return below


def _stat(pid: int) -> tuple[int, Started] | None:
    """(its parent, the process); None: it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # Behind the name, which may hold anything: fields 3 to 22 of proc_pid_stat(5).
    fields = stat[stat.rindex(b")") + 2 :].split()
    return int(fields[1]), Started(pid, fields[19])


def _send(processes: list[Started], number: int) -> None:
    for one in processes:
        found = _stat(one.pid)
        if found is not None and found[1] == one:
            with contextlib.suppress(OSError):  # it has just ended, or has become another user's
                os.kill(one.pid, number)
