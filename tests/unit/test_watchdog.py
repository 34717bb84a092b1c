"""The watchdog: who waits too long, where, and what becomes of a run that cannot be left."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from ppocr_guard.events import Condition, Hang, StopRequest
from ppocr_guard.paddleocr.stopping import closing_lines, known_cause
from ppocr_guard.paddleocr.watchdog import BATCH, STEP, Hung, Watchdog
from ppocr_guard.records import from_record, to_record


def wait_for(condition, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_it_speaks_while_the_loop_waits_and_is_still_otherwise() -> None:
    seen: list[float] = []
    watchdog = Watchdog(seen.append, patience=0.05)
    time.sleep(0.15)
    assert seen == []
    watchdog.enter(BATCH)
    assert watchdog.waits_for_batch
    time.sleep(0.4)
    watchdog.enter(STEP)
    count = len(seen)
    assert 1 <= count <= 4  # at 0.05, 0.1, 0.2, 0.4 s at most
    time.sleep(0.1)
    assert len(seen) == count
    watchdog.close()


def stands_here(watchdog: Watchdog, phase: str, released: threading.Event) -> None:
    watchdog.enter(phase)
    released.wait(5)
    watchdog.enter(None)


@pytest.mark.parametrize("phase", [BATCH, STEP])
def test_a_hang_is_told_once_with_the_line_and_all_stacks(phase: str) -> None:
    seen: list[Hung] = []
    watchdog = Watchdog(lambda _seconds: None, seen.append, patience=0.1)
    for _ in range(9):
        watchdog.enter(phase)
        time.sleep(0.002)
    released = threading.Event()
    loop = threading.Thread(target=stands_here, args=(watchdog, phase, released), name="loop")
    loop.start()
    wait_for(lambda: seen)
    time.sleep(0.3)
    released.set()
    loop.join()
    watchdog.close()
    [hung] = seen
    assert hung.phase == phase
    assert hung.seconds >= 0.1
    assert hung.usual_seconds == pytest.approx(0.002, abs=0.02)
    assert "threading.py" in hung.where
    assert hung.stacks.startswith("training thread (")
    assert "stands_here" in hung.stacks.split("\n\n")[0]
    assert "MainThread" in hung.stacks


def test_the_line_is_paddles_and_the_caller_paddleocrs(tmp_path: Path) -> None:
    released = threading.Event()
    for folder in ("paddle/io", "tools"):
        (tmp_path / folder).mkdir(parents=True)
    place = tmp_path / "paddle/io/reader.py"
    place.write_text("def read(wait):\n    wait(5)\n")
    (tmp_path / "tools/program.py").write_text("def train(read, wait):\n    read(wait)\n")
    names: dict[str, object] = {}
    for file in (place, tmp_path / "tools/program.py"):
        exec(compile(file.read_text(), str(file), "exec"), names)
    seen: list[Hung] = []
    watchdog = Watchdog(lambda _seconds: None, seen.append, patience=0.02)

    def run() -> None:
        watchdog.enter(STEP)
        time.sleep(0.001)
        watchdog.enter(STEP)
        names["train"](names["read"], lambda seconds: os.read(reading, 1))  # type: ignore[operator]

    reading, writing = os.pipe()
    loop = threading.Thread(target=run)
    loop.start()
    wait_for(lambda: seen)
    os.write(writing, b"x")
    released.set()
    loop.join()
    watchdog.close()
    assert "called from" in seen[0].where
    assert seen[0].where.endswith("tools/program.py:2 in train")


def test_steps_of_a_rank_that_waits_for_another_ones_evaluation_are_not_watched() -> None:
    seen: list[Hung] = []
    watchdog = Watchdog(lambda _seconds: None, seen.append, watch_steps=False, patience=0.02)
    for _ in range(3):
        watchdog.enter(STEP)
    time.sleep(0.3)
    watchdog.close()
    assert seen == []


def test_a_slow_first_step_is_no_hang() -> None:
    seen: list[Hung] = []
    watchdog = Watchdog(lambda _seconds: None, seen.append, patience=0.1)
    watchdog.enter(STEP)
    time.sleep(0.4)
    watchdog.close()
    assert seen == []


def test_a_hang_survives_the_journal() -> None:
    hang = Hang(1.0, 2, 30, STEP, 600.0, 0.4, "a/b.py:3 in f", "training thread (1):\n  x")
    assert from_record(to_record(hang)) == hang
    assert to_record(hang)["event"] == "hang"


def test_the_cause_of_failing_samples_is_the_ratio_that_was_known_before() -> None:
    ratio = Condition("shrink_ratio_unexpected", "critical", "The effective ratio is 2.4480.")
    data = Condition("data_pipeline_failing", "critical", "IndexError")
    assert known_cause([data]) is None
    cause = known_cause([ratio, data])
    stop = StopRequest("data_pipeline_failing", "120 samples failed: IndexError", 1, 0)
    text = "\n".join(closing_lines(stop, latest=None, best=None, cause=cause, saved_step=0))
    assert "cause:  The effective ratio is 2.4480." in text
    assert "not saved yet" in text


LOADER_THAT_HANGS = """
import logging, multiprocessing, sys, time
from types import SimpleNamespace
import ppocr_guard.paddleocr.watchdog as watchdog
watchdog.PATIENCE = 0.2
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
from ppocr_guard.config import load_guard
from ppocr_guard.guard import Guard
from ppocr_guard.paddleocr.loader import GuardedLoader
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.session import Session

class Ratios:
    def epoch_starts(self, *_): return []
    def __getattr__(self, name): return lambda *_: None

class Loader:
    dataset = None
    def __len__(self): return 2
    def __iter__(self):
        worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        worker.start()
        print("worker", worker.pid, flush=True)
        while True:
            logger.error("When parsing line x, error happened with msg: IndexError: index 1")
            time.sleep(0.01)
        yield

logger = logging.getLogger("ppocr")
config = {"Global": {"save_model_dir": sys.argv[1], "epoch_num": 1}}
arguments = {
    "config": config, "train_dataloader": [0], "valid_dataloader": None, "logger": logger,
    "eval_class": SimpleNamespace(main_indicator="hmean"), "pre_best_model_dict": {},
}
hooks = [
    {"LossHealth": {"max_errors": 5}},
    {"AutoStop": {"on": ["data_pipeline_failing"], "exit_code": 9}},
    {"Journal": None},
]
guard = Guard(load_guard({"hooks": hooks}).build(), logging.getLogger("ppocr_guard"))
session = Session(Loop(arguments, 0, 1), guard, Ratios())
session.start("2.8.1", None)
for batch in GuardedLoader(Loader(), session):
    pass
print("never reached")
"""


def test_a_loader_that_retries_for_ever_is_ended_with_closing_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LOADER_THAT_HANGS), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 9, done.stdout + done.stderr
    assert "stopped this run (data_pipeline_failing) at epoch 1, global step 0" in done.stdout
    assert "not saved yet" in done.stdout
    assert "never reached" not in done.stdout
    journal = (tmp_path / "ppocr_guard" / "journal.jsonl").read_text()
    assert '"event": "run_end"' in journal.splitlines()[-1]
    assert '"reason": "stopped"' in journal.splitlines()[-1]
    worker = next(line for line in done.stdout.splitlines() if line.startswith("worker"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(worker.split()[1]), 0)
