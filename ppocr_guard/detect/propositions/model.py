"""The model now, and the metric."""

from __future__ import annotations

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.limits import DEAD, KEEPS, LONG
from ppocr_guard.detect.propositions.asking import (
    TRAIN,
    TRAIN_EVAL,
    VAL,
    Answer,
    at_least,
    below,
    proposition,
)


@proposition("the model was examined")
def examined(e: Evidence) -> Answer:
    return bool(e.cells)


@proposition("the model is right on training images as training sees them")
def knows_train(e: Evidence) -> Answer:
    return at_least(e.kept(TRAIN), KEEPS)


@proposition("the model is right on training images through Eval's transforms")
def knows_train_eval(e: Evidence) -> Answer:
    return at_least(e.kept(TRAIN_EVAL), KEEPS)


@proposition("the model is wrong on training images as training sees them")
def fails_train(e: Evidence) -> Answer:
    return below(e.kept(TRAIN), 0.5)


@proposition("the model is wrong on training images through Eval's transforms")
def fails_train_eval(e: Evidence) -> Answer:
    return below(e.kept(TRAIN_EVAL), 0.5)


@proposition("the model is wrong on validation images")
def fails_val(e: Evidence) -> Answer:
    return below(e.kept(VAL), 0.5)


@proposition("the model has been wrong on training images that it knew, four times in a row")
def lost_for_long(e: Evidence) -> Answer:
    return e.lost >= LONG if e.cells else None


@proposition("the model has been worse than at first on validation images, four times in a row")
def val_lost_for_long(e: Evidence) -> Answer:
    return e.lost_val >= LONG if e.cells else None


@proposition("another unclip ratio brings validation images back to what they were at first")
def val_rescued(e: Evidence) -> Answer:
    first, best = e.first_cell(VAL), e.cells.get("best.val")
    if first is None or best is None:
        return None
    return "unclip_ratio" in e.settings.get("best.val", {}) and best >= first - 0.05


@proposition("the metric is low")
def metric_low(e: Evidence) -> Answer:
    return e.value < max(0.3, 0.6 * e.best) if e.evaluations else None


@proposition("the metric never was worth anything")
def never_good(e: Evidence) -> Answer:
    return e.best < 0.3 if e.evaluations else None


@proposition("precision and recall are low and equal: a box for each text, not on it")
def balanced(e: Evidence) -> Answer:
    return e.balanced


@proposition("the first evaluation gave next to nothing")
def first_bad(e: Evidence) -> Answer:
    return None if e.first is None else e.first <= 0.05


@proposition("there are no boxes")
def no_boxes(e: Evidence) -> Answer:
    return e.no_boxes if e.evaluations else None


@proposition("probability maps do not depend on the image, or are not finite")
def maps_dead(e: Evidence) -> Answer:
    finite = [v for k, v in e.facts.items() if k.startswith("finite.")]
    varies = [v for k, v in e.facts.items() if k.startswith("variation.")]
    return max(varies) < DEAD or min(finite) < 1 if varies and finite else None


@proposition("probability maps did depend on the image before the first step")
def maps_were_alive(e: Evidence) -> Answer:
    varies = [v for k, v in e.first_facts.items() if k.startswith("variation.")]
    return max(varies) >= DEAD if varies else None


@proposition("weights or running statistics are not finite")
def weights_broken(e: Evidence) -> Answer:
    return below(e.facts.get("weights_finite"), 1.0)


@proposition("this was read from a log: nothing but the curve is known")
def only_curve(e: Evidence) -> Answer:
    return not e.cells and e.targets_fit is None and not e.rescored
