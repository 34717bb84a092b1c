"""The examination's parts that need no paddle."""

from __future__ import annotations

import pickle
import random
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ppocr_guard.demo.dataset import draw_image
from ppocr_guard.demo.kit.metrics.det_metric import DetMetric
from ppocr_guard.geometry import labelling
from ppocr_guard.geometry.postprocess import Postprocess, boxes
from ppocr_guard.geometry.target import shrink_map
from ppocr_guard.paddleocr.examination import building, detection, examiner, scoring
from ppocr_guard.paddleocr.examination.child import Child
from ppocr_guard.paddleocr.examination.examiner import fit_of_weights
from ppocr_guard.paddleocr.examination.weights import Weights
from ppocr_guard.paddleocr.loop import Loop

SIZE = 160


def drawn(seed: int) -> tuple[Any, list[Any], list[bool]]:
    image, texts = draw_image(np.random.default_rng(seed), SIZE)
    polygons = [np.array(text.points) for text in texts]
    return image, polygons, [text.transcription == "###" for text in texts]


def labelled(change: Any = lambda polygon: polygon) -> list[labelling.Labelled]:
    images = []
    for seed in range(8):
        image, polygons, ignored = drawn(seed)
        grey = image.mean(axis=2)
        images.append(labelling.Labelled(grey, SIZE, SIZE, [change(p) for p in polygons], ignored))
    return images


def test_labels_on_text_need_no_change() -> None:
    lift, _, other = labelling.best_change(labelled())
    assert lift is not None
    assert lift > 2.5
    assert other < lift


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda p: p[:, ::-1], "swap_xy"),
        (lambda p: np.stack([p[:, 1], SIZE - p[:, 0]], axis=1), "rotate_90"),
        (lambda p: SIZE - p, "rotate_180"),
    ],
)
def test_the_change_that_brings_labels_back_onto_the_text(change: Any, name: str) -> None:
    lift, found, best = labelling.best_change(labelled(change))
    assert found == name
    assert lift is not None
    assert best > 2 * lift


@pytest.mark.parametrize("factors", [(2, 2), (0.75, 0.75), (1, 1 / 0.6), (0.6, 1)])
def test_scaled_labels_are_found_side_by_side(factors: tuple[float, float]) -> None:
    """An image that was resized, or squeezed, and its labels not."""
    lift, found, best = labelling.best_change(labelled(lambda p: p * np.array(factors)))
    assert found is not None
    kind, *sides = found.split("_")
    assert kind == "scale"
    assert [float(side) for side in sides] == pytest.approx([1 / f for f in factors], rel=0.07)
    assert lift is not None
    assert best > 1.4 * lift


def test_shifted_labels_are_found_to_half_a_text_height() -> None:
    _, found, _ = labelling.best_change(labelled(lambda p: p + np.array([14, 10])))
    assert found is not None
    _, x, y = found.split("_")
    assert abs(int(x) + 14) <= 6
    assert abs(int(y) + 10) <= 6


def test_figures_of_polygons() -> None:
    square = np.array([(10, 10), (50, 10), (50, 30), (10, 30)], float)
    tie = square[[0, 2, 1, 3]]
    far = square + 200
    image = labelling.Labelled(np.zeros((50, 50)), 100, 100, [square, tie, far], [False] * 3)
    found = labelling.shape([image])
    assert found.texts == 3
    assert found.height == pytest.approx(10)  # half of the label's pixels
    assert found.invalid == pytest.approx(1 / 3)
    assert found.outside == pytest.approx(1 / 3)


class MakeShrinkMap:
    """PaddleOCR's, as far as it matters here: changes the labels that it gets."""

    min_text_size = 8

    def __call__(self, data: dict[str, Any]) -> dict[str, Any]:
        height, width = data["image"].shape[:2]
        polygons = list(data["polys"])
        target, _ = shrink_map(polygons, width, height, 0.4, 8, data["ignore_tags"])
        data["ignore_tags"] = [True] * len(polygons)
        return {**data, "shrink_map": target}


class KeepKeys:
    def __call__(self, data: dict[str, Any]) -> list[Any]:
        return [data["image"]]


def to_chw(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "image": data["image"].transpose(2, 0, 1).astype(np.float32) / 255}


def resized(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "shape": np.array([SIZE, SIZE, 1.0, 1.0])}


class Images:
    """A PaddleOCR data set: ``ops``, and a dictionary that goes through them."""

    def __init__(self, ops: list[Any]) -> None:
        self.ops = ops

    def __len__(self) -> int:
        return 40

    def __getitem__(self, index: int) -> Any:
        random.random()
        image, polygons, ignored = drawn(index)
        data: Any = {
            "image": image,
            "polys": np.array(polygons),
            "ignore_tags": np.array(ignored),
        }
        for operator in self.ops:
            data = operator(data)
        return data


