"""``python -m benchmarks.diagnosis SET --dir runs``: faults in real trainings, as a table.

Trains one base model (kept in ``--dir``), then goes on from it once for each fault of the set
(``develop``, ``validate``, ``report`` or ``fresh``), guarded, and once more with what the guard
advised. ``--only NAME...`` trains these anew and takes the others from the journals in ``--dir``;
without a name, none is trained. Writes ``RESULTS-SET.md`` beside this file, or ``RESULTS.md`` for
``report``.
"""

from __future__ import annotations

import sys
import time

from benchmarks.diagnosis.command import arguments, write
from benchmarks.diagnosis.faults import SEEDS, SETS, Fault
from benchmarks.diagnosis.follow import followed
from benchmarks.diagnosis.table import Row, render
from benchmarks.diagnosis.training import Bench
from ppocr_guard.demo.dataset import Dataset

MODULE = "benchmarks.diagnosis"


def main() -> int:
    args = arguments(MODULE, __doc__, SETS, "diagnosis_runs")
    faults = SETS[args.set]
    seed = SEEDS[args.set] if args.seed is None else args.seed
    bench = Bench(args.dir / f"{args.set}-{seed}", seed)
    started = time.monotonic()
    data = bench.prepare()
    for fault in faults:
        if args.only is None or fault.name in args.only:
            seconds = bench.run(fault, data) + follow(bench, fault, data)
            print(f"{fault.name}: {seconds:.0f} s", file=sys.stderr)
    table = render([row(bench, fault) for fault in faults])
    print(table)
    write(args, MODULE, "RESULTS", "Faults in real trainings", table, started)
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
