"""A long run in short: what the guard with all its hooks needs as the run goes on.

    python -m benchmarks.soak [--steps 1000000] [--evaluations 10000] [--rows 10]

Feeds a guard with every hook what a training would tell it, one step after the other, while
``/metrics`` is scraped each second. A row is printed each tenth of the way: resident memory of the
process, mean time a step (evaluations included), bytes on disk, and how the scrapes went. What
must stay flat is memory and the time a step; what must not grow with the steps for ever is the
disk. PaddleOCR writes every tenth step to its log here (``print_batch_step: 10``), and the Journal
and VisualDL hooks follow it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import math
import os
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import machine
from ppocr_guard.config import load_guard
from ppocr_guard.events import EvalEnd, RunEnd, RunStart, StepEnd
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.prometheus import Prometheus

SCRAPE_SECONDS = 1.0
STEPS_PER_EPOCH = 1000


@dataclass
class Scrapes:
    """Asks for ``/metrics`` each second, from a thread of its own."""

    url: str
    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    bytes: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.done.wait(SCRAPE_SECONDS):
            started = time.perf_counter()
            try:
                with urllib.request.urlopen(self.url, timeout=10) as response:
                    self.bytes = len(response.read())
            except OSError:
                self.failed += 1
            else:
                self.seconds.append(time.perf_counter() - started)


def losses_of(number: int) -> dict[str, float]:
    """Losses that fall and jitter."""
    factor = 1 + 1 / (1 + number / 1000) + 0.05 * (number * 7919 % 13 / 13 - 0.5)
    return {
        "loss": 1.4 * factor,
        "loss_shrink_maps": 0.8 * factor,
        "loss_threshold_maps": 0.4 * factor,
        "loss_binary_maps": 0.2 * factor,
    }


def hmean_of(evaluation: int, evaluations: int) -> float:
    """Rises all the way, with noise: a healthy run."""
    progress = evaluation / evaluations
    return 0.5 + 0.45 * (1 - math.exp(-4 * progress)) + 0.005 * math.sin(evaluation * 1.7)


def resident_megabytes() -> float:
    """Of this process now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def disk_megabytes(folder: Path, pattern: str = "**/*") -> float:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file()) / 1e6


def soak(guard: Guard, folder: Path, steps: int, evaluations: int, rows: int) -> None:
    """Run, and print a row each ``rows``-th part of the way."""
    server = next(hook.server for hook in guard.hooks if isinstance(hook, Prometheus))
    assert server is not None
    scrapes = Scrapes(server.url)
    thread = threading.Thread(target=scrapes.run, daemon=True)
    thread.start()
    every = max(1, steps // evaluations)
    best = 0.0
    started = time.perf_counter()
    for number in range(1, steps + 1):
        epoch = 1 + (number - 1) // STEPS_PER_EPOCH
        guard.dispatch(StepEnd(time.time(), epoch, number, losses_of(number), 1e-3, 8, 0.4, 0.02))
        if number % every == 0:
            value = hmean_of(number // every, evaluations)
            best = max(best, value)
            metrics = {"hmean": value, "precision": value, "recall": value, "fps": 10.0}
            guard.dispatch(
                EvalEnd(
                    time.time(),
                    epoch,
                    number,
                    number // every,
                    metrics,
                    "hmean",
                    value,
                    best,
                    epoch,
                )
            )
        if number % max(1, steps // rows) == 0:
            spent = time.perf_counter() - started
            _row(folder, scrapes, number, number // every, spent / max(1, steps // rows))
            started = time.perf_counter()
    scrapes.done.set()
    thread.join()


def _row(
    folder: Path, scrapes: Scrapes, step: int, evaluation: int, seconds_per_step: float
) -> None:
    slowest = max(scrapes.seconds, default=0.0)
    cells = [
        f"{step:,}",
        f"{evaluation:,}",
        f"{resident_megabytes():.0f}",
        f"{seconds_per_step * 1e6:.0f}",
        f"{disk_megabytes(folder, '**/journal*'):.1f}",
        f"{disk_megabytes(folder, '**/vdl/**/*'):.1f}",
        f"{len(scrapes.seconds)}, {scrapes.failed} failed",
        f"{slowest * 1000:.0f}",
        f"{scrapes.bytes:,}",
    ]
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--evaluations", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=10)
    args = parser.parse_args()
    os.environ.pop("GUARD_WEBHOOK", None)
    hooks = {"Prometheus": {"port": 0, "linger_seconds": 0}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = logging.getLogger("ppocr_guard")
        log.setLevel(logging.WARNING)
        guard = Guard(load_guard({"hooks": hooks}).build(), log)
        config = {"Global": {"print_batch_step": 10, "epoch_num": args.steps // STEPS_PER_EPOCH}}
        print(
            "| step | evaluations | RSS, MB | µs a step | journal, MB | VisualDL, MB | scrapes | "
            "slowest, ms | bytes a scrape |"
        )
        print("| ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |")
        with contextlib.redirect_stderr(io.StringIO()):  # VisualDL prints
            guard.dispatch(
                RunStart(
                    time.time(),
                    "soak",
                    "DB",
                    "3.7.0",
                    config,
                    name,
                    args.steps // STEPS_PER_EPOCH + 1,
                )
            )
        soak(guard, folder, args.steps, args.evaluations, args.rows)
        end = args.steps // STEPS_PER_EPOCH
        guard.dispatch(RunEnd(time.time(), end, args.steps, "finished"))
        guard.close(60)
        print(
            f"\nOn disk at the end: {disk_megabytes(folder):.1f} MB. Alerts: "
            f"{len(guard.alerts)}, hook errors: {guard.health.hook_errors or 0}. "
            f"{machine()}."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
