"""Who holds a port that is taken, and the address under which others reach this machine."""

from __future__ import annotations

import json
import os
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ppocr_guard.wording import Sentence, say

ASK_SECONDS = 1.0
WILDCARDS = ("", "0.0.0.0", "::")
_LISTEN = "0A"  # state of a listening socket in /proc/net/tcp


@dataclass(frozen=True)
class Holder:
    """What is known of who listens on a port."""

    run: Optional[str] = None  # the guarded run that answers there
    answers: bool = False  # something answers, be it a guard or not
    pid: Optional[int] = None  # a process of this user that has the socket
    command: str = ""

    def describe(self, place: str) -> Sentence:
        """Why ``place`` is taken, in a sentence without its full stop."""
        if self.run is not None:
            return say("{place} is taken by the guarded run {run!r}", place=place, run=self.run)
        if not self.answers and self.pid is not None:
            return say(
                "{place} is taken by process {pid} ({command}), which does not answer there: a "
                "loader worker that a killed run left behind? `kill {pid}` ends it",
                place=place,
                pid=self.pid,
                command=self.command,
            )
        if self.pid is not None:
            return say(
                "{place} is taken by process {pid} ({command})",
                place=place,
                pid=self.pid,
                command=self.command,
            )
        return say("{place} is taken by another program", place=place)


def holder(host: str, port: int) -> Holder:
    """Ask the port, and (on Linux) look which process has it. Takes two seconds at most."""
    run, answers = _ask("127.0.0.1" if host in WILDCARDS else host, port)
    pid = None if run is not None else _process(port)
    return Holder(run, answers, pid, _command(pid) if pid is not None else "")


def _ask(host: str, port: int) -> tuple[Optional[str], bool]:
    """(name of the guarded run that answers, whether anything does)."""
    name = f"[{host}]" if ":" in host else host
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{name}:{port}/health", timeout=ASK_SECONDS) as response:
            health = json.loads(response.read(65536))
    except urllib.error.HTTPError:
        return None, True
    except (OSError, ValueError) as error:
        silent = isinstance(error, OSError) and "timed out" in str(error)
        return None, not silent
    guarded = isinstance(health, dict) and "run" in health and "global_step" in health
    return (str(health["run"]) if guarded else None), True


def _process(port: int) -> Optional[int]:
    """A process that has a socket listening on ``port``; of others than this user none is seen."""
    sockets = {
        f"socket:[{fields[9]}]"
        for table in ("tcp", "tcp6")
        for fields in _rows(Path("/proc/net") / table)
        if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port
    }
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(fd) in sockets for fd in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:  # gone meanwhile, or another user's
            continue
    return None


def _rows(table: Path) -> list[list[str]]:
    try:
        return [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "?"
    text = b" ".join(words[:3]).decode("utf-8", "replace").strip()
    return text if len(text) <= 80 else text[:77] + "..."


def reachable(host: str) -> str:
    """The address to give to others for a server on ``host``: one of this machine's own where it
    listens on all of them."""
    if host not in WILDCARDS:
        return host
    family = socket.AF_INET6 if host == "::" else socket.AF_INET
    # Connecting a datagram socket sends nothing; it only asks the routing table.
    outside = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((outside, 9))
            address = str(probe.getsockname()[0])
    except OSError:
        return "::1" if host == "::" else "127.0.0.1"
    return address
