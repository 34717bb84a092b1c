"""`ppocr-guard run`: exit codes, and a stand-in `tools.program` in a child process."""

from __future__ import annotations

import os
import signal
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


# A command with a worker in a session of its own, as paddle.distributed.launch starts them; both
# write a line for each signal.
STUBBORN = """
import os, signal, subprocess, sys, time
me = sys.argv[1]
def note(number, frame):
    with open(me, "a") as file: file.write(f"{number}\\n")
    if me == "main" and sys.argv[2] == "ends": sys.exit(7)
signal.signal(signal.SIGTERM, note)
if me == "main":
    subprocess.Popen([sys.executable, __file__, "worker", "stays"], start_new_session=True)
    while not os.path.exists("worker.pid"): time.sleep(0.02)
with open(f"{me}.new", "w") as file: file.write(str(os.getpid()))
os.rename(f"{me}.new", f"{me}.pid")
while True: time.sleep(1)
"""


def told_to_end(folder: Path, way: str, language: str = "en") -> tuple[int, str]:
    """(exit code, stderr) of a run that is sent SIGTERM as soon as its command is there."""
    (folder / "stubborn.py").write_text(STUBBORN)
    words = ["run", "--grace", "1", "--", sys.executable, "stubborn.py", "main", way]
    with (folder / "said").open("w") as said:  # a pipe would stay open while the worker lives
        run = subprocess.Popen(
            [sys.executable, "-m", "ppocr_guard", *words],
            cwd=folder,
            env={**os.environ, "LC_ALL": language},
            stderr=said,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 20
        while not (folder / "main.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        run.send_signal(signal.SIGTERM)
        code = run.wait(timeout=30)
    finally:
        run.kill()
    return code, (folder / "said").read_text(encoding="utf-8")


def is_there(folder: Path, name: str) -> bool:
    """Not a zombie, which nobody in a container may collect."""
    try:
        stat = Path("/proc", (folder / f"{name}.pid").read_text(), "stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(("language", "words"), [("en", "has not ended 1 s"), ("zh_CN", "1 秒后")])
def test_a_command_that_ignores_sigterm_is_ended_with_all_that_it_started(
    tmp_path: Path, language: str, words: str
) -> None:
    code, said = told_to_end(tmp_path, "stays", language)
    assert code == 128 + signal.SIGKILL
    assert words in said
    assert said.count("SIGKILL") == 1
    assert (tmp_path / "main").read_text() == "15\n15\n"  # forwarded, then sent once more
    assert (tmp_path / "worker").read_text() == "15\n"
    deadline = time.monotonic() + 10
    while is_there(tmp_path, "worker") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_there(tmp_path, "worker")


def test_a_command_that_ends_at_sigterm_is_left_to_itself(tmp_path: Path) -> None:
    code, said = told_to_end(tmp_path, "ends")
    try:
        assert code == 7
        assert "SIGKILL" not in said
        assert (tmp_path / "main").read_text() == "15\n"
        assert is_there(tmp_path, "worker")  # which the command left, and got nothing
    finally:
        os.kill(int((tmp_path / "worker.pid").read_text()), signal.SIGKILL)


def test_after_ctrl_c_the_command_takes_its_time(tmp_path: Path) -> None:
    """The terminal sends SIGINT to the whole group: it is the command's to decide."""
    script = (
        "import os, signal, sys, time\n"
        "def end(*_): time.sleep(2); print('saved'); sys.exit(9)\n"
        "signal.signal(signal.SIGINT, end)\n"
        "os.killpg(0, signal.SIGINT)\n"
        "time.sleep(20)\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ppocr_guard", "run", "--grace", "1", "--"),
            *(sys.executable, "-c", script),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert (done.returncode, done.stdout) == (9, "saved\n")
    assert "SIGKILL" not in done.stderr
