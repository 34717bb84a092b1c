"""The model before the first step."""

from __future__ import annotations

from typing import Optional

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.limits import (
    APART,
    FLAT,
    GOOD,
    MIXED,
    ON_TEXT,
    PIECES,
    POOR,
    RESIZED,
    WORSE,
)
from ppocr_guard.detect.propositions.asking import (
    TRAIN,
    TRAIN_EVAL,
    VAL,
    Answer,
    all_of,
    at_least,
    below,
    proposition,
    ratio,
)
from ppocr_guard.detect.propositions.labels import moved


@proposition("the config names a pretrained model")
def pretrained(e: Evidence) -> Answer:
    return e.pretrained


@proposition("hardly a weight of the pretrained model is of this architecture")
def weights_do_not_fit(e: Evidence) -> Answer:
    return "weights_do_not_fit" in e.findings or "weights_mismatch" in e.findings


@proposition("the pretrained weights are of this very architecture")
def weights_fit(e: Evidence) -> Answer:
    return "weights_fit" in e.findings


@proposition("the first model knew next to nothing, on whichever images")
def knew_nothing(e: Evidence) -> Answer:
    known = [e.first_best(column) for column in (TRAIN, TRAIN_EVAL, VAL)]
    return None if None in known else all(value is not None and value < 0.1 for value in known)


@proposition("training and validation labels lie on the text")
def labels_on_text(e: Evidence) -> Answer:
    lifts = [at_least(e.lift(column), ON_TEXT) for column in (TRAIN_EVAL, VAL)]
    better_elsewhere = [moved(e, column) for column in (TRAIN_EVAL, VAL)]
    return all_of(*lifts, *(None if one is None else not one for one in better_elsewhere))


@proposition("training images hold nothing: one colour each")
def train_images_flat(e: Evidence) -> Answer:
    return below(e.first_facts.get("std.train_eval"), FLAT)


@proposition("validation images hold nothing: one colour each")
def val_images_flat(e: Evidence) -> Answer:
    return below(e.first_facts.get("std.val"), FLAT)


@proposition("the model knew the training labels through Eval's transforms")
def knew_train_eval(e: Evidence) -> Answer:
    return at_least(e.first_best(TRAIN_EVAL), GOOD)


@proposition("the model knew the training labels as training sees them")
def knew_train(e: Evidence) -> Answer:
    by_loss = e.knows_training_labels or None
    found = at_least(e.first_best(TRAIN), GOOD)
    return by_loss if found is None else found


@proposition("the model knew the validation labels")
def knew_val(e: Evidence) -> Answer:
    found = at_least(e.first_best(VAL), GOOD)
    return found if found is not None or e.first is None else (e.first >= 0.5 or None)


@proposition("the training labels are foreign to the model, through Eval's transforms")
def foreign_train_eval(e: Evidence) -> Answer:
    return below(e.first_best(TRAIN_EVAL), POOR)


@proposition("the training labels are foreign to the model, as training sees them")
def foreign_train(e: Evidence) -> Answer:
    return below(e.first_best(TRAIN), POOR)


@proposition("the validation labels are foreign to the model")
def foreign_val(e: Evidence) -> Answer:
    return below(e.first_best(VAL), POOR)


@proposition("by the loss, the first model was wrong on labels of training, not of evaluation")
def labels_contradict(e: Evidence) -> Answer:
    return e.labels_contradict


@proposition("the first model did much worse on training images through Eval's transforms")
def eval_was_worse(e: Evidence) -> Answer:
    return _worse(e.first_cell(TRAIN_EVAL), e.first_cell(TRAIN))


@proposition("the first model did much worse on training images as training sees them")
def train_was_worse(e: Evidence) -> Answer:
    return _worse(e.first_cell(TRAIN), e.first_cell(TRAIN_EVAL))


def _worse(value: Optional[float], other: Optional[float]) -> Answer:
    return all_of(at_least(other, GOOD), below(ratio(value, other), WORSE))


@proposition("training labels are several to a box of the first model")
def train_labels_split(e: Evidence) -> Answer:
    return _pieces(e, "labels_per_box")


@proposition("boxes of the first model are several to a training label")
def train_labels_merged(e: Evidence) -> Answer:
    return _pieces(e, "boxes_per_label")


def _pieces(e: Evidence, figure: str) -> Answer:
    train = e.first_facts.get(f"{figure}.train_eval")
    val = e.first_facts.get(f"{figure}.val")
    return all_of(at_least(train, PIECES), at_least(ratio(train, val), 1.4))


@proposition("training polygons have another size than validation polygons, which it knew")
def train_labels_resized(e: Evidence) -> Answer:
    return all_of(at_least(e.first_cell(VAL), GOOD), _resized(e))


@proposition("validation polygons have another size than training polygons, which it knew")
def val_labels_resized(e: Evidence) -> Answer:
    return all_of(at_least(e.first_cell(TRAIN_EVAL), GOOD), _resized(e))


def _resized(e: Evidence) -> Answer:
    """By the boxes of one model, under the config's own postprocess."""
    change = ratio(e.first_facts.get("area_ratio.train_eval"), e.first_facts.get("area_ratio.val"))
    return None if change is None else not 1 / RESIZED < change < RESIZED


@proposition("the first model finds much text in training images that no label has")
def train_labels_missing(e: Evidence) -> Answer:
    """Against the same model on the other set: 0.99 and 0.99 of sound sets."""
    return _missing(e, TRAIN_EVAL, VAL)


@proposition("the first model finds much text in validation images that no label has")
def val_labels_missing(e: Evidence) -> Answer:
    return _missing(e, VAL, TRAIN_EVAL)


def _missing(e: Evidence, column: str, other: str) -> Answer:
    """Nothing is known of the boxes on the other set where all of them were right."""
    here = e.first_facts.get(f"boxes_on_labels.{column}")
    there = e.first_facts.get(f"boxes_on_labels.{other}")
    found = e.first_facts.get(f"labels_in_boxes.{column}")
    if there is None and (e.first_best(other) or 0.0) >= GOOD:
        there = 1.0
    return all_of(below(ratio(here, there), WORSE), at_least(found, 0.7))


@proposition("of some training images the first model finds all labels, of others none")
def train_labels_mixed(e: Evidence) -> Answer:
    return _mixed(e, TRAIN_EVAL)


@proposition("of some validation images the first model finds all labels, of others none")
def val_labels_mixed(e: Evidence) -> Answer:
    return _mixed(e, VAL)


def _mixed(e: Evidence, column: str) -> Answer:
    """Two kinds of images and hardly one between: no gap between domains looks like this."""
    strangers = e.first_facts.get(f"strangers.{column}")
    friends = e.first_facts.get(f"friends.{column}")
    if strangers is None or friends is None:
        return None
    return min(strangers, friends) >= MIXED and strangers + friends >= APART
