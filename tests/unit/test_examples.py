"""The examples, and what the documents quote: every one is loaded, checked or run."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from judged import Judged, alerts, over

from benchmarks.mistakes.project import make_data
from ppocr_guard.cli import COMMANDS, main
from ppocr_guard.config import load_guard
from ppocr_guard.events import EvalEnd
from ppocr_guard.explain import DOCS

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SECTIONS = sorted((EXAMPLES / "guard").glob("*.yml"))
OWN = EXAMPLES / "own_hook"
WRITTEN = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(path: Path, *languages: str) -> list[str]:
    found = BLOCK.findall(path.read_text("utf-8"))
    return [text for language, text in found if language in languages]


@pytest.fixture
def own_hook(monkeypatch):
    """As if it were installed; `test_a_hook_of_ones_own_is_found_when_installed` installs it."""
    monkeypatch.syspath_prepend(str(OWN))
    hook = importlib.import_module("recall_behind").RecallBehind
    found = "ppocr_guard.registry._from_entry_point"
    monkeypatch.setattr(found, lambda name: {"RecallBehind": hook}[name])
    return hook


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.stem)
def test_a_section_loads(path: Path, own_hook) -> None:
    loaded = load_guard(yaml.safe_load(path.read_text("utf-8"))["Guard"])
    assert not loaded.unavailable


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_the_sections_that_a_document_quotes_load(path: Path, own_hook) -> None:
    for text in blocks(path, "yaml"):
        data = yaml.safe_load(text)
        if isinstance(data, dict) and "Guard" in data:
            load_guard(data["Guard"])


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_the_commands_that_a_document_quotes_are_taken(path: Path) -> None:
    for text in blocks(path, "", "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            if not line.startswith("ppocr-guard "):
                continue
            words = shlex.split(line, comments=True)
            if words[1] in COMMANDS:
                parser = argparse.ArgumentParser(exit_on_error=False)
                importlib.import_module(COMMANDS[words[1]][0]).configure(parser)
                parser.parse_args(words[2:])  # SystemExit: no such option


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_the_files_that_a_document_links_to_are_there(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("cv2", reason="needs `pip install ppocr-guard[demo]`")
    return make_data(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("release", ["2.8.1", "3.7.0"])
@pytest.mark.parametrize(("name", "kind"), [("detection", "pages"), ("recognition", "lines")])
def test_a_configuration_passes_the_check(
    name: str, kind: str, release: str, data: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    (tmp_path / "my_data").symlink_to(data / kind)
    shutil.copy(EXAMPLES / f"{name}.yml", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["check", f"{name}.yml", "--release", release]) == 0, capsys.readouterr().out


def evaluated(precision: float, recall: float) -> EvalEnd:
    metrics = {"precision": precision, "recall": recall, "hmean": 0.7}
    return EvalEnd(0.0, 1, 1, 1, metrics, main_indicator="hmean", value=0.7, best=0.7)


def test_a_hook_of_ones_own_judges(own_hook) -> None:
    judged = Judged(own_hook(gap=0.3))
    (alert,) = alerts(judged.on_eval(evaluated(0.9, 0.5)))
    assert (alert.code, alert.severity) == ("recall_behind", "warning")
    assert "Recall is 0.500, precision 0.900" in alert.message
    assert not alerts(judged.on_eval(evaluated(0.9, 0.5)))  # it is told once
    assert over(judged.on_eval(evaluated(0.9, 0.8))) == ["recall_behind"]


def test_the_page_shows_the_hook_and_its_section() -> None:
    page = ROOT / "docs" / "own_hook.md"
    assert blocks(page, "python") == [(OWN / "recall_behind.py").read_text("utf-8")]
    assert blocks(page, "yaml") == [(EXAMPLES / "guard" / "own_hook.yml").read_text("utf-8")]
    assert all(text in (OWN / "pyproject.toml").read_text("utf-8") for text in blocks(page, "toml"))


def test_a_hook_of_ones_own_is_found_when_installed(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", minversion="77")
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(OWN, source)  # building leaves files beside it
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", str(target), str(source)]
    subprocess.run(command, check=True, timeout=120)
    code = (
        "import sys, yaml; from ppocr_guard.config import load_guard\n"
        "print(load_guard(yaml.safe_load(open(sys.argv[1]))['Guard']).hooks[-1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(EXAMPLES / "guard" / "own_hook.yml")],
        env={**os.environ, "PYTHONPATH": str(target)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "recall_behind.RecallBehind" in done.stdout
    assert "gap=0.3" in done.stdout


def test_the_machine_readable_facts_agree() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'version = "{citation["version"]}"' in project
    assert f'license = "{citation["license"]}"' in project
    assert f'Homepage = "{citation["url"]}"' in project
    assert DOCS.startswith(citation["url"])


def test_the_sections_in_the_examples_are_quoted() -> None:
    """Many machines: each section is one of the examples, as it stands there."""
    kept = [path.read_text("utf-8") for path in SECTIONS]
    quoted = blocks(ROOT / "docs" / "many-machines.md", "yaml")
    assert len(quoted) == 3
    assert all(text in kept for text in quoted)
