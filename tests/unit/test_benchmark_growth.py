"""The growth benchmark: its subjects at a small size, and its table."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from benchmarks.growth import subjects
from benchmarks.growth.__main__ import exponent, page, table


def need(cpu: float, megabytes: Optional[float] = None) -> dict[str, object]:
    return {"cpu": cpu, "memory": 3.0, "bytes": megabytes, "more": {"alerts": 0}}


def test_the_exponent_is_1_where_ten_times_the_size_needs_ten_times_as_much() -> None:
    assert exponent(None, 1.0) == "-"
    assert exponent(0.5, 5.0) == "1.00"
    assert exponent(0.5, 50.0) == "2.00"


def test_the_table_has_a_row_for_each_size() -> None:
    text = table("steps", {10_000: need(0.5, 1.25), 100_000: need(5.0, 2.5)})
    assert "| 10,000 | 0.50 | 50.0 | - | 3 | 1.25 | 0 |" in text
    assert "| 100,000 | 5.00 | 50.0 | 1.00 | 3 | 2.50 | 0 |" in text
    assert "journal, MB" not in table("replay", {10_000: need(0.5)})
    assert "## steps" in page({"steps": {10_000: need(0.5, 1.0)}, "replay": {}})


def test_a_guard_is_told_of_steps_and_evaluations(tmp_path: Path) -> None:
    pytest.importorskip("visualdl", reason="needs `pip install ppocr-guard[visualdl]`")
    found = subjects.measure("evaluations", 20, tmp_path)
    assert found["bytes"] > 0.001
    assert found["more"]["training thread, µs each"] > 0
    journal = next(tmp_path.rglob("journal.jsonl")).read_text()
    assert journal.count('"eval"') == 20


def test_a_log_is_replayed(tmp_path: Path) -> None:
    found = subjects.measure("replay", 1000, tmp_path)
    assert found["more"]["evaluations"] == 2
    assert found["cpu"] > 0
