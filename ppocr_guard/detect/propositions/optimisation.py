"""The loss, the learning rate and the weights."""

from __future__ import annotations

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.invariants import APART
from ppocr_guard.detect.limits import FAR, FOREIGN, RULED, SHRUNK, STILL
from ppocr_guard.detect.propositions.asking import (
    Answer,
    all_of,
    any_of,
    at_least,
    below,
    proposition,
)


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


@proposition("the weights hardly moved since the first step")
def weights_hardly_move(e: Evidence) -> Answer:
    return below(e.facts.get("weights_moved"), STILL)


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
    return any_of(below(e.facts.get("weights_norm"), SHRUNK), all_of(smaller, moved))


@proposition("a term of the loss is exactly 0 in every step, and not for want of text")
def loss_term_zero(e: Evidence) -> Answer:
    return bool(e.zero_terms) if e.steps >= 10 else None


@proposition("a term of the loss is enormous")
def loss_term_huge(e: Evidence) -> Answer:
    return at_least(e.largest_term, 1e6)


@proposition("the guard saw this run overfit")
def seen_overfitting(e: Evidence) -> Answer:
    return "overfitting" in e.alerts


@proposition("the learning rate has not come near the configured one yet")
def rate_not_reached(e: Evidence) -> Answer:
    if e.learning_rate is None or not e.config_learning_rate or not e.steps:
        return None
    return e.learning_rate < 0.1 * e.config_learning_rate


@proposition("the ranks have different weights")
def ranks_apart(e: Evidence) -> Answer:
    return at_least(e.invariants.get("ranks_apart"), APART)


@proposition("a part that is to be trained gets no gradient from the loss")
def no_gradient(e: Evidence) -> Answer:
    shares = e.gradient_shares.values()
    return min(shares) == 0 if shares else None
