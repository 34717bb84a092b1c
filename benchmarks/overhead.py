"""What a step costs the training thread: the guard with all its hooks, and what others use.

    python -m benchmarks.overhead [--rounds 3] [--steps 200] [--burst 3000] [--pace 0.01]
    python -m benchmarks.overhead --journals DIR...     what examinations cost in these runs

Every contender gets the same six numbers a step. The Journal and VisualDL hooks write one step in
ten, as PaddleOCR prints (``print_batch_step``); the others write each. *Paced*: with a pause
between the steps, as in a training, where caches have gone cold; *burst*: one step after the
other. *CPU* is what the whole process used in a paced step beyond the pause, background threads
included. Of several rounds the best counts, for other work on the machine only ever adds.
Contenders that are not installed are left out: `pip install tensorboardX visualdl`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from ppocr_guard.config import load_guard
from ppocr_guard.events import EvalEnd, Examination, RunEnd, RunStart, StepEnd
from ppocr_guard.guard import Guard
from ppocr_guard.logs.journal import read_journal

Step = Callable[[int, dict[str, float], float], None]  # number, losses, learning rate
LOSSES = {"loss": 1.4, "loss_shrink_maps": 0.8, "loss_threshold_maps": 0.4, "loss_binary_maps": 0.2}


def losses_of(number: int) -> dict[str, float]:
    """Losses that fall and jitter, as real ones do."""
    factor = 1 + 1 / (1 + number / 100) + 0.05 * (number * 7919 % 13 / 13 - 0.5)
    return {name: value * factor for name, value in LOSSES.items()}


@dataclass
class Result:
    """Microseconds a step."""

    name: str
    paced: float
    paced_p99: float
    burst: float
    cpu: float


@contextmanager
def guard(folder: Path, hooks: Any = None) -> Iterator[Step]:
    """A guard that gets what PaddleOCR's loop would tell it; by default with every hook."""
    section = {"hooks": hooks if hooks is not None else {"Prometheus": {"port": 0}}}
    guarded = Guard(load_guard(section).build(), logger=logging.getLogger("quiet"))
    config = {"Global": {"print_batch_step": 10, "epoch_num": 500}}
    guarded.dispatch(
        RunStart(time.time(), "bench", "DB", "3.7.0", config, str(folder), epoch_num=500)
    )

    def step(number: int, losses: dict[str, float], rate: float) -> None:
        guarded.dispatch(
            StepEnd(time.time(), 1, number, losses, rate, 8, 0.4, 0.02),
        )

    yield step
    guarded.dispatch(RunEnd(time.time(), 1, 1, "finished"))
    guarded.close(10)


def scalars(writer: Any) -> Step:
    def step(number: int, losses: dict[str, float], rate: float) -> None:
        for name, value in losses.items():
            writer.add_scalar(f"train/{name}", value, number)
        writer.add_scalar("train/lr", rate, number)
        writer.add_scalar("train/ips", 20.0, number)

    return step


@contextmanager
def visualdl(folder: Path) -> Iterator[Step]:
    from visualdl import LogWriter

    writer = LogWriter(logdir=str(folder))

    yield scalars(writer)
    writer.close()


@contextmanager
def tensorboardx(folder: Path) -> Iterator[Step]:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(folder))

    yield scalars(writer)
    writer.close()


@contextmanager
def file_handler(folder: Path) -> Iterator[Step]:
    """One line a step through logging, as PaddleOCR writes its train.log."""
    log = logging.getLogger("overhead")
    log.propagate = False
    log.setLevel(logging.INFO)
    handler = logging.FileHandler(folder / "train.log")
    handler.setFormatter(logging.Formatter("[%(asctime)s] %(name)s %(levelname)s: %(message)s"))
    log.addHandler(handler)

    def step(number: int, losses: dict[str, float], rate: float) -> None:
        text = ", ".join(f"{name}: {value:.6f}" for name, value in losses.items())
        log.info("global_step: %d, lr: %.6f, %s, ips: %.5f", number, rate, text, 20.0)

    yield step
    log.removeHandler(handler)
    handler.close()


@contextmanager
def json_line(folder: Path) -> Iterator[Step]:
    """The least that leaves a record: one JSON line, flushed."""
    with (folder / "log.jsonl").open("w") as file:

        def step(number: int, losses: dict[str, float], rate: float) -> None:
            file.write(json.dumps({"step": number, "lr": rate, "ips": 20.0, **losses}) + "\n")
            file.flush()

        yield step


@contextmanager
def gauges(folder: Path) -> Iterator[Step]:
    """Six prometheus_client gauges, labels bound beforehand."""
    from prometheus_client import CollectorRegistry, Gauge

    registry = CollectorRegistry()
    loss = Gauge("loss", "x", ["component"], registry=registry)
    bound = {name: loss.labels(name) for name in LOSSES}
    lr, ips = (Gauge(name, "x", registry=registry) for name in ("lr", "ips"))

    def step(number: int, losses: dict[str, float], rate: float) -> None:
        for name, value in losses.items():
            bound[name].set(value)
        lr.set(rate)
        ips.set(20.0)

    yield step


