"""Labels, targets and postprocess: no model is asked."""

from __future__ import annotations

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.limits import CROSSED, FITS, GAIN, GOOD, MOVED, OFF, ON_TEXT, SCARCE
from ppocr_guard.detect.propositions.asking import (
    TRAIN_EVAL,
    VAL,
    Answer,
    all_of,
    at_least,
    below,
    proposition,
    ratio,
)


@proposition("training maps and postprocess do not fit: the labels fail the round trip")
def targets_fail(e: Evidence) -> Answer:
    measured = None if e.targets_fit is None else not e.targets_fit
    cell = below(e.cells.get("labels.train"), FITS)
    return measured if cell is None else cell


@proposition("training maps and postprocess fit")
def targets_fit(e: Evidence) -> Answer:
    fails = targets_fail(e)
    return None if fails is None else not fails


@proposition("whether training maps and postprocess fit is not known")
def unknown_fit(e: Evidence) -> Answer:
    return targets_fail(e) is None


@proposition("this is a recogniser")
def reads_text(e: Evidence) -> Answer:
    return e.metric == "acc" if e.metric else None


@proposition("validation labels fail the round trip")
def val_labels_fail(e: Evidence) -> Answer:
    return below(e.cells.get("labels.val", e.first_cells.get("labels.val")), FITS)


@proposition("another unclip ratio brings the labels through the round trip")
def labels_want_unclip(e: Evidence) -> Answer:
    return e.better_setting("labels", "unclip_ratio", GAIN)


@proposition("another thresh, box_thresh or max_candidates brings the labels through")
def labels_want_threshold(e: Evidence) -> Answer:
    return e.better_setting("labels", "other", GAIN)


@proposition("the same unclip ratio helps the model on training and validation images alike")
def model_wants_unclip(e: Evidence) -> Answer:
    return e.better_setting("model", "unclip_ratio", GAIN)


@proposition("lower thresholds help the model everywhere, and did before the first step")
def model_wants_threshold(e: Evidence) -> Answer:
    """From the start: a model that has just begun to learn wants low thresholds, too."""
    first = e.better_setting("model", "other", GAIN, first=True)
    good = at_least(e.first_best(VAL), GOOD)
    return all_of(first, good, e.better_setting("model", "other", GAIN))


@proposition("another unclip ratio helps the model everywhere, and did before the first step")
def model_wanted_unclip(e: Evidence) -> Answer:
    first = e.better_setting("model", "unclip_ratio", GAIN, first=True)
    good = at_least(e.first_best(VAL), GOOD)
    return all_of(first, good, e.better_setting("model", "unclip_ratio", GAIN))


@proposition("the labels come through the round trip, but barely: another unclip ratio fits better")
def round_trip_scarce(e: Evidence) -> Answer:
    if e.round_trip_iou is None or e.fitting_iou is None:
        return None
    return e.fitting_iou - e.round_trip_iou >= SCARCE


@proposition("the same predictions match with another unclip ratio")
def rescored_recovers(e: Evidence) -> Answer:
    return e.recovered is not None if e.rescored else None


@proposition("the same predictions match with no other unclip ratio either")
def rescored_fails(e: Evidence) -> Answer:
    return e.recovered is None if e.rescored else None


@proposition("the shrink ratio in force is not the one that is due")
def ratio_wrong(e: Evidence) -> Answer:
    return e.shrink_ratio is not None


@proposition("the shrink ratio is 1 or more")
def ratio_above_one(e: Evidence) -> Answer:
    return e.shrink_ratio is not None and e.shrink_ratio >= 1


@proposition("the training labels hold no text that counts")
def train_without_text(e: Evidence) -> Answer:
    empty = "loss_degenerate" in e.alerts and (
        e.alerts["loss_degenerate"].get("pattern") != "constant"
    )
    return empty or below(e.first_facts.get("texts.train_eval"), 0.05)


@proposition("the validation labels hold no text that counts")
def val_without_text(e: Evidence) -> Answer:
    return below(e.facts.get("texts.val", e.first_facts.get("texts.val")), 0.05)


@proposition("training labels lie on the text after a change that is the same for all")
def train_labels_moved(e: Evidence) -> Answer:
    return moved(e, TRAIN_EVAL)


@proposition("validation labels lie on the text after a change that is the same for all")
def val_labels_moved(e: Evidence) -> Answer:
    return moved(e, VAL)


@proposition("training labels lie on less than validation labels do")
def train_labels_off(e: Evidence) -> Answer:
    return below(ratio(e.lift(TRAIN_EVAL), e.lift(VAL)), OFF)


@proposition("validation labels lie on less than training labels do")
def val_labels_off(e: Evidence) -> Answer:
    return below(ratio(e.lift(VAL), e.lift(TRAIN_EVAL)), OFF)


@proposition("training polygons cross themselves")
def train_labels_crossed(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("invalid.train_eval"), CROSSED)


@proposition("validation polygons cross themselves")
def val_labels_crossed(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("invalid.val"), CROSSED)


def moved(e: Evidence, column: str) -> Answer:
    now, best = e.lift(column), e.first_facts.get(f"best_lift.{column}")
    return all_of(at_least(best, ON_TEXT), at_least(ratio(best, now), MOVED))


@proposition("shrink_ratio and unclip_ratio, as written, fit no text")
def config_mismatch(e: Evidence) -> Answer:
    return e.config_mismatch


@proposition("with this total_epoch five releases take the seed for the epoch")
def bug_line(e: Evidence) -> Answer:
    return e.ratio_of_bug_line is not None
