"""What a recogniser reads in an evaluation, beside its labels as they were written."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ppocr_guard.events import EvalTexts, ReadText, RunStart
from ppocr_guard.logs.run import summarise
from ppocr_guard.paddleocr.batches import needed_steps
from ppocr_guard.paddleocr.label_lines import (
    LabelLine,
    encoder,
    evaluated,
    label_facts,
    label_lines,
)
from ppocr_guard.paddleocr.texts import Pair, TextReader, Texts, compare, record_texts
from ppocr_guard.records import from_record, to_record

pytest.importorskip("rapidfuzz")


class CTCLabelEncode:
    """As PaddleOCR has it: drops what is too long, and leaves out what the dictionary lacks."""

    def __init__(self, characters: str, max_text_len: int = 8) -> None:
        self.character = ["blank", *characters]
        self.dict = {c: i for i, c in enumerate(self.character)}
        self.max_text_len = max_text_len

    def encode(self, text: str) -> Any:
        if not text or len(text) > self.max_text_len:
            return None
        return [self.dict[c] for c in text if c in self.dict] or None


def dataset(*lines: str) -> Any:
    return SimpleNamespace(
        data_lines=[f"{i}.png\t{text}\n".encode() for i, text in enumerate(lines)],
        data_idx_order_list=list(range(len(lines))),
        delimiter="\t",
        ops=[CTCLabelEncode("abcdef")],
    )


def test_facts_of_a_label_file() -> None:
    data = dataset("abc", "a€c", "a b", "", "abcdefabc", "aabb", "€€")
    encode = encoder(data.ops)
    assert encode is not None
    facts = label_facts(label_lines(data), encode)
    assert facts.lines == 7
    assert facts.refused == pytest.approx(3 / 7)  # empty, too long, nothing known
    assert facts.altered == pytest.approx(1 / 7)
    assert facts.unspaced == pytest.approx(1 / 7)
    assert dict(facts.lost) == {"€": 1, " ": 1}
    assert facts.impossible(5) == pytest.approx(1 / 4)  # aabb needs 6
    assert facts.impossible(6) == 0.0


def test_of_a_long_file_lines_are_read_that_are_spread_over_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ppocr_guard.paddleocr.label_lines.MANY_LINES", 3)
    data = dataset(*"abcdefa")
    assert [line.text for line in label_lines(data, spread=True)] == list("acea")
    assert [line.text for line in label_lines(data)] == list("abcdefa")
    assert len(label_lines(dataset(*"abcde"), spread=True)) == 5
    data.data_idx_order_list = []  # some data sets have none
    assert [line.text for line in label_lines(data, spread=True)] == list("acea")


def test_a_refused_line_is_evaluated_as_the_next_one() -> None:
    data = dataset("abc", "€", "", "de")
    encode = encoder(data.ops)
    assert encode is not None
    assert [line.text for line, _ in evaluated(label_lines(data), encode)] == [
        "abc", "de", "de", "de",
    ]  # fmt: skip
    assert not list(evaluated([LabelLine("", "€")], encode))


def test_both_encoders_of_a_multi_head_must_take_a_label() -> None:
    def guide(data: dict[str, Any]) -> Any:
        return None if len(data["label"]) > 3 else data

    parts = {"ctc_encode": CTCLabelEncode("abcdef"), "gtc_encode": staticmethod(guide)}
    both = type("MultiLabelEncode", (), parts)()
    encode = encoder([both])
    assert encode is not None
    assert encode("abc").label == "abc"
    assert encode("abcd").label is None
    assert encoder([object()]) is None


def test_ctc_needs_a_step_between_equal_neighbours() -> None:
    import numpy as np

    codes = np.array([[1, 2, 3, 0], [1, 1, 2, 2], [5, 0, 0, 0]])
    assert needed_steps(codes, np.array([3, 4, 1])) == [3, 6, 1]


def test_a_perfect_reader_of_shortened_labels_is_not_perfect() -> None:
    data = dataset("abc", "a€c", "abcdefabc", "de")
    encode = encoder(data.ops)
    assert encode is not None
    lines = list(evaluated(label_lines(data), encode))
    pairs = [Pair(label, 0.9, label) for _, label in lines]
    worst, figures = compare(pairs, lines, 4)
    assert figures["acc_written"] == 0.5  # abc and de; the metric says 1.0
    assert figures["altered"] == figures["skipped"] == 0.25
    assert [(text.image, text.written, text.label, text.distance) for text in worst] == [
        ("1.png", "a€c", "ac", 1)
    ]


def test_another_order_than_that_of_the_file_makes_no_claim() -> None:
    lines = [(LabelLine("0.png", "abc"), "abc"), (LabelLine("1.png", "de"), "de")]
    worst, figures = compare([Pair("", 0.0, "de"), Pair("x", 0.5, "abc")], lines, 2)
    assert {text.written for text in worst} == {None}
    assert figures == {"empty": 0.5, "same": 0.5}


def test_ten_of_the_worst_are_kept() -> None:
    pairs = [Pair("a" * i, 0.5, "a" * 40) for i in range(40)]
    worst, _ = compare(pairs, [])
    assert [len(text.prediction) for text in worst] == list(range(10))


class RecMetric:
    main_indicator = "acc"

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, result: Any, *_: Any) -> None:
        self.seen.append(result)


def test_the_metric_gets_what_it_would_have_got() -> None:
    metric = RecMetric()
    arguments: dict[str, Any] = {
        "eval_class": metric,
        "post_process_class": type("CTCLabelDecode", (), {})(),
        "valid_dataloader": SimpleNamespace(dataset=dataset("abc", "a€c")),
    }
    texts = record_texts(arguments)
    assert texts is not None
    assert arguments["eval_class"].main_indicator == "acc"
    result = ([("abc", 0.9), ("ac", 0.8)], [("abc", 1.0), ("ac", 1.0)])
    arguments["eval_class"](result, "batch")
    assert metric.seen == [result]
    posted: list[Any] = []
    reader = TextReader(posted.append)
    reader.read(texts, 1, 6, 1)
    reader.close()
    (event,) = posted
    assert (event.texts, event.evaluation, event.figures["acc_written"]) == (2, 1, 0.5)


def test_a_distillation_is_read_by_its_key() -> None:
    texts = Texts(None)
    pair = ([("a", 0.5)], [("b", 1.0)])
    texts.keep({"Teacher": ([("x", 1.0)], [("b", 1.0)]), "Student": pair}, "Student")
    assert texts.pairs == [Pair("a", 0.5, "b")]


def test_detection_is_left_alone() -> None:
    arguments: dict[str, Any] = {"eval_class": object(), "post_process_class": object()}
    before = dict(arguments)
    assert record_texts(arguments) is None
    assert arguments == before


def test_the_journal_gives_it_back() -> None:
    read = ReadText("0.png", None, "a", "", 1, 0.25)
    event = EvalTexts(5.0, 1, 6, 1, 2, (read,), {"empty": 0.5})
    assert from_record(json.loads(json.dumps(to_record(event)))) == event
    start = RunStart(1.0, "r", "CRNN", "2.10.0", {}, "out", 2, main_indicator="acc")
    (run,) = summarise([start, event])
    assert run.texts == event
