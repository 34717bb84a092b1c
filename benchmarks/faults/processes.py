"""Faults of processes, their surroundings, and of ranks."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Callable

from benchmarks.faults.fault import HOOK, HOOKS, KILLED, STOPPED, Fault, Place
from benchmarks.faults.hooks import transform

BARE_RANK = str(Path(__file__).parent / "bare_rank.py")


def _trainers(place: Place) -> list[int]:
    """Processes with this configuration on their command line, but for `ppocr-guard run`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(place.config).encode() in words and b"ppocr_guard" not in words:
            found.append(int(process.name))
    return found


def _signal(number: int) -> Callable[[Place], None]:
    def send(place: Place) -> None:
        for process in _trainers(place):
            os.kill(process, number)

    return send


def _parent_dies(place: Place) -> None:
    assert place.process is not None
    os.kill(place.process, signal.SIGKILL)


def _frozen_for_three_seconds(place: Place) -> None:
    _signal(signal.SIGSTOP)(place)
    time.sleep(3)
    _signal(signal.SIGCONT)(place)


def _status_folder_goes(place: Place) -> None:
    """What the trainer reports to its parent in."""
    for process in _trainers(place):
        words = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        for word in words:
            if word.startswith(b"PPOCR_GUARD_STATUS="):
                folder = Path(os.fsdecode(word.partition(b"=")[2]))
                if folder.parent == Path(tempfile.gettempdir()):
                    for file in folder.iterdir():
                        file.unlink()
                    folder.rmdir()


PROCESSES = [
    Fault("interrupted", "Ctrl-C", "ppocr_guard: interrupted", training=KILLED,
          during=_signal(signal.SIGINT)),
    Fault("terminated", "SIGTERM, as a scheduler sends it", training=KILLED,
          during=_signal(signal.SIGTERM)),
    Fault("killed", "kill -9, as the out-of-memory killer sends it", training=KILLED,
          during=_signal(signal.SIGKILL)),
    Fault("frozen", "the process is stopped for three seconds and continued",
          during=_frozen_for_three_seconds),
    Fault("parent-killed", "`ppocr-guard run` is killed -9, the training goes on",
          during=_parent_dies),
    Fault("status-folder-gone", "a cleaner of temporary files removes what the training reports "
          "to its parent in", during=_status_folder_goes),
    Fault("background", "`nohup ... &` in a shell that ends before the training starts",
          wrap=("sh", "-c", 'nohup "$@" & sleep 0', "sh")),
    Fault("no-temporary-folder", "TMPDIR names a folder that does not exist",
          environment={"TMPDIR": "/nonexistent/tmp"}),
    Fault("no-home", "HOME is not set, and the locale is C",
          environment={"HOME": None, "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0",
                       "PYTHONCOERCECLOCALE": "0"}),
    Fault("few-files", "no more than 64 open files",
          wrap=("sh", "-c", 'ulimit -n 64; exec "$@"', "sh"),
          hooks=f"{HOOKS}, {{VisualDL: null}}, {{Prometheus: {{port: PORT, linger_seconds: 0}}}}"),
    Fault("loader-workers", "two loader workers, and the guard's server in the trainer",
          hooks=f"{HOOKS}, {{Prometheus: {{port: PORT, linger_seconds: 0}}}}",
          options={"num_workers": 2}),
]  # fmt: skip

RANKS = [
    Fault("rank-hook", "a hook cannot be made on rank 1 of 2", "FailsOn is off",
          hooks=f"{HOOKS}, {{{HOOK}FailsOn: {{rank: 1}}}}", ranks=2),
    Fault("rank-unguarded", "rank 1 of 2 runs without the guard",
          "Of the 2 ranks, 1 run without the guard", ranks=2, script=BARE_RANK),
    Fault("rank-unguarded-stop", "rank 1 of 2 runs without the guard, and rank 0 stops the run",
          r"stopped this run \(stop_at\)", training=STOPPED, ranks=2, script=BARE_RANK,
          hooks=f"{HOOKS}, {{{HOOK}StopAt: {{step: 3}}}}", options={"epoch_num": 20}),
    Fault("rank-stops", "rank 1 of 4 asks for a stop", "as rank 1 asked for", training=STOPPED,
          ranks=4, hooks=f"{HOOKS}, {{{HOOK}StopAt: {{step: 3, rank: 1}}}}",
          options={"epoch_num": 20}),
    Fault("rank-killed", "rank 1 of 2 is killed -9", training=KILLED, ranks=2,
          hooks=f"{HOOKS}, {{{HOOK}KillRank: null}}", options={"epoch_num": 20}),
    Fault("rank-collapse", "hmean collapses in a training on 2 ranks",
          r"stopped this run \(hmean_collapse\)", training=STOPPED, ranks=2,
          hooks=f"{HOOKS}, {{AutoStop: {{exit_code: 3}}}}, {{{HOOK}PlayedMetric: {{values: "
          f"{[0.5, 0.6, 0.7, 0.72, *[0.1] * 30]}}}}}", options={"epoch_num": 30}),
    Fault("rank-resume", "a training on 4 ranks goes on from a checkpoint", ranks=4, resumes=True),
    Fault("rank-nan", "the labels of rank 1 of 2 become NaN",
          r"stopped this run \(loss_not_finite\)", training=STOPPED, ranks=2,
          hooks=f"{HOOKS}, {{AutoStop: {{exit_code: 3}}}}",
          options={"transform": transform("Poison", "{poison_rank: 1, poison_after: 5}"),
                   "epoch_num": 20}),
]  # fmt: skip
