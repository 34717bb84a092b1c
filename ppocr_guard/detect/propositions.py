"""What can be true of a run, each a question to the :class:`Evidence` with a name and a sentence.

The decision table (:mod:`ppocr_guard.detect.table`) speaks in these names. An answer is True,
False, or None: not known. Limits stand here and nowhere else.

"Known" labels are labels that the model found before the first step, "foreign" ones those that it
did not. ``lift``: how much stronger edges are inside the labelled polygons than elsewhere; 3.4 to
4.0 for synthetic text, 1.2 to 2.2 with labels that were moved, 1.0 is chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from ppocr_guard.detect.evidence import FITS, FOREIGN, Evidence
from ppocr_guard.wording import say

Answer = Optional[bool]
Ask = Callable[[Evidence], Answer]
FOUND = "found"  # before the code of a finding
TRAIN, TRAIN_EVAL, VAL = "train", "train_eval", "val"

GOOD = 0.6  # a model that knows the labels; hmean
POOR = 0.4  # one that does not
WORSE = 0.7  # of the score (or share) on the other side, below which one is much worse
KEEPS = 0.75  # share of the ceiling that a sound model keeps
GAIN = 0.08  # hmean that another setting must bring
MOVED = 1.4  # lift of moved labels over that of the labels as they are ...
ON_TEXT = 1.8  # ... and what it must reach
OFF = 0.65  # lift over that of the other set, below which labels are beside their text
CROSSED = 0.3  # share of polygons that cross themselves
PIECES = 1.7  # labels in one box, or boxes in one label
RESIZED = 1.6  # ratio of the areas of label and box, against the other set's
DEAD = 1e-6  # variation of probability maps over images; 2e-4 and more of untrained networks
SHRUNK = 0.5  # of the weights' length
RULED = 0.85  # share of the weights that are nearer to 0 than at the start; 0.5 when learning
FAR = 0.6  # way of the weights from the start, relative to their length
SCALED = 2.0  # ratio of text heights
LONG = 4  # examinations
FLAT = 0.05  # standard deviation of normalised images
SCARCE = 0.12  # median IoU that another unclip ratio must bring; 0.06 at 1.5 over 0.4
COLOUR = 0.5  # difference of the mean of normalised images


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


def _any(*answers: Answer) -> Answer:
    """Or, in three-valued logic."""
    if any(answers):
        return True
    return None if None in answers else False


def _all(*answers: Answer) -> Answer:
    """And, in three-valued logic."""
    if False in answers:
        return False
    return None if None in answers else True


def _ratio(value: Optional[float], by: Optional[float]) -> Optional[float]:
    return None if value is None or not by else value / by


# Labels, targets and postprocess: no model is asked.


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
    return _all(first, good, e.better_setting("model", "other", GAIN))


@proposition("another unclip ratio helps the model everywhere, and did before the first step")
def model_wanted_unclip(e: Evidence) -> Answer:
    first = e.better_setting("model", "unclip_ratio", GAIN, first=True)
    good = at_least(e.first_best(VAL), GOOD)
    return _all(first, good, e.better_setting("model", "unclip_ratio", GAIN))


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
    return _moved(e, TRAIN_EVAL)


@proposition("validation labels lie on the text after a change that is the same for all")
def val_labels_moved(e: Evidence) -> Answer:
    return _moved(e, VAL)


@proposition("training labels lie on less than validation labels do")
def train_labels_off(e: Evidence) -> Answer:
    return below(_ratio(e.lift(TRAIN_EVAL), e.lift(VAL)), OFF)


@proposition("validation labels lie on less than training labels do")
def val_labels_off(e: Evidence) -> Answer:
    return below(_ratio(e.lift(VAL), e.lift(TRAIN_EVAL)), OFF)


@proposition("training polygons cross themselves")
def train_labels_crossed(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("invalid.train_eval"), CROSSED)


@proposition("validation polygons cross themselves")
def val_labels_crossed(e: Evidence) -> Answer:
    return at_least(e.first_facts.get("invalid.val"), CROSSED)


def _moved(e: Evidence, column: str) -> Answer:
    now, best = e.lift(column), e.first_facts.get(f"best_lift.{column}")
    return _all(at_least(best, ON_TEXT), at_least(_ratio(best, now), MOVED))


# The model before the first step.


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
    moved = [_moved(e, column) for column in (TRAIN_EVAL, VAL)]
    return _all(*lifts, *(None if one is None else not one for one in moved))


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
    return _all(at_least(other, GOOD), below(_ratio(value, other), WORSE))


@proposition("training labels are several to a box of the first model")
def train_labels_split(e: Evidence) -> Answer:
    return _pieces(e, "labels_per_box")


@proposition("boxes of the first model are several to a training label")
def train_labels_merged(e: Evidence) -> Answer:
    return _pieces(e, "boxes_per_label")


def _pieces(e: Evidence, figure: str) -> Answer:
    train = e.first_facts.get(f"{figure}.train_eval")
    val = e.first_facts.get(f"{figure}.val")
    return _all(at_least(train, PIECES), at_least(_ratio(train, val), 1.4))


@proposition("training polygons have another size than validation polygons, which it knew")
def train_labels_resized(e: Evidence) -> Answer:
    return _all(at_least(e.first_cell(VAL), GOOD), _resized(e))


@proposition("validation polygons have another size than training polygons, which it knew")
def val_labels_resized(e: Evidence) -> Answer:
    return _all(at_least(e.first_cell(TRAIN_EVAL), GOOD), _resized(e))


def _resized(e: Evidence) -> Answer:
    """By the boxes of one model, under the config's own postprocess."""
    change = _ratio(e.first_facts.get("area_ratio.train_eval"), e.first_facts.get("area_ratio.val"))
    return None if change is None else not 1 / RESIZED < change < RESIZED


