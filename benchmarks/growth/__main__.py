"""``python -m benchmarks.growth``: what the guard needs as runs, logs and data sets grow.

Writes RESULTS.md and growth.svg when no subject is named; ``--most N`` leaves out sizes above 10^N.
With ``--dir``, what is there already is not measured again.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from benchmarks.growth.plot import draw
from benchmarks.growth.subjects import SUBJECTS, measure
from benchmarks.machine import machine

RESULTS = Path(__file__).with_name("RESULTS.md")
PLOT = Path(__file__).with_name("growth.svg")
Needs = dict[int, dict[str, Any]]  # by size
LEGEND = (
    "Each size in a process of its own, one after the other. CPU: seconds of all threads. Memory: "
    "resident MB that the work added. *Exponent*: log10 of how many times the CPU seconds are "
    "those of the row above, for ten times the size; 1 is linear. Work so small that starting it "
    "counts stays below 1."
)


def apart(name: str, size: int, folder: Path) -> dict[str, Any]:
    """Measured in a process of its own, unless an earlier call has."""
    kept = folder / f"{name}-{size}.json"
    if not kept.is_file():
        words = [sys.executable, "-m", "benchmarks.growth", name, "--one", str(size)]
        out = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
        kept.write_text(out.splitlines()[-1], "utf-8")
    found: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    return found


def exponent(before: Optional[float], now: float) -> str:
    return f"{math.log10(now / before):.2f}" if before else "-"


def table(name: str, needs: Needs) -> str:
    """Markdown of one subject."""
    work, counted, _ = SUBJECTS[name]
    more = list(next(iter(needs.values()))["more"])
    has_bytes = next(iter(needs.values()))["bytes"] is not None
    disk = ["page, MB" if name == "report" else "journal, MB"] * has_bytes
    heads = [counted, "CPU, s", "µs each", "exponent", "memory, MB", *disk, *more]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---:"] * len(heads)) + " |"]
    before: Optional[float] = None
    for size, need in needs.items():
        cells = [f"{size:,}", f"{need['cpu']:.2f}", f"{need['cpu'] / size * 1e6:.1f}"]
        cells += [exponent(before, need["cpu"]), f"{need['memory']:.0f}"]
        cells += [f"{need['bytes']:.2f}"] if has_bytes else []
        cells += [f"{value:,.1f}".removesuffix(".0") for value in need["more"].values()]
        lines.append("| " + " | ".join(cells) + " |")
        before = need["cpu"]
    return f"## {name}\n\n{' '.join((work.__doc__ or '').split())}\n\n" + "\n".join(lines)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--most", type=int, default=9, help="power of ten (default: all sizes)")
    parser.add_argument("--dir", type=Path, help="for the numbers; default: a temporary folder")
    parser.add_argument("--kept", action="store_true", help="only what is in --dir already")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := set(options.subjects) - set(SUBJECTS):
        parser.error(f"no such subject: {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    if options.one is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(options.subjects[0], options.one, Path(folder))))
        return 0
    found: dict[str, Needs] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.dir or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.subjects or SUBJECTS:
            powers = [
                power
                for power in SUBJECTS[name][2]
                if power <= options.most
                and (not options.kept or (folder / f"{name}-{10**power}.json").is_file())
            ]
            found[name] = {10**power: apart(name, 10**power, folder) for power in powers}
            print(table(name, found[name]) + "\n" if powers else "", flush=True)
    if not options.subjects:
        RESULTS.write_text(page(found), "utf-8")
        draw(found, PLOT)
    return 0


def page(found: dict[str, Needs]) -> str:
    """RESULTS.md."""
    tables = [table(name, needs) for name, needs in found.items() if needs]
    made = f"{datetime.date.today()}, `python -m benchmarks.growth`; {machine()}."
    head = ["# How what the guard needs grows", LEGEND, f"![plot]({PLOT.name})", *tables, made]
    return "\n\n".join(head) + "\n"


if __name__ == "__main__":
    sys.exit(main())
