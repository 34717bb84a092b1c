"""The cells as a table, and the file that keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.matrix.cells import PYTHONS, Cell
from benchmarks.matrix.judging import GUARDED, NONE, NOT_TRAINED, OURS, THEIRS, judge

Found = dict[str, dict[str, Any]]
HEAD = (
    "| Python | paddlepaddle | numpy | PaddleOCR | other packages | outcome |\n"
    "| --- | --- | --- | --- | --- | --- |\n"
)


def read(file: Path) -> Found:
    if not file.exists():
        return {}
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return {record.pop("cell"): record for record in records}


def write(file: Path, found: Found) -> None:
    lines = [json.dumps({"cell": name, **record}) for name, record in sorted(found.items())]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def placeless(found: dict[str, Any], folder: Path) -> dict[str, Any]:
    """``found`` without where on this machine it was found: the cell's folder and the home."""
    text = json.dumps(found).replace(f"{folder}/", "").replace(str(folder), ".")
    return dict(json.loads(text.replace(f"{Path.home()}/", "~/")))


def row(cell: Cell, found: dict[str, Any]) -> str:
    installed = found.get("packages", {})
    verdict = judge(found)
    cells = [
        found.get("python", cell.python),
        installed.get("paddlepaddle", cell.paddle),
        installed.get("numpy", cell.numpy.lstrip("=")),
        release(cell),
        others(installed),
        f"{verdict.state}: {verdict.text}" if verdict.text else verdict.state,
    ]
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"


def release(cell: Cell) -> str:
    return f"{cell.data} (tools of {cell.tools})" if cell.data else cell.tools


def others(installed: dict[str, str]) -> str:
    wanted = ("opencv-python-headless", "opencv-python", "albumentations", "imgaug")
    names = {"opencv-python-headless": "opencv", "opencv-python": "opencv"}
    shown = [f"{names.get(name, name)} {installed[name]}" for name in wanted if name in installed]
    return ", ".join(dict.fromkeys(shown))


MARKS = {GUARDED: "", THEIRS: " ✗", NONE: " –", OURS: " **fails**", NOT_TRAINED: " ?"}


def grid(cells: list[Cell], found: Found) -> str:
    """PaddleOCR / numpy by Python and paddle, as the READMEs quote it: no words in it."""
    paddles = sorted({cell.paddle for cell in cells})
    lines = [f"| Python | paddlepaddle {' | paddlepaddle '.join(paddles)} |",
             "| --- |" + " --- |" * len(paddles)]  # fmt: skip
    for python in PYTHONS:
        row = [
            ", ".join(_short(c, found) for c in cells if (c.python, c.paddle) == (python, paddle))
            for paddle in paddles
        ]
        lines.append(f"| {python} | " + " | ".join(row) + " |")
    return "".join(f"{line}\n" for line in lines)


def _short(cell: Cell, found: Found) -> str:
    numpy = found[cell.name].get("packages", {}).get("numpy", cell.numpy.lstrip("=<>"))
    state = judge(found[cell.name]).state
    return f"{cell.release}&nbsp;/&nbsp;{'.'.join(numpy.split('.')[:2])}{MARKS[state]}"


def summary(cells: list[Cell], found: Found) -> str:
    states = [judge(found[cell.name]).state for cell in cells]
    return (
        f"{len(cells)} cells: {states.count(GUARDED)} train guarded, to the same bits as without "
        f"the guard; in {states.count(THEIRS)} PaddleOCR or paddle itself does not train, and "
        f"`doctor` says which package it is; for {states.count(NONE)} there are no wheels; "
        f"{states.count(OURS) or 'none'} failed for the guard."
        + (f" {states.count(NOT_TRAINED)} not trained yet." if NOT_TRAINED in states else "")
    )


def page(cells: list[Cell], found: Found, machine: str) -> str:
    dates = sorted({found[cell.name]["date"] for cell in cells})
    unit = [found[cell.name] for cell in cells if "unit" in found[cell.name]]
    rows = "".join(f"{row(cell, found[cell.name])}\n" for cell in cells)
    lines = [f"- Python {f['python']}: {f['unit']['last'].strip('= ')}\n" for f in unit]
    tests = f"\nUnit tests, once for each Python:\n\n{''.join(lines)}" if lines else ""
    return (
        f"# Releases and machines\n\n{' to '.join(dict.fromkeys((dates[0], dates[-1])))}, "
        f"`python -m benchmarks.matrix`, {machine}, CPU.\n\n{summary(cells, found)}\n\n"
        "Each cell is a new virtual environment: the guard's wheel, `--version`, `doctor`, the "
        "self-check of the seams, `check` on a good and on a bad configuration, and two trainings "
        "of 8 steps with the kit, without and with the guard (all hooks), whose weights are "
        "compared bit for bit. PaddleOCR is the released source from PyPI; before 2.9.0 that has "
        "no tools, so its `ppocr/data` runs under the tools of 2.9.0 (that of 2.6 with a stand-in "
        "for the one function that they import and it lacks).\n\n"
        f"PaddleOCR / numpy; ✗: PaddleOCR or paddle itself fails; –: no wheel; ?: installed, "
        "`doctor` and `check` tried, not trained yet.\n\n"
        f"{grid(cells, found)}\n{HEAD}{rows}{tests}"
    )
