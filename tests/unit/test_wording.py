"""Sentences that remember their template."""

from __future__ import annotations

import json
import pickle

import pytest

from ppocr_guard.wording import Sentence, in_language, join, say


def test_a_sentence_is_its_english_text():
    text = say("{name} is {value:.2f}", name="hmean", value=0.241)
    assert text == "hmean is 0.24"
    assert f"{text}!" == "hmean is 0.24!"


def test_it_survives_json_and_pickle_with_sentences_inside():
    inner = say("unclip_ratio {ratio:g}", ratio=1.5)
    text = say("{name}: {why}", name="hmean", why=inner)
    back = Sentence.from_record(json.loads(json.dumps(text.to_record())))
    assert back == text
    assert back.values["why"].template == "unclip_ratio {ratio:g}"
    assert pickle.loads(pickle.dumps(text)).values == text.values


def test_values_that_do_not_fit_are_refused():
    with pytest.raises(KeyError):
        say("{name}", other=1)


def test_joined_sentences_keep_their_parts():
    both = join(say("{a}", a=1), "", "plain")
    assert both == "1 plain"
    assert isinstance(both, Sentence)
    assert join("one") == "one"
    assert join() == ""


def test_without_a_translation_the_text_stands_as_it_is():
    text = say("no translation has this {word}", word="word")
    assert in_language(text, "zh") == text
    assert in_language("plain", "zh") == "plain"