@proposition("the first model finds much text in training images that no label has")
def train_labels_missing(e: Evidence) -> Answer:
    """Against the same model on the other set: 0.99 and 0.99 of sound sets."""
    train = e.first_facts.get("boxes_on_labels.train_eval")
    val = e.first_facts.get("boxes_on_labels.val")
    found = e.first_facts.get("labels_in_boxes.train_eval")
    return _all(below(_ratio(train, val), WORSE), at_least(found, 0.7))


# The model now.


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


# The optimisation.


@proposition("the loss became NaN or infinite")
def loss_not_finite(e: Evidence) -> Answer:
    return "loss_not_finite" in e.alerts


@proposition("the loss diverged")
def loss_diverged(e: Evidence) -> Answer:
    return "loss_diverged" in e.alerts


@proposition("the training loss is above what it was at the best")
def loss_risen(e: Evidence) -> Answer:
    reference = e.loss_at_best if e.loss_at_best is not None else e.loss_first
    return None if e.loss is None or reference is None else e.loss > 1.3 * reference


@proposition("the training loss is well below what it was at the best")
def loss_fallen(e: Evidence) -> Answer:
    if e.loss is None or e.loss_at_best is None:
        return None
    return e.loss <= 0.8 * e.loss_at_best


@proposition("the training loss is well below what it was at first")
def loss_fell_from_first(e: Evidence) -> Answer:
    return None if e.loss is None or e.loss_first is None else e.loss <= 0.6 * e.loss_first


@proposition("the training loss does not move")
def loss_still(e: Evidence) -> Answer:
    if e.loss is None or e.loss_first is None:
        return None
    return abs(e.loss - e.loss_first) <= 0.05 * abs(e.loss_first)


@proposition("the Dice loss of the binary map is near 1")
def dice_near_one(e: Evidence) -> Answer:
    return at_least(e.dice, 0.98)


@proposition("the Dice loss was large in the first steps")
def dice_foreign(e: Evidence) -> Answer:
    return at_least(e.dice_first, FOREIGN)


@proposition("the learning rate is very high for this optimizer")
def rate_large(e: Evidence) -> Answer:
    limit = 0.02 if e.optimizer.lower().startswith("adam") else 0.2
    return at_least(e.learning_rate, limit)


@proposition("the learning rate is 0")
def rate_zero(e: Evidence) -> Answer:
    if e.learning_rate is None or e.steps < 10:
        return None
    return e.learning_rate <= 0


