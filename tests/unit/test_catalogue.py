"""Every sentence has its translation, with the same fields, and what is installed is up to date."""

from __future__ import annotations

import logging
import re
import string
from collections import Counter

import catalogue
import pytest
from babel.messages.mofile import read_mo

from ppocr_guard.codes import CODES
from ppocr_guard.events import Alert
from ppocr_guard.saying import InLanguage, alert_line
from ppocr_guard.wording import LANGUAGES, in_language, say

LANGUAGE = "zh"
DO = "run: python tests/unit/catalogue.py"
# Names and quotations, which are the same in every language.
AS_THEY_ARE = {
    "{one}{two}",
    "max_text_length {length}",
    "GPU",
    "`ppocr-guard check --ceiling`",
    "Optimizer.regularizer.factor",
    "Global.use_space_char",
}


@pytest.fixture(scope="module")
def translations() -> dict[str, str]:
    return {str(m.id): str(m.string) for m in catalogue.read(LANGUAGE) if m.id}


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    """Each template with a file that says it."""
    return dict(catalogue.templates())


def _fields(text: str) -> Counter[tuple[str, str, str]]:
    return Counter(
        (name, spec or "", conversion or "")
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def test_every_template_has_a_translation(translations, templates):
    missing = {text: file for text, file in templates.items() if not translations.get(text)}
    assert not missing, f"{DO}, and translate"


def test_no_entry_is_stale(translations, templates):
    assert set(translations) <= set(templates), DO


def test_fields_are_the_same_on_both_sides(translations):
    """Also their number: a number that is left out or told twice is another sentence."""
    wrong = {
        text: translated
        for text, translated in translations.items()
        if _fields(text) != _fields(translated)
    }
    assert not wrong


def test_the_lines_of_a_logger_take_the_same_arguments_in_the_same_order(translations):
    form = re.compile(r"%(?:[-+#0]*\d*(?:\.\d+)?)[diouxXeEfFgGcrsa]")
    for text, translated in translations.items():
        assert form.findall(text) == form.findall(translated), text


def test_translations_are_chinese(translations):
    # What is one field alone is a sentence of its own elsewhere.
    same = {
        text
        for text, translated in translations.items()
        if text == translated and not re.fullmatch(r"\{\w+\}", text)
    }
    assert same == AS_THEY_ARE


def test_what_stands_in_backquotes_is_kept(translations):
    """Commands and names that are to be typed."""
    for text, translated in translations.items():
        assert text.split("`")[1::2] == translated.split("`")[1::2], text


def test_the_compiled_catalogue_is_up_to_date(translations):
    with catalogue.path_of(LANGUAGE).with_suffix(".mo").open("rb") as file:
        compiled = {str(m.id): str(m.string) for m in read_mo(file) if m.id}
    assert compiled == translations, DO


def test_a_sentence_is_said_in_chinese():
    text = say("{metric} {value:.4f}, best {best:.4f}.", metric="hmean", value=0.5, best=0.75)
    assert in_language(text, LANGUAGE) == "hmean 为 0.5000，最好 0.7500。"
    assert LANGUAGE in LANGUAGES


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.name)
def test_codes_are_declared_in_both_languages(code):
    assert any("\u4e00" <= sign <= "\u9fff" for sign in code.title_zh)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in code.advice_zh)
    assert code.advice.split("`")[1::2] == code.advice_zh.split("`")[1::2]


def test_a_log_speaks_the_language_of_the_run(caplog):
    logger = logging.getLogger("ppocr_guard.test_language")
    logger.addFilter(InLanguage(LANGUAGE))
    text = say("{metric} {value:.4f}.", metric="hmean", value=0.5)
    alert = Alert("hmean_collapse", "critical", text, say("The loss moves."), because=text)
    with caplog.at_level("INFO", logger.name):
        logger.warning("%s", alert_line(alert))
        logger.warning("as it is: %d", 3)
    first, second = (record.getMessage() for record in caplog.records)
    assert first == "[hmean_collapse] hmean 为 0.5000。原因：hmean 为 0.5000。损失又有变化了。"
    assert second == "as it is: 3"


def test_a_line_of_the_log_is_looked_up_by_its_format(caplog):
    logger = logging.getLogger("ppocr_guard.test_format")
    logger.addFilter(InLanguage(LANGUAGE))
    with caplog.at_level("INFO", logger.name):
        logger.info("baseline: evaluating %d images before the first step", 8)
    assert caplog.records[0].getMessage() == "基线：第一步之前评估 8 张图像"
