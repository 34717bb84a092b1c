"""Real trainings on 2 and 4 ranks (gloo): no rank hangs, none is lost, and each says why."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import faults
from benchmarks.faults import hooks

BARE_RANK = Path(faults.__file__).parent / "bare_rank.py"


def launch(
    kit, name: str, hooks: str, *, ranks: int = 2, script: str = "tools/train.py", **more: Any
):
    """The run, and what each rank printed."""
    logs = kit.folder / f"launch-{name}"
    options = {
        "distributed": True,
        "epoch_num": 20,
        "num_workers": 1,
        "batch_size": 4,
        "eval_batch_step": (0, 1000),
    }
    run = kit.run(
        name,
        guard=f"Guard: {{hooks: [{hooks}, {{Journal: null}}]}}\n",
        command=[
            sys.executable, "-m", "paddle.distributed.launch", "--nproc_per_node", str(ranks),
            "--backend", "gloo", "--log_dir", str(logs), script, "-c", "{config}",
        ],
        **{**options, **more},
    )  # fmt: skip
    return run, [(logs / f"workerlog.{n}").read_text() for n in range(ranks)]


def records(run) -> list[dict[str, Any]]:
    path = run.folder / "ppocr_guard" / "journal.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_nan_on_one_of_four_ranks_stops_all_two_steps_later(kit) -> None:
    run, texts = launch(
        kit,
        "nan",
        "{LossHealth: null}, {AutoStop: {exit_code: 7}}",
        ranks=4,
        batch_size=2,
        transform=hooks.transform("Poison", "{poison_rank: 3, poison_after: 7}"),
    )
    everything = run.output + "".join(texts)
    assert run.code == 3, everything
    end = records(run)[-1]
    assert (end["event"], end["reason"]) == ("run_end", "stopped"), everything
    assert end["stop"]["code"] == "loss_not_finite"
    assert end["stop"]["exit_code"] == 7
    assert end["global_step"] - end["stop"]["global_step"] == 2
    assert "stopped this run (loss_not_finite)" in texts[0]
    for text in texts[1:]:
        assert "stopped this run (loss_not_finite)" in text
        assert "Traceback" not in text


def test_a_stop_that_rank_1_alone_asks_for_is_rank_0s_too_and_resumes(kit) -> None:
    stop = "benchmarks.faults.hooks.StopAt: {step: 3, rank: 1, exit_code: 5}"
    hooks = f"{{{stop}}}, {{benchmarks.faults.hooks.FailsOn: null}}"
    run, texts = launch(kit, "asked", hooks)
    everything = run.output + "".join(texts)
    assert run.code == 3, everything
    assert "FailsOn is off: it cannot be made (RuntimeError: no such device here)" in texts[1]
    assert "global step 3, as rank 1 asked for" in texts[0]
    end = records(run)[-1]
    assert (end["reason"], end["global_step"], end["stop"]["exit_code"]) == ("stopped", 5, 5)
    assert "Traceback" not in texts[0] + texts[1]
    resumed, texts = launch(
        kit, "asked-on", "{HmeanTrend: null}", checkpoints=run.folder / "latest", epoch_num=3
    )
    assert resumed.code == 0, resumed.output + "".join(texts)
    assert "resume from" in texts[0]
    assert "epoch: [3/3], global_step: 1" in texts[0]


def test_an_unguarded_rank_is_said_and_a_stop_ends_all_by_the_launcher(kit) -> None:
    run, texts = launch(
        kit, "bare", "{benchmarks.faults.hooks.StopAt: {step: 3}}", script=str(BARE_RANK)
    )
    everything = run.output + "".join(texts)
    assert run.code == 3, everything
    assert "Of the 2 ranks, 1 run without the guard." in texts[0]
    end = records(run)[-1]
    assert (end["reason"], end["global_step"], end["stop"]["code"]) == ("stopped", 3, "stop_at")
    assert (run.folder / "latest.pdparams").exists()


def test_a_rank_that_is_killed_takes_the_others_along_and_leaves_a_whole_journal(kit) -> None:
    run, texts = launch(kit, "killed", "{benchmarks.faults.hooks.KillRank: null}")
    assert run.code not in (0, 3), run.output + "".join(texts)
    steps = [r["global_step"] for r in records(run) if r["event"] == "step"]
    assert steps[-1] >= 3


def test_weights_that_part_on_one_rank_are_told_at_the_next_epoch(kit) -> None:
    for name, drift in (("together", ""), ("apart", "{benchmarks.faults.hooks.Drifts: null}, ")):
        run, texts = launch(kit, name, f"{drift}{{Diagnosis: null}}", epoch_num=3)
        assert run.code == 0, run.output + "".join(texts)
        found = [r for r in records(run) if r["event"] == "invariants"]
        apart = [r["figures"]["ranks_apart"] for r in found if "ranks_apart" in r["figures"]]
        told = {r["subject"] for r in records(run) if r["event"] == "alert"}
        assert len(apart) == 2
        if drift:
            assert apart[0] > 1e-3
            assert "rank 1, neck" in str(found)
            assert "ranks_differ" in told
        else:
            assert apart == [0.0, 0.0]
            assert "ranks_differ" not in told
