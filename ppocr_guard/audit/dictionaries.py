"""Which of PaddleOCR's own dictionaries goes with labels that the named one does not go with."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.rec_labels import LabelFacts
from ppocr_guard.recognition.dictionary import DictionaryError, parse
from ppocr_guard.wording import CHOICE, join, say

FOREIGN = 0.3  # of the labels hold characters that the dictionary lacks: it may be another's
FITS = 0.98  # of the labels' characters, that a dictionary which goes with them has
NAMED = 3  # dictionaries
MARGIN = 0.05  # by which it has more of them than the named one


class Stock(NamedTuple):
    """Dictionaries of PaddleOCR."""

    names: list[str]  # as a configuration would have them, the smallest first
    has: float  # share of the labels' characters that each has, each counted once a label
    present: float  # the same of the dictionary that is named


def fitting(ctx: Context, facts: LabelFacts) -> Optional[Stock]:
    """Those that have nearly all characters of the labels; None: the named one is not that bad, no
    clone is at hand, or none has them either."""
    counts = {c: count for c, count in facts.having.items() if not c.isspace()}
    total = sum(counts.values())
    if ctx.tree is None or not total or facts.outside.count < FOREIGN * facts.total:
        return None
    present = 1 - sum(count for c, count in facts.missing.items() if c in counts) / total
    found, folder = [], ctx.tree / "ppocr" / "utils"
    for file in [folder / "ppocr_keys_v1.txt", *sorted(folder.glob("**/*dict*.txt"))]:
        known = _characters(file)
        has = sum(count for c, count in counts.items() if c in known) / total
        if has >= max(FITS, present + MARGIN):
            name = f"./{file.relative_to(ctx.tree).as_posix()}"
            found.append((len(known), name, has))
    found = sorted(found)[:NAMED]
    if not found:
        return None
    return Stock([name for _, name, _ in found], min(has for *_, has in found), present)


def advice(stock: Stock) -> str:
    """What to do where another dictionary goes with the labels."""
    told: str = say(
        "Is it the right dictionary? It has {present:.1%} of the characters in these labels; "
        "{has:.1%} or more are in {names}: name the one that your weights were trained with.",
        present=stock.present,
        names=join(*stock.names, by=CHOICE),
        has=stock.has,
    )
    return told


def _characters(file: Path) -> frozenset[str]:
    try:
        return frozenset(parse(file.read_bytes()).entries)
    except (OSError, DictionaryError):
        return frozenset()
