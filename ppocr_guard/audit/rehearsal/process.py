"""Starts the rehearsal in the user's Python, reads its facts, and ends it when time is over."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

import ppocr_guard

Fact = dict[str, Any]
PACKAGE = Path(ppocr_guard.__file__).parent
SILENT_SECONDS = 25.0  # of one sample; the child's own limit is 10, where it can keep it
LOG_LINES = 400  # of PaddleOCR's output that are kept
# Under its own name, wherever the user's Python has another version of it or none.
BOOT = """\
import importlib.util, sys
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "ppocr_guard", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["ppocr_guard"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from ppocr_guard.paddleocr.rehearsal.child import main
main()
"""


@dataclass(frozen=True)
class Request:
    """What is rehearsed, and where."""

    tree: Path
    config: Path
    overrides: tuple[str, ...] = ()
    cwd: Path = field(default_factory=Path)  # relative paths of the YAML start here
    python: str = sys.executable
    images: int = 32
    timeout: float = 120.0


@dataclass
class Told:
    """All that a rehearsal told. ``ended``: "finished", "timeout", "silent" or "died"."""

    facts: list[Fact] = field(default_factory=list)
    ended: str = "died"
    log: str = ""  # the last lines that PaddleOCR printed
    seconds: float = 0.0
    exit_code: Optional[int] = None

    def all(self, kind: str, **values: Any) -> list[Fact]:
        return [
            fact
            for fact in self.facts
            if fact["fact"] == kind and all(fact.get(k) == v for k, v in values.items())
        ]

    def first(self, kind: str, **values: Any) -> Optional[Fact]:
        return next(iter(self.all(kind, **values)), None)

    @property
    def stage(self) -> Fact:
        """The last stage that was begun."""
        stages = self.all("stage")
        return stages[-1] if stages else {"stage": "start"}


def rehearse(request: Request, progress: Callable[[Fact, float], None]) -> Told:
    """Run the rehearsal. ``progress(stage, seconds)`` is called several times a second.

    However it ends, by Ctrl-C too, the process and all that it started are gone afterwards.

    Raises:
        OSError: the Python cannot be started.
    """
    told, started = Told(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ppocr_guard-") as folder:
        log = Path(folder) / "output.txt"
        with log.open("wb") as output:
            process = _start(request, folder, output)
            try:
                for fact in _facts(process, request.timeout, told, progress):
                    told.facts.append(fact)
            finally:
                _end(process)
        told.exit_code = process.returncode
        told.log = "\n".join(_text(log).splitlines()[-LOG_LINES:])
    told.seconds = time.monotonic() - started
    return told


def _start(request: Request, folder: str, output: Any) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PPOCR_GUARD")}
    environment.update(PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1")
    environment.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network at import
    environment.setdefault("GLOG_minloglevel", "2")
    process = subprocess.Popen(
        [request.python, "-c", BOOT, str(PACKAGE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=output,
        cwd=request.cwd,
        env=environment,
        start_new_session=os.name == "posix",  # a group of its own, to end as a whole
    )
    order = {
        "tree": str(request.tree.resolve()),
        "config": str(request.config.resolve()),
        "overrides": list(request.overrides),
        "images": request.images,
        "seconds": request.timeout / 5,
        "temporary": folder,
        "folder": str(Path(folder) / "output"),
        "copies": str(Path(folder).resolve() / "copies"),
    }
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(order).encode("ascii") + b"\n")
        process.stdin.flush()  # left open: the child ends when this process does, however it does
    except BrokenPipeError:
        pass  # it died at once; its output says why
    return process


def _facts(
    process: subprocess.Popen[bytes],
    timeout: float,
    told: Told,
    progress: Callable[[Fact, float], None],
) -> Iterator[Fact]:
    lines: queue.Queue[Optional[bytes]] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    started = last = time.monotonic()
    while True:
        now = time.monotonic()
        progress(told.stage, now - started)
        if now - started > timeout:
            told.ended = "timeout"
            return
        if told.stage["stage"] == "sample" and now - last > SILENT_SECONDS:
            told.ended = "silent"
            return
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            continue
        if line is None:
            return
        last = time.monotonic()
        try:
            fact = json.loads(line)
        except ValueError:
            continue
        if fact.get("fact") == "end":
            told.ended = "finished"
            return
        yield fact


def _read(stream: Any, lines: queue.Queue[Optional[bytes]]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
