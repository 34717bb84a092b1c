"""A recogniser: labels as PaddleOCR reads them, and predictions.

Labels: ``refused`` by PaddleOCR's encoder (another sample is taken), ``altered`` (characters left
out) or ``unspaced``. Shares are of the labels of a set (20000 to 40000 of a larger one), or of
the lines that were examined (16 of a set).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.propositions.asking import (
    TRAIN_EVAL,
    VAL,
    Answer,
    all_of,
    at_least,
    below,
    proposition,
)

REFUSED = 0.1  # shares of the labels ...
ALTERED = 0.05
UNSPACED = 0.1
IMPOSSIBLE = 0.1
ELSEWHERE = 0.3  # of the predictions: each the label of another line; 0 in sound sets
REWRITTEN = 0.4  # right but for one and the same change
FOREIGN = 0.3  # of the characters: of kinds that the other set does not have
CHANCE = 0.35  # norm_edit_dis of unrelated texts; 0.1 to 0.2 here
ALL = 0.9
MANY = 4  # evaluations
SURELY = 0.85  # confidence; 0.94 of images like those of the training, 0.6 to 0.7 of another script
SURE = 0.85  # confidence on foreign labels over that on known ones; 1.0 where the images are known


def _fact(e: Evidence, name: str) -> Optional[float]:
    return e.facts.get(name, e.first_facts.get(name))


@proposition("many training labels are refused: too long, empty, or without a known character")
def train_refused(e: Evidence) -> Answer:
    return at_least(_fact(e, "refused.train"), REFUSED)


@proposition("many validation labels are refused, and never evaluated")
def val_refused(e: Evidence) -> Answer:
    return at_least(_fact(e, "refused.val"), REFUSED)


@proposition("many training labels hold characters that the dictionary does not have")
def train_altered(e: Evidence) -> Answer:
    return at_least(_fact(e, "altered.train"), ALTERED)


@proposition("many validation labels hold characters that the dictionary does not have")
def val_altered(e: Evidence) -> Answer:
    return at_least(_fact(e, "altered.val"), ALTERED)


@proposition("many training labels lose their spaces")
def train_unspaced(e: Evidence) -> Answer:
    return at_least(_fact(e, "unspaced.train"), UNSPACED)


@proposition("many training texts are longer than the time steps of the network")
def ctc_too_short(e: Evidence) -> Answer:
    share = e.facts.get("ctc_impossible.batches")
    return at_least(_fact(e, "ctc_impossible.train") if share is None else share, IMPOSSIBLE)


@proposition("wrong predictions on training images are the labels of other lines")
def train_labels_elsewhere(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("elsewhere.train_eval"), ELSEWHERE)


@proposition("wrong predictions on validation images are the labels of other lines")
def val_labels_elsewhere(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("elsewhere.val"), ELSEWHERE)


@proposition("predictions on training images are right but for one and the same change")
def train_labels_rewritten(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("rescued.train_eval", _zero(e)), REWRITTEN)


@proposition("predictions on validation images are right but for one and the same change")
def val_labels_rewritten(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("rescued.val", _zero(e)), REWRITTEN)


def _zero(e: Evidence) -> Optional[float]:
    return 0.0 if e.first_cells else None


@proposition("training labels are of other kinds of characters than validation labels")
def train_labels_foreign(e: Evidence) -> Answer:
    return at_least(_fact(e, "foreign_kinds.train"), FOREIGN)


@proposition("validation labels are of other kinds of characters than training labels")
def val_labels_foreign(e: Evidence) -> Answer:
    return at_least(_fact(e, "foreign_kinds.val"), FOREIGN)


@proposition("training labels and first predictions have no more in common than any two texts")
def train_labels_unrelated(e: Evidence) -> Answer:
    return _unrelated(e, TRAIN_EVAL)


@proposition("validation labels and first predictions have no more in common than any two texts")
def val_labels_unrelated(e: Evidence) -> Answer:
    return _unrelated(e, VAL)


@proposition("the first model read training images as surely as validation images")
def train_read_surely(e: Evidence) -> Answer:
    """Images of another kind are read with less confidence; wrong labels change nothing."""
    train, val = e.first_facts.get("sure.train_eval"), e.first_facts.get("sure.val")
    return None if train is None or not val else train >= SURE * val


@proposition("the first model read training and validation images surely")
def read_surely(e: Evidence) -> Answer:
    """With weights of another dictionary it does; what it has never seen it reads unsurely, but so
    does a model whose weights are spoilt."""
    confident = [e.first_facts.get(f"sure.{column}") for column in (TRAIN_EVAL, VAL)]
    return all_of(*(at_least(one, SURELY) for one in confident))


def _unrelated(e: Evidence, column: str) -> Answer:
    return below(e.first_facts.get(f"norm_edit_dis.{column}"), CHANCE)


@proposition("the head is of another dictionary than the weights: it begins untrained")
def head_untrained(e: Evidence) -> Answer:
    return "head_untrained" in e.findings


def _everywhere(facts: Mapping[str, float], row: str) -> Answer:
    """Whether the share ``row`` is high in each set that was examined."""
    shares = (share for name, share in facts.items() if name.startswith(f"{row}."))
    return at_least(min(shares, default=None), ALL)


@proposition("all predictions are empty, on all images")
def all_blank(e: Evidence) -> Answer:
    return _everywhere(e.facts, "empty")


@proposition("all predictions were empty before the first step")
def began_blank(e: Evidence) -> Answer:
    return _everywhere(e.first_facts, "empty")


@proposition("predictions are made of one or two characters, on all images")
def one_character(e: Evidence) -> Answer:
    counts = [v for k, v in e.facts.items() if k.startswith("letters.")]
    return 0 < max(counts) <= 2 if counts else None


@proposition("the prediction is the same for all images")
def one_prediction(e: Evidence) -> Answer:
    return _everywhere(e.facts, "alike")


@proposition("this has been so for some evaluations")
def for_a_while(e: Evidence) -> Answer:
    return e.evaluations >= MANY