CONTENDERS: dict[str, Callable[[Path], Any]] = {
    "ppocr_guard, all hooks": guard,
    "ppocr_guard, Journal alone": lambda folder: guard(folder, ["Journal"]),
    "ppocr_guard, Prometheus alone": lambda folder: guard(folder, [{"Prometheus": {"port": 0}}]),
    "ppocr_guard, VisualDL alone": lambda folder: guard(folder, ["VisualDL"]),
    "ppocr_guard, no hook": lambda folder: guard(folder, []),
    "prometheus_client, 6 gauges": gauges,
    "one JSON line, flushed": json_line,
    "logging.FileHandler, 1 line": file_handler,
    "VisualDL, 6 scalars": visualdl,
    "tensorboardX, 6 scalars": tensorboardx,
}


def measure(name: str, steps: int, burst: int, pace: float) -> Result:
    """Raises ImportError when the contender is not installed."""
    with tempfile.TemporaryDirectory() as folder, CONTENDERS[name](Path(folder)) as step:
        for number in range(1, 21):  # imports, first files, first thread
            step(number, losses_of(number), 1e-3)
        time.sleep(0.5)
        idle = _cpu(lambda: _pauses(steps, pace))
        times: list[float] = []
        busy = _cpu(lambda: times.extend(_run(step, 21, steps, pace)))
        fast = _run(step, 21 + steps, burst, 0.0)
    return Result(
        name=name,
        paced=statistics.median(times) * 1e6,
        paced_p99=sorted(times)[int(len(times) * 0.99)] * 1e6,
        burst=statistics.median(fast) * 1e6,
        cpu=max(0.0, busy - idle) / steps * 1e6,
    )


def best(rounds: list[Result]) -> Result:
    """The best of each column."""
    return Result(
        rounds[0].name,
        *(
            min(getattr(one, column) for one in rounds)
            for column in ("paced", "paced_p99", "burst", "cpu")
        ),
    )


def examinations(folders: list[Path]) -> str:
    """Markdown: seconds that the examination held up real trainings, read from their journals."""
    lines = [
        "| run | evaluation, median s | examination held it up, median s | share | before the "
        "first step, s | in the background, median s |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for folder in folders:
        events = [e for journal in folder.rglob("journal.jsonl") for e in read_journal(journal)]
        evaluations = [e.duration_seconds or 0 for e in events if isinstance(e, EvalEnd)]
        all_ = [e for e in events if isinstance(e, Examination)]
        first = [e.seconds for e in all_ if e.evaluation == 0]
        later = [e for e in all_ if e.evaluation]
        if not evaluations or not later:
            continue
        evaluation = statistics.median(evaluations)
        held = statistics.median(e.seconds for e in later)
        background = statistics.median(e.background_seconds for e in later)
        before = f"{first[0]:.2f}" if first else "-"
        lines.append(
            f"| {folder.name} | {evaluation:.2f} | {held:.2f} | {held / evaluation:.1%} | "
            f"{before} | {background:.2f} |"
        )
    return "\n".join(lines)


def _run(step: Step, first: int, count: int, pace: float) -> list[float]:
    """Seconds that each call held up the caller."""
    times = []
    for number in range(first, first + count):
        if pace:
            time.sleep(pace)
        losses = losses_of(number)
        started = time.perf_counter()
        step(number, losses, 1e-3)
        times.append(time.perf_counter() - started)
    return times


def _pauses(count: int, pace: float) -> None:
    for _ in range(count):
        time.sleep(pace)


def _cpu(work: Callable[[], Any]) -> float:
    """Processor seconds of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts")
    parser.add_argument("--steps", type=int, default=200, help="paced steps")
    parser.add_argument("--burst", type=int, default=3000, help="steps in a burst")
    parser.add_argument("--pace", type=float, default=0.01, help="seconds between paced steps")
    parser.add_argument("--journals", type=Path, nargs="+", metavar="DIR", help="runs to read")
    args = parser.parse_args()
    if args.journals:
        print(examinations(args.journals))
        return 0
    os.environ.pop("GUARD_WEBHOOK", None)
    results, missing = [], []
    for name in CONTENDERS:
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # VisualDL prints
                rounds = [
                    measure(name, args.steps, args.burst, args.pace) for _ in range(args.rounds)
                ]
            results.append(best(rounds))
        except ImportError as error:
            missing.append(f"{name} ({error})")
    print("| microseconds a step | paced, median | paced, p99 | burst, median | CPU, all threads |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for one in results:
        row = f"{one.paced:.0f} | {one.paced_p99:.0f} | {one.burst:.1f} | {one.cpu:.0f}"
        print(f"| {one.name} | {row} |")
    print(
        f"\nBest of {args.rounds} rounds: {args.steps} steps paced at {args.pace * 1000:g} ms, "
        f"{args.burst} in a burst; "
        f"{machine('prometheus-client')}."
    )
    if missing:
        print(f"Left out: {'; '.join(missing)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