@pytest.fixture(scope="module")
def built() -> building.Built:
    train = Images([MakeShrinkMap(), to_chw, KeepKeys()])
    valid = Images([resized, to_chw, KeepKeys()])
    made = building.build(train, valid, 6)
    assert not made.errors
    assert len(train.ops) == 3  # what was given is as it was
    return made


def test_the_sample_has_three_columns(built: building.Built) -> None:
    assert {name: len(samples) for name, samples in built.samples.items()} == {
        "train": 6, "train_eval": 6, "val": 6,
    }  # fmt: skip
    assert built.facts["lift.train"] == pytest.approx(built.facts["lift.train_eval"], rel=0.01)
    assert built.facts["texts.val"] > 2
    assert 0.01 < built.facts["positives.val"] < 0.2
    one = built.samples["train"][0]
    assert one.image.shape == (3, SIZE, SIZE)
    assert not all(one.ignored)  # as MakeShrinkMap got them, not as it left them


def test_a_column_that_fails_is_named() -> None:
    def broken(data: Any) -> Any:
        raise KeyError("shape")

    train = Images([MakeShrinkMap(), to_chw, KeepKeys()])
    made = building.build(train, Images([broken]), 2)
    assert set(made.samples) == {"train"}
    assert "KeyError" in made.errors["val"]


class DBPostProcess:
    """On the restated geometry; options as PaddleOCR's object has them."""

    def __init__(self, **options: Any) -> None:
        defaults = {"thresh": 0.3, "box_thresh": 0.6, "max_candidates": 1000, "unclip_ratio": 1.5}
        self.__dict__.update({**defaults, **options})

    def __call__(self, predicted: Any, shapes: Any) -> list[dict[str, Any]]:
        options = Postprocess(**vars(self))
        return [
            {"points": boxes(map_[0], int(shape[1]), int(shape[0]), options)}
            for map_, shape in zip(predicted["maps"], shapes)
        ]


def scorer(**options: Any) -> scoring.Scorer:
    return scoring.Scorer(DBPostProcess(**options), DetMetric(), "hmean")


def test_perfect_labels_pass_the_round_trip(built: building.Built) -> None:
    for samples in built.samples.values():
        assert scorer().perfect(samples) > 0.95


@pytest.mark.parametrize(
    "options", [{"unclip_ratio": 4.0}, {"box_thresh": 0.95}, {"max_candidates": 1}]
)
def test_a_wrong_postprocess_fails_it_and_the_right_setting_is_found(
    built: building.Built, options: dict[str, Any]
) -> None:
    samples = built.samples["val"]
    wrong = scorer(**options)
    value = wrong.perfect(samples)
    assert value < 0.6
    maps = [sample.target * 0.9 for sample in samples]
    best, setting = wrong.best(maps, samples, 10.0)
    assert best > 0.9
    assert set(setting) == set(options)


def test_no_setting_is_found_for_predictions_beside_the_text(built: building.Built) -> None:
    samples = built.samples["val"]
    maps = [np.roll(sample.target, 40, axis=0) * 0.9 for sample in samples]
    value = scorer().main(maps, samples)
    assert value < 0.3
    best, _ = scorer().best(maps, samples, 10.0)
    assert best < 0.4
    figures = scoring.response(maps, samples)
    assert figures["inside"] < 0.3


def test_small_labels_in_large_boxes(built: building.Built) -> None:
    """One label a character: several lie in the box of a word."""
    word = np.array([(20, 20), (100, 20), (100, 40), (20, 40)], float)
    letters = [word * (0.25, 1) + (15 + 20 * i, 0) for i in range(4)]
    sample = building.Sample(None, (160, 160, 1, 1), np.array(letters), [False] * 4, None)
    figures = scoring.against_labels([[word]], [sample])
    assert figures["labels_in_boxes"] == 1
    assert figures["labels_per_box"] == 4


def test_images_whose_labels_are_those_of_others() -> None:
    boxes = [np.array([(x, 20), (x + 40, 20), (x + 40, 40), (x, 40)], float) for x in (10, 100)]
    strange = [box + np.array([0, 60]) for box in boxes]
    samples = [
        building.Sample(None, (160, 160, 1, 1), np.array(own), [False] * 2, None)
        for own in (boxes, boxes, strange)
    ]
    figures = scoring.against_labels([boxes] * 3, samples)
    assert figures["strangers"] == pytest.approx(1 / 3)
    assert figures["friends"] == pytest.approx(2 / 3)


