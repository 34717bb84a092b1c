"""The paired benchmark: what is a step, what is an epoch, and how they are compared."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="needs `pip install ppocr-guard[demo]`")

from benchmarks.paired import figures
from benchmarks.paired.pairs import Pair
from benchmarks.paired.trainings import STEPS_PER_EPOCH, Measured

EVALUATION = 2.0  # seconds


def measured(step: float, *, epochs: int = 2, threads: tuple[str, ...] = ()) -> Measured:
    one = [step] * (STEPS_PER_EPOCH - 1) + [step + EVALUATION]
    values = one * epochs + [step] * 7  # the last epoch is cut
    return Measured(
        {"cpu": 3 + step, "process": 4 + step}, values, values, values, dict.fromkeys(threads, 0.1)
    )


def test_a_step_is_one_that_no_evaluation_follows() -> None:
    values = measured(0.1).wall
    assert set(figures.plain_steps(values)) == {0.1}
    assert figures.evaluations(values) == [0.1 + EVALUATION] * 2
    assert figures.epochs(values) == pytest.approx([0.1 * STEPS_PER_EPOCH + EVALUATION] * 2)


def test_the_ratio_is_that_of_the_medians_within_its_interval() -> None:
    found = figures.ratio([[1.1, 1.1, 9.0], [1.2, 1.2, 1.2]], [[1.0] * 3, [1.0] * 3])
    assert found.value == pytest.approx(1.2)
    assert found.low == pytest.approx(1.1)
    assert found.high == pytest.approx(1.2)


def test_tables_name_the_guards_threads_and_what_chance_does() -> None:
    threads = ("ppocr_guard-Journal", "tqdm_monitor")
    pairs = [Pair(measured(0.11, threads=threads), measured(0.1, threads=threads[1:]))] * 3
    controls = [Pair(measured(0.1), measured(0.1))] * 2
    table = figures.steps_table(pairs, controls)
    assert (
        "| 100.0 ms | 110.0 ms | 1.1000 (1.1000 to 1.1000) | 1.0000 (1.0000 to 1.0000) |" in table
    )
    assert "| +0.01 s (+0.01 to +0.01) |" in figures.evaluations_table(pairs)
    first = figures.first_step_table(pairs, controls)
    assert "| CPU, training thread | 3.10 s | +0.01 s (+0.01 to +0.01) | - |" in first
    named = figures.threads_table(pairs)
    assert "ppocr_guard-Journal" in named
    assert "tqdm" not in named


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")
def test_a_probe_stops_itself_and_leaves_the_pause_out(tmp_path: Path) -> None:
    script = (
        "import os, time\n"
        "from benchmarks.paired.probe import Probe\n"
        "probe = Probe()\n"
        "for _ in range(5):\n"
        "    time.sleep(0.01)\n"
        "    probe.step()\n"
        "probe.write()\n"
    )
    read, write = os.pipe()
    out = tmp_path / "out.json"
    settings = {"PAIRED_OUT": str(out), "PAIRED_BLOCK": "2", "PAIRED_PIPE": str(write)}
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, **settings, "PYTHONPATH": str(Path(__file__).parents[2])},
        pass_fds=[write],
    )
    os.close(write)
    stops = 0
    while os.read(read, 1):
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        stops += 1
        os.kill(process.pid, signal.SIGCONT)
    os.close(read)
    assert process.wait() == 0
    found = json.loads(out.read_text())
    assert stops == 3  # after the first step, then after every second
    assert len(found["wall"]) == 4
    assert all(seconds >= 0.01 for seconds in found["wall"])
