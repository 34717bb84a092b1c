from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from geometry_maps import box, page

from ppocr_guard.geometry.ceiling import CeilingSettings, Sample, ceiling
from ppocr_guard.geometry.metric import Counts, match
from ppocr_guard.geometry.postprocess import Postprocess
from ppocr_guard.geometry.target import Resize, shrink, shrink_map

SETTINGS = CeilingSettings(
    resize=Resize(limit_side_len=320), postprocess=Postprocess(unclip_ratio=1.5, box_thresh=0.6)
)


def _sample(polygons: list[Any], size: int = 320, ignored: int = 0) -> Sample:
    return Sample(size, size, polygons, [i < ignored for i in range(len(polygons))])


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    rng = np.random.default_rng(1)
    return [_sample(page(rng)) for _ in range(12)]


def _by_ratio(samples: list[Sample], ratio: float, **changes: Any) -> Any:
    return ceiling(samples, replace(SETTINGS, shrink_ratio=ratio, **changes))


def test_stock_settings_lose_next_to_nothing(samples: list[Sample]) -> None:
    top = _by_ratio(samples, 0.4)
    assert top.hmean > 0.97
    assert top.images == 12
    assert top.texts == sum(len(sample.polygons) for sample in samples)


def test_the_bug_loses_texts_to_unclip_only(samples: list[Sample]) -> None:
    top = _by_ratio(samples, 0.81)
    assert top.hmean < 0.9
    assert set(top.lost) == {"unclip"}
    assert top.best_hmean > 0.97
    assert 0.2 < top.best_unclip_ratio < 0.8
    assert sum(one.texts - one.matched for one in top.by_size) == sum(top.lost.values())


def test_ratio_of_one_leaves_nothing(samples: list[Sample]) -> None:
    top = _by_ratio(samples, 1.002)
    assert (top.hmean, top.precision, top.recall) == (0, 0, 0)
    assert top.lost == {"shrink": top.texts}
    assert top.best_unclip_ratio == 1.5


def test_why_texts_are_lost() -> None:
    texts = [
        box(80, 30, 100, 30),
        box(80, 80, 60, 6),  # below min_text_size
        box(80, 120, 60, 10),  # becomes too small by the resize to a half
    ]
    halved = replace(SETTINGS, shrink_ratio=0.5, resize=Resize(160, "max"))
    top = ceiling([_sample(texts)], halved)
    assert top.lost == {"min_text_size": 1, "resize": 1}
    classes = {one.low: one for one in top.by_size}
    assert (classes[0].texts, classes[0].lost) == (1, {"min_text_size": 1})
    assert (classes[8].texts, classes[8].lost) == (1, {"resize": 1})
    assert (classes[16].texts, classes[16].matched) == (1, 1)
    assert classes[64].high is None


def test_box_thresh_and_size_as_causes() -> None:
    texts = [_sample([box(160, 160, 150, 30, 30)])]
    strict = replace(SETTINGS, postprocess=Postprocess(box_thresh=1.01, unclip_ratio=1.5))
    assert ceiling(texts, strict).lost == {"box_thresh": 1}
    assert _by_ratio([_sample([box(160, 160, 60, 9)])], 0.3).lost == {"too_small": 1}


def test_texts_that_grow_together() -> None:
    pair = [_sample([box(100, 160, 80, 40), box(180, 160, 80, 40)])]
    assert _by_ratio(pair, 0.999).lost == {"merged": 2}


def test_ignored_texts_count_neither_way() -> None:
    top = _by_ratio([_sample([box(160, 60, 150, 30), box(160, 160, 150, 30)], ignored=1)], 0.5)
    assert (top.texts, top.precision, top.recall) == (1, 1, 1)


def test_processes_give_the_same(samples: list[Sample]) -> None:
    many = samples * 6
    seen: list[int] = []
    alone = ceiling(many, replace(SETTINGS, shrink_ratio=0.7, workers=1), seen.append)
    assert seen == list(range(1, 73))
    assert ceiling(many, replace(SETTINGS, shrink_ratio=0.7, workers=2)) == alone


def test_nothing_to_score() -> None:
    with pytest.raises(ValueError, match="no text to score: 1 images"):
        ceiling([_sample([box(160, 60, 100, 30)], ignored=1)], SETTINGS)
    with pytest.raises(ValueError, match="no text to score: 0 images"):
        ceiling([], SETTINGS)


def test_metric() -> None:
    labels = [shapely.Polygon(box(x, 50, 40, 20)) for x in (50, 150, 250)]
    found = [box(50, 50, 40, 20), box(52, 50, 40, 20), box(150, 50, 90, 40), box(250, 50, 30, 18)]
    counts, matched = match(labels, [False, False, True], found)
    assert counts == Counts(labels=2, boxes=3, matched=1)
    assert matched == [True, False, False]
    assert counts.precision == pytest.approx(1 / 3)
    assert counts.recall == 0.5
    assert counts.hmean == pytest.approx(2 * (1 / 3) * 0.5 / (1 / 3 + 0.5))
    assert Counts().hmean == 0


def test_labels_that_cross_themselves_are_left_out() -> None:
    bow = np.array([[0, 0], [40, 20], [40, 0], [0, 20]])
    counts, matched = match([shapely.Polygon(bow)], [False], [box(20, 10, 40, 20)])
    assert counts == Counts(labels=0, boxes=1, matched=0)
    assert matched == [False]


def test_shrink_map_and_fates() -> None:
    texts = [box(160, 60, 100, 40), box(160, 160, 100, 6), box(160, 260, 100, 40)]
    target, fates = shrink_map(texts, 320, 320, 0.5, 8, [False, False, True])
    assert fates == ["", "min_text_size", "ignored"]
    distance = 100 * 40 * 0.75 / 280
    expected = (100 - 2 * distance) * (40 - 2 * distance)
    assert target.sum() == pytest.approx(expected, rel=0.08)  # fillPoly takes border pixels in
    assert shrink(np.zeros((4, 2)), 0.5) == []
    assert shrink(box(50, 50, 40, 20), 0) == []


@pytest.mark.parametrize(
    ("resize", "size"),
    [
        (Resize(), (1312, 736)),
        (Resize(960, "max"), (960, 544)),
        (Resize(image_shape=(480, 640)), (640, 480)),
        (Resize(image_shape=(480, 640), keep_ratio=True), (864, 480)),
        (Resize(resize_long=1000), (1024, 640)),
        (Resize(4000, max_side_limit=2000), (1984, 1120)),
    ],
)
def test_resize(resize: Resize, size: tuple[int, int]) -> None:
    assert resize.size(1280, 720) == size


def test_unknown_limit_type() -> None:
    with pytest.raises(ValueError, match="limit_type must be one of min, max, resize_long"):
        Resize(limit_type="mean")
