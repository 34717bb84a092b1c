"""What the start of a command or a training need not do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ppocr_guard import yaml_source
from ppocr_guard.yaml_source import guard_lines, guard_section, read_yaml

TEXT = """\
Global: {epoch_num: 3}
Base: &base {a: 1}
Train: {<<: *base, b: 2}
Guard: {hooks: {Journal: }}
"""


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    file = tmp_path / "my.yml"
    file.write_text(TEXT)
    return ["train.py", "-c", str(file), "-o", "Global.epoch_num=5"]


def test_a_file_is_parsed_once_for_all_who_read_it(argv, monkeypatch) -> None:
    parsed: list[str] = []
    compose = yaml_source._Loader.get_single_node

    def counting(self: yaml.SafeLoader) -> object:
        parsed.append("")
        return compose(self)

    monkeypatch.setattr(yaml_source._Loader, "get_single_node", counting)
    yaml_source._kept_nodes.cache_clear()
    for _ in range(3):
        guard_section(argv)
        _name, line_of = guard_lines(argv)
    assert len(parsed) == 2  # the file, and the value of -o
    assert line_of(("Guard", "hooks", "Journal")) == 4
    assert line_of(("Global", "epoch_num")) == yaml_source.COMMAND_LINE
    assert len(parsed) == 2


def test_no_line_is_looked_for_before_it_is_asked_for(argv) -> None:
    yaml_source._kept_nodes.cache_clear()
    guard_lines(argv)
    assert yaml_source._kept_nodes.cache_info().misses == 0


def test_who_reads_a_file_again_gets_values_and_lines_of_his_own(argv) -> None:
    first = read_yaml(argv[2])
    lines = [first.line(("Train", key)) for key in ("a", "b")]
    first.config["Train"]["a"] = "changed"
    first.config["Base"].clear()
    second = read_yaml(argv[2])
    assert second.config["Train"] == {"a": 1, "b": 2}
    assert second.config["Base"] == {"a": 1}
    assert [second.line(("Train", key)) for key in ("a", "b")] == lines == [2, 3]


def test_a_file_that_was_changed_is_read_anew(argv) -> None:
    assert guard_section(argv) == {"hooks": {"Journal": None}}
    Path(argv[2]).write_text(TEXT.replace("Journal", "AutoStop"))
    assert guard_section(argv) == {"hooks": {"AutoStop": None}}


@pytest.mark.parametrize(
    ("words", "without"),
    [
        ("import ppocr_guard.paddleocr.launch", "ppocr_guard.events pydantic yaml"),
        ("import ppocr_guard.paddleocr.importer; ppocr_guard.paddleocr.importer.install()",
         "ppocr_guard.events pydantic logging yaml"),
        ("import ppocr_guard.cli; ppocr_guard.cli.main(['--version'])",
         "ppocr_guard.events pydantic logging yaml rich"),
    ],
)  # fmt: skip
def test_what_every_process_runs_imports_little(words: str, without: str) -> None:
    unwanted = f"print('unwanted:', [n for n in {without.split()!r} if n in sys.modules])"
    code = f"import sys, atexit\natexit.register(lambda: {unwanted})\n{words}"
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert out.splitlines()[-1] == "unwanted: []"