@proposition("the learning rate is next to nothing now: warming up, or at its end")
def rate_fading(e: Evidence) -> Answer:
    if e.rate_now is None or not e.learning_rate:
        return None
    return e.rate_now < 0.01 * e.learning_rate


@proposition("the optimizer did not change one weight since the last look")
def weights_still(e: Evidence) -> Answer:
    return below(e.facts.get("weights_changed"), 0.01)


@proposition("a part of the network is not trained")
def part_frozen(e: Evidence) -> Answer:
    parts = [v for k, v in e.facts.items() if k.startswith("weights_changed.")]
    return min(parts) < 0.01 < max(parts) if parts else None


@proposition("most of the weights are not trained")
def mostly_frozen(e: Evidence) -> Answer:
    return at_least(e.facts.get("weights_frozen"), 0.5)


@proposition("the weights went far from where they began")
def weights_far(e: Evidence) -> Answer:
    return at_least(e.facts.get("weights_moved"), FAR)


@proposition("the weights shrank: nearly all of them, or to half of their length")
def weights_shrank(e: Evidence) -> Answer:
    smaller = at_least(e.facts.get("weights_smaller"), RULED)
    moved = at_least(e.facts.get("weights_moved"), 0.01)
    return _any(below(e.facts.get("weights_norm"), SHRUNK), _all(smaller, moved))


@proposition("a term of the loss is exactly 0 in every step, and not for want of text")
def loss_term_zero(e: Evidence) -> Answer:
    return bool(e.zero_terms) if e.steps >= 10 else None


@proposition("a term of the loss is enormous")
def loss_term_huge(e: Evidence) -> Answer:
    return at_least(e.largest_term, 1e6)


# Data.


@proposition("samples fail to load")
def samples_fail(e: Evidence) -> Answer:
    return "data_pipeline_failing" in e.alerts


@proposition("training batches look otherwise from some step on")
def batches_jumped(e: Evidence) -> Answer:
    return bool(e.jumps)


@proposition("validation images or labels are no longer those of the start")
def val_changed(e: Evidence) -> Answer:
    same = below(e.facts.get("same.val"), 0.5)
    now, first = e.facts.get("mean.val"), e.first_val.get("mean.val")
    spread, before = e.facts.get("std.val"), e.first_val.get("std.val")
    if None in (now, first, spread, before):
        return same
    assert now is not None
    assert first is not None
    return _any(same, abs(now - first) > 0.05, not 0.95 < (spread or 0) / (before or 1) < 1.05)


@proposition("text has another size for the network in training than in evaluation")
def text_size_differs(e: Evidence) -> Answer:
    change = _ratio(
        e.first_facts.get("text_height.train_eval"), e.first_facts.get("text_height.train")
    )
    return None if change is None else not 1 / SCALED < change < SCALED


@proposition("colours reach the network otherwise in training than in evaluation")
def colours_differ(e: Evidence) -> Answer:
    if "normalization_differs" in e.findings or "image_mode_differs" in e.findings:
        return True
    train, as_eval = e.first_facts.get("mean.train"), e.first_facts.get("mean.train_eval")
    spread = _ratio(e.first_facts.get("std.train_eval"), e.first_facts.get("std.train"))
    if train is None or as_eval is None or spread is None:
        return None
    return abs(train - as_eval) > COLOUR or not 0.5 < spread < 2


@proposition("the check of the config found KeepKeys in another order than the loss reads")
def keep_keys_order(e: Evidence) -> Answer:
    return "keep_keys_order" in e.findings or None


@proposition("this was read from a log: nothing but the curve is known")
def only_curve(e: Evidence) -> Answer:
    return not e.cells and e.targets_fit is None and not e.rescored


@proposition("the model was examined")
def examined(e: Evidence) -> Answer:
    return bool(e.cells)


@proposition("shrink_ratio and unclip_ratio, as written, fit no text")
def config_mismatch(e: Evidence) -> Answer:
    return e.config_mismatch


@proposition("with this total_epoch five releases take the seed for the epoch")
def bug_line(e: Evidence) -> Answer:
    return e.ratio_of_bug_line is not None


@proposition("the guard saw this run overfit")
def seen_overfitting(e: Evidence) -> Answer:
    return "overfitting" in e.alerts
