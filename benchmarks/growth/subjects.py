"""The work whose needs are measured, each for a size N. Each call is made in a process of its own.

The size is all that changes: what a subject needs for ten times as much shall be at
most ten times as much, and memory shall not grow where nothing has to be kept.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

from benchmarks.log_reading import write
from benchmarks.soak import disk_megabytes, hmean_of, losses_of, resident_megabytes
from ppocr_guard.config import load_guard
from ppocr_guard.events import EvalEnd, RunEnd, RunStart, StepEnd
from ppocr_guard.guard import Guard
from ppocr_guard.logs.replay import replay
from ppocr_guard.paths import journal_path

STEPS_PER_EPOCH = 1000
HOOKS = {"Prometheus": {"port": 0, "linger_seconds": 0}}
WAIT = 600.0  # for hooks to flush at the end


@dataclass
class Need:
    """Of one subject at one size."""

    cpu: float  # seconds, all threads
    memory: float  # MB that came to be in use by the work; the peak
    bytes: Optional[float] = None  # MB on disk
    more: dict[str, float] = field(default_factory=dict)


def steps(size: int, folder: Path) -> Need:
    """A guard with all hooks is told of N steps, and of 10 evaluations."""
    return _guarded(size, max(1, size // 10), folder)


def evaluations(size: int, folder: Path) -> Need:
    """A guard with all hooks is told of N evaluations, with ten steps before each."""
    return _guarded(10 * size, 10, folder)


def _guarded(size: int, every: int, folder: Path) -> Need:
    os.environ.pop("GUARD_WEBHOOK", None)
    log = logging.getLogger("ppocr_guard.growth")
    log.setLevel(logging.WARNING)
    guard = Guard(load_guard({"hooks": HOOKS}).build(), log)
    epochs = size // STEPS_PER_EPOCH + 1
    config = {"Global": {"print_batch_step": 10, "epoch_num": epochs}}
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        guard.dispatch(RunStart(time.time(), "growth", "DB", "3.7.0", config, str(folder), epochs))
        for number in range(1, 101):  # first files, first threads
            guard.dispatch(_step(number))
    before = resident_megabytes()
    cpu, thread = time.process_time(), time.thread_time()
    best = 0.0
    for number in range(101, size + 101):
        guard.dispatch(_step(number))
        if number % every == 0:
            value = hmean_of(number // every, size // every)
            best = max(best, value)
            guard.dispatch(_evaluation(number, number // every, value, best))
    thread = time.thread_time() - thread
    guard.dispatch(RunEnd(time.time(), epochs, size, "finished"))
    guard.close(WAIT)
    spent = time.process_time() - cpu
    return Need(
        spent,
        resident_megabytes() - before,
        disk_megabytes(folder, "**/journal*"),
        {
            "training thread, µs each": thread / size * 1e6,
            "VisualDL, MB": disk_megabytes(folder, "**/vdl/**/*"),
            "alerts": len(guard.alerts),
        },
    )


def _step(number: int) -> StepEnd:
    epoch = 1 + number // STEPS_PER_EPOCH
    return StepEnd(time.time(), epoch, number, losses_of(number), 1e-3, 8, 0.4, 0.02)


def _evaluation(number: int, evaluation: int, value: float, best: float) -> EvalEnd:
    epoch = 1 + number // STEPS_PER_EPOCH
    metrics = {"hmean": value, "precision": value, "recall": value, "fps": 10.0}
    return EvalEnd(time.time(), epoch, number, evaluation, metrics, "hmean", value, best, epoch)


def replayed(size: int, folder: Path) -> Need:
    """``ppocr-guard replay`` of a log of N lines, an evaluation for each 500."""
    log = folder / "train.log"
    write(log, size, noise=False)
    logging.disable(logging.CRITICAL)
    try:
        before, cpu = resident_megabytes(), time.process_time()
        (run,) = replay(log)
        spent = time.process_time() - cpu
    finally:
        logging.disable(logging.NOTSET)
    return Need(spent, resident_megabytes() - before, None, {"evaluations": run.evaluations})


def reported(size: int, folder: Path) -> Need:
    """``ppocr-guard report`` of a journal with N evaluations and ten times as many steps."""
    from ppocr_guard.cli import main

    _guarded(10 * size, 10, folder)
    assert journal_path(str(folder)).is_file()
    page = folder / "report.html"
    before, cpu = resident_megabytes(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        if main(["report", str(folder), "-o", str(page)]):
            raise SystemExit(f"no report of {folder}")
    spent = time.process_time() - cpu
    return Need(spent, resident_megabytes() - before, page.stat().st_size / 1e6)


def ceilings(size: int, folder: Path) -> Need:
    """``check --ceiling``: a perfect model on N images, in this process."""
    import numpy as np

    from benchmarks.geometry import scene
    from ppocr_guard.geometry.ceiling import CeilingSettings, Sample, ceiling

    rng = np.random.default_rng(0)
    samples = []
    for i in range(size):
        boxes = [b * (2, 1.125) for b in scene(rng, ("rectangles", "rotated")[i % 2], 640)]
        samples.append(Sample(1280, 720, boxes, [False] * len(boxes)))
    before, cpu = resident_megabytes(), time.process_time()
    top = ceiling(samples, CeilingSettings(workers=1))
    spent = time.process_time() - cpu
    return Need(spent, resident_megabytes() - before, None, {"hmean": round(top.hmean, 3)})


Subject = Callable[[int, Path], Need]
# name -> (work, what N counts, exponents of ten)
SUBJECTS: dict[str, tuple[Subject, str, range]] = {
    "steps": (steps, "steps", range(4, 8)),
    "evaluations": (evaluations, "evaluations", range(2, 6)),
    "replay": (replayed, "log lines", range(4, 8)),
    "report": (reported, "evaluations", range(2, 6)),
    "ceiling": (ceilings, "images", range(1, 5)),
}


def measure(name: str, size: int, folder: Path) -> dict[str, Any]:
    """JSON-ready."""
    return asdict(SUBJECTS[name][0](size, folder))
