from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from geometry_maps import box, draw, page

from ppocr_guard.geometry.measure import Estimate, RatioEstimator
from ppocr_guard.geometry.regions import Sampling, as_maps, find_regions


def _estimate(*batches: Any, sampling: Sampling = Sampling()) -> tuple[Estimate, Estimate]:  # noqa: B008
    estimator = RatioEstimator(sampling)
    for maps in batches:
        estimator.add(maps)
    found = estimator.estimate()
    return found["MakeShrinkMap"], found["MakeBorderMap"]


def _pages(count: int = 8, seed: int = 0) -> list[list[Any]]:
    rng = np.random.default_rng(seed)
    return [page(rng) for _ in range(count)]


@pytest.mark.parametrize("ratio", [0.3, 0.4, 0.6, 0.81, 0.9])
def test_both_operators(ratio: float) -> None:
    shrink, border = _estimate(draw(_pages(), shrink=ratio))
    assert border.ratio == pytest.approx(ratio, abs=0.001)
    assert shrink.ratio == pytest.approx(ratio, abs=0.02)
    assert shrink.uncertainty is not None
    assert abs(shrink.ratio - ratio) <= 2 * shrink.uncertainty  # 2 x 95 %: not to be flaky
    assert shrink.regions >= 20
    assert not shrink.no_positives


@pytest.mark.parametrize(("border", "shrink"), [(0.4, 0.81), (0.81, 0.4), (0.5, 0.6)])
def test_operators_apart(border: float, shrink: float) -> None:
    found, ridge = _estimate(draw(_pages(), shrink=shrink, border=border))
    assert ridge.ratio == pytest.approx(border, abs=0.001)
    assert found.ratio == pytest.approx(shrink, abs=0.02)


def test_touching_lines() -> None:
    """Their threshold masks are one blob; the ridges still tell them apart."""
    lines = [box(160, 30 + 24.3 * i, 200.6, 24, 0) for i in range(11)]
    maps = draw([lines] * 2, shrink=0.6)
    regions = find_regions(as_maps(maps), Sampling())
    assert len(regions) == 22
    shrink, border = _estimate(maps)
    assert border.ratio == pytest.approx(0.6, abs=0.001)
    assert shrink.ratio == pytest.approx(0.6, abs=0.02)


def test_polygons_are_found_to_a_tenth_of_a_pixel() -> None:
    pages = _pages(2)
    for region in find_regions(as_maps(draw(pages)), Sampling()):
        found = shapely.Polygon(region.polygon)
        errors = [
            found.hausdorff_distance(shapely.Polygon(truth))
            for truth in pages[region.image]
            if found.intersects(shapely.Polygon(truth))
        ]
        assert region.exact
        assert min(errors) < 0.1


def test_texts_over_the_image_border() -> None:
    pages = [[box(x, y, 120, 30, 5) for x in (57, 262) for y in (11, 80, 150, 220, 308)]] * 3
    shrink, border = _estimate(draw(pages, shrink=0.5))
    assert border.ratio == pytest.approx(0.5, abs=0.001)
    assert shrink.ratio == pytest.approx(0.5, abs=0.03)


def test_curved_text() -> None:
    turns = np.radians(np.linspace(200, 340, 8))
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    arcs = [
        np.concatenate([centre + ring * 70, (centre + ring * 38)[::-1]])
        for centre in (np.array([90.3, 100.2]), np.array([230.6, 100.9]), np.array([160.2, 230.1]))
    ]
    shrink, border = _estimate(draw([arcs] * 3, shrink=0.81))
    assert border.ratio == pytest.approx(0.81, abs=0.03)
    assert shrink.ratio == pytest.approx(0.81, abs=0.03)


@pytest.mark.parametrize("ratio", [1.002, 1.2])
def test_no_positives(ratio: float) -> None:
    maps = draw(_pages(), shrink=ratio, border=0.4)
    assert not maps.shrink_map.any()
    shrink, border = _estimate(maps)
    assert shrink.ratio is None
    assert shrink.uncertainty is None
    assert shrink.no_positives
    assert "no positives" in shrink.reason
    assert border.ratio == pytest.approx(0.4, abs=0.001)
    assert not border.no_positives


def test_small_texts_without_positives_are_as_intended() -> None:
    tiny = [[box(40 + 60 * i, 40 + 40 * j, 30, 6) for i in range(4) for j in range(6)]]
    shrink, _ = _estimate(draw(tiny * 4))
    assert shrink.ratio is None
    assert not shrink.no_positives


def test_all_labels_ignored() -> None:
    for one in _estimate(draw([[], [], []])):
        assert one.ratio is None
        assert one.regions == 0
        assert one.reason == "no text that is not ignored"
        assert not one.no_positives


def test_too_few_regions() -> None:
    shrink, border = _estimate(draw([[box(160, 160, 120, 30)]]))
    assert (shrink.ratio, border.ratio) == (None, None)
    assert "only 1 regions" in border.reason


def test_batches_pool() -> None:
    first, second = draw(_pages(4), shrink=0.5), draw(_pages(4, seed=1), shrink=0.5)
    alone, _ = _estimate(first)
    both, _ = _estimate(first, second)
    assert both.regions > alone.regions
    assert both.uncertainty < alone.uncertainty


def test_memory_is_bounded() -> None:
    maps = draw(_pages(1), shrink=0.5)
    estimator = RatioEstimator()
    regions = find_regions(as_maps(maps), Sampling())
    for _ in range(2100 // len(regions) + 1):
        estimator.add(maps, regions)
    assert estimator.estimate()["MakeBorderMap"].regions == 2048


def test_caps() -> None:
    maps = as_maps(draw(_pages(4)))
    assert len(find_regions(maps, Sampling(max_regions=5))) == 5
    assert {r.image for r in find_regions(maps, Sampling(max_images=2))} == {0, 1}
    assert {r.image for r in find_regions(maps, Sampling(max_pixels=1))} == {0}


def test_thresholds_other_than_configured_are_seen() -> None:
    _, border = _estimate(draw(_pages(), shrink=0.6, thresholds=(0.2, 0.9)))
    assert border.ratio == pytest.approx(0.6, abs=0.01)


def test_noise_gives_no_ratio() -> None:
    noise = np.random.default_rng(0).uniform(size=(4, 2, 160, 160)).astype(np.float32)
    assert [one.ratio for one in _estimate(noise)] == [None, None]


def test_wrong_shapes() -> None:
    with pytest.raises(ValueError, match="each N x H x W, but got 2 arrays"):
        RatioEstimator().add([np.zeros((1, 4, 4))] * 2)
    with pytest.raises(ValueError, match=r"\(1, 4, 5\)"):
        RatioEstimator().add([np.zeros((1, 4, 4))] * 3 + [np.zeros((1, 4, 5))])
