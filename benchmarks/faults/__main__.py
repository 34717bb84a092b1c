"""Makes every fault and writes RESULTS.md."""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.bench import Bench, Result
from benchmarks.faults.fault import WHOLE
from benchmarks.faults.faults import FAULTS, named
from benchmarks.machine import machine

RESULTS = Path(__file__).parent / "RESULTS.md"
WIDTH = 150  # characters of a line of the log


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all, and RESULTS.md")
    parser.add_argument("--dir", type=Path, help="for the trainings; default: a temporary folder")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options.dir or Path(temporary))
        results = []
        for fault in named(options.names):
            result = bench.run(fault)
            results.append(result)
            print(row(result), flush=True)
    print(summary(results))
    if not options.names:
        RESULTS.write_text(page(results), encoding="utf-8")
    return int(any(result.hurt or result.silent for result in results))


def row(result: Result) -> str:
    seen = result.seen.replace("|", "\\|")
    seen = seen[: WIDTH - 1] + "…" if len(seen) > WIDTH else seen
    training = result.training + (" **(hurt)**" if result.hurt else "")
    lost = result.lost + (" **(in silence)**" if result.silent else "")
    return f"| `{result.fault.name}` | {result.fault.done} | {training} | {seen} | {lost} |"


def summary(results: list[Result]) -> str:
    hurt = [result.fault.name for result in results if result.hurt]
    silent = [result.fault.name for result in results if result.silent]
    lost = sum(result.lost != WHOLE for result in results)
    return (
        f"{len(results)} faults: the training was hurt in {_listed(hurt)}; something was lost in "
        f"{lost}, in silence in {_listed(silent)}."
    )


def _listed(names: list[str]) -> str:
    return f"{len(names)} ({', '.join(names)})" if names else "none"


def page(results: list[Result]) -> str:
    head = (
        "# What the guard survives\n\n"
        f"{datetime.date.today()}, {machine()}, `python -m benchmarks.faults` "
        f"({len(FAULTS)} real trainings, "
        f"{sum(result.seconds for result in results) / 60:.0f} minutes).\n\n"
        f"{summary(results)}\n\n"
        '"The same bits": the weights at the end are those of the training without a guard. '
        '"Lost" is counted in the journal: steps and evaluations that should be there.\n\n'
        "| Fault | What was done | The training | What the user saw | Lost |\n"
        "| --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(row(result) + "\n" for result in results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
