from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from geometry_maps import box, draw, page

from ppocr_guard.geometry.postprocess import Postprocess, boxes, unclip
from ppocr_guard.geometry.roundtrip import round_trip
from ppocr_guard.geometry.unclip import fitting_unclip_ratio, perfect_iou

OPTIONS = Postprocess(unclip_ratio=1.5, box_thresh=0.6)


def _pages() -> list[list[Any]]:
    rng = np.random.default_rng(3)
    return [page(rng) for _ in range(8)]


@pytest.mark.parametrize("ratio", [0.5, 0.6, 0.81])
def test_agrees_with_the_closed_form(ratio: float) -> None:
    """On texts so large that whole pixels matter little."""
    pages = [[box(160, 55 + 105 * i, 290, 90 + i) for i in range(3)]] * 3
    trip = round_trip(draw(pages, shrink=ratio), OPTIONS)
    assert trip is not None
    assert trip.regions == 9
    assert trip.median_iou == pytest.approx(perfect_iou(ratio, 1.5, 290, 91), abs=0.05)
    expected = fitting_unclip_ratio(ratio, 290, 91)
    assert trip.fitting_unclip_ratio == pytest.approx(expected, rel=0.12)
    assert trip.fitting_median_iou > 0.94


def test_bug_against_healthy() -> None:
    healthy = round_trip(draw(_pages(), shrink=0.4), OPTIONS)
    bug = round_trip(draw(_pages(), shrink=0.8096), OPTIONS)
    assert healthy is not None
    assert bug is not None
    assert healthy.median_iou > 0.8
    assert healthy.share_matched > 0.95
    assert bug.median_iou < 0.6
    assert bug.share_matched < healthy.share_matched
    assert bug.fitting_unclip_ratio == pytest.approx(0.45, abs=0.08)
    assert bug.fitting_median_iou > 0.85


def test_box_thresh_above_all_scores_matches_nothing() -> None:
    trip = round_trip(draw(_pages()), Postprocess(box_thresh=1.01))
    assert trip is not None
    assert (trip.median_iou, trip.share_matched) == (0.0, 0.0)
    assert trip.fitting_unclip_ratio == 2.0  # nothing to fit: as configured


def test_polygons_as_boxes() -> None:
    trip = round_trip(draw(_pages(), shrink=0.6), Postprocess(unclip_ratio=1.1, box_type="poly"))
    assert trip is not None
    assert trip.median_iou > 0.8


def test_too_few_texts() -> None:
    assert round_trip(draw([[box(160, 160, 100, 30)]]), OPTIONS) is None
    assert round_trip(draw([[], []]), OPTIONS) is None


def test_boxes_of_a_map() -> None:
    probability = np.zeros((160, 320), np.float32)
    probability[60:81, 100:201] = 0.9  # 100 x 20 between pixel centres
    (found,) = boxes(probability, 640, 320, Postprocess(unclip_ratio=1.2, box_thresh=0.6))
    grow = 1.2 * 100 * 20 / 240  # 10 px on each side; the image is twice as large as the map
    low, high = (2 * (100 - grow), 2 * (60 - grow)), (2 * (200 + grow), 2 * (80 + grow))
    assert found.tolist() == [[low[0], low[1]], [high[0], low[1]], [*high], [low[0], high[1]]]


def test_boxes_below_thresholds_are_dropped() -> None:
    probability = np.zeros((160, 320), np.float32)
    probability[60:81, 100:201] = 0.5
    probability[100:102, 100:201] = 0.9  # thinner than min_size
    assert boxes(probability, 320, 160, Postprocess(box_thresh=0.6)) == []
    assert len(boxes(probability, 320, 160, Postprocess(box_thresh=0.4))) == 1


def test_unclip_of_a_point() -> None:
    assert unclip(np.zeros((4, 2), np.float32), 1.5, "quad") is None


@pytest.mark.parametrize("options", [{"box_type": "round"}, {"score_mode": "medium"}])
def test_unknown_options(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Postprocess(**options)
