from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("shapely")
from ppocr_guard.demo.kit.metrics import build_metric
from ppocr_guard.demo.kit.metrics.det_metric import Counts, match_image


def box(x: float, y: float, w: float = 10, h: float = 10) -> list[tuple[float, float]]:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def score(boxes: list[Any], texts: list[Any], ignored: list[bool]) -> dict[str, Any]:
    metric = build_metric({"name": "DetMetric", "main_indicator": "hmean"})
    metric([{"points": boxes}], [None, None, [texts], [ignored]])
    return metric.get_metric()


def test_iou_must_exceed_one_half() -> None:
    text = box(0, 0, 30, 10)
    # width w of 30 covered: IoU = w / 30
    assert match_image([text], [False], [box(0, 0, 15, 10)]).matched == 0
    assert match_image([text], [False], [box(0, 0, 16, 10)]).matched == 1


def test_each_text_and_each_box_match_once() -> None:
    assert match_image([box(0, 0)], [False], [box(0, 0), box(0, 0)]) == Counts(1, 2, 1)
    assert match_image([box(0, 0), box(0, 0)], [0, 0], [box(0, 0)]) == Counts(2, 1, 1)


def test_boxes_on_ignored_texts_count_neither_way() -> None:
    texts, ignored = [box(0, 0), box(50, 0, 20, 20)], [False, True]
    inside, half_outside = box(55, 5), box(65, 0, 10.1, 10)
    assert match_image(texts, ignored, [box(0, 0), inside]) == Counts(1, 1, 1)
    assert match_image(texts, ignored, [half_outside]) == Counts(1, 1, 0)


def test_broken_polygons_are_left_out() -> None:
    bow_tie, line = [(0, 0), (10, 10), (10, 0), (0, 10)], [(0, 0), (5, 0), (9, 0), (2, 0)]
    assert match_image([box(0, 0)], [False], [bow_tie, line]) == Counts(1, 0, 0)


def test_scores_are_precision_recall_and_their_harmonic_mean() -> None:
    result = score([box(0, 0), box(100, 100), box(200, 0)], [box(0, 0), box(40, 0)], [False] * 2)
    assert result == {
        "precision": pytest.approx(1 / 3),
        "recall": pytest.approx(1 / 2),
        "hmean": pytest.approx(0.4),
    }


def test_zeros_are_typed_as_paddleocr_types_them() -> None:
    nothing = score([], [box(0, 0)], [False])
    assert (repr(nothing["precision"]), repr(nothing["recall"])) == ("0", "0.0")
    assert repr(nothing["hmean"]) == "0"
    wrong = score([box(50, 50)], [box(0, 0)], [False])
    assert (repr(wrong["precision"]), repr(wrong["hmean"])) == ("0.0", "0")


def test_counts_are_summed_over_images_then_start_over() -> None:
    metric = build_metric({"name": "DetMetric"})
    for boxes in ([box(0, 0)], []):
        metric([{"points": boxes}], [None, None, [[box(0, 0)]], [[False]]])
    assert metric.get_metric()["recall"] == 0.5
    assert metric.get_metric()["recall"] == 0


def test_other_metrics_are_refused() -> None:
    with pytest.raises(ValueError, match="no metric VQAMetric"):
        build_metric({"name": "VQAMetric"})
