"""Rows of the decision table about what was found before the training: by the check of the
configuration at its start, by the rules that read labels and images, and by a rehearsal.

A finding alone names no cause while training goes well: it is a guess about a run that nobody had
seen. ``SPOKEN`` adds lines to causes that stand elsewhere; ``OWN`` are causes that nothing else
shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ppocr_guard.detect.table.entry import TRAINING_WRONG, Entry, Facts

# Cause -> finding, confidence, and what must be so beside it.
SPOKEN: dict[str, tuple[tuple[str, float, Facts], ...]] = {
    "transforms_differ": (
        ("eval_images_small", 0.92, ("eval_was_worse",)),
        ("eval_images_large", 0.92, ("eval_was_worse",)),
        ("image_shape_differs", 0.9, ("eval_was_worse",)),
        ("eval_images_small", 0.7, ("never_good", "not examined")),
        ("eval_images_large", 0.7, ("never_good", "not examined")),
    ),
    "labels_empty": (
        ("all_ignored", 0.9, ("never_good",)),
        ("targets_empty", 0.9, ("never_good",)),
    ),
    "labels_crossed": (
        ("polygon_degenerate", 0.9, ("metric_low", "foreign_train_eval", "knew_val")),
        ("polygon_degenerate", 0.7, ("metric_low", "not examined")),
    ),
    "labels_shifted": (
        ("polygons_outside", 0.93, ("foreign_train_eval", "knew_val")),
        ("polygons_outside", 0.7, ("metric_low", "not examined")),
    ),
    "learning_rate_too_high": (
        ("learning_rate_high", 0.92, ("lost_for_long",)),
        ("learning_rate_high", 0.9, ("metric_low", "loss_risen")),
        ("learning_rate_high", 0.7, ("metric_low",)),
    ),
    "overfitting": (
        ("small_set_not_augmented", 0.8, ("seen_overfitting",)),
        ("small_set_not_augmented", 0.6, ("metric_low", "loss_fallen")),
    ),
    "postprocess_mismatch": (
        ("postprocess_blind", 0.95, ("never_good",)),
    ),
    "part_without_gradient": (
        ("part_without_gradient", 0.9, ("never_good",)),
    ),
    "data_pipeline_failing": (
        ("samples_fail", 0.7, ("metric_low",)),
        ("images_missing", 0.6, ("metric_low",)),
        ("images_unreadable", 0.6, ("metric_low",)),
        ("label_lines_broken", 0.5, ("metric_low",)),
    ),
}  # fmt: skip

OWN: tuple[Entry, ...] = (
    Entry(
        code="warmup_too_long",
        when=(
            (0.93, ("found warmup_too_long", "rate_not_reached", "never_good")),
            (0.7, ("found warmup_too_long", "rate_not_reached", "metric_low")),
        ),
        against=("knew_val", "loss_not_finite"),
        phrases=(
            "{found_warmup_too_long} The highest learning rate so far is {learning_rate}.",
        ),
        remedy="warmup",
        look="the learning rate in the log, against the one in the config",
        explains=("learning_rate_too_low", "weights_frozen", "network_dead", "evaluation_set",
                  "pretrained_wrong"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="learning_rate_too_low",
        when=((0.8, ("found learning_rate_low", "never_good", "not loss_fell_from_first")),),
        against=("knew_val", "loss_not_finite", "rate_zero"),
        phrases=("Found before the training: {found_learning_rate_low}",),
        remedy="rate_low",
        look="whether the loss falls at ten times the learning rate",
        explains=("network_dead", "evaluation_set", "pretrained_wrong"),
    ),
    Entry(
        code="images_unscaled",
        when=(
            (0.9, ("found images_unscaled", "foreign_train_eval", "foreign_val", "never_good")),
            (0.7, ("found images_unscaled", "never_good", "not examined")),
        ),
        phrases=("Found before the training: {found_images_unscaled}",),
        remedy="unscaled",
        look="NormalizeImage in Train and Eval",
        explains=("pretrained_wrong", "network_dead", "evaluation_set", "learning_rate_too_high"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="maps_before_crop",
        when=(
            (0.93, ("found maps_before_crop", "metric_low")),
            (0.9, ("found maps_before_crop", "never_good")),
        ),
        phrases=("Found before the training: {found_maps_before_crop}",),
        remedy="map_order",
        look="the order of MakeShrinkMap, MakeBorderMap and EastRandomCropData",
        explains=("labels_shifted", "unclip_mismatch", "transforms_differ", "other_domain",
                  "learning_rate_too_high", "forgetting", "overfitting"),
    ),
)  # fmt: skip


def with_findings(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """``entries`` with the lines of ``SPOKEN`` (at the first row of a cause), and ``OWN``."""
    left = dict(SPOKEN)
    made = []
    for entry in entries:
        lines = tuple(
            (confidence, (f"found {finding}", *facts))
            for finding, confidence, facts in left.pop(entry.code, ())
        )
        made.append(replace(entry, when=(*entry.when, *lines)))
    return (*made, *OWN)
