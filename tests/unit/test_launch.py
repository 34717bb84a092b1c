"""`ppocr-guard run`: exit codes, and a stand-in `tools.program` in a child process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def guard(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ppocr_guard", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["run"], 2, "no command"),
        (["run", "--"], 2, "no command"),
        (["run", "--", "no-such-command-here"], 127, "no-such-command-here"),
        (["run", "--", sys.executable, "-c", "raise SystemExit(5)"], 5, ""),
        (["run", "--", sys.executable, "-c", "print(1)"], 0, "no PaddleOCR training was seen"),
        (["run", "--", "sh", "-c", "kill -9 $$"], 137, ""),
    ],
)
def test_exit_codes(tmp_path: Path, words: list[str], code: int, text: str) -> None:
    done = guard(*words, cwd=tmp_path)
    assert done.returncode == code
    assert text in done.stderr


def test_a_program_that_the_seams_do_not_know_is_said_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "program.py").write_text("def train(): print('trained')\n")
    code = "import tools.program as program; program.train()"
    done = guard("run", "--", sys.executable, "-c", code, cwd=tmp_path)
    assert done.returncode == 0
    assert "trained" in done.stdout
    assert "has no eval, save_model, build_dataloader, TrainingStats" in done.stderr
    assert "not guarded" in done.stderr


def test_missing_paddle_is_one_clear_line_before_pythons_own(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "program.py").write_text("import paddle_is_not_here\n")
    (tmp_path / "paddle_is_not_here.py").write_text("raise ModuleNotFoundError(name='paddle')\n")
    done = guard("run", "--", sys.executable, "-c", "import tools.program", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("ppocr_guard: paddle is not installed in")


def test_a_sitecustomize_that_ours_hides_still_runs(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('the site s own')\n")
    command = f"PYTHONPATH={tmp_path}:$PYTHONPATH {sys.executable} -c pass"
    theirs_first = guard("run", "--", "sh", "-c", command, cwd=tmp_path)
    assert "the site s own" in theirs_first.stdout
    command = f"PYTHONPATH=$PYTHONPATH:{tmp_path} {sys.executable} -c pass"
    ours_first = guard("run", "--", "sh", "-c", command, cwd=tmp_path)
    assert ours_first.stdout.count("the site s own") == 1


def test_importing_the_package_imports_neither_paddle_nor_numpy() -> None:
    code = (
        "import sys, ppocr_guard, ppocr_guard.cli;"
        "bad = {'paddle', 'numpy', 'cv2'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
