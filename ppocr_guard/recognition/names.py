"""Names of characters for people: what cannot be seen, or looks like another, is told apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal, Optional

from ppocr_guard.wording import LIST, join, say

# Letters of other scripts that look like Latin ones.
_LOOKALIKES = dict(
    zip("АВЕКМНОРСТХаеорсхуіјΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaeopcxyijABEZHIKMNOPTYXo")
)
_SIGNS = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "..."}


def named(character: str) -> str:
    """A character as it is shown in a sentence: by itself, or with its code point and name."""
    if _plain(character):
        return character
    name = unicodedata.name(character, "") or {"\t": "TABULATOR", "\r": "CARRIAGE RETURN"}.get(
        character, unicodedata.category(character)
    )
    alone = character.isprintable() and not character.isspace()
    shown = f"{character} " if alone and not unicodedata.combining(character) else ""
    return f"{shown}(U+{ord(character):04X} {name})"


def counted(counts: Mapping[str, int], most: int) -> str:
    """The first ``most`` characters with their numbers, and how many there are besides."""
    shown = ", ".join(f"{named(c)} {count}" for c, count in list(counts.items())[:most])
    more = len(counts) - most
    return join(shown, say("and {more} more", more=more) if more > 0 else "", by=LIST)


def _plain(character: str) -> bool:
    """Whether a reader sees which character it is."""
    if not character.isprintable() or character.isspace() or unicodedata.combining(character):
        return False
    # Ideographs are wide by nature; the forms for another width are what is mistaken.
    return not _other_width(character) and character not in _LOOKALIKES


def _other_width(character: str) -> bool:
    """Whether this is the full-width or half-width form of another character."""
    return unicodedata.decomposition(character).startswith(("<wide>", "<narrow>"))


def twin(character: str, known: Iterable[str]) -> Optional[str]:
    """A character of the dictionary that looks the same: its full-width or half-width form, a
    letter of another script, or another form of a sign; None: there is none."""
    have = known if isinstance(known, (set, frozenset)) else set(known)
    width = ""
    if _other_width(character):
        width = unicodedata.normalize("NFKC", character)
    wide = chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else ""
    for other in (width, wide, _LOOKALIKES.get(character, ""), _SIGNS.get(character, "")):
        if len(other) == 1 and other != character and other in have:
            return other
    return None


def composed(text: str, known: Iterable[str], form: Literal["NFC", "NFD"]) -> bool:
    """Whether the dictionary has all of a text in another normal form: "NFC" joins letters with
    their combining marks, "NFD" takes them apart."""
    have = known if isinstance(known, (set, frozenset)) else set(known)
    other = unicodedata.normalize(form, text)
    return other != text and all(c in have for c in other)
