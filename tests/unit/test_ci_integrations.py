"""The pre-commit hook and the GitHub Action: their commands, run as pre-commit and GitHub do."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ppocr_guard.audit.each import main

ROOT = Path(__file__).parents[2]
GOOD = (ROOT / "examples" / "detection.yml").read_text("utf-8")
BAD = GOOD.replace("unclip_ratio: 1.5", "unclip_ratoi: 1.5")


@pytest.fixture
def files(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "other.yml").write_text("name: no training\n", encoding="utf-8")
    return tmp_path


def test_the_hook_checks_the_configurations_among_the_files(files: Path, capsys) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    python, *words = shlex.split(hook["entry"])
    assert (python, words[0], hook["language"]) == ("python", "-m", "python")
    command = [sys.executable, *words, *hook["args"]]
    done = subprocess.run(
        [*command, "good.yml", "bad.yaml", "other.yml"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1, done.stderr
    assert "unclip_ratoi" in done.stdout
    assert "other.yml" not in done.stdout + done.stderr


def test_options_stand_before_the_files(files: Path, capsys) -> None:
    assert main(["--no-data", "--release", "3.7.0", "good.yml", "other.yml"]) == 0
    assert main(["--no-data", "-o", "Global.epoch_num=nonsense", "good.yml"]) == 1
    assert main(["--no-data", "other.yml"]) == 0
    assert main(["--no-data"]) == 0


def test_a_file_that_cannot_be_read_is_one_line(files: Path, capsys, monkeypatch) -> None:
    def refused(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "refused", str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)
    assert main(["--no-data", "good.yml"]) == 2
    assert "good.yml: cannot be read" in capsys.readouterr().err


def run_action(folder: Path, config: str, **inputs: str) -> tuple[int, Path]:
    """The action's own scripts, with its inputs; (status, SARIF file)."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert action["runs"]["using"] == "composite"
    values = {name: given.get("default", "") for name, given in action["inputs"].items()}
    values.update(config=config, **inputs)
    steps = {step["name"]: step for step in action["runs"]["steps"] if "name" in step}
    output = folder / "output"
    output.touch()
    program = folder / "bin" / "ppocr-guard"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m ppocr_guard "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    env = {**os.environ, "GITHUB_OUTPUT": str(output), "GITHUB_ACTION_PATH": str(ROOT)}
    env["PATH"] = f"{program.parent}{os.pathsep}{env['PATH']}"
    for name, text in steps["check"]["env"].items():
        env[name] = values[text.removeprefix("${{ inputs.").removesuffix(" }}")]
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]  # as GitHub starts it
    subprocess.run([*shell, steps["check"]["run"]], env=env, check=True, timeout=120)
    status = output.read_text("utf-8").strip().removeprefix("status=")
    result = subprocess.run([*shell, steps["result"]["run"]], env={**env, "STATUS": status})
    assert result.returncode == int(status)
    return int(status), folder / values["sarif"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_action_writes_sarif(files: Path) -> None:
    status, path = run_action(files, "bad.yaml", release="2.10.0")
    (run,) = json.loads(path.read_text("utf-8"))["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert status == 1
    assert {place["artifactLocation"]["uri"] for place in places} == {"bad.yaml"}
    assert any("unclip_ratoi" in result["message"]["text"] for result in run["results"])


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_action_fails_on_what_is_no_configuration(files: Path) -> None:
    assert run_action(files, "other.yml")[0] == 2
