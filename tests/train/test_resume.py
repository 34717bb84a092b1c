"""A run that was stopped and resumed: what was wrong still is, or is over."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import conftest
import pytest
from launched import Trainer

from ppocr_guard.demo import configs, lines, recognition

pytestmark = pytest.mark.timeout(1800)


def played(values: list[float], *hooks: str) -> str:
    metric = f"{{benchmarks.faults.hooks.PlayedMetric: {{values: {values}}}}}"
    return f"Guard: {{hooks: [{', '.join([*hooks, metric])}]}}\n"


def test_stopped_again_on_the_newest_release(kit: Any) -> None:
    """3.7.0; the metric is played, the trainer is real."""
    values = [0.4, 0.6, 0.7, 0.72, *[0.1] * 30]
    hooks = ("{HmeanTrend: null}", "{Journal: null}", "{AutoStop: {exit_code: 3}}")
    options = replace(
        conftest.TINY, guard=played(values, *hooks), epoch_num=len(values), num_workers=0
    )
    config = configs.write(
        kit.folder / "stopped-again.yml", kit.data, kit.folder / "stopped-again", options
    )
    trainer = Trainer(kit.tree("3.7.0"), config, kit.folder / "stopped-again")
    code, output = trainer.launch()
    assert code == 3, output[-3000:]
    assert "The guard stopped this run (hmean_collapse)" in output
    before = len(trainer.records("eval"))
    code, output = trainer.launch()
    assert code == 3, output[-3000:]
    assert "This run was stopped for it" in output
    evaluations = trainer.records("eval", last_launch=True)
    assert 1 <= len(evaluations) <= 3  # collapse_patience
    assert evaluations[0]["evaluation"] == before + 1
    verdict = trainer.records("verdict", last_launch=True)[-1]
    assert verdict["state"] == "collapsed"
    kept = json.loads((trainer.folder / "ppocr_guard" / "best" / "metric.json").read_text())
    assert (kept["metric"], kept["value"]) == ("hmean", 0.72)


def test_a_resume_that_forgets_the_best_recogniser_does_not_lose_it(kit: Any) -> None:
    """From 2.9.0 on PaddleOCR begins with a best acc of 0 again, and replaces best_accuracy."""
    data = lines.make_lines(kit.folder / "lines", train_lines=64, val_lines=8)
    stop = "{benchmarks.faults.hooks.StopAt: {evaluation: 2}}"
    guard = played([0.5, 0.6, 0.1, 0.2], "{HmeanTrend: null}", "{Journal: null}", stop)
    options = recognition.RecOptions(
        guard=guard, epoch_num=4, eval_batch_step=(0, 2), num_workers=0, hidden_size=16
    )
    folder = kit.folder / "forgotten"
    config = recognition.write(kit.folder / "forgotten.yml", data, folder, options)
    trainer = Trainer(kit.tree("3.7.0"), config, folder)
    code, output = trainer.launch()
    assert code == 3, output[-3000:]  # stopped, as `run` says it
    best = (folder / "best_accuracy.pdparams").read_bytes()
    code, output = trainer.launch()
    assert code == 0, output[-3000:]
    kept = folder / "ppocr_guard" / "best"
    assert (
        "PaddleOCR has replaced its best_accuracy (acc 0.6000) by a worse model (0.1000); "
        f"the guard has kept the better one: {kept / 'best_accuracy'}"
    ) in output
    assert (folder / "best_accuracy.pdparams").read_bytes() != best
    assert (kept / "best_accuracy.pdparams").read_bytes() == best
    assert f"Best: {kept / 'best_accuracy'} (acc 0.6000 at epoch 2)" in output
