"""Every code with what is declared of it. Pure but for the file of examples."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.audit import rules  # noqa: F401  (registers them)
from ppocr_guard.audit.rehearsal.codes import REASONS
from ppocr_guard.audit.rule import RULES
from ppocr_guard.codes import CODES, Code
from ppocr_guard.detect import process  # noqa: F401  (its propositions)
from ppocr_guard.detect.propositions import text_of
from ppocr_guard.detect.table import TABLE, Entry
from ppocr_guard.wording import SERIES, Sentence, in_language, join, mark, say

EXAMPLES = Path(__file__).with_name("examples.json")
ISSUES = "https://github.com/PaddlePaddle/PaddleOCR/issues/"
READS = {
    "config": mark("the YAML"),
    "files": mark("the YAML, and which files there are"),
    "labels": mark("the YAML and all labels"),
    "images": mark("the YAML, the labels and some images"),
}


@dataclass(frozen=True)
class Problem:
    """As a finding of ``check``. ``reads``: of :data:`READS`; empty: a rehearsal tells it.
    ``live``: also told right before a training."""

    severity: str
    why: str
    reads: str
    live: bool = False


@dataclass(frozen=True)
class Cause:
    """As a cause that the diagnosis names. ``when``: lines of facts of which one must hold."""

    when: tuple[str, ...]
    against: tuple[str, ...]
    look: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """A code may be an alert, a finding and a cause at once."""

    code: str
    alert: Optional[Code] = None
    problem: Optional[Problem] = None
    rehearsed: Optional[str] = None  # why a rehearsal tells it
    causes: tuple[Cause, ...] = ()
    example: Optional[Mapping[str, Any]] = None

    @property
    def title(self) -> str:
        return self.title_in("en")

    def title_in(self, language: str) -> str:
        if self.alert is not None:
            return self.alert.title_zh if language == "zh" else self.alert.title
        if self.problem is not None:
            return in_language(self.problem.why, language)
        return in_language(say(self.rehearsed or self.causes[0].look), language)

    @property
    def issues(self) -> tuple[int, ...]:
        """Of PaddleOCR, as the reasons name them."""
        why = " ".join([self.problem.why if self.problem else "", self.rehearsed or ""])
        found = re.findall(r"issues? ((?:\d{2,}(?:, | and )?)+)", why)
        return tuple(int(number) for text in found for number in re.findall(r"\d+", text))


@cache
def explanations() -> dict[str, Explanation]:
    """By code, in alphabetical order."""
    examples = json.loads(EXAMPLES.read_text("utf-8")) if EXAMPLES.is_file() else {}
    for example in examples.values():
        for name, record in example.pop("said").items():
            example[name] = Sentence.from_record(record)
    causes: dict[str, list[Cause]] = {}
    for entry in TABLE:
        causes.setdefault(entry.code, []).append(_cause(entry))
    codes = sorted({*CODES, *RULES, *REASONS, *causes})
    return {
        code: Explanation(
            code=code,
            alert=CODES.get(code),
            problem=_problem(code),
            rehearsed=REASONS.get(code),
            causes=tuple(causes.get(code, ())),
            example=examples.get(code),
        )
        for code in codes
    }


def nearest(code: str) -> list[str]:
    """Codes that are spelt alike, the likeliest first."""
    return difflib.get_close_matches(code, explanations(), n=3, cutoff=0.6)


def _problem(code: str) -> Optional[Problem]:
    found = RULES.get(code)
    return Problem(found.severity, found.why, found.reads, found.live) if found else None


def _cause(entry: Entry) -> Cause:
    return Cause(
        when=tuple(join(*map(text_of, facts), by=SERIES) for _, facts in entry.when),
        against=tuple(text_of(name) for name in entry.against),
        look=entry.look,
        phrases=entry.phrases,
    )
