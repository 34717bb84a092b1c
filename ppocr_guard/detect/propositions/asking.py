"""How the decision table asks: propositions by name, answers of three values, and their logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.wording import say

Answer = Optional[bool]
Ask = Callable[[Evidence], Answer]
FOUND = "found"  # before the code of a finding
TRAIN, TRAIN_EVAL, VAL = "train", "train_eval", "val"


@dataclass(frozen=True)
class Proposition:
    """``ask`` answers ``text`` for a run."""

    name: str
    text: str
    ask: Ask


PROPOSITIONS: dict[str, Proposition] = {}


def proposition(
    text: str,
) -> Callable[[Callable[[Evidence], Answer]], Callable[[Evidence], Answer]]:
    def register(ask: Callable[[Evidence], Answer]) -> Callable[[Evidence], Answer]:
        name = ask.__name__
        PROPOSITIONS[name] = Proposition(name, text, ask)
        return ask

    return register


def answer(name: str, evidence: Evidence) -> Answer:
    """Of a proposition; of its negation where the name begins with "not "; whether it is not
    known to be true where it begins with "unless "; and whether the check or the rehearsal told a
    code where it begins with "found " (never known to be false: they may not have looked)."""
    word, _, rest = name.partition(" ")
    if word == FOUND:
        return rest in evidence.findings or None
    found = PROPOSITIONS[rest or name].ask(evidence)
    if word == "unless":
        return not found
    return found if found is None or word != "not" else not found


def text_of(name: str) -> str:
    """The sentence of a proposition, of its negation, or of "not known to be true"."""
    word, _, rest = name.partition(" ")
    if word == FOUND:
        return say("the check of the config or the rehearsal found `{code}`", code=rest)
    fact = say(PROPOSITIONS[rest or name].text)
    if not rest:
        return fact
    return say("unless: {fact}", fact=fact) if word == "unless" else say("not: {fact}", fact=fact)


def below(value: Optional[float], limit: float) -> Answer:
    return None if value is None else value < limit


def at_least(value: Optional[float], limit: float) -> Answer:
    return None if value is None else value >= limit


def any_of(*answers: Answer) -> Answer:
    """Or, in three-valued logic."""
    if any(answers):
        return True
    return None if None in answers else False


def all_of(*answers: Answer) -> Answer:
    """And, in three-valued logic."""
    if False in answers:
        return False
    return None if None in answers else True


def ratio(value: Optional[float], by: Optional[float]) -> Optional[float]:
    return None if value is None or not by else value / by
