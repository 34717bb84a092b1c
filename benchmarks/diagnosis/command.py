"""The command line of the benchmarks of faults, and the file that they write."""

from __future__ import annotations

import argparse
import datetime
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional

from benchmarks.diagnosis.faults import Fault
from benchmarks.machine import machine

HERE = Path(__file__).parent


def arguments(
    module: str, description: Optional[str], sets: Mapping[str, Sequence[Fault]], folder: str
) -> argparse.Namespace:
    """``set``, ``dir`` (default: ``folder``), ``only`` (None: all faults), ``seed`` and ``out``."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("set", choices=sorted(sets), help="which faults")
    parser.add_argument("--dir", type=Path, default=Path(folder), help="(%(default)s)")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="faults to train anew")
    parser.add_argument("--seed", type=int, help="of the data, in place of the set's own")
    parser.add_argument("--out", type=Path, help="the table")
    args = parser.parse_args()
    names = [fault.name for fault in sets[args.set]]
    unknown = sorted(set(args.only or ()) - set(names))
    if unknown:
        parser.error(f"no fault {', '.join(unknown)}; there are {', '.join(names)}")
    return args


def write(
    args: argparse.Namespace, module: str, file: str, title: str, text: str, started: float
) -> None:
    """Write ``text`` beside this file, with a title and with how it came about.

    Args:
        file: its name, without the set and the ending.
        started: of :func:`time.monotonic`.
    """
    only = "" if args.only is None else " --only " + " ".join(args.only)
    seed = "" if args.seed is None else f" --seed {args.seed}"
    head = (
        f"{datetime.date.today()}, `python -m {module} {args.set}{only}{seed}`, "
        f"{machine('paddlepaddle')} on CPU, {(time.monotonic() - started) / 60:.0f} minutes."
    )
    parts = ("" if args.set == "report" else args.set, "" if args.seed is None else str(args.seed))
    name = "-".join(filter(None, (file, *parts)))
    place: Path = args.out or HERE / f"{name}.md"
    place.write_text(f"# {title}: {args.set}\n\n{head}\n\n{text}", encoding="utf-8")
