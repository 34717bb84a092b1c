"""A stop leaves the run resumable, on all ranks together, and training itself untouched."""

from __future__ import annotations

import json
import re

import pytest
from test_ranks import launch

STOP = """
Guard:
  hooks:
    - benchmarks.faults.hooks.StopAt: {evaluation: 1, exit_code: %d}
    - Journal:
"""


@pytest.mark.parametrize("release", ["2.10.0", "3.7.0"])
def test_a_stopped_run_resumes_from_latest(kit, release: str) -> None:
    tree = kit.tree(release)
    stopped = kit.run(
        f"stop-{release}", tree=tree, guard=STOP % 0, epoch_num=3, eval_batch_step=(0, 3)
    )
    assert stopped.code == 3, stopped.output
    assert stopped.lines("ppocr_guard", "stopped this run", "stop_at", "global step 3")
    assert stopped.lines("ppocr_guard", "latest", "Global.checkpoints=")
    assert not stopped.lines("Traceback")
    assert "global_step: 4," not in stopped.output
    latest = stopped.folder / "latest"
    state = json.loads((stopped.folder / "latest.guard.json").read_text())
    assert state["progress"]["evaluations"] == 1
    resumed = kit.run(
        f"resume-{release}", tree=tree, checkpoints=latest, epoch_num=3, eval_batch_step=(0, 4)
    )
    assert resumed.code == 0, resumed.output
    assert resumed.lines("resume from", str(latest))
    assert re.search(r"epoch: \[2/3\], global_step: 1,", resumed.output)
    records = [json.loads(line) for line in journal(resumed)]
    evaluations = [r["evaluation"] for r in records if r["event"] == "eval"]
    assert evaluations == [2, 3]  # counted on from the stopped run


def journal(outcome) -> list[str]:
    path = outcome.folder / "ppocr_guard" / "journal.jsonl"
    return path.read_text(encoding="utf-8").splitlines()


def test_the_exit_code_of_the_process_is_the_options(kit) -> None:
    outcome = kit.run(
        "exit",
        guard=STOP % 7,
        prefix=("env", "PPOCR_GUARD=0"),
        epoch_num=1,
        transform="- \"__import__('ppocr_guard').Transform\": null",
    )
    assert outcome.code == 7, outcome.output
    assert outcome.lines("ppocr_guard", "stopped this run")


def test_two_ranks_of_the_newest_release_stop_together(kit) -> None:
    """test_ranks.py has the rest, on 2.10.0."""
    run, texts = launch(
        kit,
        "ranks-3.7.0",
        "{benchmarks.faults.hooks.StopAt: {evaluation: 1}}",
        tree=kit.tree("3.7.0"),
        eval_batch_step=(0, 4),
    )
    assert run.code == 3, run.output + "".join(texts)
    assert "Traceback" not in "".join(texts)
    assert "global_step: 6," in texts[0]  # two steps after the evaluation, on both ranks
    assert "global_step: 7," not in texts[0]
