"""The default hooks on real, labelled curves and on the reproduced faults."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.detection.curves import Score, corpus, guarded, reproduced, trained

# What the rules are known to get wrong on the parts they were chosen on; the README says so.
MISSED = {
    # A short run at 0.21 whose sibling of the same recipe came back after 40 evaluations; labelled
    # as unsure. Nothing in its figures tells the two apart.
    "yo_FlynnDS_train_21e9",
    # Slides down by a third to its last evaluation: over only for one who knows that it ends there.
    "yo_ivonagrbesa_detect_train38_933b",
}


def judged(curves, **how):
    score = Score()
    for curve in curves:
        guard = guarded(curve, **how)
        stop = guard.stop
        score.add(curve, None if stop is None else stop.evaluation or 1)
    return score


@pytest.mark.parametrize("metric_only", [False, True])
def test_curves_that_the_rules_were_chosen_on(metric_only):
    """*report* is left alone: benchmarks/detection looks at it, once."""
    curves = [*corpus("develop", "validate"), *trained("develop", "validate")]
    if metric_only:
        for curve in curves:
            curve.precision = curve.recall = curve.loss = []
    score = judged(curves, metric_only=metric_only)
    assert [*score.false, *score.harmful, *score.too_early] == []
    assert set(score.missed) <= MISSED
    assert statistics.median(score.delays) < 4


def test_reproduced_faults_as_a_live_guard_sees_them():
    score = judged(reproduced(), live=True)
    assert (score.false, score.harmful, score.missed, score.too_early) == ([], [], [], [])
    assert max(score.delays) <= 1


def test_reproduced_faults_from_the_metric_alone():
    score = judged(reproduced())
    assert (score.false, score.harmful, score.missed) == ([], [], [])
    assert max(score.delays) <= 4


def test_the_live_collapse_names_its_cause():
    curve = next(c for c in reproduced() if c.id == "bug, total_epoch 500")
    alert = next(a for a in guarded(curve, live=True).alerts if a.code == "hmean_collapse")
    assert alert.evidence["cause"] == "shrink_ratio_wrong"
    assert "0.8096" in alert.because
