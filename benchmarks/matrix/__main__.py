"""Makes the cells, one after the other, and writes RESULTS.md from what was found."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.matrix import environment, table
from benchmarks.matrix.cells import Cell, named
from benchmarks.matrix.judging import OURS, judge
from ppocr_guard.demo import sources

HERE = Path(__file__).parent
CELLS_FOUND = HERE / "cells.jsonl"  # one line a cell; a cell that is made again replaces its own
PARTS = ("look", "train", "unit")  # "look": all but the trainings and the unit tests
SECONDS = 3600  # for the unit tests of a cell


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matrix", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="CELL", help="parts of names; default: all")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="only this")
    parser.add_argument("--table", action="store_true", help="only write RESULTS.md anew")
    parser.add_argument("--dir", type=Path, help="keep the environments here, and use them again")
    options = parser.parse_args(arguments)
    cells = [] if options.table else named(options.names)
    found = table.read(CELLS_FOUND)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.dir or Path(temporary)
        wheel = environment.build_wheel(folder / "wheel") if cells else Path()
        for cell in cells:
            started = time.monotonic()
            result = try_cell(cell, wheel, folder / cell.name, options.part)
            result = table.placeless(result, folder / cell.name)
            result["date"] = str(datetime.date.today())
            result["seconds"] = round(time.monotonic() - started)
            found = table.read(CELLS_FOUND)
            before = {} if set(options.part) == set(PARTS) else found.get(cell.name, {})
            found[cell.name] = result = {**before, **result}
            table.write(CELLS_FOUND, found)
            print(table.row(cell, result), flush=True)
            if options.dir is None:
                shutil.rmtree(folder / cell.name, ignore_errors=True)
    known = [cell for cell in named([]) if cell.name in found]
    text = table.page(known, found, platform.platform(terse=True))
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    return int(any(judge(found[cell.name]).state == OURS for cell in known))


def try_cell(cell: Cell, wheel: Path, folder: Path, parts: Sequence[str]) -> dict[str, Any]:
    try:
        python = prepare(cell, wheel, folder)
    except environment.ImpossibleError as error:
        return {"impossible": str(error)}
    shutil.rmtree(folder / "work", ignore_errors=True)
    (folder / "work").mkdir()
    found: dict[str, Any] = {}
    for part in ("look", "train"):
        if part in parts:
            found.update(inside(part, cell, python, folder / "work"))
    if cell.unit and "unit" in parts:
        found["unit"] = unit_tests(python, folder / "work")
    return found


def prepare(cell: Cell, wheel: Path, folder: Path) -> Path:
    """The cell's Python, with the guard as it stands in the tree now."""
    for release in filter(None, (cell.tools, cell.data)):
        sources.obtain(release)  # here: with this Python's pip
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        return environment.make(cell, wheel, folder / "venv")
    environment.install(python, ["--reinstall", "--no-deps", str(wheel)])
    return python


def inside(part: str, cell: Cell, python: Path, folder: Path) -> dict[str, Any]:
    """What ``inside.py`` finds out with the cell's Python, far from this tree."""
    script = [python, HERE / "inside.py", part]
    command = [*script, cell.tools, cell.data, "imgaug" * cell.imgaug, folder]
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder, env=clean(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        return {
            f"crash of {part}": " ".join(done.stderr.split())[-500:]
            or f"ended with {done.returncode}"
        }


def unit_tests(python: Path, folder: Path) -> dict[str, Any]:
    """The fast tests over an editable copy of the tree, as `make unit` runs them."""
    copy = environment.copy_tree(folder / "source")
    environment.install(python, ["--no-deps", "--editable", str(copy)])
    command = [str(python), "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/unit"], cwd=copy, env=clean(), capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    lines = done.stdout.strip().splitlines()
    counts = [line for line in lines if " passed" in line or " failed" in line or " error" in line]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return {"code": done.returncode, "last": (counts or lines or [""])[-1], "failed": failed}


def clean() -> dict[str, str]:
    """This environment without what would lead back into this tree."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
