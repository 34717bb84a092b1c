"""Runs a fault and measures what became of the training, of what was seen, and what was lost."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from benchmarks.faults.fault import (
    HOOK,
    KILLED,
    NO_JOURNAL,
    PART,
    REFUSED,
    SAME,
    STOPPED,
    WHOLE,
    Fault,
    Place,
)
from benchmarks.faults.hooks import GO_ON, PAUSED
from ppocr_guard.demo import configs, dataset, sources, train

ROOT = Path(__file__).parents[2]
RELEASE = "2.10.0"
STEPS, EPOCHS = 4, 2  # of a launch; an evaluation after each epoch
SECONDS = 240  # of one launch
TINY = configs.RunOptions(
    epoch_num=EPOCHS, eval_batch_step=(0, STEPS), batch_size=8, num_workers=0, print_batch_step=1,
    log_smooth_window=1, backbone_scale=0.5, neck_channels=16, warmup_epoch=0,
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What was measured."""

    fault: Fault
    training: str  # SAME ... or what it was instead
    seen: str  # the line of the log; empty where nothing was said
    lost: str  # WHOLE ... or which records are missing
    seconds: float
    output: str

    @property
    def hurt(self) -> bool:
        return self.training != self.fault.training

    @property
    def silent(self) -> bool:
        """Something was lost, or ought to be told, and no line tells it."""
        return (self.lost != WHOLE or bool(self.fault.says)) and not self.seen


