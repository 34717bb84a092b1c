"""The examination of recognisers, as far as it needs no paddle."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Optional

import numpy as np
import pytest

from ppocr_guard.detect.limits import FLAT
from ppocr_guard.paddleocr.examination.building import Built
from ppocr_guard.paddleocr.examination.reading import Line, Reading, _Decoder
from ppocr_guard.paddleocr.label_lines import Encoded, LabelLine, label_facts
from ppocr_guard.paddleocr.loop import Loop

TEXTS = ["abc", "a€c", "cab", "bb"]


class RecMetric:
    """PaddleOCR's, as far as it matters here."""

    main_indicator = "acc"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.right: list[bool] = []

    def __call__(self, result: Any, *_: Any) -> None:
        predicted, labels = result
        self.right += [p == label for (p, _), (label, _) in zip(predicted, labels)]

    def get_metric(self) -> dict[str, Any]:
        return {"acc": sum(self.right) / len(self.right), "norm_edit_dis": 0.9}


class KeepKeys:
    def __init__(self) -> None:
        self.keep_keys = ["image", "label", "length"]

    def __call__(self, data: dict[str, Any]) -> list[Any]:
        return [data[key] for key in self.keep_keys]


def encoded(data: dict[str, Any]) -> dict[str, Any]:
    known = [ord(c) for c in data["label"] if c in "abc"]
    return {**data, "label": np.array(known), "length": len(known)}


class Texts:
    def __init__(self) -> None:
        self.ops = [encoded, KeepKeys()]

    def __len__(self) -> int:
        return len(TEXTS)

    def __getitem__(self, index: int) -> Any:
        data: Any = {"image": np.full((3, 32, 100), index, np.float32), "label": TEXTS[index]}
        for operator in self.ops:
            data = operator(data)
        return data


def reading() -> Reading:
    arguments = {
        "config": {},
        "post_process_class": object(),
        "eval_class": RecMetric(),
        "train_dataloader": SimpleNamespace(),
    }
    return Reading(Loop(arguments, 0, 1))


def test_lines_carry_the_label_as_written() -> None:
    built = reading().build(Texts(), Texts())
    assert not built.errors
    assert set(built.samples) == {"train", "train_eval", "val"}
    assert [line.text for line in built.samples["val"]] == TEXTS
    assert built.samples["val"][1].batch[1].tolist() == [ord("a"), ord("c")]
    assert built.facts["text_height.val"] == 32
    assert built.facts["characters.val"] == 2.75


@pytest.mark.parametrize(("colour", "flat"), [(1.0, True), (-1.0, True), (None, False)])
def test_an_image_of_one_colour_is_flat_beside_its_padding(
    colour: Optional[float], flat: bool
) -> None:
    """RecResizeImg pads with 0: white images were not seen to be empty."""

    class Padded(Texts):
        def __getitem__(self, index: int) -> Any:
            data = {"image": np.zeros((3, 32, 100), np.float32), "label": TEXTS[index]}
            noise = np.random.default_rng(index).uniform(-1, 1, (3, 32, 40))
            data["image"][..., :40] = noise if colour is None else colour
            result: Any = data
            for operator in self.ops:
                result = operator(result)
            return result

    facts = reading().build(Padded(), Padded()).facts
    assert (facts["std.train_eval"] < FLAT) == flat


def test_a_label_that_cannot_be_written_is_no_right_answer() -> None:
    lines = [Line([], text) for text in TEXTS]
    labels = ["abc", "ac", "cab", "bb"]  # as the dictionary leaves them
    predicted = ["abc", "ac", "", "ba"]
    answers = [((p, 0.9), (label, 1.0)) for p, label in zip(predicted, labels)]
    card = reading().score({"val": lines}, {"val": answers}, True)
    assert card.cells == {"labels.val": 0.75, "model.val": 0.5, "best.val": 0.5}
    assert card.facts == {
        "norm_edit_dis.val": 0.9, "empty.val": 0.25, "alike.val": 0.25, "letters.val": 3.0,
        "sure.val": 0.9,
    }  # fmt: skip


def test_a_prediction_that_is_the_label_of_another_line_is_told() -> None:
    subject = reading()
    built = Built()
    encode = {"abc": "abc", "cab": "cab", "bbb": "bbb"}
    lines = [LabelLine("", text) for text in encode]
    built.labels["train"] = label_facts(lines, lambda text: Encoded(encode[text], 3))
    subject.know(built)
    samples = [Line([], text) for text in encode]
    predicted = ["cab", "bbb", "cba"]
    answers = [((p, 0.9), (label, 1.0)) for p, label in zip(predicted, encode)]
    card = subject.score({"train_eval": samples}, {"train_eval": answers}, True)
    assert card.facts["elsewhere.train_eval"] == 2 / 3
    assert "rescued.train_eval" not in card.facts
    answers = [((label.upper(), 0.9), (label, 1.0)) for label in encode]
    card = subject.score({"train_eval": samples}, {"train_eval": answers}, True)
    assert card.facts["rescued.train_eval"] == 1.0
    assert card.notes["rescued.train_eval"] == "case"


def test_time_steps_are_asked_of_the_network() -> None:
    decoder = _Decoder(lambda scores, *_: scores)
    for scores in ({"ctc": np.zeros((1, 20, 7))}, [np.zeros((1, 4)), np.zeros((1, 20, 7))]):
        decoder.steps = 0
        decoder(scores, None)
        assert decoder.steps == 20
