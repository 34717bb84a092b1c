"""What to do about labels that the named dictionary does not go with: another of PaddleOCR's own,
or one with the characters that it lacks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Edit, NewFile
from ppocr_guard.audit.rec_labels import WARNS, LabelFacts
from ppocr_guard.audit.recognition import dictionary_file
from ppocr_guard.recognition.dictionary import DictionaryError, parse
from ppocr_guard.recognition.labels import Reader
from ppocr_guard.recognition.names import composed, twin
from ppocr_guard.wording import CHOICE, join, say

FOREIGN = 0.3  # of the labels hold characters that the dictionary lacks: it may be another's
FITS = 0.98  # of the labels' characters, that a dictionary which goes with them has
CHOICES = 3  # dictionaries that a finding names
NAMED = 10  # characters that a finding names
MARGIN = 0.05  # by which it has more of them than the named one
# Share of the labels below which no dictionary is written. Such labels cost at most as much of what
# is read, and hardly teach a class; a new head costs some thousand steps of every training, and of
# weights it throws away what they know. Without weights the head is new in any case.
FEW_WITH_WEIGHTS, FEW = 0.01, WARNS
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


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
    found = sorted(found)[:CHOICES]
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


def few(ctx: Context, facts: Iterable[LabelFacts]) -> str:
    """What to do where the labels with characters that the dictionary lacks are too few, of all
    sets together, for a new dictionary; empty: they are enough for one."""
    found = list(facts)
    count, total = sum(one.outside.count for one in found), sum(one.total for one in found)
    weights = bool(ctx.get("Global", "checkpoints") or ctx.get("Global", "pretrained_model"))
    least = FEW_WITH_WEIGHTS if weights else FEW
    if count >= least * total:
        return ""
    return say(
        "There are two ways. Correct or remove these lines: the classes stay as they are, and "
        "these characters, in {count} of {total} texts, are never read. Or write a dictionary with "
        "them: they can be learned, though so few labels hardly teach them, and {cost}. `fix` "
        "writes one from {least:.1%} of the labels on.",
        count=count,
        total=total,
        cost=say("the head of the weights is not loaded, so that acc begins at 0")
        if weights
        else say("weights of today's classes lose their head, should you load any"),
        least=least,
    )


def other_form(facts: LabelFacts, known: frozenset[str]) -> str:
    """The normal form in which labels with missing characters are in the dictionary, or none."""
    known |= {" "}
    short = [text for text in facts.texts if facts.missing.keys() & set(text)]
    for form in _FORMS:
        if any(composed(text, known, form) for text in short):
            return form
    return ""


def extended(
    ctx: Context, facts: LabelFacts, reading: Reader, missing: set[str]
) -> tuple[tuple[NewFile, ...], tuple[Edit, ...]]:
    """A dictionary with the missing characters, beside the old one, and the edit that names it.

    What cannot be seen, what looks like another character and accents that stand apart are
    mistakes of the labels more often than wanted: they are left out.
    """
    dictionary, known = dictionary_file(ctx, facts.mode), reading.alphabet.characters
    wanted = sorted(c for c in missing if _addable(c, known))
    if dictionary is None or dictionary.read is None or not wanted or other_form(facts, known):
        return (), ()
    old = dictionary.read.entries
    content = "".join(f"{entry}\n" for entry in (*old, *wanted))
    file = _beside(dictionary.file, content)
    named_as = str(Path(dictionary.name).with_name(file.name))
    if dictionary.name.startswith("./"):
        named_as = f"./{named_as}"
    cost = say(
        "{new} has the {old} characters of {name} and {count} more ({characters}). The head has "
        "other classes now and is trained anew, also where weights are loaded.",
        new=named_as,
        old=len(old),
        name=dictionary.name,
        count=len(wanted),
        characters=" ".join(wanted[:NAMED]) + (" ..." if len(wanted) > NAMED else ""),
    )
    return (NewFile(file, content, cost),), (Edit(dictionary.path, named_as),)


def _beside(file: Path, content: str) -> Path:
    """A name beside ``file`` that is free, or whose file holds just this."""
    number, chosen = 1, file.with_name(f"{file.stem}_guard{file.suffix}")
    while not _is_free(chosen, content):
        number += 1
        chosen = file.with_name(f"{file.stem}_guard{number}{file.suffix}")
    return chosen


def _is_free(file: Path, content: str) -> bool:
    try:
        return file.read_bytes() == content.encode()
    except FileNotFoundError:
        return True
    except (IsADirectoryError, PermissionError):
        return False


def _addable(character: str, known: frozenset[str]) -> bool:
    if not character.isprintable() or character.isspace():
        return False
    return not unicodedata.combining(character) and twin(character, known) is None


def _characters(file: Path) -> frozenset[str]:
    try:
        return frozenset(parse(file.read_bytes()).entries)
    except (OSError, DictionaryError):
        return frozenset()
