"""What becomes of a label in PaddleOCR's encoders and decoders.

Restated from ``ppocr/data/imaug/label_ops.py`` and ``ppocr/postprocess/rec_postprocess.py`` of
2.6 to 3.7 and held against these classes by ``tests/train/test_recognition_real.py``. An encoder
drops characters that it does not know without a word, and whole labels that are too long; the
decoder makes the label of the metric from what is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ppocr_guard.recognition.dictionary import DIGITS_AND_LETTERS

# Why a label is dropped, or why it cannot come out of the model as it was written.
EMPTY, OUTSIDE, TOO_LONG = "empty", "not_in_dictionary", "too_long"
CASE, SPACE, CTC, REMOVED, REVERSED = "case", "space", "ctc", "removed", "reversed"
REASONS = (EMPTY, OUTSIDE, TOO_LONG, CASE, SPACE, CTC, REMOVED, REVERSED)

_SYMBOLS = re.compile("[^A-Z^a-z^0-9^\u4e00-\u9fa5]")  # as SARLabelDecode's rm_symbol has it
_LEFT_TO_RIGHT = re.compile("[a-zA-Z0-9 :*./%+-]")  # what pred_reverse keeps together
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


class Encoder(NamedTuple):
    """An encoder's limits. ``room``: places of ``max_text_length`` that its own marks take, so
    that the characters left may be ``max_text_length - room`` at most."""

    room: int
    raw_room: int = 0  # the same for the label before characters are dropped
    unknown: Optional[str] = None  # what a character outside becomes in the metric's label
    cuts: bool = False  # a longer label is cut, not dropped
    lower: Optional[bool] = None  # labels are lowered; None: without a dictionary only


ENCODERS: Mapping[str, Encoder] = {
    "CTCLabelEncode": Encoder(0),
    "SRNLabelEncode": Encoder(0),
    "VLLabelEncode": Encoder(0),
    "SPINLabelEncode": Encoder(0, lower=True),
    "AttnLabelEncode": Encoder(1),
    "SEEDLabelEncode": Encoder(1),
    "ViTSTRLabelEncode": Encoder(1),
    "ABINetLabelEncode": Encoder(1),
    "CPPDLabelEncode": Encoder(1),
    "SARLabelEncode": Encoder(2),
    "NRTRLabelEncode": Encoder(2),
    "RFLLabelEncode": Encoder(2),
    "ParseQLabelEncode": Encoder(3),
    "PRENLabelEncode": Encoder(1, raw_room=1, unknown=""),
    "SATRNLabelEncode": Encoder(1, unknown="<UKN>", cuts=True, lower=False),
}
MULTI = "MultiLabelEncode"  # CTC and a guide; a label that either drops is dropped


class Seen(NamedTuple):
    """A label as the metric sees it, or why it does not."""

    text: Optional[str]  # None: dropped; in evaluation the next sample takes its place
    dropped: Optional[str] = None  # of REASONS


@dataclass(frozen=True)
class Alphabet:
    """What the classes of a model can write.

    Args:
        entries: of the dictionary; None: there is none, and digits and lower-case letters are
            all that there is.
        use_space_char: the blank is a class, too.
    """

    entries: Optional[tuple[str, ...]]
    use_space_char: bool = False
    characters: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        entries = DIGITS_AND_LETTERS if self.entries is None else self.entries
        known = {entry for entry in entries if len(entry) == 1}
        if self.use_space_char and self.entries is not None:
            known.add(" ")
        object.__setattr__(self, "characters", frozenset(known))

    @property
    def size(self) -> int:
        """Classes without those that the encoder adds; doubled lines count as often as they
        stand, for the head has them all."""
        if self.entries is None:
            return len(DIGITS_AND_LETTERS)
        return len(self.entries) + self.use_space_char


@dataclass(frozen=True)
class Reader:
    """The encoder and decoder of one configuration.

    Args:
        encoder: one of :data:`ENCODERS`, or ``MultiLabelEncode``.
        guide: beside CTC in ``MultiLabelEncode``.
        lower: an option of SPIN's and SATRN's encoders; None: their default.
        shifted: CPPD with ``ch`` set, whose limit is one character more.
        rm_symbol: the decoder removes all but digits, letters and Chinese, and lowers.
        lowers: the decoder lowers (NRTR, ViTSTR and ABINet up to 2.6).
        reverse: the decoder turns texts around ("arabic" in the dictionary's path, CTC).
        steps: time steps of the head; None: not known, or no CTC.
    """

    alphabet: Alphabet
    max_text_length: int
    encoder: str = "CTCLabelEncode"
    guide: str = "SARLabelEncode"
    lower: Optional[bool] = None
    shifted: bool = False
    rm_symbol: bool = False
    lowers: bool = False
    reverse: bool = False
    steps: Optional[int] = None

    def encoders(self) -> tuple[str, ...]:
        return ("CTCLabelEncode", self.guide) if self.encoder == MULTI else (self.encoder,)

    @property
    def is_ctc(self) -> bool:
        return self.encoders()[0] == "CTCLabelEncode"

    def longest(self) -> int:
        """Characters that a label may have at most."""
        return self.max_text_length - max(self._room(name) for name in self.encoders())

    def seen(self, label: str) -> Seen:
        """The label as the metric sees it before its own normalisation."""
        first: Optional[Seen] = None
        for name in self.encoders():
            seen = self._encoded(name, label)
            if seen.text is None:
                return seen
            first = first or seen
        assert first is not None
        assert first.text is not None
        return Seen(self._decoded(first.text))

    def fits(self, label: str) -> bool:
        """Whether CTC can write what the encoder leaves of the label (False: loss 0, no
        gradient). A label that is dropped fits: nothing is asked of CTC."""
        if not self.is_ctc or self.steps is None:
            return True
        seen = self._encoded("CTCLabelEncode", label)
        return seen.text is None or steps_needed(seen.text) <= self.steps

    def lost(self, label: str) -> Optional[str]:
        """Why the label cannot come out as it was written; None: it can.

        The carriage return that Windows leaves at the end of a line is not meant, but counts for
        the length.
        """
        seen, label = self.seen(label), label.rstrip("\r")
        if not label:
            return EMPTY
        missing = self.missing(label)
        if any(c != " " for c in missing):
            return OUTSIDE
        if seen.dropped == TOO_LONG or self._cut(label):
            return TOO_LONG
        if missing:
            return SPACE
        if self._lowered(self.encoders()[0], label) != label:
            return CASE
        if self.lowers and label.lower() != label:
            return CASE
        if not self.fits(label):
            return CTC
        if seen.text == label:
            return None
        if self.rm_symbol:
            return REMOVED
        if self.reverse:
            return REVERSED if self._turned(label) else None
        return OUTSIDE  # SATRN writes <UKN> for the carriage return

    def missing(self, label: str) -> list[str]:
        """The label's characters that the dictionary lacks, in their order."""
        text = self._lowered(self.encoders()[0], label.rstrip("\r"))
        return [c for c in text if not self._knows(c)]

    def shortens(self, label: str) -> bool:
        """Whether a label that is kept loses characters (other than by lowering)."""
        return bool(self.missing(label)) or self._cut(label)

    def _knows(self, character: str) -> bool:
        return character in self.alphabet.characters

    def _room(self, name: str) -> int:
        return ENCODERS[name].room - (name == "CPPDLabelEncode" and self.shifted)

    def _lowered(self, name: str, label: str) -> str:
        lower = self.lower if name in ("SPINLabelEncode", "SATRNLabelEncode") else None
        lower = ENCODERS[name].lower if lower is None else lower
        return (
            label.lower() if (self.alphabet.entries is None if lower is None else lower) else label
        )

    def _cut(self, label: str) -> bool:
        return ENCODERS[self.encoders()[0]].cuts and len(label) > self.longest()

    def _encoded(self, name: str, label: str) -> Seen:
        encoder = ENCODERS[name]
        if not label:
            return Seen(None, EMPTY)
        if not encoder.cuts and len(label) > self.max_text_length - encoder.raw_room:
            return Seen(None, TOO_LONG)
        text = self._lowered(name, label)
        if encoder.unknown is not None:
            kept = [c if self._knows(c) else encoder.unknown for c in text]
        else:
            kept = [c for c in text if self._knows(c)]
            if not kept:
                return Seen(None, OUTSIDE)
        most = self.max_text_length - self._room(name)
        if encoder.cuts:
            kept = kept[: most if len(kept) + 2 > self.max_text_length else None]
        elif encoder.unknown is None and len(kept) > most:
            return Seen(None, TOO_LONG)
        return Seen("".join(kept))

    def _decoded(self, text: str) -> str:
        if self.rm_symbol:
            text = _SYMBOLS.sub("", text.lower())
        elif self.lowers:
            text = text.lower()
        return reversed_text(text) if self.reverse else text

    def _turned(self, label: str) -> bool:
        """Labels from right to left are kept in PaddleOCR's own order; others are spoilt."""
        return self.reverse and not is_right_to_left(label)


def steps_needed(text: Sequence[object]) -> int:
    """Time steps that CTC needs at least: one a character (or code), one between two equal ones."""
    return len(text) + sum(a == b for a, b in zip(text, text[1:]))


def is_right_to_left(text: str) -> bool:
    """Whether a text has letters of Arabic, Hebrew and their like."""
    return _RIGHT_TO_LEFT.search(text) is not None


def reversed_text(text: str) -> str:
    """As ``pred_reverse`` of BaseRecLabelDecode: characters in reverse order, runs of Latin
    letters, digits and some signs kept as they are."""
    parts: list[str] = []
    run = ""
    for character in text:
        if _LEFT_TO_RIGHT.search(character):
            run += character
            continue
        if run:
            parts.append(run)
        parts.append(character)
        run = ""
    if run:
        parts.append(run)
    return "".join(reversed(parts))
