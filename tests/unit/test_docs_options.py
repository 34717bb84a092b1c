"""docs/options.md says what the options' models say."""

from __future__ import annotations

from pathlib import Path

from ppocr_guard.cli import main
from ppocr_guard.explain.options import page, schema
from ppocr_guard.registry import BUILT_IN, find_hook

DOCS = Path(__file__).parents[2] / "docs"


def test_page_and_schema_are_up_to_date() -> None:
    """`python -m ppocr_guard.explain.options` makes them."""
    assert page() == (DOCS / "options.md").read_text("utf-8")
    assert schema() == (DOCS / "guard.schema.json").read_text("utf-8")


def test_the_command_prints_the_same_schema(capsys) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == schema()


def test_every_option_has_its_line_with_a_description() -> None:
    for name in BUILT_IN:
        part = page().partition(f"## {name}\n")[2].partition("\n## ")[0]
        rows = {row.split("|")[1].strip(" `"): row for row in part.splitlines() if row[:1] == "|"}
        for option in find_hook(name).Options.model_fields:
            assert rows[option].split(" | ")[-1].strip(" |"), option
