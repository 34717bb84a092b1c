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
from ppocr_guard.detect.propositions.asking import text_of
from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.entry import Entry
from ppocr_guard.detect.table.reading import READING_TABLE
from ppocr_guard.explain import declared  # noqa: F401  (declares)
from ppocr_guard.explain.told import TOLD, Told
from ppocr_guard.wording import SERIES, Sentence, in_language, join, mark, say

EXAMPLES = Path(__file__).with_name("examples.json")
ISSUES = "https://github.com/PaddlePaddle/PaddleOCR/issues/"
READS = {
    "config": mark("the YAML and what -o sets"),
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
    told: Told
    alert: Optional[Code] = None
    problem: Optional[Problem] = None
    rehearsed: Optional[str] = None  # why a rehearsal tells it
    causes: tuple[Cause, ...] = ()
    example: Optional[Mapping[str, Any]] = None  # of check
    run: Optional[Mapping[str, Any]] = None  # an example of the alert

    def title(self, language: str = "en") -> str:
        if self.alert is not None:
            return self.alert.title_zh if language == "zh" else self.alert.title
        if self.problem is not None:
            return in_language(self.problem.why, language)
        return in_language(say(self.rehearsed or self.told.title), language)

    @property
    def issues(self) -> tuple[int, ...]:
        """Of PaddleOCR, as the reasons name them and as they are declared."""
        why = " ".join([self.problem.why if self.problem else "", self.rehearsed or ""])
        found = re.findall(r"issues? ((?:\d{2,}(?:, | and )?)+)", why)
        named = (int(number) for text in found for number in re.findall(r"\d+", text))
        return tuple(sorted({*named, *self.told.issues}))


@cache
def explanations() -> dict[str, Explanation]:
    """By code, in alphabetical order."""
    examples = json.loads(EXAMPLES.read_text("utf-8")) if EXAMPLES.is_file() else {}
    for example in (one for kind in examples.values() for one in kind.values()):
        for name, record in example.pop("said").items():
            example[name] = Sentence.from_record(record)
    causes: dict[str, list[Cause]] = {}
    for entry in dict.fromkeys((*TABLE, *READING_TABLE)):
        if (cause := _cause(entry)) not in causes.setdefault(entry.code, []):
            causes[entry.code].append(cause)
    codes = sorted({*CODES, *RULES, *REASONS, *causes})
    return {
        code: Explanation(
            code=code,
            told=TOLD[code],
            alert=CODES.get(code),
            problem=_problem(code),
            rehearsed=REASONS.get(code),
            causes=tuple(causes.get(code, ())),
            example=examples.get("findings", {}).get(code),
            run=examples.get("alerts", {}).get(code),
        )
        for code in codes
    }


def nearest(code: str) -> list[str]:
    """Codes that are spelt alike, the likeliest first."""
    known = explanations()
    wanted = code.strip().strip("[]").lower().replace("-", "_").replace(" ", "_")
    return [wanted] if wanted in known else difflib.get_close_matches(wanted, known, n=3)


def _problem(code: str) -> Optional[Problem]:
    found = RULES.get(code)
    return Problem(found.severity, found.why, found.reads, found.live) if found else None


def _cause(entry: Entry) -> Cause:
    return Cause(
        when=tuple(
            say(
                "{facts} (confidence {confidence:.0%})",
                facts=join(*map(text_of, facts), by=SERIES),
                confidence=confidence,
            )
            for confidence, facts in entry.when
        ),
        against=tuple(map(text_of, entry.against)),
        look=entry.look,
        phrases=entry.phrases,
    )
