"""What is read off a PaddleOCR's source, and the table made of it."""

from __future__ import annotations

import pytest

from ppocr_guard.paddleocr.signatures import read_components
from ppocr_guard.paddleocr.vocabulary import packed, vocabulary

OPERATORS = """
class Base:
    def __init__(self, size, **kwargs):
        self.size = size

class Crop(Base):
    def __init__(self, size=(640, 640), keep_ratio=True, max_tries=10, **kwargs):
        super().__init__(size, **kwargs)
        self.limit = kwargs.get("limit", 3)
        if "mode" in kwargs:
            self.mode = kwargs["mode"]

    def __call__(self, data):
        image = data["image"]
        polys = data["polys"]
        if self.limit:
            extra = data["extra"]
        data["image"] = image
        data["cut"] = data["image"]
        return data

class Strict:
    def __init__(self, name, prob=0.5, kind="a"):
        pass
"""
LOSSES = """
from .one import OneLoss

def build_loss(config):
    support_dict = ["OneLoss"]
    support_dict.append("OtherLoss")
"""


@pytest.fixture
def tree(tmp_path):
    for folder in ("data/imaug", "losses", "metrics"):
        (tmp_path / "ppocr" / folder).mkdir(parents=True)
    (tmp_path / "ppocr/data/imaug/__init__.py").write_text("from .operators import *\n")
    (tmp_path / "ppocr/data/imaug/operators.py").write_text(OPERATORS)
    (tmp_path / "ppocr/metrics/__init__.py").write_text(LOSSES)
    (tmp_path / "ppocr/metrics/one.py").write_text("class OneLoss:\n    pass\n")
    return tmp_path


def test_options_reads_and_writes(tree):
    found = read_components(tree)["transform"]
    assert set(found) == {"Base", "Crop", "Strict"}
    crop = found["Crop"]
    assert crop.options == {
        "size": "l",
        "keep_ratio": "b",
        "max_tries": "n",
        "limit": "",
        "mode": "",
    }
    assert not crop.strict
    assert not crop.required
    assert crop.reads == {"image", "polys"}  # what is read only at times is not needed
    assert crop.writes == {"image", "cut"}
    assert found["Base"].required == {"size"}
    assert found["Strict"].strict
    assert found["Strict"].options == {"name": "", "prob": "n", "kind": "s"}


def test_listed_names(tree):
    assert set(read_components(tree)["metric"]) == {"OneLoss", "OtherLoss"}


def test_the_own_tree_is_certain_and_the_rest_comes_from_the_table(tree):
    words = vocabulary("2.10.0", tree)
    assert words.certain("transform")
    assert words.find("transform", "Crop") is not None
    assert words.find("transform", "MakeShrinkMap") is None
    assert not words.certain("head")
    assert words.find("head", "DBHead") is not None


def test_a_release_has_what_the_releases_beside_it_have():
    assert vocabulary("2.6.0").find("head", "PFHeadLocal") is None
    assert vocabulary("2.6.1").find("head", "PFHeadLocal") is not None  # came by 2.7.0
    assert vocabulary("2.9.1").certain("head")
    assert not vocabulary("3.7.0").certain("head")  # no source of its models was read
    assert not vocabulary(None).certain("transform")
    assert not vocabulary("2.9.0 to 3.6.0").certain("transform")


def test_the_table_is_the_union_of_its_trees(tree):
    table = packed({"1.0": tree, "2.0": tree})
    assert table["releases"] == ["1.0", "2.0"]
    assert table["components"]["transform"]["Crop"]["in"] == [0, 1]
    assert table["components"]["transform"]["Strict"]["strict"] is True
