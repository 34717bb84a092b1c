"""What the last line of the tests says on a machine without the servers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ppocr_guard.demo import lines

CONFTEST = Path(__file__).parents[1] / "conftest.py"
TESTS = """
import pytest

def test_server(): pytest.skip("alertmanager is not installed: apt-get install x")
@pytest.mark.skipif(True, reason="Chromium is not installed")
def test_page(): ...
def test_chinese(): pytest.skip("no CJK font here")
def test_other(): pytest.skip("needs openssl")
def test_it(): ...
"""
# Named too where this machine has none.
FONT = "" if lines.has_cjk() else " fonts-wqy-microhei"


@pytest.fixture
def last_line(tmp_path: Path):
    """Runs the tests above where there is no program at all, or the ones that are named."""
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_them.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "bin").mkdir()

    def run(*words: str, programs: tuple[str, ...] = (), total: str = "") -> str:
        for name in programs:
            (tmp_path / "bin" / name).touch(mode=0o755)
        env = {**os.environ, "PATH": str(tmp_path / "bin"), "PPOCR_GUARD_SKIPPED": total}
        for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
            env.pop(name, None)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    return run


@pytest.mark.parametrize("words", [(), ("-n", "1")])
def test_the_count_and_the_command(last_line, words) -> None:
    assert last_line(*words) == (
        "3 tests were skipped for want of Prometheus, Alertmanager, Pushgateway, Chromium"
        f"{FONT and ', a Chinese font'}; to run them: apt-get install --no-install-recommends "
        f"prometheus prometheus-alertmanager prometheus-pushgateway chromium{FONT}"
    )


def test_what_is_here_is_not_named(last_line) -> None:
    line = last_line("-k", "page", programs=("prometheus", "alertmanager", "pushgateway"))
    assert line == (
        f"1 test was skipped for want of Chromium{FONT and ', a Chinese font'}; to run them: "
        f"apt-get install --no-install-recommends chromium{FONT}"
    )


def test_nothing_is_said_where_nothing_was_skipped(last_line) -> None:
    assert "1 passed" in last_line("-k", "test_it")


def test_several_runs_add_up(last_line, tmp_path: Path) -> None:
    total = str(tmp_path / "total")
    assert last_line(total=total).startswith("3 tests")
    assert last_line("-k", "test_it", total=total).startswith("3 tests")
    assert last_line("-k", "page", total=total).startswith("4 tests")
