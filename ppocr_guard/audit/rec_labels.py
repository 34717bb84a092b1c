"""What the labels of a recognition configuration hold, gathered in one pass for all rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.lmdb_texts import NAME as LMDB
from ppocr_guard.audit.recognition import label_encoder, reader
from ppocr_guard.audit.texts import TextLine
from ppocr_guard.recognition.labels import TOO_LONG, Reader, steps_needed
from ppocr_guard.yaml_source import YamlPath

MODES = ("Train", "Eval")
WARNS, CRITICAL = 0.001, 0.05  # shares of the labels
UNREADABLE = "###"  # detection's mark; its other one, *, may be a text of recognition


class Place(NamedTuple):
    """A line of a label file, for a person to look at."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        text = self.text if len(self.text) <= 40 else f"{self.text[:37]}..."
        return f"{self.file}:{self.line} ({text!r})"


@dataclass
class Found:
    """How often something is so, and the worst (or first) place."""

    count: int = 0
    place: Optional[Place] = None
    worst: int = 0

    def add(self, place: Place, size: int = 0) -> None:
        self.count += 1
        if self.place is None or size > self.worst:
            self.place, self.worst = place, size


@dataclass
class LabelFacts:
    """One mode's labels."""

    mode: str
    path: YamlPath  # of label_file_list, or of data_dir where that has the labels
    reader: Optional[Reader]  # None: dictionary or length cannot be read
    total: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    images: Counter[str] = field(default_factory=Counter)
    having: Counter[str] = field(default_factory=Counter)  # labels that have each character
    detection: Found = field(default_factory=Found)
    ignored: Found = field(default_factory=Found)  # detection's mark instead of a text
    empty: Found = field(default_factory=Found)
    outside: Found = field(default_factory=Found)  # characters that the dictionary lacks
    missing: Counter[str] = field(default_factory=Counter)
    nothing_left: int = 0  # labels with no character of the dictionary
    too_long: Found = field(default_factory=Found)  # worst: characters
    impossible: Found = field(default_factory=Found)  # worst: time steps needed
    spaced: Found = field(default_factory=Found)

    @property
    def is_detection(self) -> bool:
        """Whether the labels are those of text detection, which has a rule of its own."""
        return self.detection.count > self.total / 2


def severity(count: int, total: int) -> str:
    """By share: single labels are a hint, one in a thousand a warning, one in twenty critical."""
    share = count / total
    return "info" if share < WARNS else "warning" if share < CRITICAL else "critical"


def label_facts(ctx: Context) -> Iterator[LabelFacts]:
    """The facts of each mode that has labels of recognition; read once for a context."""
    for mode in MODES:
        if mode not in ctx.memory:
            ctx.memory[mode] = _gather(ctx, mode) if label_encoder(ctx, mode) else None
        found = ctx.memory[mode]
        if isinstance(found, LabelFacts) and found.total:
            yield found


def labels_path(ctx: Context, mode: str) -> YamlPath:
    """Where the configuration names the labels of a mode."""
    key = "data_dir" if ctx.dataset(mode) == LMDB else "label_file_list"
    return (mode, "dataset", key)


def _gather(ctx: Context, mode: str) -> LabelFacts:
    facts = LabelFacts(mode, labels_path(ctx, mode), reader(ctx, mode))
    for file, lines in ctx.texts(mode):
        for line in lines:
            _take(facts, file, line)
    return facts


def _take(facts: LabelFacts, file: Path, line: TextLine) -> None:
    text = line.text.rstrip("\r")
    place = Place(file, line.line, text)
    facts.total += 1
    facts.texts[text] += 1
    facts.images[line.image] += 1
    if not line.text:
        facts.empty.add(place)
        return
    if text.startswith("[") and _is_detection(text):
        facts.detection.add(place)
        return
    if text == UNREADABLE:
        facts.ignored.add(place)
        return
    facts.having.update(set(text))
    reading = facts.reader
    if reading is None:
        return
    missing = reading.missing(text)
    if " " in missing:
        facts.spaced.add(place)
    others = [c for c in missing if c != " "]
    if others:
        facts.outside.add(place)
        facts.missing.update(list(dict.fromkeys(others)))
        facts.nothing_left += len(missing) == len(text)
    if reading.seen(line.text).dropped == TOO_LONG:
        facts.too_long.add(place, len(text))
    elif not reading.fits(line.text):
        facts.impossible.add(place, steps_needed(text))


def _is_detection(text: str) -> bool:
    try:
        boxes = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(boxes, list) and all(
        isinstance(box, dict) and "transcription" in box for box in boxes
    )
