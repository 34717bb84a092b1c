"""The geometry against PaddleOCR's own classes: same maps, same boxes, ratios read right."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ppocr_guard.demo.sources import obtain
from ppocr_guard.geometry.ceiling import CeilingSettings, Sample, ceiling
from ppocr_guard.geometry.clone import compare
from ppocr_guard.geometry.measure import RatioEstimator
from ppocr_guard.geometry.postprocess import Postprocess, boxes
from ppocr_guard.geometry.roundtrip import round_trip
from ppocr_guard.geometry.target import Resize, shrink_map

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from geometry import POSTPROCESS, SCENES, Operators, batches, load_class, scene

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

IMAUG = "ppocr/data/imaug"


@pytest.fixture(scope="module", params=["2.10.0", "3.7.0"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def operators(release: str) -> Operators:
    return Operators(release)


def _images(size: int = 320) -> list[list[Any]]:
    rng = np.random.default_rng(5)
    return [scene(rng, kind, size) for kind in SCENES for _ in range(3)]


@pytest.mark.parametrize("ratio", [0.4, 0.81, 0.95, 1.002])
def test_shrink_map_is_the_real_one(operators: Operators, ratio: float) -> None:
    for polygons in _images():
        if not polygons:
            continue
        real = operators.maps([polygons], 320, 0.4, ratio).shrink_map[0]
        plain = [np.asarray(p, dtype=np.float32) for p in polygons]
        ours, _ = shrink_map(plain, 320, 320, ratio, 8, [False] * len(plain))
        assert np.array_equal(ours, real)


@pytest.mark.parametrize("box_type", ["quad", "poly"])
@pytest.mark.parametrize("score_mode", ["fast", "slow"])
@pytest.mark.parametrize("use_dilation", [False, True])
def test_boxes_are_the_real_ones(
    release: str, box_type: str, score_mode: str, use_dilation: bool
) -> None:
    real_class = load_class(obtain(release), "ppocr/postprocess/db_postprocess.py", "DBPostProcess")
    rng = np.random.default_rng(7)
    compared = 0
    for polygons in _images():
        target, _ = shrink_map(polygons, 320, 320, 0.5, 8, [False] * len(polygons))
        # A prediction that is no mere binary map, so that scores differ and some fail box_thresh.
        probability = target * rng.uniform(0.4, 1, (320, 320)).astype(np.float32)
        options = {
            "box_thresh": 0.55,
            "unclip_ratio": 1.5,
            "box_type": box_type,
            "score_mode": score_mode,
            "use_dilation": use_dilation,
        }
        real = real_class(**options)({"maps": probability[None, None]}, [(450, 700, 1.0, 1.0)])
        ours = boxes(probability, 700, 450, Postprocess(**options))
        expected = [np.asarray(points) for points in real[0]["points"]]
        assert len(ours) == len(expected)
        assert all(np.array_equal(a, b) for a, b in zip(ours, expected))
        compared += len(ours)
    assert compared > 30


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"limit_side_len": 960, "limit_type": "max"},
        {"limit_side_len": 640, "limit_type": "resize_long"},
        {"resize_long": 960},
        {"image_shape": (736, 1280)},
        {"image_shape": (480, 640), "keep_ratio": True},
    ],
)
def test_resize_is_the_real_one(release: str, options: dict[str, Any]) -> None:
    real = load_class(obtain(release), f"{IMAUG}/operators.py", "DetResizeForTest")(**options)
    for width, height in [(1280, 720), (720, 1280), (333, 517), (40, 900), (2000, 2000)]:
        image = real({"image": np.zeros((height, width, 3), np.uint8)})["image"]
        limit = 4000 if release == "3.7.0" else None
        ours = Resize(max_side_limit=limit, **options).size(width, height)
        assert ours == (image.shape[1], image.shape[0])


@pytest.mark.parametrize("kind", SCENES)
@pytest.mark.parametrize("ratio", [0.4, 0.6, 0.81])
@pytest.mark.parametrize(("size", "tolerance"), [(640, 0.01), (160, 0.03)])
def test_measured_ratio(
    operators: Operators, kind: str, ratio: float, size: int, tolerance: float
) -> None:
    estimator = RatioEstimator()
    for maps in batches(operators, kind, size, ratio, ratio, 3):
        estimator.add(maps)
    for one in estimator.estimate().values():
        assert one.ratio == pytest.approx(ratio, abs=tolerance)
        assert one.uncertainty is not None
        assert one.uncertainty < 0.03


@pytest.mark.parametrize(("border", "shrink"), [(0.4, 0.81), (0.81, 0.4)])
def test_operators_are_told_apart(operators: Operators, border: float, shrink: float) -> None:
    estimator = RatioEstimator()
    for maps in batches(operators, "rotated", 640, border, shrink, 3):
        estimator.add(maps)
    found = SimpleNamespace(**estimator.estimate())
    assert found.MakeShrinkMap.ratio == pytest.approx(shrink, abs=0.01)
    assert found.MakeBorderMap.ratio == pytest.approx(border, abs=0.001)


@pytest.mark.parametrize("ratio", [1.002, 1.08, 1.2])
def test_ratio_above_one_leaves_no_positives(operators: Operators, ratio: float) -> None:
    estimator = RatioEstimator()
    for maps in batches(operators, "rectangles", 640, ratio, ratio, 2):
        estimator.add(maps)
    one = estimator.estimate()["MakeShrinkMap"]
    assert one.ratio is None
    assert one.no_positives


def test_round_trip_falls_apart_under_the_bug(operators: Operators) -> None:
    sound = round_trip(next(batches(operators, "rotated", 640, 0.4, 0.4, 1)), POSTPROCESS)
    bug = round_trip(next(batches(operators, "rotated", 640, 0.81, 0.81, 1)), POSTPROCESS)
    assert sound is not None
    assert bug is not None
    assert sound.median_iou > 0.8
    assert sound.share_matched > 0.95
    assert sound.fitting_unclip_ratio == pytest.approx(1.8, abs=0.4)
    assert bug.median_iou == pytest.approx(0.51, abs=0.05)
    assert bug.fitting_unclip_ratio == pytest.approx(0.43, abs=0.06)
    assert bug.fitting_median_iou > 0.9


@pytest.mark.parametrize("release", ["2.10.0", "3.7.0"])
def test_the_ceiling_agrees_with_the_clones_own_postprocess(release: str) -> None:
    samples = [Sample(320, 320, polygons, [False] * len(polygons)) for polygons in _images()]
    settings = CeilingSettings(shrink_ratio=0.5, min_text_size=8)
    found = compare(samples, settings, obtain(release), images=5)
    assert (found.images, found.same) == (5, 5)
    assert found.hmean == pytest.approx(ceiling(samples[:5], settings, None).hmean)
