"""Dictionaries, labels as PaddleOCR sees them, and the ceiling they make."""

from __future__ import annotations

import pytest

from ppocr_guard.recognition.ceiling import ceiling, training
from ppocr_guard.recognition.dictionary import DictionaryError, parse
from ppocr_guard.recognition.labels import (
    CASE,
    CTC,
    EMPTY,
    MULTI,
    OUTSIDE,
    REMOVED,
    REVERSED,
    SPACE,
    TOO_LONG,
    Alphabet,
    Reader,
    reversed_text,
    steps_needed,
)
from ppocr_guard.recognition.names import composed, counted, named, twin
from ppocr_guard.recognition.steps import time_steps
from ppocr_guard.wording import in_language

LETTERS = Alphabet(tuple("abcdefgh"))


def test_faults_of_a_dictionary_have_their_lines() -> None:
    found = parse("\ufeffa\r\nb\r\n\r\nb\r\nc \r\nab\r\n".encode())
    assert found.entries == ("\ufeffa", "b", "", "b", "c ", "ab")
    assert found.has_mark
    assert found.empty == [3]
    assert found.doubled == {"b": [2, 4]}
    assert found.padded == [5]
    assert found.long == [6]


@pytest.mark.parametrize(
    ("text", "encoding", "guess"),
    [("a\n文\n", "gbk", "GBK"), ("a\né\n", "utf-16", "UTF-16"), ("é\n", "latin-1", "Latin-1")],
)
def test_a_dictionary_that_is_no_utf_8_is_refused(text: str, encoding: str, guess: str) -> None:
    with pytest.raises(DictionaryError, match=guess):
        parse(text.encode(encoding))


def test_characters_outside_are_skipped_and_long_labels_dropped() -> None:
    reader = Reader(LETTERS, 5)
    assert reader.seen("a€b") == ("ab", None)
    assert reader.seen("€€") == (None, OUTSIDE)
    assert reader.seen("abcdef") == (None, TOO_LONG)
    assert reader.seen("") == (None, EMPTY)
    assert reader.seen("abcde") == ("abcde", None)


def test_a_guide_takes_two_places_for_its_marks() -> None:
    reader = Reader(LETTERS, 5, encoder=MULTI, guide="NRTRLabelEncode")
    assert reader.longest() == 3
    assert reader.seen("abc").text == "abc"
    assert reader.seen("abcd") == (None, TOO_LONG)


@pytest.mark.parametrize(
    ("reader", "label", "reason"),
    [
        (Reader(LETTERS, 5), "", EMPTY),
        (Reader(LETTERS, 5), "a€", OUTSIDE),
        (Reader(LETTERS, 5), "abcdea", TOO_LONG),
        (Reader(LETTERS, 5), "a b", SPACE),
        (Reader(Alphabet(tuple("ab"), use_space_char=True), 5), "a b", None),
        (Reader(Alphabet(None), 5), "Ab", CASE),
        (Reader(LETTERS, 5, steps=4), "abbc", CTC),
        (Reader(LETTERS, 5, steps=5), "abbc", None),
        (Reader(Alphabet(tuple("a-")), 5, rm_symbol=True), "a-", REMOVED),
        (Reader(Alphabet(tuple("文字")), 5, reverse=True), "文字", REVERSED),
        (Reader(Alphabet(tuple("اب")), 5, reverse=True), "اب", None),
        (Reader(LETTERS, 5), "abc\r", None),
    ],
)
def test_why_a_label_cannot_come_out(reader: Reader, label: str, reason: str | None) -> None:
    assert reader.lost(label) == reason


def test_steps_count_what_stands_between_equal_characters() -> None:
    assert steps_needed("hello") == 6
    assert steps_needed("aaa") == 5


def test_latin_runs_keep_their_order_when_turned() -> None:
    assert reversed_text("ab ا1") == "1اab "


