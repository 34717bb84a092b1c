"""The decision table: which pattern of facts stands for which cause.

One :class:`Entry` a cause. ``when`` holds alternatives, each a set of propositions
(:mod:`ppocr_guard.detect.propositions`) that must all be known to be true; ``against`` those of
which none may be true. "not X" is known to be false; "unless X" is not known to be true.
``explains`` names causes that follow from this one, and are not told beside it. Nothing else
decides; :mod:`ppocr_guard.detect.diagnosis` only reads this.
"""

from __future__ import annotations

from ppocr_guard.detect.entry import (
    DATA_CHANGED,
    EVAL_MISMATCH,
    LABELS_WRONG,
    MEDIOCRE,
    TARGETS_WRONG,
    TRAINING_WRONG,
    Entry,
)
from ppocr_guard.detect.findings_table import with_findings
from ppocr_guard.detect.process_table import PROCESS

_LABEL_CAUSES = ("labels_shifted", "labels_split", "labels_incomplete", "labels_crossed")
_POOR = ("overfitting", "learning_rate_too_high", "other_domain", "forgetting")

_TABLE: tuple[Entry, ...] = (
    Entry(
        code="loss_not_finite",
        when=((0.98, ("loss_not_finite",)), (0.9, ("weights_broken", "metric_low"))),
        phrases=("The loss became NaN or infinite; the weights are lost from there on.",),
        remedy="not_finite",
        look="NaN in the log's loss",
        explains=("network_dead", "learning_rate_too_high", "pretrained_wrong", "evaluation_set",
                  "overfitting", *_LABEL_CAUSES),
    ),
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
                  *_LABEL_CAUSES, *_POOR),
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
            (0.75, ("knew_train_eval", "foreign_val")),
            (0.85, ("val_labels_fail", "targets_fit", "foreign_val")),
            (0.9, ("knew_train", "never_good", "not examined", "unless targets_fail")),
            (0.6, ("loss_fell_from_first", "never_good", "not examined", "unless targets_fail")),
        ),
        against=("val_changed", "labels_want_threshold"),
        phrases=(
            "The validation labels do not lie on the text; {change_val} they would (edges inside "
            "them {lift_val} times the mean, then {best_lift_val}).",
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
        when=((0.95, ("val_changed",)),),
        phrases=("The validation images or labels are no longer those that the run began with: "
                 "they were overwritten in mid-run.",),
        remedy="restore_evaluation",
        look="the dates of the evaluation files",
        explains=("overfitting", "learning_rate_too_high", "other_domain", "forgetting",
                  "evaluation_set", "labels_shifted"),
        condition=DATA_CHANGED,
    ),
    Entry(
        code="training_data_changed",
        when=((0.9, ("batches_jumped",)),),
        phrases=("From step {jump_step} on the training batches look otherwise ({jump_figure}): "
                 "training data was exchanged or overwritten in mid-run.",),
        remedy="restore_training",
        look="the dates of the training files",
        explains=("overfitting", "learning_rate_too_high", "other_domain", "forgetting",
                  "labels_shifted", "network_dead"),
        condition=DATA_CHANGED,
    ),
    Entry(
        code="learning_rate_zero",
        when=((0.97, ("rate_zero", "weights_still")), (0.9, ("rate_zero",))),
        phrases=("The learning rate is 0 since the first step: no weight changes.",),
        remedy="rate_zero",
        look="the learning rate in the log",
        explains=("weights_frozen", "network_dead", "pretrained_wrong", "evaluation_set"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="weights_frozen",
        when=(
            (0.93, ("weights_still", "not rate_zero")),
            (0.88, ("part_frozen", "metric_low")),
            (0.88, ("part_frozen", "never_good")),
            (0.8, ("mostly_frozen", "never_good")),
        ),
        against=("loss_not_finite", "rate_fading"),
        phrases=(
            "The optimizer does not change {still_parts}: frozen, or not among the parameters "
            "that it was given.",
            "The optimizer does not change the weights: frozen, or not among the parameters that "
            "it was given.",
        ),
        remedy="frozen",
        look="stop_gradient of the parameters, and what the optimizer was given",
        explains=("network_dead", "pretrained_wrong", "evaluation_set"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="loss_part_zero",
        when=((0.93, ("loss_term_zero",)),),
        against=("train_without_text", "ratio_above_one"),
        phrases=("{zero_terms} of the loss is exactly 0 in every step, and there is text: nothing "
                 "is learned from it.",),
        remedy="loss_weights",
        look="the weights in the Loss section",
        explains=("network_dead", "weights_frozen", "pretrained_wrong", "evaluation_set",
                  "learning_rate_too_high"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="loss_weights_wrong",
        when=((0.9, ("loss_term_huge",)),),
        phrases=("A term of the loss is {largest_term}: its weight in the Loss section drowns "
                 "all others.",),
        remedy="loss_weights",
        look="the weights in the Loss section",
        explains=("loss_not_finite", "learning_rate_too_high", "network_dead"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="weight_decay_too_strong",
        when=(
            (0.93, ("lost_for_long", "weights_shrank")),
            (0.89, ("weights_shrank", "metric_low")),
            (0.89, ("weights_shrank", "never_good")),
        ),
        phrases=("{weights_smaller} of the weights are nearer to 0 than at the start: the "
                 "regularizer is stronger than what the loss teaches.",
                 "The weights shrink: the regularizer is stronger than what the loss teaches.",),
        remedy="weight_decay",
        look="Optimizer.regularizer.factor",
        explains=("learning_rate_too_high", "network_dead", "forgetting", "other_domain",
                  "pretrained_wrong", "overfitting"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="learning_rate_too_high",
        when=(
            (0.95, ("loss_diverged", "rate_large")),
            (0.93, ("maps_were_alive", "maps_dead", "rate_large")),
            (0.93, ("lost_for_long", "rate_large")),
            (0.9, ("lost_for_long", "weights_far")),
            (0.9, ("lost_for_long", "loss_risen")),
            (0.88, ("metric_low", "knew_train_eval", "fails_train_eval", "rate_large")),
            (0.88, ("metric_low", "knew_train_eval", "fails_train_eval", "weights_far")),
            (0.85, ("metric_low", "knew_train_eval", "fails_train_eval", "loss_risen")),
            (0.85, ("metric_low", "rate_large", "loss_risen")),
            (0.8, ("never_good", "rate_large", "fails_train_eval")),
            (0.65, ("metric_low", "rate_large", "not examined")),
            (0.6, ("loss_diverged",)),
            (0.5, ("metric_low", "loss_risen", "not examined")),
        ),
        against=("labels_contradict", "train_labels_moved", "targets_fail", "weights_shrank",
                 "labels_want_threshold"),
        phrases=(
            "The model knew the training labels ({first_train_eval}) and lost them "
            "({model_train_eval}), with a learning rate up to {learning_rate}: the steps are too "
            "large.",
            "The training loss rose ({loss_reference} to {loss}), with a learning rate up to "
            "{learning_rate}: the steps are too large.",
            "The learning rate {learning_rate} is very high: the steps are too large.",
            "The training loss rose: the steps are too large.",
        ),
        remedy="learning_rate",
        look="a run with a tenth of the learning rate",
        explains=("forgetting", "pretrained_wrong", "evaluation_set", "network_dead"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="overfitting",
        when=(
            (0.9, ("val_lost_for_long", "knows_train_eval", "knew_train_eval")),
            (0.85, ("metric_low", "knows_train_eval", "fails_val", "loss_fallen")),
            (0.85, ("metric_low", "knows_train_eval", "fails_val", "knew_val")),
            (0.7, ("metric_low", "knows_train", "fails_val", "knew_val")),
            (0.75, ("seen_overfitting", "knows_train_eval")),
            (0.75, ("seen_overfitting", "loss_fallen", "not examined")),
            (0.55, ("loss_fallen", "metric_low", "not examined", "not balanced")),
        ),
        against=("targets_fail", "labels_contradict", "rescored_recovers", "val_changed",
                 "never_good", "val_rescued"),
        phrases=(
            "The model is right on training images ({model_train_eval}) and has lost validation "
            "images ({model_val}; {first_val} before the first step).",
            "The training loss went on falling ({loss_at_best} to {loss}) while the validation "
            "metric fell from {best} to {value}.",
        ),
        remedy="overfitting",
        look="hmean on training images",
        condition=MEDIOCRE,
    ),
    Entry(
        code="other_domain",
        when=((0.6, ("metric_low", "knew_val", "foreign_train_eval", "knows_train_eval")),),
        against=("train_labels_moved", "train_labels_off", "train_labels_split"),
        phrases=(
            "The model learned the training images ({first_train_eval} to {model_train_eval}) and "
            "forgot the validation images ({first_val} to {model_val}): the two are of another "
            "kind, or are labelled otherwise.",
        ),
        remedy="domain",
        look="a few images of both sets side by side",
        explains=("overfitting",),
    ),
    Entry(
        code="pretrained_wrong",
        when=(
            (0.97, ("pretrained", "weights_do_not_fit")),
            (0.9, ("pretrained", "weights_fit", "knew_nothing", "labels_on_text")),
            (0.8, ("pretrained", "never_good", "foreign_train_eval", "foreign_val",
                   "foreign_train")),
            (0.65, ("pretrained", "never_good", "first_bad", "dice_foreign", "not examined")),
            (0.5, ("pretrained", "never_good", "first_bad", "not examined", "unless knew_train")),
        ),
        against=("maps_dead", "weights_broken", "targets_fail", "labels_want_threshold",
                 "train_labels_moved"),
        phrases=(
            "The run starts from a pretrained model, which knew neither training labels "
            "({first_train_eval}) nor validation labels ({first_val}): the weights are of another "
            "model or were not loaded.",
            "The run starts from a pretrained model, yet its first evaluation gave {first}: the "
            "weights are of another model or were not loaded.",
        ),
        remedy="pretrained",
        look="'The shape of model params' and 'not in model' at the start of the log",
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="network_dead",
        when=(
            (0.93, ("maps_dead", "unless maps_were_alive")),
            (0.6, ("maps_dead",)),
            (0.9, ("weights_broken", "unless maps_were_alive")),
            (0.6, ("weights_broken",)),
            (0.7, ("dice_near_one", "no_boxes", "loss_still", "never_good")),
        ),
        against=("train_without_text", "rate_zero"),
        phrases=(
            "Nothing gets through the network: its maps do not depend on the image, or are not "
            "finite (variation {variation_val}). NaN in the images or in the weights does this: "
            "ReLU makes 0 of it.",
            "Not one box, and the training loss does not move ({loss_first} to {loss}): nothing "
            "gets through the network. NaN in the images or in the weights does this (ReLU makes "
            "0 of it).",
        ),
        remedy="dead",
        look="NaN in the pretrained weights, and a std of 0 in NormalizeImage",
        explains=("pretrained_wrong", "evaluation_set", "labels_shifted", "transforms_differ",
                  "learning_rate_too_high"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="data_pipeline_failing",
        when=((0.9, ("samples_fail", "unless targets_fail")), (0.5, ("samples_fail",))),
        phrases=("PaddleOCR failed to load samples {data_errors} times and trains on the rest."
                 "{data_message}",),
        remedy="pipeline",
        look="the errors in the log",
        explains=(),
    ),
    *PROCESS,
)  # fmt: skip
TABLE = with_findings(_TABLE)
