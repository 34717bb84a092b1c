"""The decision table for recognisers, in the manner of :mod:`ppocr_guard.detect.table`.

Causes that a detector has as well stand there and are taken over by name.
"""

from __future__ import annotations

from dataclasses import replace

from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.entry import (
    EVAL_MISMATCH,
    LABELS_WRONG,
    MEDIOCRE,
    TARGETS_WRONG,
    TRAINING_WRONG,
    Entry,
)

_MODEL = ("only_blanks", "one_answer", "pretrained_wrong", "head_untrained", "network_dead")
_CURVE = ("overfitting", "learning_rate_too_high", "forgetting", *_MODEL)
_LABELS = ("labels_shuffled", "labels_rewritten", "labels_foreign")
_SHARED = (
    "loss_not_finite", "images_flat", "training_data_changed", "learning_rate_zero",
    "weights_frozen", "weight_decay_too_strong", "learning_rate_too_high", "overfitting",
    "network_dead", "data_pipeline_failing", "loss_part_zero", "ranks_differ",
    "part_without_gradient", "warmup_too_long", "learning_rate_too_low", "images_unscaled",
)  # fmt: skip
_MORE = {
    "images_flat": ("labels_foreign", "labels_shuffled", *_MODEL),
    "loss_not_finite": _MODEL,
    "learning_rate_zero": _MODEL,
    "weights_frozen": ("only_blanks", "one_answer"),
    "learning_rate_too_high": ("only_blanks", "one_answer"),
    "weight_decay_too_strong": ("only_blanks", "one_answer"),
    "part_without_gradient": _MODEL,
    "warmup_too_long": _MODEL,
    "learning_rate_too_low": _MODEL,
    "images_unscaled": _MODEL,
    "ranks_differ": _MODEL,
}

