"""The matrix: its cells cover what they are to cover, and what is found is judged right."""

from __future__ import annotations

import re
import sys
from itertools import product
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.matrix import table
from benchmarks.matrix.cells import CELLS, PYTHONS, named
from benchmarks.matrix.judging import BUG, FOUND, GUARDED, NONE, OURS, THEIRS, judge
from ppocr_guard.demo.sources import ARCHIVES


def doctor(**states: str) -> list[dict[str, str]]:
    names = ("Python", "paddle", "numpy", "imports", "seams")
    return [{"name": n, "state": states.get(n, "ok"), "text": f"{n} says"} for n in names]


def found(**changes) -> dict:
    good = {"code": 0, "findings": FOUND}
    run = {"code": 0, "weights": "a", "guard": []}
    return {
        "version": "ppocr-guard 0.1.0",
        "doctor": doctor(),
        "check": {"plain": good, "bug": {"code": 1, "findings": [*FOUND, BUG]}},
        "plain": run,
        "guarded": {**run, "missing": [], "end": "finished"},
        "date": "2026-11-26",
        **changes,
    }


def test_every_python_meets_every_paddle_and_its_tests_are_run_once() -> None:
    pairs = {(cell.python, cell.paddle) for cell in CELLS}
    assert pairs == set(product(PYTHONS, ("2.6.2", "3.0.0", "3.3.1")))
    assert sorted(cell.python for cell in CELLS if cell.unit) == sorted(PYTHONS)
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def test_every_release_is_there() -> None:
    assert {cell.release for cell in CELLS} == set(ARCHIVES)


def test_a_part_of_a_name_is_enough_and_a_wrong_one_is_told() -> None:
    assert {cell.python for cell in named(["3.13-"])} == {"3.13"}
    with pytest.raises(SystemExit, match=r"no cell 3\.14"):
        named(["3.14"])


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({}, GUARDED, ""),
        ({"plain": {"code": 1}, "doctor": doctor(paddle="problem")}, THEIRS, "paddle says"),
        ({"plain": {"code": 1}}, OURS, "doctor does not say so"),
        ({"doctor": doctor(seams="problem")}, OURS, "seams"),
        ({"doctor": doctor(imports="problem")}, OURS, "doctor says FAIL"),
        ({"plain": {"code": 0, "weights": "b"}}, OURS, "other bits"),
        ({"guarded": {"code": 1}}, OURS, "ended with 1"),
        ({"unit": {"code": 1, "last": "3 failed"}}, OURS, "3 failed"),
    ],
)
def test_who_is_to_blame(changes, state: str, words: str) -> None:
    verdict = judge(found(**changes))
    assert verdict.state == state
    assert words in verdict.text


def test_no_wheel_is_no_failure() -> None:
    assert judge({"impossible": "no wheels"}).state == NONE
    assert judge({"crash of look": "Traceback"}).state == OURS


def test_the_page_names_date_command_and_sum(tmp_path: Path) -> None:
    cells = list(CELLS[:2])
    results = {cells[0].name: found(unit={"code": 0, "last": "= 9 passed ="}, python="3.9.18"),
               cells[1].name: {"impossible": "none", "date": "2026-11-27"}}  # fmt: skip
    table.write(tmp_path / "cells.jsonl", results)
    page = table.page(cells, table.read(tmp_path / "cells.jsonl"), "Linux")
    assert "2026-11-26 to 2026-11-27, `python -m benchmarks.matrix`, Linux" in page
    assert "2 cells: 1 train guarded" in page
    assert "none failed for the guard" in page
    assert "- Python 3.9.18: 9 passed" in page


@pytest.mark.parametrize("readme", ["README.md", "README_zh.md"])
def test_the_readmes_quote_the_table_with_its_date(readme: str) -> None:
    root = Path(__file__).parents[2]
    results = root / "benchmarks" / "matrix"
    found = table.read(results / "cells.jsonl")
    quoted = table.grid([cell for cell in CELLS if cell.name in found], found)
    text = (root / readme).read_text("utf-8")
    assert quoted in text
    assert quoted in (results / "RESULTS.md").read_text("utf-8")
    before = "".join(text[: text.index(quoted)].splitlines()[-6:])  # the paragraph above it
    assert max(record["date"] for record in found.values()) in before
    assert "make matrix" in before


def test_what_is_kept_does_not_say_where_it_was_made(tmp_path: Path) -> None:
    folder = tmp_path / "3.11-3.3.1"
    said = {"text": f"venv at {folder}/venv, in {folder}", "tail": [f"{Path.home()}/py/a.py"]}
    assert table.placeless(said, folder) == {"text": "venv at venv, in .", "tail": ["~/py/a.py"]}


def test_the_committed_cells_name_no_place() -> None:
    text = (Path(table.__file__).parent / "cells.jsonl").read_text("utf-8")
    assert not re.findall(r"/(?:tmp|root|home)/[^ ]{0,40}", text)