def test_the_first_model_is_scored_as_if_the_labels_were_moved(built: building.Built) -> None:
    """Whether they would be right then."""
    scale = detection._changed_polygons(built.samples["val"][0], "scale_2.00_0.50")
    polygons = built.samples["val"][0].polygons
    assert scale == pytest.approx(polygons * (2, 0.5))


def test_dead_maps_are_told() -> None:
    sample = building.Sample(None, (8, 8, 1, 1), np.zeros((0, 4, 2)), [], None)
    figures = scoring.response([np.full((8, 8), np.nan)] * 2, [sample] * 2)
    assert figures == {"variation": 0.0, "finite": 0.0}


def test_a_child_leaves_no_trace() -> None:
    random.seed(1)
    before = random.getstate()
    child = Child(lambda: [random.random() for _ in range(3)])
    value = child.result(20.0)
    assert len(value) == 3
    assert random.getstate() == before


def test_a_child_that_fails_or_dies_says_so() -> None:
    def fails() -> None:
        raise ValueError("no such image")

    with pytest.raises(RuntimeError, match="no such image"):
        Child(fails).result(20.0)
    child = Child(lambda: time.sleep(60))
    assert child.result(0.1) is None
    child.end()
    with pytest.raises(RuntimeError, match="died"):
        child.result(5.0)


class Tensor:
    def __init__(self, values: Any, trained: bool = True) -> None:
        self.values = np.array(values, np.float32)
        self.stop_gradient = not trained

    def detach(self) -> Tensor:
        return self

    def flatten(self) -> Any:
        return self.values.ravel().view(Array)


class Array(np.ndarray):
    def numpy(self) -> Any:
        return np.asarray(self)


def model(**parameters: Tensor) -> Any:
    named = [(name.replace("__", "."), value) for name, value in parameters.items()]
    return SimpleNamespace(named_parameters=lambda: named, named_buffers=list)


def test_what_became_of_the_weights() -> None:
    weights = Weights()
    first = {"backbone__w": Tensor([1, 2, 3], trained=False), "head__w": Tensor([3, 4, 0])}
    statistics = {"backbone___mean": Tensor([0.0, 1.0], trained=False)}
    looked = weights.look(model(**first, **statistics))
    assert looked == {"weights_finite": 1.0, "weights_frozen": 0.5}
    moved = {**first, "head__w": Tensor([3, 4, 12])}
    looked = weights.look(model(**moved, backbone___mean=Tensor([9.0, np.nan], trained=False)))
    assert looked["weights_changed"] == 0.5
    assert looked["weights_changed.backbone"] == 0
    assert looked["weights_changed.head"] == 1
    assert looked["weights_moved"] == pytest.approx(12 / np.sqrt(14 + 25))
    assert looked["weights_smaller"] == 0
    assert looked["weights_finite"] < 1
    assert weights.look(model(**moved, **statistics))["weights_changed"] == 0


def test_whether_pretrained_weights_are_of_this_model(tmp_path) -> None:
    names = [f"layer{i}.weight" for i in range(10)]
    file = tmp_path / "best.pdparams"
    file.write_bytes(pickle.dumps({name: np.zeros((2, 3), np.float32) for name in names}))
    config = {"Global": {"pretrained_model": str(tmp_path / "best")}}
    alike = dict.fromkeys(names, (2, 3))
    assert set(fit_of_weights(config, alike)) == {"weights_fit"}
    wider = dict.fromkeys(names, (4, 3))
    assert "0 of the 10" in fit_of_weights(config, wider)["weights_do_not_fit"]
    assert fit_of_weights(config, {**wider, **dict(list(alike.items())[:5])}) == {}
    assert fit_of_weights({"Global": {"pretrained_model": "none"}}, alike) == {}


def test_a_model_that_is_not_to_be_asked_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """``examination: false``: the labels are read all the same, in a process beside."""
    started: list[Any] = []
    monkeypatch.setattr(examiner, "Child", lambda work: started.append(work))
    arguments = {
        "config": {"Global": {}},
        "post_process_class": type("DBPostProcess", (), {"__init__": _takes_all})(),
        "eval_class": DetMetric(),
        "model": SimpleNamespace(state_dict=dict),
    }

    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    for asks, processes in ((True, 2), (False, 1)):
        started.clear()
        one = examiner.Examiner(Loop(arguments, 0, 1), asked, lambda event: None, asks=asks)
        one.epoch_starts([])
        one.epoch_starts([])
        assert len(started) == processes
    one.batch_arrived(None, 1, 0)
    one.evaluated({}, None, 10.0, 1, 10, 1)


def _takes_all(self: Any) -> None:
    self.thresh, self.box_thresh, self.max_candidates, self.unclip_ratio = 0.3, 0.6, 1000, 1.5
