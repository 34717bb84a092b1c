"""Rows of the decision table: training and evaluation set do not agree, or change in mid-run."""

from __future__ import annotations

from ppocr_guard.detect.table.entry import DATA_CHANGED, EVAL_MISMATCH, Entry

SETS: tuple[Entry, ...] = (
    Entry(
        code="transforms_differ",
        when=(
            (0.93, ("knew_train", "foreign_train_eval")),
            (0.93, ("knew_train_eval", "foreign_train")),
            (0.93, ("eval_was_worse", "colours_differ")),
            (0.93, ("eval_was_worse", "text_size_differs")),
            (0.85, ("eval_was_worse",)),
            (0.93, ("train_was_worse", "colours_differ")),
            (0.93, ("train_was_worse", "text_size_differs")),
            (0.9, ("knows_train", "fails_train_eval", "unless knew_train_eval")),
            (0.8, ("knows_train_eval", "fails_train", "colours_differ", "unless knew_train")),
        ),
        against=("train_labels_moved", "targets_fail", "train_labels_crossed"),
        phrases=(
            "On the same training images the model reached {first_train} as training sees them "
            "and {first_train_eval} through Eval's transforms{size_or_colour}.",
            "On the same training images the model reaches {model_train} as training sees them "
            "and {model_train_eval} through Eval's transforms{size_or_colour}.",
        ),
        remedy="transforms",
        look="resize, colour order and NormalizeImage of Train and Eval",
        explains=("evaluation_set", "overfitting", "pretrained_wrong", "learning_rate_too_high",
                  "other_domain", "forgetting", "labels_shifted"),
        condition=EVAL_MISMATCH,
    ),
    Entry(
        code="evaluation_set",
        when=(
            (0.97, ("val_labels_moved", "not train_labels_moved", "unless knew_val")),
            (0.95, ("val_without_text",)),
            (0.95, ("val_labels_crossed",)),
            (0.95, ("val_images_flat", "not train_images_flat")),
            (0.93, ("knew_train_eval", "foreign_val", "val_labels_off")),
            (0.93, ("val_labels_resized", "not train_labels_resized")),
            (0.93, ("val_labels_missing", "knew_train_eval", "not train_labels_missing")),
            (0.93, ("val_labels_mixed", "knew_train_eval", "unless train_labels_mixed")),
            (0.75, ("knew_train_eval", "foreign_val")),
            (0.85, ("val_labels_fail", "targets_fit", "foreign_val")),
            (0.9, ("knew_train", "never_good", "not examined", "unless targets_fail")),
            (0.6, ("loss_fell_from_first", "never_good", "not examined", "unless targets_fail")),
        ),
        against=("val_changed", "val_files_changed", "labels_want_threshold"),
        phrases=(
            "The validation labels do not lie on the text; {change_val} they would (edges inside "
            "them {lift_val} times the mean, then {best_lift_val}).",
            "The model finds text in validation images where there is no label: only "
            "{unlabelled_val} of its boxes lie on one, and in training images all do.",
            "In {mixed_val} of the validation images no label is where the model finds text, in "
            "nearly all others all are: these images have the labels of others.",
            "Before the first step the model reached {first_train_eval} on training images "
            "through Eval's transforms and {first_val} on validation images: evaluation labels "
            "and images do not belong together, or are of another kind.",
            "The model matches the training labels (Dice loss {dice_first}), but the metric never "
            "exceeded {best}: evaluation does not see the data that training does.",
            "Evaluation does not see the data that training does.",
        ),
        remedy="evaluation",
        look="a few evaluation labels drawn over their images",
        explains=("overfitting", "learning_rate_too_high", "pretrained_wrong"),
        condition=EVAL_MISMATCH,
    ),
    Entry(
        code="evaluation_changed",
        when=((0.97, ("val_files_changed",)), (0.95, ("val_changed",))),
        phrases=("{changed_share_val} of the validation images looked at are other files than when "
                 "the run began ({changed_file_val}): they were overwritten in mid-run.",
                 "The validation images or labels are no longer those that the run began with: "
                 "they were overwritten in mid-run.",),
        remedy="restore_evaluation",
        look="the dates of the evaluation files",
        explains=("overfitting", "learning_rate_too_high", "other_domain", "forgetting",
                  "evaluation_set", "labels_shifted"),
        condition=DATA_CHANGED,
    ),
    Entry(
        code="training_data_changed",
        when=((0.97, ("train_files_changed",)), (0.9, ("batches_jumped",))),
        phrases=("{changed_share_train} of the training images looked at are other files than when "
                 "the run began ({changed_file_train}): they were overwritten in mid-run.",
                 "From step {jump_step} on the training batches look otherwise ({jump_figure}): "
                 "training data was exchanged or overwritten in mid-run.",),
        remedy="restore_training",
        look="the dates of the training files",
        explains=("overfitting", "learning_rate_too_high", "other_domain", "forgetting",
                  "labels_shifted", "network_dead"),
        condition=DATA_CHANGED,
    ),
)  # fmt: skip
