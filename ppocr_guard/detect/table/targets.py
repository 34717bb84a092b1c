"""Rows of the decision table: labels, training maps and postprocess."""

from __future__ import annotations

from ppocr_guard.detect.table.entry import LABELS_WRONG, MEDIOCRE, TARGETS_WRONG, Entry

LABEL_CAUSES = ("labels_shifted", "labels_split", "labels_incomplete", "labels_crossed")
_POOR = ("overfitting", "learning_rate_too_high", "other_domain", "forgetting")

TARGETS: tuple[Entry, ...] = (
    Entry(
        code="labels_empty",
        when=((0.95, ("train_without_text",)),),
        against=("ratio_above_one",),
        phrases=("No training map holds a single text pixel: the labels are empty or all marked "
                 "to be ignored.",),
        remedy="labels_empty",
        look="the texts of the training label file",
        explains=("data_pipeline_failing", "learning_rate_too_high", "overfitting",
                  "loss_part_zero", "network_dead", "unclip_mismatch", "postprocess_mismatch"),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="shrink_ratio_wrong",
        when=(
            (0.97, ("ratio_wrong", "targets_fail")),
            (0.97, ("ratio_wrong", "rescored_recovers")),
            (0.97, ("ratio_above_one",)),
            (0.9, ("ratio_wrong", "unknown_fit")),
            (0.8, ("only_curve", "balanced", "bug_line", "not config_mismatch")),
        ),
        phrases=(
            "The maps are shrunk by {shrink_ratio}, the config means {shrink_expected}"
            "{shrink_cause}; the postprocess cannot bring such boxes back to their size.",
            "Precision {precision} and recall {recall} are equal: there is a box for each text, "
            "but of the wrong size or place. With this total_epoch the releases 2.7.1, 2.7.4, "
            "2.7.5, 2.8.0 and 2.8.1 shrink by {ratio_of_bug_line}.",
        ),
        remedy="shrink_ratio",
        look="the effective shrink ratio in the guard's log",
        explains=("unclip_mismatch", "postprocess_mismatch", "labels_empty", "labels_shifted",
                  "data_pipeline_failing", "loss_part_zero", *_POOR),
    ),
    Entry(
        code="unclip_mismatch",
        when=(
            (0.95, ("targets_fail", "labels_want_unclip")),
            (0.92, ("targets_fail", "not examined")),
            (0.92, ("labels_want_unclip", "model_wants_unclip")),
            (0.93, ("rescored_recovers", "not examined", "unless targets_fit")),
            (0.6, ("rescored_recovers", "not examined")),
            (0.85, ("only_curve", "balanced", "config_mismatch")),
            (0.6, ("only_curve", "balanced")),
        ),
        against=("labels_contradict", "train_labels_moved", "labels_want_threshold"),
        phrases=(
            "Even the labels themselves, as a perfect prediction, reach only {labels_train} "
            "with unclip_ratio {unclip_ratio}, and {labels_best_train} with another one.",
            "Even a perfect prediction of the training maps fails with unclip_ratio "
            "{unclip_ratio}: median IoU {round_trip_iou}.",
            "The same predictions reach {recovered_hmean} with unclip_ratio {recovered_ratio} "
            "instead of {value}: the boxes only get the wrong size.",
            "Precision {precision} and recall {recall} are equal: there is a box for each text, "
            "but of the wrong size or place. unclip_ratio {config_unclip_ratio} does not invert "
            "shrink_ratio {config_shrink_ratio}.",
            "There is a box for each text, but of the wrong size or place.",
        ),
        remedy="unclip",
        look="shrink_ratio and unclip_ratio of the config",
        explains=("labels_shifted", *_POOR),
        condition=TARGETS_WRONG,
    ),
    Entry(
        code="postprocess_mismatch",
        when=((0.95, ("labels_want_threshold",)),),
        against=("ratio_above_one", "train_without_text"),
        phrases=(
            "Even the labels themselves, as a prediction of {certain}, reach only {labels_train}; "
            "with {setting} they reach {labels_best_train}.",
            "Even the labels themselves do not come through this postprocess.",
        ),
        remedy="postprocess",
        look="thresh, box_thresh and max_candidates of PostProcess",
        explains=("unclip_mismatch", "evaluation_set", "pretrained_wrong", "network_dead", *_POOR),
        condition=TARGETS_WRONG,
    ),
    Entry(
        code="postprocess_mismatch",
        when=((0.9, ("model_wants_threshold",)),),
        against=("labels_want_threshold", "targets_fail", "ratio_wrong"),
        phrases=(
            "The model is better than its score: {best_setting} brings it from {model_val} to "
            "{best_val} on validation images, and on training images as well, since before the "
            "first step.",
        ),
        remedy="thresholds",
        look="thresh, box_thresh and max_candidates of PostProcess",
        condition=MEDIOCRE,
    ),
    Entry(
        code="unclip_mismatch",
        when=((0.9, ("model_wanted_unclip", "round_trip_scarce")),),
        against=("labels_want_unclip", "labels_want_threshold", "targets_fail", "ratio_wrong",
                 "train_labels_moved"),
        phrases=(
            "The model is better than its score: with unclip_ratio {best_unclip} it has {best_val} "
            "instead of {model_val} on validation images, and as much more on training images, "
            "since before the first step; and the labels themselves have a median IoU of "
            "{fitting_iou} instead of {round_trip_iou} with {fitting_unclip}.",
        ),
        remedy="fitting_unclip",
        look="shrink_ratio and unclip_ratio of the config",
        explains=("transforms_differ", "postprocess_mismatch"),
        condition=MEDIOCRE,
    ),
    Entry(
        code="keep_keys_order",
        when=((0.93, ("keep_keys_order",)),),
        phrases=("{keep_keys}",),
        remedy="keep_keys",
        look="the order of keep_keys in Train",
        explains=("unclip_mismatch", "shrink_ratio_wrong", "loss_part_zero", "labels_empty",
                  *LABEL_CAUSES, *_POOR),
        condition=TARGETS_WRONG,
    ),
    Entry(
        code="labels_crossed",
        when=((0.95, ("train_labels_crossed",)),),
        phrases=("{invalid_train_share} of the training polygons cross themselves: their corners "
                 "are not in order around the text.",),
        remedy="corners",
        look="the order of corners in the training labels",
        explains=("labels_shifted", "labels_split", "labels_incomplete", "unclip_mismatch",
                  "postprocess_mismatch", *_POOR),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="images_flat",
        when=((0.95, ("train_images_flat",)),),
        phrases=("The training images hold nothing: each is of one colour where the network gets "
                 "it.",),
        remedy="flat",
        look="the training images, and NormalizeImage",
        explains=("labels_shifted", "transforms_differ", "network_dead", "pretrained_wrong",
                  "labels_incomplete", *_POOR),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="labels_shifted",
        when=(
            (0.97, ("train_labels_moved", "not val_labels_moved", "unless knew_train_eval")),
            (0.93, ("train_labels_moved", "unless knew_train_eval")),
            (0.93, ("foreign_train_eval", "knew_val", "train_labels_off")),
            (0.93, ("train_labels_mixed", "knew_val", "unless val_labels_mixed")),
            (0.93, ("train_labels_resized", "not val_labels_resized", "not train_labels_missing")),
            (0.8, ("val_lost_for_long", "val_rescued", "knows_train_eval", "not targets_fail")),
            (0.9, ("labels_contradict", "not examined")),
            (0.85, ("balanced", "targets_fit", "rescored_fails", "not examined",
                    "unless knew_train")),
            (0.65, ("balanced", "targets_fit", "not examined", "unless rescored_recovers",
                    "unless knew_train")),
            (0.35, ("balanced", "not examined", "unless rescored_recovers",
                    "unless knew_train", "unless targets_fail")),
        ),
        against=("train_labels_split", "train_labels_merged", "train_labels_crossed",
                 "train_without_text"),
        phrases=(
            "The training labels do not lie on the text; {change_train} they would (edges inside "
            "them {lift_train} times the mean, then {best_lift_train}).",
            "In {mixed_train} of the training images no label is where the model finds text, in "
            "nearly all others all are: these images have the labels of others.",
            "Before the first step the model reached {first_val} on validation labels and "
            "{first_train_eval} on training labels: the training labels do not lie on the text.",
            "The first evaluation gave {first}, but by the training labels the same model was "
            "wrong (Dice loss {dice_at_first}): the training labels do not lie on the text.",
            "The training labels do not lie on the text.",
        ),
        remedy="labels",
        look="a few training labels drawn over their images",
        explains=("unclip_mismatch", "overfitting", "learning_rate_too_high", "other_domain",
                  "forgetting", "transforms_differ", "labels_incomplete"),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="labels_split",
        when=(
            (0.93, ("train_labels_split", "knew_val")),
            (0.9, ("train_labels_merged", "knew_val")),
        ),
        phrases=(
            "A box that the model finds holds {labels_per_box_train} training labels, and "
            "{labels_per_box_val} validation labels: the two sets are not labelled by the same "
            "unit (characters, words, lines).",
        ),
        remedy="unit",
        look="whether training and validation labels mark characters, words or lines",
        explains=("labels_shifted", "labels_incomplete", "unclip_mismatch", "other_domain",
                  "forgetting", "learning_rate_too_high", "overfitting"),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="labels_incomplete",
        when=((0.9, ("train_labels_missing", "knew_val")),),
        phrases=(
            "The model finds text in training images where there is no label: only "
            "{boxes_on_labels_train} of its boxes lie on one, against {boxes_on_labels_val} in "
            "validation images.",
        ),
        remedy="missing_labels",
        look="texts without a label in the training images",
        explains=("overfitting", "learning_rate_too_high", "other_domain", "forgetting"),
        condition=LABELS_WRONG,
    ),
)  # fmt: skip
