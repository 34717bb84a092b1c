"""Figures of training batches."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import diagnose
from ppocr_guard.events import BatchFigures
from ppocr_guard.paddleocr.batches import BatchWatch, figures
from ppocr_guard.paddleocr.loop import Loop

CONFIG = {
    "Train": {"dataset": {"transforms": [{"KeepKeys": {"keep_keys": ["image", "shrink_map"]}}]}}
}


def test_figures_of_a_batch() -> None:
    images = np.full((2, 3, 32, 32), 0.5, np.float32)
    maps = np.zeros((2, 32, 32), np.float32)
    maps[:, :16] = 1
    found = figures(images, maps)
    assert (found["image_mean"], found["image_std"], found["positives"]) == (0.5, 0.0, 0.5)
    noise = np.random.default_rng(0).normal(0, 1, (1, 3, 32, 32))
    smooth = np.repeat(np.repeat(noise[..., ::4, ::4], 4, axis=2), 4, axis=3)
    assert figures(noise)["image_edges"] > figures(smooth)["image_edges"] + 1
    assert "positives" not in figures(images)


def test_a_batch_is_looked_at_now_and_then() -> None:
    posted: list[Any] = []
    watch = BatchWatch(Loop({"config": CONFIG}, 0, 1), posted.append)
    batch = [np.ones((1, 3, 8, 8), np.float32), np.zeros((1, 8, 8), np.float32)]
    for step in range(50):
        watch.batch_arrived(batch, 1, step)
    watch.close()
    assert [event.global_step for event in posted] == [1]  # the others came too soon
    assert posted[0].figures["positives"] == 0


def test_other_ranks_look_at_nothing() -> None:
    posted: list[Any] = []
    watch = BatchWatch(Loop({"config": CONFIG}, 1, 2), posted.append)
    watch.batch_arrived([np.ones((1, 3, 8, 8), np.float32)], 1, 0)
    watch.close()
    assert posted == []


def test_training_data_that_changes_has_a_time() -> None:
    collector = Collector()
    rng = np.random.default_rng(0)
    for step in range(1, 40):
        mean = rng.normal(1.0, 0.05) if step < 30 else rng.normal(-1.5, 0.05)
        collector.batch_figures(BatchFigures(time.time(), 1, step, {"image_mean": mean}))
    (cause,) = diagnose(collector.evidence)
    assert cause.code == "training_data_changed"
    assert "step 30" in cause.sentence
