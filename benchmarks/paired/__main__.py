"""``python -m benchmarks.paired``: what the guard costs a real training, as Markdown.

Trainings of the kit with all hooks and without the guard, in pairs; RESULTS.md is written unless
``--part start`` is asked for alone. With ``--dir``, pairs that are there already are not trained
again.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.paired.figures import (
    evaluations_table,
    first_step_table,
    starts_table,
    steps_table,
    threads_table,
)
from benchmarks.paired.pairs import Pair, pair
from benchmarks.paired.start import starts
from benchmarks.paired.trainings import RELEASE, STEPS_PER_EPOCH, Bench

RESULTS = Path(__file__).with_name("RESULTS.md")
EPOCHS = 2
BLOCK = 8  # steps, some two seconds


def steps(bench: Bench, pairs: int, controls: int) -> Iterator[str]:
    """Paragraphs of Markdown about steps and epochs."""
    found: dict[bool, list[Pair]] = {False: [], True: []}
    for number in range(max(pairs, controls)):
        for control, wanted in ((False, pairs), (True, controls)):
            if number < wanted:
                one = pair(bench, number, epochs=EPOCHS, block=BLOCK, control=control)
                found[control].append(one)
    count = sum(len(one.guarded.wall) for one in found[False])
    yield "## A step, an epoch"
    yield (
        f"{pairs} pairs of trainings ({count} steps each way), each of {EPOCHS} epochs of "
        f"{STEPS_PER_EPOCH} steps with an evaluation of 40 images at the end of each. The two "
        f"of a pair train the same steps from the same seed and take turns, {BLOCK} steps each, "
        "A B B A: one is stopped (SIGSTOP, with all its threads) while the other goes on. Times "
        "are taken inside the process. Intervals are bootstrapped over pairs "
        "(scipy.stats.bootstrap, percentile). The last column pairs two trainings without the "
        f"guard ({controls} pairs): what chance does."
    )
    yield steps_table(found[False], found[True])
    yield evaluations_table(found[False])
    yield (
        "Evaluations are rare and steps are many in real trainings (the stock PP-OCRv4 detector: "
        "one in 1500 steps); here they are one in 25, to have some."
    )
    yield "The start of these trainings (imports, `check`'s quick rules, the first examination):"
    yield first_step_table(found[False], found[True])
    yield "CPU of the guard's threads, which run beside the training thread:"
    yield threads_table(found[False])


def start(bench: Bench, rounds: int) -> Iterator[str]:
    """Paragraphs of Markdown about the start."""
    yield "## The start"
    yield (
        f"From the start of the command (`python tools/train.py`, or `ppocr-guard run -- python "
        f"tools/train.py`) to the end of the first step, {rounds} rounds, in turn forwards and "
        "backwards. CPU is that of the training process, all threads. *Added* is the median of the "
        "differences within a round."
    )
    yield starts_table(starts(bench, rounds))


def _command(options: argparse.Namespace) -> str:
    part = f" --part {options.part}" if options.part else ""
    numbers = f" --pairs {options.pairs} --controls {options.controls}"
    return f"python -m benchmarks.paired{part}{'' if options.part == 'start' else numbers}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paired", description=__doc__)
    parser.add_argument("--part", choices=["steps", "start"], help="default: both")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--controls", type=int, default=5, help="pairs without the guard")
    parser.add_argument("--rounds", type=int, default=10, help="of the start")
    parser.add_argument("--dir", type=Path, help="for the trainings; default: a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options.dir or Path(temporary))
        text = []
        if options.part != "start":
            text += steps(bench, options.pairs, options.controls)
        if options.part != "steps":
            text += start(bench, options.rounds)
    text.append(
        f"{datetime.date.today()}, `{_command(options)}`: PaddleOCR {RELEASE}, DB detector "
        f"of the kit, CPU, one thread, batches of 8 images of 160 px, {machine()}, "
        f"load average {os.getloadavg()[2]:.0f} at the end: where it is above the cores, wall time "
        "says little, and CPU time counts."
    )
    page = "\n\n".join(text) + "\n"
    print(page)
    if options.part != "start":
        RESULTS.write_text("# What the guard costs a real training\n\n" + page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
