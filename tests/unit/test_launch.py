"""`ppocr-guard run`: exit codes, and a stand-in `tools.program` in a child process."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ppocr_guard.paddleocr import status


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


def test_a_training_that_outlives_run_is_guarded_and_not_disturbed(tmp_path: Path) -> None:
    """``nohup``, ``sbatch``, tmux, ``docker exec``: the parent and its folder are gone."""
    code = f"""
import os, time
while os.path.exists(os.environ["PPOCR_GUARD_STATUS"]):
    time.sleep(0.05)
from ppocr_guard.paddleocr import status
status.running("x")
open({str(tmp_path / "reported")!r}, "w").close()
"""
    (tmp_path / "late.py").write_text(code)
    script = f"nohup {sys.executable} late.py > late.log 2>&1 &"
    done = guard("run", "--", "sh", "-c", script, cwd=tmp_path)
    assert done.returncode == 0
    assert "left in the background is guarded too" in done.stderr
    deadline = time.monotonic() + 20
    while not (tmp_path / "reported").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (tmp_path / "reported").exists(), (tmp_path / "late.log").read_text()


@pytest.mark.parametrize("blocked", ["folder", "file"])
def test_a_parent_that_cannot_be_told_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocked: str
) -> None:
    place = tmp_path / "status"
    if blocked == "file":
        place.touch()
    monkeypatch.setenv(status.FOLDER, str(place))
    status.running("x")
    status.refused()
    assert list(tmp_path.iterdir()) == ([place] if blocked == "file" else [])


def test_reports_that_are_broken_are_left_out(tmp_path: Path) -> None:
    for name, text in {"1": "{", "2": "[]", "3": '{"state": "running"}', "4": "\udcff"}.items():
        (tmp_path / f"{name}.json").write_text(text, errors="surrogateescape")
    assert status.read(tmp_path) == [{"state": "running"}]


def test_run_without_a_temporary_folder_keeps_the_commands_exit_code(tmp_path: Path) -> None:
    script = "import os; assert os.environ['PPOCR_GUARD'] == '1'; raise SystemExit(5)"
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import tempfile, sys; tempfile.tempdir = '/dev/null/nowhere'\n"
            "from ppocr_guard.cli import main; sys.exit(main(sys.argv[1:]))",
            *("run", "--", sys.executable, "-c", script),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 5, done.stderr
    assert "no folder for temporary files" in done.stderr


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
