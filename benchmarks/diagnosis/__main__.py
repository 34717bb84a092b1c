"""``python -m benchmarks.diagnosis SET --dir runs``: faults in real trainings, as a table.

Trains one base model (kept in ``--dir``), then goes on from it once for each fault of the set
(``develop``, ``validate`` or ``report``), guarded, and once more with what the guard advised.
``--only NAME...`` trains these anew and takes the others from the journals in ``--dir``; without a
name, all. Writes ``RESULTS-SET.md`` beside this file, or ``RESULTS.md`` for ``report``.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
import time
from pathlib import Path

from benchmarks.diagnosis.faults import SEEDS, SETS, Fault
from benchmarks.diagnosis.follow import followed
from benchmarks.diagnosis.table import Row, render
from benchmarks.diagnosis.training import Bench
from ppocr_guard.demo.dataset import Dataset
from ppocr_guard.installed import versions

HERE = Path(__file__).parent


def machine() -> str:
    paddle = versions(["paddlepaddle"]).get("paddlepaddle", "unknown")
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, paddlepaddle {paddle} on CPU"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.add_argument("set", choices=sorted(SETS), help="which faults")
    parser.add_argument("--dir", type=Path, default=Path("diagnosis_runs"), help="(%(default)s)")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="faults to train anew")
    parser.add_argument("--out", type=Path, help="the table")
    args = parser.parse_args()
    faults = SETS[args.set]
    names = [fault.name for fault in faults]
    unknown = sorted(set(args.only or ()) - set(names))
    if unknown:
        parser.error(f"no fault {', '.join(unknown)}; there are {', '.join(names)}")
    bench = Bench(args.dir / args.set, SEEDS[args.set])
    started = time.monotonic()
    data = bench.prepare()
    for fault in faults:
        if args.only is None or fault.name in args.only:
            seconds = bench.run(fault, data) + follow(bench, fault, data)
            print(f"{fault.name}: {seconds:.0f} s", file=sys.stderr)
    table = render([row(bench, fault) for fault in faults])
    print(table)
    only = "" if args.only is None else " --only " + " ".join(args.only)
    head = (
        f"{datetime.date.today()}, `python -m benchmarks.diagnosis {args.set}{only}`, "
        f"{machine()}, {(time.monotonic() - started) / 60:.0f} minutes."
    )
    name = "RESULTS.md" if args.set == "report" else f"RESULTS-{args.set}.md"
    title = f"# Faults in real trainings: {args.set}"
    (args.out or HERE / name).write_text(f"{title}\n\n{head}\n\n{table}", encoding="utf-8")
    return 0


def follow(bench: Bench, fault: Fault, data: Dataset) -> float:
    """Train again as the guard advised; seconds it took."""
    outcome = bench.outcome(fault)
    if outcome is None or not outcome.settings:
        return 0.0
    return bench.run(followed(fault, outcome.settings), data)


def row(bench: Bench, fault: Fault) -> Row:
    outcome = bench.outcome(fault)
    if outcome is None or not outcome.settings:
        return Row(fault, outcome)
    return Row(fault, outcome, bench.outcome(followed(fault, outcome.settings)))


if __name__ == "__main__":
    sys.exit(main())
