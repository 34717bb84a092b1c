"""What options can be, as the source of their classes shows."""

from __future__ import annotations

import pytest

from ppocr_guard.audit.limits import bounded
from ppocr_guard.paddleocr.bounds import Bound, bounds_of, packed_bounds, read_bounds

BACKBONE = """
WIDTHS = {"tiny": 1, "small": 2}

class Net:
    def __init__(self, in_channels=3, scale="tiny", layers=18, strides=None, blocks=(1,), **kw):
        assert layers in [18, 34]
        if strides is None:
            strides = [1, 2, 2, 2]
        assert isinstance(strides, list)
        assert len(strides) == 4
        self.width = WIDTHS[scale]
        self.blocks = [2 * n for n in blocks]
"""
OPERATORS = """
class Resize:
    def __init__(self, image_shape, resize_type="PIL", size=640, mode="a", **kwargs):
        self.image_shape = image_shape
        self.resize_type = resize_type
        self.mode = mode
        self.size = (size, size) if isinstance(size, int) else size
        self.raw = size

    def __call__(self, data):
        if self.resize_type == "PIL":
            data["image"] = pil(data["image"])
        elif self.resize_type == "OpenCV":
            data["image"] = norm(data["image"], self.image_shape)
        if self.mode != self.size and self.mode == "a" or self.mode == "b":
            data["image"] = data["image"][: self.raw[1]]
        return data

def norm(img, shape):
    c, h, w = shape
    return img[:h, :w]
"""


@pytest.fixture
def tree(tmp_path):
    for name, text in {
        "ppocr/modeling/backbones/net.py": BACKBONE,
        "ppocr/data/imaug/resize.py": OPERATORS,
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


def test_assertions_and_look_ups(tree):
    assert read_bounds(tree)["backbone"]["Net"] == {
        "scale": Bound(choices=("tiny", "small")),
        "layers": Bound(choices=(18, 34)),
        "strides": Bound(length=4, listed=True),  # null is its default, and no other list
    }


def test_what_methods_take_apart_and_compare(tree):
    found = read_bounds(tree)["transform"]["Resize"]
    assert found["image_shape"] == Bound(length=3, listed=True)  # in the function that gets it
    assert found["resize_type"] == Bound(choices=("PIL", "OpenCV"))
    assert found["size"] == Bound(shortest=2)  # a number will do, too: its type is asked for
    assert "mode" not in found  # compared with another option as well


def test_releases_share_what_both_say(tree, tmp_path_factory):
    other = tmp_path_factory.mktemp("later")
    file = other / "ppocr/modeling/backbones/net.py"
    file.parent.mkdir(parents=True)
    text = BACKBONE.replace("[18, 34]", "[18, 50]").replace("len(strides) == 4", "strides")
    file.write_text(text, encoding="utf-8")
    net = packed_bounds({"2.8.1": tree, "2.10.0": other})["bounds"]["backbone"]["Net"]
    assert net["layers"] == {"choices": [18, 34, 50]}
    assert "strides" not in net


def test_of_releases_that_were_not_read_nothing_is_known():
    assert bounds_of((2, 8, 1))("backbone", "MobileNetV3")["small_stride"].length == 4
    asked = "backbone", "MobileNetV3"
    assert bounds_of(None)(*asked) == bounds_of((3, 3, 0))(*asked)
    assert bounds_of((9, 0, 0))(*asked) == {}


@pytest.mark.parametrize(
    ("bound", "value", "fine"),
    [
        (Bound(choices=("PIL", "OpenCV")), "PIL", True),
        (Bound(choices=("PIL", "OpenCV")), "pillow", False),
        (Bound(length=3, listed=True), [3, 32, 100], True),
        (Bound(length=3, listed=True), [32, 100], False),
        (Bound(length=3, listed=True), 32, False),
        (Bound(shortest=2), 32, True),  # not said to be a list
        (Bound(shortest=2), [32], False),
        (Bound(shortest=2), [32, 32, 32], True),
    ],
)
def test_a_bound_as_a_limit(bound, value, fine):
    limit = bounded(bound, value)
    assert (limit is None or limit.fault(value) is None) is fine
