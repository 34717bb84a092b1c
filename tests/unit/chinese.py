"""What is left of English in a Chinese text: a run of three words that are no names."""

from __future__ import annotations

import errno
import os
import re

from ppocr_guard.wording import Sentence, in_language

# What a text quotes is not its own: what stands in quotes of any kind, messages of the system, and
# of Python, LMDB and PaddleOCR behind the name of an error.
_SYSTEM = {os.strerror(number) for number in errno.errorcode}
_QUOTED = re.compile(
    r"`[^`]*`|'[^'\n]*'|\"[^\"\n]*\"|“[^”]*”|\w*(?:Error|Warning|Exception|MDB_[A-Z]+)\b[^，。；）\n]*"
)
# No words: names with a sign, a digit or a capital inside, paths, options, constants.
_NAME = re.compile(r"\S*[\w)\]][./\\_=:@\[\]{}#\d-]\S*|--?\w\S*|\b[A-Z]{2,}\b|\w*[a-z][A-Z]\w*")
_RUN = re.compile(r"[A-Za-z][a-z’']*(?: [A-Za-z][a-z’']*){2,}")


def english_in(text: str) -> list[str]:
    """The runs of three or more English words that are no names and not quoted."""
    for said in _SYSTEM:
        text = text.replace(said, "")
    runs = _RUN.findall(_NAME.sub("·", _QUOTED.sub("·", text)))
    return [run for run in runs if sum(len(word) > 1 for word in run.split()) > 1]


def is_chinese(text: str) -> bool:
    """Whether it has a translation, in which no English sentence stays."""
    said = in_language(text, "zh")
    return isinstance(text, Sentence) and said != str(text) and not english_in(said)
