from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppocr_guard.geometry import unclip

RATIOS = st.floats(0.05, 0.98)
SIDES = st.floats(1, 1000)


# r, fitting unclip of a square and a long box, IoU at 1.5 of the same: worked out by hand from
# 2 (1 - r^2) / (1 + r^2) and (1 - r^2) / r^2.
@pytest.mark.parametrize(
    ("ratio", "fitting", "iou"),
    [
        (0.4, (1.45, 5.25), (0.97, 0.40)),
        (0.6, (0.94, 1.78), (0.71, 0.90)),
        (0.8096, (0.42, 0.53), (0.48, 0.61)),
    ],
)
def test_bands(ratio: float, fitting: tuple[float, float], iou: tuple[float, float]) -> None:
    assert unclip.fitting_unclip_band(ratio) == pytest.approx(fitting, abs=0.005)
    found = [unclip.perfect_iou(ratio, 1.5, width, 1) for width in (1, math.inf)]
    assert found == pytest.approx(iou, abs=0.005)


@given(ratio=RATIOS, width=SIDES, height=SIDES)
def test_fitting_unclip_gives_the_box_back(ratio: float, width: float, height: float) -> None:
    fitting = unclip.fitting_unclip_ratio(ratio, width, height)
    assert unclip.perfect_iou(ratio, fitting, width, height) == pytest.approx(1)
    for other in (0.8 * fitting, 1.2 * fitting):
        assert unclip.perfect_iou(ratio, other, width, height) < 1
    low, high = unclip.fitting_unclip_band(ratio)
    assert low * (1 - 1e-9) <= fitting <= high * (1 + 1e-6)


@given(ratio=st.floats(0.05, 1.3), width=SIDES, height=SIDES)
def test_ratio_from_distance(ratio: float, width: float, height: float) -> None:
    shape = (width * height, 2 * (width + height))
    distance = unclip.shrink_distance(ratio, *shape)
    assert unclip.shrink_ratio(distance, *shape) == pytest.approx(ratio)


def test_no_ratio_shrinks_that_far() -> None:
    assert math.isnan(unclip.shrink_ratio(distance=30, area=100, perimeter=40))


@pytest.mark.parametrize("ratio", [0, 1, 1.2, -0.4])
def test_ratio_out_of_range(ratio: float) -> None:
    with pytest.raises(ValueError, match="shrink ratio must be above 0 and below 1"):
        unclip.fitting_unclip_ratio(ratio, 10, 10)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="sides"):
        unclip.fitting_unclip_ratio(0.4, 0, 10)
    with pytest.raises(ValueError, match="sides"):
        unclip.fitting_unclip_ratio(0.4, math.inf, math.inf)
    with pytest.raises(ValueError, match="unclip ratio"):
        unclip.perfect_iou(0.4, -1, 10, 10)
    with pytest.raises(ValueError, match="positive"):
        unclip.shrink_distance(0.4, 0, 10)


def test_closed_forms_need_no_numpy() -> None:
    code = "import sys, ppocr_guard.geometry.unclip; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
