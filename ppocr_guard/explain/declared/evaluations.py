"""Findings about evaluation."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import ENDS
from ppocr_guard.explain.told import tell

tell(
    "evaluation_disabled",
    evidence=(
        "Eval is missing, has no label file or no line, or drop_last drops its only batch. In a "
        "training: the loop has no evaluation to come to."
    ),
    cost=(
        "No hmean or acc is ever printed and there is no best_accuracy: at the end only the last "
        "weights exist, good or not, and the guard cannot see a collapse."
    ),
    mistaken="You evaluate in another process, on purpose.",
)
tell(
    "eval_batch_step_unusable",
    evidence=(
        "eval_batch_step is neither one number above 0 nor a pair of a number from 0 on and one "
        "above 0 (and eval_batch_epoch is not set)."
    ),
    cost="The training ends with an error at its first step, or never evaluates.",
    mistaken=ENDS,
)
tell(
    "evaluation_never_reached",
    evidence="start + every of eval_batch_step is more than the steps of the whole run.",
    cost=(
        "The run ends without one hmean and without best_accuracy; it has to be evaluated "
        "afterwards, checkpoint by checkpoint."
    ),
    mistaken="With several cards name their number (--cards): it changes the steps of an epoch.",
    issues=(8985, 1818, 1122),
)
tell(
    "evaluation_rare",
    evidence=(
        "Fewer than {evaluation.FEW} evaluations in the whole run, further apart than an epoch."
    ),
    cost=(
        "A collapse is seen when most of the time is spent, and the best checkpoint may lie between"
        " two evaluations."
    ),
    mistaken="Short runs that are only meant to try whether all works.",
)
tell(
    "eval_batch_size",
    evidence="Eval.loader.batch_size_per_card is above 1, and DetResizeForTest has no image_shape.",
    cost="The training ends at its first evaluation, after all the steps before it.",
    mistaken="All validation images have exactly one size.",
    issues=(672,),
)
tell(
    "eval_images_large",
    evidence=(
        "Half of the validation images are longer than {evaluation.LARGE} training crops, and "
        "DetResizeForTest has no upper limit."
    ),
    cost=(
        "Texts are several times larger than any that was trained on: hmean is low or 0, though the"
        " model is good; memory and evaluation time grow with the area."
    ),
    mistaken="Large pages with texts as small as in the training crops.",
    issues=(8371,),
)
tell(
    "metric_during_train",
    evidence="cal_metric_during_train is true in a detection training.",
    cost="The training ends at its first step.",
    mistaken=ENDS,
    issues=(4975, 5710, 16190),
)
tell(
    "train_eval_overlap",
    evidence="At least one image file is named by both sets, links followed.",
    cost=(
        "hmean is too good, the more the more images are shared: best_accuracy is the checkpoint "
        "that knows them by heart, and overfitting does not show."
    ),
    mistaken="A trial run that evaluates on training images on purpose.",
)
