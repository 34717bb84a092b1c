"""The trainings of the kit that are paired: the same but for their folder, with and without guard.

Both have the same ``Guard:`` section in their configuration; PaddleOCR does not look at it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ppocr_guard.demo import configs, sources, train
from ppocr_guard.demo.dataset import Dataset, make_dataset
from ppocr_guard.demo.presets import BASE
from ppocr_guard.paddleocr.launch import guarded_environment

RELEASE = "2.10.0"
PROBE = Path(__file__).with_name("probe.py")
GUARD = "Guard: {hooks: {Prometheus: {port: 0, linger_seconds: 0}}}\n"
IMAGES, STEPS_PER_EPOCH = 200, 25
SECONDS = 600  # that a training may take


@dataclass
class Bench:
    """The folder with the data, a base model and one folder a training."""

    folder: Path
    tree: Path = field(init=False)
    base: Path = field(init=False)  # a detector that has learned
    data: Dataset = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.tree = sources.compose(RELEASE)
        self.data = make_dataset(self.folder / "data", train_images=IMAGES, val_images=40)
        self.base = self.folder / "base" / "latest"
        if not self.base.with_suffix(".pdparams").is_file():
            config = configs.write(self.folder / "base.yml", self.data, self.base.parent, BASE)
            environment = {**train.environment(), "OMP_NUM_THREADS": "1"}
            with (self.folder / "base.log").open("wb") as log:
                subprocess.run(
                    train.command(self.tree, config),
                    cwd=self.tree,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    check=True,
                )

    def config(self, name: str, *, epochs: int, seed: int, guard: str = GUARD) -> Path:
        """An evaluation an epoch; images are loaded by the training process itself, so that it
        can be stopped as a whole."""
        options = replace(
            BASE,
            epoch_num=epochs,
            learning_rate=0.001,
            seed=seed,
            guard=guard,
            num_workers=0,
            pretrained_model=self.base,
        )
        return configs.write(self.folder / f"{name}.yml", self.data, self.folder / name, options)


@dataclass
class Measured:
    """What the probe wrote. Step k is the way from the end of step k to that of step k + 1."""

    first: dict[str, float]
    wall: list[float]
    cpu: list[float]
    process: list[float]
    threads: dict[str, float]


def read(path: Path) -> Measured:
    return Measured(**json.loads(path.read_text("utf-8")))


def words(bench: Bench, config: Path) -> list[str]:
    """The command line, with the probe before PaddleOCR's script."""
    python, script, *rest = train.command(bench.tree, config)
    return [python, str(PROBE), script, *rest]


def environment(out: Path, block: int, pipe: int, *, guarded: bool) -> dict[str, str]:
    base = guarded_environment("") if guarded else dict(os.environ)
    base.pop("PYTHONDONTWRITEBYTECODE", None)  # else both are compiled at every start
    return {
        **train.environment(base),
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PAIRED_OUT": str(out),
        "PAIRED_BLOCK": str(block),
        "PAIRED_PIPE": str(pipe),
    }


@contextlib.contextmanager
def training(
    bench: Bench, config: Path, *, guarded: bool, block: int, log: Path
) -> Iterator[Stoppable]:
    """A training that stops itself after every ``block`` steps."""
    read_end, write_end = os.pipe()
    out = config.with_suffix(".json")
    with log.open("wb") as file:
        process = subprocess.Popen(
            words(bench, config),
            cwd=bench.tree,
            env=environment(out, block, write_end, guarded=guarded),
            stdout=file,
            stderr=subprocess.STDOUT,
            pass_fds=[write_end],
            start_new_session=True,
        )
    os.close(write_end)
    try:
        yield Stoppable(process, read_end, out)
    finally:
        os.close(read_end)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass
class Stoppable:
    process: subprocess.Popen[bytes]
    pipe: int
    out: Path

    def block(self) -> bool:
        """Let it go on to the end of its block and stop; False: the training is over."""
        os.kill(self.process.pid, signal.SIGCONT)
        return self.wait()

    def wait(self) -> bool:
        """Until it has stopped itself; False: the training is over."""
        if not os.read(self.pipe, 1):
            return False
        _pid, status = os.waitpid(self.process.pid, os.WUNTRACED)
        return os.WIFSTOPPED(status)

    def end(self) -> None:
        """After its last block. Raises SystemExit when it failed."""
        if self.process.wait(SECONDS):
            raise SystemExit(f"a training failed; see the log beside {self.out}")


def started(bench: Bench, config: Path, log: Path, prefix: list[str]) -> tuple[float, float]:
    """Seconds from the start of the command to the end of its first step: wall, and CPU of the
    training process."""
    out = config.with_suffix(".json")
    with log.open("wb") as file:
        began = time.monotonic()
        subprocess.run(
            [*prefix, *words(bench, config)],
            cwd=bench.tree,
            env=environment(out, 0, -1, guarded=False),
            stdout=file,
            stderr=subprocess.STDOUT,
            check=True,
            timeout=SECONDS,
        )
    first: Any = read(out).first
    return first["monotonic"] - began, first["process"]


RUN = [sys.executable, "-m", "ppocr_guard", "run", "--"]
