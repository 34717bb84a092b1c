"""``python -m benchmarks.diagnosis --dir runs``: faults in real trainings, as a Markdown table.

Trains one base model (kept in ``--dir``), then goes on from it once for each fault, guarded; a
quarter of an hour on two cores. ``--only NAME...`` trains these anew and takes the others from
the journals in ``--dir``; without a name, all. Writes ``RESULTS.md`` beside this file.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.diagnosis.faults import FAULTS
from benchmarks.diagnosis.table import render
from benchmarks.diagnosis.training import Bench

RESULTS = Path(__file__).parent / "RESULTS.md"


def machine() -> str:
    try:
        paddle = version("paddlepaddle")
    except PackageNotFoundError:
        paddle = "unknown"
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, paddlepaddle {paddle} on CPU"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path("diagnosis_runs"), help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the data; a new --dir for each")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="faults to train anew")
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="the table (default: %(default)s)"
    )
    args = parser.parse_args()
    names = [fault.name for fault in FAULTS]
    unknown = sorted(set(args.only or ()) - set(names))
    if unknown:
        parser.error(f"no fault {', '.join(unknown)}; there are {', '.join(names)}")
    bench = Bench(args.dir)
    started = time.monotonic()
    data = bench.prepare(args.seed)
    for fault in FAULTS:
        if args.only is None or fault.name in args.only:
            seconds = bench.run(fault, data)
            print(f"{fault.name}: {seconds:.0f} s", file=sys.stderr)
    table = render([(fault, bench.outcome(fault)) for fault in FAULTS])
    print(table)
    only = "" if args.only is None else " --only " + " ".join(args.only)
    seed = f" --seed {args.seed}" if args.seed else ""
    head = (
        f"{datetime.date.today()}, `python -m benchmarks.diagnosis{seed}{only}`, {machine()}, "
        f"{(time.monotonic() - started) / 60:.0f} minutes."
    )
    args.out.write_text(f"# Faults in real trainings\n\n{head}\n\n{table}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
