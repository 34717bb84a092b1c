"""What is told of the machine: beside the training, without secrets, and in the journal."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from ppocr_guard.events import Environment, Resources, RunStart
from ppocr_guard.hooks.journal import Journal
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paddleocr import machine
from ppocr_guard.paddleocr.machine import MachineWatch, Usage, paddleocr_root, safe_command
from ppocr_guard.paths import journal_path


def test_a_watch_tells_the_environment_once_and_usage_every_so_often() -> None:
    seen: list[Any] = []
    watch = MachineWatch(seen.append, lambda: (3, 70), every=0.05)
    watch.start()
    deadline = time.monotonic() + 20
    while len(seen) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    watch.close()
    assert [type(event) for event in seen[:3]] == [Environment, Resources, Resources]
    assert sum(isinstance(event, Environment) for event in seen) == 1
    last = seen[-1]
    assert (last.epoch, last.global_step) == (3, 70)
    assert 5e6 < last.memory_bytes < 1e12
    assert 0 <= last.cpu_percent < 100 * 1024


def test_a_run_of_a_second_still_has_one_look() -> None:
    seen: list[Any] = []
    watch = MachineWatch(seen.append, lambda: (1, 5), every=3600)
    watch.start()
    watch.close(20)
    assert [type(event) for event in seen] == [Environment, Resources]


def test_usage_counts_the_workers() -> None:
    usage = Usage()
    code = "import time\nx = bytearray(60 << 20)\nt = time.time()\nwhile time.time() < t + 30: pass"
    worker = subprocess.Popen(["python3", "-c", code])
    try:
        deadline = time.monotonic() + 20
        while True:  # until the worker, which a busy machine starts late, has its memory
            time.sleep(0.5)
            found = usage.look()
            more = found["memory_bytes"] - psutil.Process().memory_info().rss
            if (more > 40e6 and found["cpu_percent"] > 5) or time.monotonic() > deadline:
                break
    finally:
        worker.kill()
        worker.wait()
    assert more > 40e6
    assert found["cpu_percent"] > 5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["python", "tools/train.py", "-c", "a b.yml"], "python tools/train.py -c 'a b.yml'"),
        (["-o", "Global.epoch_num=5"], "-o Global.epoch_num=5"),
        (["Guard.hooks.Notify.url=https://oapi/robot?token=1"], "'Guard.hooks.Notify.url=***'"),
        (['Guard.hooks=[{"Notify": {"secret": "SEC1"}}]'], "'Guard.hooks=***'"),
        (["Guard.hooks.Notify.secret=SEC1"], "'Guard.hooks.Notify.secret=***'"),
        (["Guard.hooks.Prometheus.port=9090"], "Guard.hooks.Prometheus.port=9090"),
        (["Train.dataset.data_dir=http://u:pw@host/x"], "Train.dataset.data_dir=http://host/x"),
    ],
)  # fmt: skip
def test_a_command_line_without_secrets(arguments: list[str], told: str) -> None:
    assert safe_command(arguments) == told
    assert len(safe_command(["x" * 5000])) <= 2000


def test_the_commit_and_the_local_changes_of_a_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tools" / "program.py"
    program.parent.mkdir()
    program.write_text("a = 1\n")

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        done = subprocess.run(
            ["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    modules = {"tools.program": SimpleNamespace(__file__=str(program))}
    assert paddleocr_root(modules) == tmp_path
    monkeypatch.setattr(machine.sys, "modules", {**machine.sys.modules, **modules})
    assert machine.environment().commit == ""  # a folder that is no clone
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "x")
    assert machine.environment().commit == git("rev-parse", "HEAD")
    assert machine.environment().local_changes == ()
    program.write_text("a = 2\n")
    assert machine.environment().local_changes == ("tools/program.py",)


def test_the_journal_has_both(tmp_path: Path) -> None:
    hook = Journal()
    hook.on_run_start(RunStart(1.0, "r", "DB", "2.8.1", {}, str(tmp_path), 3))
    told = Environment(2.0, "host", "python x", "3.11", gpus=("A100, 40 GiB",), packages={"a": "1"})
    used = Resources(3.0, 1, 5, 1e9, 170.0)
    hook.on_environment(told)
    hook.on_resources(used)
    hook.close(time.monotonic() + 5)
    reader = read_journal(journal_path(str(tmp_path)))
    assert list(reader)[1:] == [told, used]
    assert reader.skipped == 0
