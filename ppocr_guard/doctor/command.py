"""``ppocr-guard doctor``: one screen, exit 0 when a guarded training can run, else 1."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Optional

from ppocr_guard import __version__
from ppocr_guard.doctor.look import BROKEN, FINE, WEAK, Answer, look

MARKS = {FINE: "ok", WEAK: "!", BROKEN: "FAIL"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--paddleocr", type=Path, metavar="DIR", help="the clone that you train with"
    )
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    answers = list(look(_tree(args.paddleocr)))
    if args.json:
        print(json.dumps({"version": __version__, "answers": [asdict(a) for a in answers]}))
    else:
        print("\n".join(lines(answers)))
    return int(any(answer.state == BROKEN for answer in answers))


def _tree(given: Optional[Path]) -> Optional[Path]:
    """What was named, else the current folder where it is a clone."""
    if given is not None:
        return given
    here = Path.cwd()
    return here if (here / "tools" / "program.py").is_file() else None


def lines(answers: Sequence[Answer]) -> list[str]:
    width = max(len(answer.name) for answer in answers)
    found = [f"ppocr_guard {__version__}"]
    for answer in answers:
        found.append(f"{MARKS[answer.state]:>4}  {answer.name:<{width}}  {answer.text}")
        if answer.way_out:
            found.append(f"{'':>4}  {'':<{width}}  -> {answer.way_out}")
    broken = [answer.name for answer in answers if answer.state == BROKEN]
    weak = [answer.name for answer in answers if answer.state == WEAK]
    if broken:
        found.append(f"A guarded training cannot run: {', '.join(broken)}.")
    elif weak:
        found.append(f"A guarded training can run. To look at: {', '.join(weak)}.")
    else:
        found.append("A guarded training can run.")
    return found