class Bench:
    """The folder with the data, the unguarded trainings and one folder a fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._unguarded: dict[str, str] = {}  # weights that an unguarded training ends with
        self._data: Optional[dataset.Dataset] = None

    @property
    def data(self) -> dataset.Dataset:
        if self._data is None:
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            self._data = dataset.make_dataset(
                self.folder / "data", train_images=32, val_images=6, size=160, seed=1
            )
        return self._data

    def run(self, fault: Fault) -> Result:
        started = time.monotonic()
        place = self._place(fault)
        expected = self._expected(fault) if fault.training == SAME else ""
        end = fault.before(place) if fault.before else None
        try:
            code, output, later = self._launch(fault, place)
        finally:
            if callable(end):
                end()
        if callable(later):
            later()
        return Result(
            fault=fault,
            training=_training(code, output, _weights(place.folder), expected),
            seen=_seen(fault.says, output).replace(f"{self.folder}/", ""),
            lost=_lost(fault, place),
            seconds=time.monotonic() - started,
            output=output,
        )

    def _place(self, fault: Fault) -> Place:
        folder = self.folder / fault.name
        shutil.rmtree(folder, ignore_errors=True)
        tree = sources.compose(RELEASE)
        if fault.tree is not None:
            own = self.folder / f"{fault.name}-tree"
            shutil.rmtree(own, ignore_errors=True)
            shutil.copytree(tree, own, symlinks=True)
            tree = fault.tree(own)
        if fault.resumes:
            shutil.copytree(self._first_launch(), folder)
        pause = f", {{{HOOK}Pause: null}}" if fault.during else ""
        guard = f"Guard:\n  hooks: [{fault.hooks}{pause}]\n"
        port = _free_port()
        guard = guard.replace("PORT", str(port)).replace("TARGET", str(folder / "target.json"))
        return Place(folder, self._config(fault, folder, guard), tree, port)

    def _config(self, fault: Fault, folder: Path, guard: str) -> Path:
        changes: dict[str, Any] = dict(fault.options)
        if fault.resumes:
            changes.update(epoch_num=2 * EPOCHS, checkpoints=folder / "latest")
        if fault.ranks > 1:
            changes.update(distributed=True, batch_size=TINY.batch_size // fault.ranks)
        name = f"{folder.name}.yml"
        return configs.write(
            self.folder / name, self.data, folder, replace(TINY, guard=guard, **changes)
        )

    def _first_launch(self) -> Path:
        """A guarded training of two epochs, from which the launches of a resume go on."""
        first = Fault("first-launch", "")
        folder = self.folder / first.name
        if not (folder / "latest.pdparams").exists():
            place = self._place(first)
            code, output, _ = self._launch(first, place)
            assert code == 0, output[-3000:]
        return folder

    def _expected(self, fault: Fault) -> str:
        """Weights of the same training without a guard."""
        key = f"unguarded-{fault.ranks}-{fault.resumes}"
        if fault.options:
            key += "-" + fault.name
        if key not in self._unguarded:
            bare = Fault(key, "", resumes=fault.resumes, ranks=fault.ranks, options=fault.options)
            place = self._place(bare)
            self._config(bare, place.folder, "")
            code, output, _ = self._launch(bare, place, guarded=False)
            assert code == 0, output[-3000:]
            self._unguarded[key] = _weights(place.folder)
        return self._unguarded[key]

    def _command(self, fault: Fault, place: Place, *, guarded: bool) -> list[str]:
        words = train.command(place.tree, place.config)
        if fault.ranks > 1:
            script = fault.script or str(place.tree / "tools" / "train.py")
            words = [
                sys.executable, "-m", "paddle.distributed.launch",
                "--nproc_per_node", str(fault.ranks), "--backend", "gloo",
                "--log_dir", str(self.folder / f"{place.folder.name}-ranks"), script, *words[2:],
            ]  # fmt: skip
        run = [sys.executable, "-m", "ppocr_guard", "run", "--"] if guarded else []
        return [*fault.wrap, *run, *words]

    def _launch(self, fault: Fault, place: Place, *, guarded: bool = True) -> tuple[int, str, Any]:
        environment = {**train.environment(), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        if not guarded:
            environment["PYTHONPATH"] = ""
        for name, value in fault.environment.items():
            if value is None:
                environment.pop(name, None)
            elif name == "PYTHONPATH":
                environment[name] = value + os.pathsep + environment[name]
            else:
                environment[name] = value
        log = self.folder / f"{place.folder.name}.log"
        for mark in (PAUSED, GO_ON):
            (place.folder / mark).unlink(missing_ok=True)
        with log.open("wb") as written:
            process = subprocess.Popen(
                self._command(fault, place, guarded=guarded),
                cwd=place.tree,
                env=environment,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_interruptible,
            )
            try:
                later = self._during(fault, replace(place, process=process.pid), process)
                code = process.wait(SECONDS)
                _wait_for_writer(log)
            except subprocess.TimeoutExpired:
                code, later = -9999, None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output = log.read_text("utf-8", "replace")
        ranks = sorted((self.folder / f"{place.folder.name}-ranks").glob("workerlog.*"))
        return code, output + "".join(r.read_text("utf-8", "replace") for r in ranks), later

    def _during(self, fault: Fault, place: Place, process: subprocess.Popen[bytes]) -> Any:
        """Do what the fault does once the training waits, and let it go on."""
        if fault.during is None:
            return None
        deadline = time.monotonic() + SECONDS
        while not (place.folder / PAUSED).exists():
            if process.poll() is not None or time.monotonic() > deadline:
                return None
            time.sleep(0.02)
        time.sleep(0.3)  # what is written in the background has been written
        try:
            return fault.during(place)
        finally:
            (place.folder / GO_ON).touch()


def _interruptible() -> None:
    """In a background job of a shell Ctrl-C is ignored, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_for_writer(log: Path) -> None:
    """A training whose parent has ended may go on: until nothing is written any more."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < 0.5 or _written_by_others(log):
        time.sleep(0.1)
        if log.stat().st_size != size:
            size, since = log.stat().st_size, time.monotonic()


def _written_by_others(log: Path) -> bool:
    """Whether another process has the log open."""
    for descriptor in Path("/proc").glob("[0-9]*/fd/1"):
        with contextlib.suppress(OSError):
            if descriptor.parts[2] != str(os.getpid()) and descriptor.resolve() == log:
                return True
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _weights(folder: Path) -> str:
    try:
        return hashlib.sha256((folder / "latest.pdparams").read_bytes()).hexdigest()
    except OSError:
        return ""


def _training(code: int, output: str, weights: str, expected: str) -> str:
    if code == -9999:
        return f"did not end in {SECONDS} s"
    if expected:
        if weights == expected:
            return SAME
        return f"ended with {code} and {'other' if weights else 'no'} weights"
    if code == 3 and "stopped this run" in output:
        return STOPPED
    if code == 2 and "Training has not started" in output:
        return REFUSED
    return KILLED if code != 0 else "ended as if nothing had happened"


def _seen(says: str, output: str) -> str:
    """The line that tells of it, without time and place in the code."""
    if not says:
        return ""
    for line in output.splitlines():
        if re.search(says, line) and " ppocr INFO: " not in line:  # the printed configuration
            return re.sub(r"^\[.*?\] (ppocr_guard |\[ *)?[A-Z]+\]?:? *(\w+\.py:\d+ - )?", "", line)
    return ""


def _lost(fault: Fault, place: Place) -> str:
    """What should stand in the journal and does not."""
    try:
        lines = place.journal.read_bytes().splitlines() if place.journal.is_file() else []
    except OSError:
        lines = []
    if not lines:
        return NO_JOURNAL
    found: dict[str, set[tuple[int, int]]] = {"step": set(), "eval": set()}
    for line in lines:
        with contextlib.suppress(ValueError, AttributeError):
            record = json.loads(line)
            if record.get("event") in found:
                found[record["event"]].add((record["epoch"], record["global_step"]))
    first = 2 * EPOCHS if fault.resumes else EPOCHS
    if fault.training == SAME:
        steps, evaluations = first * STEPS, first
    else:  # up to where it ended
        last = max(found["step"] | {(1, 0)})
        steps = last[1]
        evaluations = max(0, last[0] - 1)
    missing = max(0, steps - len(found["step"])), max(0, evaluations - len(found["eval"]))
    return PART if any(missing) else WHOLE
