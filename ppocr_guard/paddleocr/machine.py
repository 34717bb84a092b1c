"""Where a run trains, and what it takes of that machine: looked at beside the training.

The one thread here sleeps nearly always; it looks at the machine every ten seconds at first and
less often in a long run, and leaves what it found for the training thread to hand on.
"""

from __future__ import annotations

import os
import platform
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

# On the training thread, before the loader forks: a fork in the middle of an import leaves the
# child with a lock that nobody will ever release.
import psutil

from ppocr_guard import __version__
from ppocr_guard.events import Environment, Event, Resources
from ppocr_guard.installed import versions
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.redact import GUARD, HIDDEN, redacted
from ppocr_guard.registry import BUILT_IN

EVERY = 10.0  # seconds between two looks, at first
LOOKS = 500  # after about so many looks at one distance the distance grows
_GIT_SECONDS = 20.0
_MAX_COMMAND = 2000  # characters
_PACKAGES = (
    "paddlepaddle", "paddlepaddle-gpu", "paddleocr", "paddlex", "numpy", "opencv-python",
    "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless",
    "albumentations", "scikit-image", "shapely", "pyclipper", "lmdb", "rapidfuzz", "pillow",
    "imgaug", "visualdl",
)  # fmt: skip


class MachineWatch:
    """Posts one :class:`Environment`, and :class:`Resources` every so often."""

    def __init__(
        self,
        post: Callable[[Event], None],
        place: Callable[[], tuple[int, int]],
        *,
        every: float = EVERY,
    ) -> None:
        """``post`` takes events from any thread; ``place`` gives epoch and global step."""
        self._post = post
        self._place = place
        self._every = every
        self._end = threading.Event()
        self._thread: Optional[threading.Thread] = None
        self._gpus: Optional[tuple[Any, list[Any]]] = None

    def start(self) -> None:
        self._gpus = _nvml()  # an import, so here and not on the thread
        self._thread = threading.Thread(target=self._run, name="ppocr_guard-machine", daemon=True)
        self._thread.start()

    def close(self, seconds: float = 2.0) -> None:
        """Take one last look, and end the thread."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(seconds)

    @harmless
    def _run(self) -> None:
        self._post(environment())
        usage = Usage()
        began = time.monotonic()
        ended = False
        while not ended:
            distance = max(self._every, (time.monotonic() - began) / LOOKS)
            ended = self._end.wait(distance)
            epoch, step = self._place()
            self._post(Resources(time.time(), epoch, step, **usage.look(), **self._gpu()))

    def _gpu(self) -> dict[str, float]:
        """Of the cards that this process may use, together: memory, and the busiest one."""
        if self._gpus is None:
            return {}
        try:
            nvml, handles = self._gpus
            memory = sum(float(nvml.nvmlDeviceGetMemoryInfo(h).used) for h in handles)
            busy = max(float(nvml.nvmlDeviceGetUtilizationRates(h).gpu) for h in handles)
        except Exception:  # pynvml.NVMLError; a card that does not tell
            self._gpus = None
            return {}
        return {"gpu_memory_bytes": memory, "gpu_percent": busy}


class Usage:
    """Memory and processor time of this process and its workers."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._seconds, self._memory = self._sum()
        self._at = time.monotonic()

    def look(self) -> dict[str, float]:
        seconds, memory = self._sum()
        now = time.monotonic()
        passed, self._at = max(now - self._at, 1e-3), now
        # A worker that ended takes its time with it until it is waited for.
        percent = max(0.0, 100.0 * (seconds - self._seconds) / passed)
        self._seconds = seconds
        machine = psutil.virtual_memory()
        return {
            "memory_bytes": memory,
            "cpu_percent": percent,
            "machine_memory_bytes": float(machine.total - machine.available),
        }

    def _sum(self) -> tuple[float, float]:
        own = self._process.cpu_times()
        seconds = own.user + own.system + own.children_user + own.children_system
        memory = float(self._process.memory_info().rss)
        for child in self._process.children(recursive=True):
            try:
                times = child.cpu_times()
                seconds += times.user + times.system
                memory += child.memory_info().rss
            except psutil.Error:
                continue
        return seconds, memory


def environment() -> Environment:
    """What can be told of this process and this machine. Runs git where PaddleOCR is a clone."""
    root = paddleocr_root(sys.modules)
    return Environment(
        time=time.time(),
        host=socket.gethostname(),
        command=safe_command(sys.orig_argv if hasattr(sys, "orig_argv") else sys.argv),
        python=platform.python_version(),
        system=platform.platform(),
        cpu=_cpu_name(),
        cpus=psutil.cpu_count() or 0,
        memory_bytes=float(psutil.virtual_memory().total),
        gpus=_gpu_names(),
        paddleocr=str(root) if root else "",
        commit=_git(root, "rev-parse", "HEAD") if root else "",
        local_changes=_local_changes(root) if root else (),
        packages={"ppocr-guard": __version__, **versions(_PACKAGES)},
    )


def paddleocr_root(modules: Mapping[str, Any]) -> Optional[Path]:
    """The folder of the PaddleOCR that trains: the one above ``tools/program.py``."""
    for name in ("tools.program", "program"):
        file = getattr(modules.get(name), "__file__", None)
        if file:
            return Path(file).resolve().parent.parent
    return None


def safe_command(arguments: Sequence[str]) -> str:
    """The command line without what may be a secret: ``-o Guard.hooks.Notify.url=...``."""
    told = " ".join(shlex.quote(_safe(argument)) for argument in arguments)
    return told if len(told) <= _MAX_COMMAND else told[: _MAX_COMMAND - 3] + "..."


def _safe(argument: str) -> str:
    key, equals, value = argument.partition("=")
    if not equals:
        return str(redacted(argument))
    if key.partition(".")[0] != GUARD:
        return f"{key}={redacted({key: value})[key]}"
    _, _, *rest = [*key.split("."), "", ""]
    if any(mark in value for mark in "{[:") or (rest[0] and rest[0] not in BUILT_IN):
        return f"{key}={HIDDEN}"
    name = key.rpartition(".")[2]
    return f"{key}={redacted({GUARD: {name: value}})[GUARD][name]}"


def _git(root: Path, *words: str) -> str:
    """Output of a git command in a clone of PaddleOCR; empty where it is none."""
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_GIT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip("\n") if done.returncode == 0 else ""


def _local_changes(root: Path) -> tuple[str, ...]:
    lines = _git(root, "status", "--porcelain", "--untracked-files=no").splitlines()
    return tuple(line[3:] for line in lines[:20])


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _nvml() -> Optional[tuple[Any, list[Any]]]:
    """NVIDIA's library and the cards that this process may use; None without either."""
    try:
        import pynvml

        pynvml.nvmlInit()
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "").replace(" ", "")
        count = range(pynvml.nvmlDeviceGetCount())
        chosen = [int(i) for i in seen.split(",") if i.isdigit()] or list(count)
        return pynvml, [pynvml.nvmlDeviceGetHandleByIndex(i) for i in chosen if i in count]
    except Exception:  # not installed, no driver, no card
        return None


def _gpu_names() -> tuple[str, ...]:
    """By NVIDIA's own tool, which is there with every driver."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(done.stdout.splitlines()[:16]) if done.returncode == 0 else ()