_OWN: tuple[Entry, ...] = (
    Entry(
        code="labels_unwritable",
        when=(
            (0.96, ("train_altered",)),
            (0.95, ("val_altered",)),
            (0.92, ("targets_fail", "unless train_unspaced")),
            (0.92, ("val_labels_fail", "unless train_unspaced")),
        ),
        phrases=(
            "{altered_train} of the training labels and {altered_val} of the validation labels "
            "hold characters that the dictionary does not have ({lost_train}). PaddleOCR leaves "
            "them out and measures acc against the rest: they are never read, and acc does not "
            "show it.",
            "Only {labels_train} of the training labels and {labels_val} of the validation labels "
            "come through the dictionary as they are written: the model cannot learn the others, "
            "and acc does not show it.",
            "Labels hold characters that the dictionary does not have; acc does not show it.",
        ),
        remedy="dictionary",
        look="`ppocr-guard check --ceiling`",
        explains=("evaluation_set", *_CURVE),
        condition=TARGETS_WRONG,
    ),
    Entry(
        code="labels_refused",
        when=((0.97, ("train_refused",)), (0.96, ("val_refused",))),
        phrases=(
            "{refused_train} of the training labels and {refused_val} of the validation labels "
            "are refused: longer than max_text_length {max_text_length} (the longest has "
            "{longest_train} characters), empty, or without one character of the dictionary. "
            "Training takes a random sample instead, evaluation the next one.",
            "{refused_train} of the training labels are refused. Training takes a random sample "
            "instead, evaluation the next one.",
        ),
        remedy="refused",
        look="max_text_length and character_dict_path",
        explains=("evaluation_set", "spaces_lost", *_CURVE),
        condition=TARGETS_WRONG,
    ),
    Entry(
        code="ctc_impossible",
        when=((0.95, ("ctc_too_short",)),),
        phrases=(
            "{ctc_impossible} of the training texts need more time steps than the network has "
            "({steps_train}): CTC gives them loss 0 and gradient 0, so they are not learned, and "
            "the mean loss looks better for it.",
        ),
        remedy="time_steps",
        look="image_shape and max_text_length",
        explains=("evaluation_set", "transforms_differ", *_LABELS, *_CURVE),
        condition=TARGETS_WRONG,
    ),
    Entry(
        code="spaces_lost",
        when=((0.93, ("train_unspaced",)),),
        phrases=(
            "{unspaced_train} of the training labels lose their spaces: use_space_char is not "
            "set. RecMetric takes out spaces on both sides, so acc does not show it.",
        ),
        remedy="spaces",
        look="Global.use_space_char",
        condition=TARGETS_WRONG,
    ),
    Entry(
        code="labels_shuffled",
        when=(
            (0.96, ("train_labels_elsewhere", "knew_val")),
            (0.93, ("train_labels_elsewhere",)),
            (0.72, ("knew_val", "foreign_train_eval", "foreign_train", "train_labels_unrelated",
                    "train_read_surely")),
        ),
        phrases=(
            "The model read {first_val} of the validation images before the first step, and "
            "{elsewhere_train} of its predictions on training images are the labels of other "
            "lines: the training labels are shuffled or shifted against the images.",
            "The model read {first_val} of the validation images before the first step and "
            "{first_train_eval} of the training images, with no more in common with the labels "
            "than any two texts: the training labels are not those of the images.",
        ),
        remedy="text_labels",
        look="a few training images beside their labels",
        explains=("transforms_differ", "spaces_lost", *_CURVE),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="labels_rewritten",
        when=((0.95, ("train_labels_rewritten", "not val_labels_rewritten")),),
        phrases=(
            "{rescued_train} of the model's predictions on training images are right but for "
            "{change_train}, and none on validation images: the training labels are written "
            "otherwise than the validation labels.",
        ),
        remedy="text_labels",
        look="a few training labels beside validation labels",
        explains=("labels_shuffled", "labels_foreign", "transforms_differ", *_CURVE),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="labels_foreign",
        when=(
            (0.94, ("train_labels_foreign", "knew_val", "foreign_train_eval",
                    "train_labels_unrelated", "train_read_surely")),
            (0.72, ("knew_val", "foreign_train_eval", "foreign_train", "train_labels_unrelated",
                    "train_read_surely")),
        ),
        against=("train_labels_elsewhere",),
        phrases=(
            "{foreign_train} of the characters of the training labels are of kinds that the "
            "validation labels do not have, and the model, which read {first_val} of the "
            "validation images, read none of them: the training labels are in another language "
            "or script.",
            "The training labels have nothing in common with what a model reads that was right "
            "on {first_val} of the validation images.",
        ),
        remedy="text_labels",
        look="a few training images beside their labels",
        explains=("transforms_differ", *_CURVE),
        condition=LABELS_WRONG,
    ),
    Entry(
        code="transforms_differ",
        when=(
            (0.94, ("knew_train", "foreign_train_eval")),
            (0.94, ("knew_train_eval", "foreign_train", "train_labels_unrelated")),
            (0.9, ("eval_was_worse",)),
            (0.9, ("knows_train", "fails_train_eval", "unless knew_train_eval")),
        ),
        phrases=(
            "On the same training images the model reached {first_train} as training resizes "
            "them and {first_train_eval} through Eval's transforms.",
            "On the same training images the model reaches {model_train} as training resizes "
            "them and {model_train_eval} through Eval's transforms.",
        ),
        remedy="resize",
        look="image_shape of RecResizeImg in Train and Eval",
        explains=("evaluation_set", *_CURVE),
        condition=EVAL_MISMATCH,
    ),
    Entry(
        code="evaluation_set",
        when=(
            (0.96, ("val_labels_elsewhere", "not train_labels_elsewhere")),
            (0.95, ("val_labels_rewritten", "not train_labels_rewritten")),
            (0.93, ("val_labels_foreign", "knew_train_eval", "foreign_val")),
            (0.92, ("knew_train_eval", "foreign_val", "val_labels_unrelated")),
            (0.75, ("knew_train_eval", "foreign_val")),
        ),
        phrases=(
            "Before the first step the model read {first_train_eval} of the training images "
            "through Eval's transforms and {first_val} of the validation images: evaluation "
            "labels and images do not belong together, or are of another kind.",
        ),
        remedy="text_evaluation",
        look="a few validation images beside their labels",
        explains=_CURVE,
        condition=EVAL_MISMATCH,
    ),
    Entry(
        code="head_untrained",
        when=((0.9, ("head_untrained",)),),
        against=("loss_not_finite",),
        phrases=("{head_untrained} acc begins at 0 and rises; this is no fault.",),
        remedy="head",
        look="norm_edit_dis, which rises first",
        explains=("pretrained_wrong", "only_blanks", "one_answer", "evaluation_set"),
    ),
    Entry(
        code="pretrained_wrong",
        when=(
            (0.97, ("pretrained", "weights_do_not_fit")),
            (0.9, ("pretrained", "weights_fit", "knew_nothing", "unless began_blank",
                   "train_labels_unrelated", "val_labels_unrelated", "read_surely")),
            (0.75, ("pretrained", "weights_fit", "knew_nothing", "unless began_blank",
                    "train_labels_unrelated", "val_labels_unrelated", "never_good")),
            (0.8, ("pretrained", "never_good", "foreign_train_eval", "foreign_val",
                   "foreign_train")),
        ),
        against=("weights_broken",),
        phrases=(
            "The run starts from a pretrained model, which read {first_train_eval} of the "
            "training images and {first_val} of the validation images before the first step: "
            "the weights are of another model or dictionary, or were not loaded.",
        ),
        remedy="rec_pretrained",
        look="'The shape of model params' and 'not in model' at the start of the log",
        explains=("only_blanks", "one_answer"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="only_blanks",
        when=(
            (0.92, ("pretrained", "weights_fit", "began_blank", "all_blank")),
            (0.9, ("all_blank", "knew_val")),
            (0.75, ("all_blank", "never_good", "for_a_while")),
        ),
        phrases=(
            "All predictions are empty: the network gives the blank at every time step (training "
            "loss {loss_first} to {loss}).",
            "All predictions are empty: the network gives the blank at every time step.",
        ),
        remedy="blanks",
        look="the predictions in the table of the worst texts",
        explains=("evaluation_set", "pretrained_wrong"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="one_answer",
        when=(
            (0.93, ("pretrained", "weights_fit", "one_character", "one_prediction")),
            (0.91, ("knew_val", "one_prediction")),
            (0.91, ("pretrained", "weights_fit", "one_character", "metric_low")),
            (0.8, ("one_character", "never_good", "for_a_while")),
            (0.75, ("one_prediction", "never_good", "for_a_while")),
        ),
        against=("all_blank",),
        phrases=(
            "The prediction is the same for nearly all images ({alike_val}): it does not depend "
            "on the image.",
            "The predictions do not depend on the image.",
        ),
        remedy="blanks",
        look="the predictions in the table of the worst texts",
        explains=("evaluation_set", "pretrained_wrong"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="forgetting",
        when=(
            (0.92, ("val_lost_for_long", "foreign_train_eval", "knows_train_eval")),
            (0.9, ("val_lost_for_long", "foreign_train_eval", "train_labels_foreign",
                   "not train_read_surely")),
            (0.88, ("metric_low", "knew_val", "foreign_train_eval", "not train_read_surely")),
            (0.86, ("metric_low", "knew_val", "foreign_train_eval", "knows_train_eval")),
            (0.7, ("metric_low", "knew_val", "foreign_train_eval")),
        ),
        against=("train_labels_elsewhere", "train_labels_rewritten"),
        phrases=(
            "The model learns the training images ({first_train_eval} to {model_train_eval}) and "
            "forgets the validation images ({first_val} to {model_val}): the two are of another "
            "kind.",
        ),
        remedy="domain",
        look="a few images of both sets side by side",
        explains=("overfitting",),
        condition=MEDIOCRE,
    ),
)  # fmt: skip


def _shared() -> tuple[Entry, ...]:
    return tuple(
        replace(entry, explains=(*entry.explains, *_MORE.get(entry.code, ())))
        for entry in TABLE
        if entry.code in _SHARED
    )


READING_TABLE: tuple[Entry, ...] = (*_OWN, *_shared())
