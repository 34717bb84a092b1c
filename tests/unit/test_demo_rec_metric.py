"""The kit's RecMetric counts as PaddleOCR's does (ppocr/metrics/rec_metric.py, 2.10)."""

from __future__ import annotations

import pytest

pytest.importorskip("cv2")  # the kit's other metric is imported beside it
pytest.importorskip("rapidfuzz")
pytest.importorskip("shapely")

from ppocr_guard.demo.kit.metrics import RecMetric, build_metric


def pairs(*texts: tuple[str, str]) -> tuple[list, list]:
    return [(p, 0.9) for p, _ in texts], [(t, 1.0) for _, t in texts]


def test_acc_and_edit_distance_are_sums_over_all_batches() -> None:
    metric = build_metric({"name": "RecMetric", "main_indicator": "acc"})
    metric(pairs(("abc", "abc"), ("abd", "abc")))
    metric(pairs(("", "xy")))
    scores = metric.get_metric()
    # distances 0, 1/3 and 1, over 3 texts and PaddleOCR's eps
    assert scores["acc"] == pytest.approx(1 / 3.00001)
    assert scores["norm_edit_dis"] == pytest.approx(1 - (4 / 3) / 3.00001)
    metric(pairs(("a", "a")))
    assert metric.get_metric()["acc"] == pytest.approx(1, abs=1e-4)


def test_spaces_and_all_but_letters_can_be_ignored() -> None:
    blind = RecMetric()
    strict = RecMetric(ignore_space=False)
    filtered = RecMetric(is_filter=True)
    for metric in (blind, strict, filtered):
        metric(pairs(("a b", "ab"), ("A-1", "a1")))
    assert blind.get_metric()["acc"] == pytest.approx(0.5, abs=1e-4)
    assert strict.get_metric()["acc"] == 0
    assert filtered.get_metric()["acc"] == pytest.approx(1, abs=1e-4)


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(ValueError, match="no metric VQAMetric"):
        build_metric({"name": "VQAMetric"})
