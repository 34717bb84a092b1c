"""Rows of the decision table about how training is done, whatever it trains: no label, no score
and no task decides here."""

from __future__ import annotations

from ppocr_guard.detect.entry import TRAINING_WRONG, Entry

_OF_MODEL = ("network_dead", "pretrained_wrong", "weights_frozen", "evaluation_set", "overfitting")

PROCESS: tuple[Entry, ...] = (
    Entry(
        code="ranks_differ",
        when=((0.97, ("ranks_apart",)),),
        phrases=(
            "The weights of the ranks are no longer the same ({apart}; {difference} of their "
            "length): each trains a model of its own, and rank 0's is the one that is saved.",
            "The weights of the ranks are no longer the same: each trains a model of its own, and "
            "rank 0's is the one that is saved.",
        ),
        remedy="ranks",
        look="code that loads or changes weights on one rank, or outside of DataParallel",
        explains=("learning_rate_too_high", *_OF_MODEL),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="part_without_gradient",
        when=(
            (0.94, ("no_gradient", "never_good")),
            (0.9, ("no_gradient",)),
        ),
        against=("loss_not_finite", "train_without_text", "ratio_above_one"),
        phrases=(
            "No weight of {parts_without_gradient} gets a gradient from the loss, though the "
            "optimizer has it: it is cut off from the loss, and learns nothing.",
            "A part of the network gets no gradient from the loss: it learns nothing.",
        ),
        remedy="gradient",
        look="detach() and no_grad() in the model and the loss, and what the loss reads",
        explains=_OF_MODEL,
        condition=TRAINING_WRONG,
    ),
)  # fmt: skip
