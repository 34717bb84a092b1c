"""Sentences for people, kept with the template and the numbers that they were made of.

A hook writes ``say("{metric} collapsed: {value:.4f}", metric="hmean", value=0.24)``. The result is
an ordinary ``str`` in English; because it remembers its template, it can be said again in another
language (:func:`in_language`), also after a trip through the journal. Templates are looked up with
gettext: ``locale/<language>/LC_MESSAGES/ppocr_guard.po`` beside this file.
"""

from __future__ import annotations

import functools
import gettext
import re
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
DOMAIN = "ppocr_guard"
LOCALE = Path(__file__).parent / "locale"


class Sentence(str):
    """A text that knows how it was made. ``values`` may hold sentences of its own."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Sentence:
        """Raises KeyError, ValueError or TypeError when ``values`` do not fit the template."""
        made = super().__new__(cls, string.Formatter().vformat(template, (), values))
        made.template = template
        made.values = {name: values[name] for name in _fields(template)}
        return made

    def __reduce__(self) -> Any:
        return Sentence, (self.template, dict(self.values))

    def to_record(self) -> dict[str, Any]:
        """JSON-ready: ``{"template", "values"}``, with sentences inside ``values`` as such too."""
        return {
            "template": self.template,
            "values": {
                key: value.to_record() if isinstance(value, Sentence) else value
                for key, value in self.values.items()
            },
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Sentence:
        """Inverse of :meth:`to_record`. Raises KeyError, ValueError or TypeError on bad data."""
        values = {
            key: cls.from_record(value)
            if isinstance(value, Mapping) and set(value) == {"template", "values"}
            else value
            for key, value in dict(record["values"]).items()
        }
        return cls(str(record["template"]), values)


def say(template: str, /, **values: Any) -> Sentence:
    """A sentence from a template with named fields. The template is the English text."""
    return Sentence(template, values)


def mark(template: str) -> str:
    """The template itself; marks one that :func:`say` gets from a table for translation."""
    return template


PAIR = mark("{one} {two}")
CLOSE = mark("{one}{two}")
LIST = mark("{one}, {two}")
CHOICE = mark("{one} or {two}")
SERIES = mark("{one}; {two}")
BOTH = mark("{one} and {two}")
_WIDE_STOPS = ("。", "；", "：", "，", "！", "？", "）")


def join(*texts: str, by: str = PAIR) -> str:
    """Texts one after the other, each still able to change its language; empty ones left out.

    ``by``: how two are put together, a template that has a translation of its own.
    """
    kept = [text for text in texts if text]
    return functools.reduce(lambda one, two: say(by, one=one, two=two), kept) if kept else ""


def in_language(text: str, language: str) -> str:
    """``text`` in ``language``; as it stands when it has no template or no translation."""
    if language == "en" or not isinstance(text, Sentence):
        return str(text)
    values = {
        key: in_language(value, language) if isinstance(value, str) else value
        for key, value in text.values.items()
    }
    template = text.template
    if template == PAIR and str(values["one"]).endswith(_WIDE_STOPS):
        template = CLOSE  # a wide stop has its blank with it
    template = _catalogue(language).gettext(template) if template else template
    try:
        return string.Formatter().vformat(template, (), values)
    except (KeyError, ValueError, IndexError, TypeError):  # a translation that does not fit
        return str(text)


def format_in_language(form: str, language: str) -> str:
    """A %-format of a logger in ``language``; itself where there is no translation."""
    return form if language == "en" or not form else _catalogue(language).gettext(form)


def changed(text: str, change: Callable[[str], str]) -> str:
    """``text`` with ``change`` made to all texts that it quotes; a sentence stays one."""
    if not isinstance(text, Sentence):
        return change(text)
    values = {k: changed(v, change) if isinstance(v, str) else v for k, v in text.values.items()}
    return Sentence(text.template, values)


def said_by(error: BaseException) -> str:
    """What an error says: the sentence that it was made with, where there is one."""
    said = error.args[0] if error.args else None
    return said if isinstance(said, Sentence) else str(error)


def _fields(template: str) -> list[str]:
    """Names of the values that a template uses."""
    names = (name for _, name, _, _ in string.Formatter().parse(template) if name)
    return [re.split(r"[.\[]", name, maxsplit=1)[0] for name in names]


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
