"""A trainer that is killed -9 five times ends with the verdicts of one that was left alone."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import conftest
import pytest
from launched import Trainer

from ppocr_guard.demo import configs

# Rises, collapses and comes back: a life with conditions that begin and end.
PLAYED = [0.3, 0.5, 0.6, 0.7, 0.72, 0.2, 0.18, 0.15, 0.12, 0.1, 0.1, 0.08, 0.6, 0.7, 0.75, 0.76]
STEPS = 4  # an epoch; an evaluation after each
GUARD = (
    "Guard: {hooks: [{HmeanTrend: null}, {LossHealth: null}, {Journal: null}, "
    f"{{benchmarks.faults.hooks.PlayedMetric: {{values: {PLAYED}}}}}]}}\n"
)


def trainer(kit: Any, name: str) -> Trainer:
    options = replace(conftest.TINY, guard=GUARD, epoch_num=len(PLAYED), num_workers=0)
    config = configs.write(kit.folder / f"{name}.yml", kit.data, kit.folder / name, options)
    return Trainer(kit.tree(), config, kit.folder / name)


def verdicts(trainer: Trainer) -> dict[int, tuple[str, tuple[str, ...]]]:
    """State and open conditions after each evaluation; of one made twice the later."""
    return {
        record["evaluation"]: (
            record["state"],
            tuple(condition["code"] for condition in record["conditions"]),
        )
        for record in trainer.records("verdict")
        if record["evaluation"]
    }


@pytest.mark.timeout(900)
def test_five_kills_change_no_verdict(kit: Any) -> None:
    alone = trainer(kit, "no-kill")
    code, output = alone.launch()
    assert code == 0, output[-3000:]
    expected = verdicts(alone)
    assert len(expected) == len(PLAYED)
    assert {"too_short", "healthy", "collapsed", "unstable"} <= {s for s, _ in expected.values()}

    seed = random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    last = STEPS * len(PLAYED)
    steps = sorted(dice.sample(range(STEPS + 1, last - 1), 5))
    killed = trainer(kit, "five-kills")
    for step in steps:
        killed.kill_at(step, dice.uniform(0, 0.3), steps_per_epoch=STEPS)
    code, output = killed.launch()
    assert code == 0, output[-3000:]

    what = f"seed {seed}, killed at {steps}"
    assert verdicts(killed) == expected, what
    told = [(r["code"], r["subject"], r["change"]) for r in alone.records("alert")]
    again = [(r["code"], r["subject"], r["change"]) for r in killed.records("alert")]
    assert Counter(again) == Counter(told), what
    evaluations = {r["evaluation"]: r["value"] for r in killed.records("eval")}
    assert list(evaluations) == sorted(evaluations), what
    assert evaluations == {i + 1: value for i, value in enumerate(PLAYED)}, what
    epochs = {record["epoch"] for record in killed.records("epoch_start")}
    assert epochs == set(range(1, len(PLAYED) + 1)), what
