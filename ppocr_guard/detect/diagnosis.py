"""Why a run went wrong: reads the decision table and names causes with a confidence.

The table (:mod:`ppocr_guard.detect.table`) holds all that decides. Confidences rank causes; they
are judgements, no measured probabilities, and do not add up to 1. How often they rank rightly, and
what the advice does to a run that follows it, is measured in benchmarks/diagnosis.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.figures import figures
from ppocr_guard.detect.propositions.asking import answer
from ppocr_guard.detect.remedies import REMEDIES
from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.entry import Entry
from ppocr_guard.detect.table.reading import READING_TABLE
from ppocr_guard.wording import CHOICE, SERIES, join, say

NEAR = 0.15  # causes whose confidence is this near to the first are named beside it


@dataclass(frozen=True)
class Cause:
    """``code`` is stable; ``sentence`` says what and on which numbers; ``confidence`` is 0..1.

    ``settings``: what the advice says to set, by dotted path in the config (None: to be taken
    out); ``condition``: the condition that an examination shows by itself, or empty; ``rivals``:
    causes that are not separated from this one.
    """

    code: str
    sentence: str
    confidence: float
    advice: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    condition: str = ""
    rivals: tuple[str, ...] = ()


def diagnose(evidence: Evidence) -> list[Cause]:
    """Causes that the evidence speaks for, likeliest first; empty when there is none."""
    found = [
        (confidence, entry)
        for entry in (READING_TABLE if answer("reads_text", evidence) else TABLE)
        if (confidence := _confidence(entry, evidence)) is not None
    ]
    found.sort(key=lambda item: -item[0])
    kept: list[tuple[float, Entry]] = []
    for confidence, entry in found:  # a weaker cause explains no stronger one
        if not any(entry.code in other.explains for _, other in kept):
            kept.append((confidence, entry))
    if not kept:
        return []
    rivals = [entry for c, entry in kept[1:] if c >= kept[0][0] - NEAR]
    numbers = figures(evidence)
    causes = [_cause(entry, c, evidence, numbers, ()) for c, entry in kept]
    causes[0] = _cause(kept[0][1], kept[0][0], evidence, numbers, rivals)
    return causes


def _confidence(entry: Entry, evidence: Evidence) -> Optional[float]:
    """Of the best alternative that holds; None: the entry does not apply."""
    if any(answer(name, evidence) for name in entry.against):
        return None
    held = [
        confidence
        for confidence, names in entry.when
        if all(answer(name, evidence) for name in names)
    ]
    return max(held, default=None)


def _cause(
    entry: Entry,
    confidence: float,
    e: Evidence,
    numbers: Mapping[str, Any],
    rivals: Iterable[Entry],
) -> Cause:
    remedy = REMEDIES[entry.remedy](e)
    others = list(rivals)
    sentence = _phrase(entry, numbers)
    if others:
        sentence = join(sentence, _apart(entry, others, e))
    return Cause(
        entry.code,
        sentence,
        confidence,
        remedy.advice,
        remedy.settings,
        entry.condition,
        tuple(other.code for other in others),
    )


def _phrase(entry: Entry, numbers: Mapping[str, Any]) -> str:
    for template in entry.phrases:
        fields = _fields(template)
        if all(numbers.get(name) is not None for name in fields):
            return say(template, **{name: numbers[name] for name in fields})
    return say(entry.phrases[-1], **dict.fromkeys(_fields(entry.phrases[-1]), "?"))


def _fields(template: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def _apart(entry: Entry, rivals: list[Entry], e: Evidence) -> str:
    """What would tell causes apart that the evidence does not separate."""
    return say(
        "It may as well be {others}; look at {looks}.",
        others=join(*(rival.code for rival in rivals), by=CHOICE),
        looks=join(*(say(one.look) for one in (entry, *rivals)), by=SERIES),
    )
