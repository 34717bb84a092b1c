"""``ppocr-guard doctor``: one screen, exit 0 when a guarded training can run, else 1."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Optional

from rich.cells import cell_len, set_cell_size

from ppocr_guard import __version__
from ppocr_guard.doctor.look import BROKEN, FINE, WEAK, Answer, look
from ppocr_guard.language import add_language, machine_language, pick_language
from ppocr_guard.wording import LIST, in_language, join, mark, say

MARKS = {FINE: mark("ok"), WEAK: "!", BROKEN: mark("FAIL")}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--paddleocr", type=Path, metavar="DIR", help=say("the clone that you train with")
    )
    parser.add_argument("--json", action="store_true", help=say("machine-readable"))
    add_language(parser)


def run(args: argparse.Namespace) -> int:
    answers = list(look(_tree(args.paddleocr)))
    if args.json:
        asked = machine_language(args.language)
        told = [_record(answer, asked) for answer in answers]
        print(json.dumps({"version": __version__, "answers": told}, ensure_ascii=False))
    else:
        print("\n".join(lines(answers, pick_language(args.language))))
    return int(any(answer.state == BROKEN for answer in answers))


def _record(answer: Answer, language: str) -> dict[str, str]:
    said = {key: in_language(getattr(answer, key), language) for key in ("text", "way_out")}
    return {**asdict(answer), **said}


def _tree(given: Optional[Path]) -> Optional[Path]:
    """What was named, else the current folder where it is a clone."""
    if given is not None:
        return given
    here = Path.cwd()
    return here if (here / "tools" / "program.py").is_file() else None


def lines(answers: Sequence[Answer], language: str = "en") -> list[str]:
    def said(text: str) -> str:
        return in_language(text, language)

    def cells(text: str, width: int) -> str:
        return set_cell_size(said(say(text)), width)

    width = max(cell_len(said(say(answer.name))) for answer in answers)
    found = [f"ppocr_guard {__version__}"]
    for answer in answers:
        state = said(say(MARKS[answer.state]))
        head = " " * (4 - cell_len(state)) + state
        found.append(f"{head}  {cells(answer.name, width)}  {said(answer.text)}")
        if answer.way_out:
            found.append(f"{'':>4}  {'':<{width}}  -> {said(answer.way_out)}")
    broken = [say(answer.name) for answer in answers if answer.state == BROKEN]
    weak = [say(answer.name) for answer in answers if answer.state == WEAK]
    if broken:
        end = say("A guarded training cannot run: {names}.", names=join(*broken, by=LIST))
    elif weak:
        end = say("A guarded training can run. To look at: {names}.", names=join(*weak, by=LIST))
    else:
        end = say("A guarded training can run.")
    return [*found, said(end)]
