"""A trainer that is killed, and one whose loader never comes back."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from benchmarks.faults import hooks


def processes_of(config: Path) -> list[int]:
    """That have the config's path on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(config).encode() in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs Linux")
def test_loader_workers_of_a_killed_trainer_do_not_keep_the_port(kit) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kill = "benchmarks.faults.hooks.KillRank: {rank: 0, step: 2}"
    log = kit.folder / "port.log"
    run = kit.run(
        "port",
        guard=f"Guard: {{hooks: [{{Prometheus: {{port: {port}}}}}, {{{kill}}}]}}\n",
        transform=hooks.transform("Sleepy", "{sleepy_after: 8}"),
        # To a file: workers that live on would keep a pipe open.
        prefix=(
            *("sh", "-c", f'"$@" > {log} 2>&1', "sh"),
            *(sys.executable, "-m", "ppocr_guard", "run", "--"),
        ),
    )
    workers = processes_of(kit.folder / "port.yml")
    try:
        assert run.code == 137, log.read_text()
        assert f"Prometheus: serving http://127.0.0.1:{port}/metrics" in log.read_text()
        assert workers
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)


def test_a_loader_that_retries_for_ever_is_stopped_and_the_ratio_named(kit) -> None:
    """2.8.1 with total_epoch 100: the ratio is 2.448, and every sample an IndexError."""
    run = kit.run(
        "forever",
        tree=kit.tree("2.9.0", data="2.8.1"),
        guard="Guard: {hooks: [{ShrinkRatio: null}, {LossHealth: {max_errors: 10}}, "
        '{AutoStop: {"on": [data_pipeline_failing], exit_code: 6}}, {Journal: null}, '
        "{benchmarks.faults.hooks.ShortPatience: null}]}\n",
        total_epoch=100,
    )
    assert run.code == 3, run.output[-3000:]
    assert run.lines("stopped this run (data_pipeline_failing)")
    (cause,) = run.lines("cause:")
    assert "2.448" in cause
    assert run.lines("note:", "not saved yet")
    journal = (run.folder / "ppocr_guard" / "journal.jsonl").read_text().splitlines()
    end = json.loads(journal[-1])
    assert (end["event"], end["reason"]) == ("run_end", "stopped")
    assert end["stop"]["exit_code"] == 6
    assert processes_of(kit.folder / "forever.yml") == []
