"""The README (one line a folder, no section longer than two screens), and the packages."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCREENS = 100  # lines of two screens
README = (ROOT / "README.md").read_text("utf-8")


def test_the_tree_has_one_line_a_folder() -> None:
    _, _, tree = README.partition("## The tree\n")
    rows = re.findall(r"^\| (`[^|]*`) \|", tree, re.MULTILINE)
    named = [row.strip("`").rstrip("/") for row in rows]
    assert all((ROOT / name).is_dir() for name in named)
    inside = {
        f"ppocr_guard/{path.name}"
        for path in (ROOT / "ppocr_guard").iterdir()
        if path.is_dir() and any(path.glob("[!_]*")) and path.name != "__pycache__"
    }
    outside = {"hooks", "dashboards", "docs", "examples", "tests", "benchmarks"}
    assert sorted(named) == sorted(inside | outside)


def test_no_section_is_longer_than_two_screens() -> None:
    parts = re.split(r"^#+ (.*)$", README, flags=re.MULTILINE)
    for name, text in zip(parts[1::2], parts[2::2]):
        assert text.count("\n") < SCREENS, name


def test_the_list_of_hooks_is_the_list_of_the_folder() -> None:
    from ppocr_guard.registry import BUILT_IN

    entries = {path.stem for path in (ROOT / "hooks").iterdir() if not path.name.startswith("_")}
    assert {re.sub(r"[_]", "", name) for name in entries} == {name.lower() for name in BUILT_IN}


def test_every_package_is_installed() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for path in (ROOT / "ppocr_guard").rglob("__init__.py"):
        name = ".".join(path.parent.relative_to(ROOT).parts)
        assert f'"{name}",' in text, name