def test_printed_counts_the_neighbour_of_a_dropped_label_twice() -> None:
    reader = Reader(LETTERS, 6, steps=3)
    # Dropped, impossible, right, dropped: the first counts as the second, the last as the first.
    found = ceiling(["€", "abcd", "ab", "abcdefg"], reader)
    assert found.printed == pytest.approx(1 / 4)
    assert found.acc == pytest.approx(1 / 4)
    assert found.evaluated == 2
    assert {k: v for k, v in found.lost.items() if v} == {OUTSIDE: 1, TOO_LONG: 1, CTC: 1}
    assert found.characters == {"€": 1}


def test_paddleocr_prints_1_for_labels_that_never_come_out() -> None:
    found = ceiling(["a€", "b€", "c"], Reader(LETTERS, 6))
    assert (found.printed, round(found.acc, 3)) == (1.0, 0.333)


def test_nothing_is_printed_where_no_label_is_left() -> None:
    assert ceiling(["€", "€€"], Reader(LETTERS, 6)).printed is None


def test_training_labels_are_dropped_shortened_or_impossible() -> None:
    found = training(["€", "a€", "abcde", "ab", "abcdefgh"], Reader(LETTERS, 6, steps=4))
    assert (found.samples, found.dropped, found.shortened, found.ctc_impossible) == (5, 2, 1, 1)
    assert found.reasons == {OUTSIDE: 1, TOO_LONG: 1}
    assert found.characters == {"€": 2}


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("€", "€"),
        ("文", "文"),
        ("Ａ", "Ａ (U+FF21 FULLWIDTH LATIN CAPITAL LETTER A)"),
        ("е", "е (U+0435 CYRILLIC SMALL LETTER IE)"),
        ("\u200b", "(U+200B ZERO WIDTH SPACE)"),
        ("\u0301", "(U+0301 COMBINING ACUTE ACCENT)"),
        ("\u00a0", "(U+00A0 NO-BREAK SPACE)"),
        ("\t", "(U+0009 TABULATOR)"),
    ],
)
def test_what_cannot_be_told_by_eye_has_its_name(character: str, shown: str) -> None:
    assert named(character) == shown


def test_the_first_characters_are_listed_with_their_numbers() -> None:
    found = {"é": 12, "€": 3, "a": 1}
    assert counted(found, 3) == "é 12, € 3, a 1"
    assert counted(found, 2) == "é 12, € 3, and 1 more"
    assert in_language(counted(found, 2), "zh") == "é 12, € 3、另有 1 个"


def test_twins_are_other_widths_scripts_and_signs() -> None:
    known = frozenset("aAe'，")
    assert [twin(c, known) for c in "Ａеａ’,²"] == ["A", "e", "a", "'", "，", None]


def test_a_text_may_be_known_in_another_normal_form() -> None:
    assert composed("e\u0301", "é", "NFC")
    assert composed("é", "e\u0301", "NFD")
    assert not composed("é", "é", "NFC")


@pytest.mark.parametrize(
    ("backbone", "width", "steps"),
    [  # measured on models of 2.10 and 3.0
        ({"name": "MobileNetV3", "model_name": "large", "scale": 0.5}, 100, 25),
        ({"name": "MobileNetV1Enhance", "scale": 0.5}, 320, 80),
        ({"name": "MobileNetV1Enhance", "last_conv_stride": [1, 2]}, 320, 40),
        ({"name": "ResNet", "layers": 34}, 320, 80),
        ({"name": "PPLCNetV3", "scale": 0.95}, 640, 80),
        ({"name": "PPHGNet_small"}, 320, 40),
        ({"name": "RepSVTR"}, 320, 40),
        ({"name": "SVTRNet", "out_char_num": 40}, 320, 40),
        ({"name": "SVTRNet"}, 512, 25),
        ({"name": "SVTRNet", "last_stage": False}, 320, None),
        ({"name": "MyBackbone"}, 320, None),
    ],
)
def test_time_steps_are_those_of_the_models(
    backbone: dict[str, object], width: int, steps: int | None
) -> None:
    assert time_steps(backbone, width) == steps
