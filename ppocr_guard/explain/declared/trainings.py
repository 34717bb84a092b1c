"""Findings about weights, learning rate and length of a training."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import ENDS, PATHS
from ppocr_guard.explain.told import tell

tell(
    "weights_missing",
    evidence="The .pdparams file that checkpoints or pretrained_model names does not exist here.",
    cost="The training ends before its first step.",
    mistaken=PATHS,
)
tell(
    "weights_mismatch",
    evidence=(
        "Names or shapes in the file are of another kind of model, backbone or width; the rehearsal"
        " counts: fewer than {rehearsed_model.MOSTLY:.0%} of the backbone's tensors fit (critical: "
        "fewer than {rehearsed_model.MISMATCH:.0%})."
    ),
    cost=(
        "The run starts from random weights, though you think it fine-tunes: it needs many times "
        "the data and epochs, and on a small set never comes near."
    ),
    mistaken=(
        "Weights of a classification backbone, in a training from scratch, are meant to be partial:"
        " only the backbone counts."
    ),
    issues=(8371, 3949, 4874, 4632),
)
tell(
    "checkpoint_incomplete",
    evidence="Beside the .pdparams file that checkpoints names, .pdopt or .states does not exist.",
    cost=(
        "What is called a resume is not one: without .states it begins at epoch 1 and counts any "
        "metric as the best; without .pdopt the optimizer begins anew."
    ),
    mistaken="You mean to begin a new run from these weights: pretrained_model says that.",
    issues=(10610,),
)
tell(
    "weights_ignored",
    evidence="Both checkpoints and pretrained_model are set.",
    cost=(
        "The run goes on from checkpoints, with its epoch and learning rate; the weights of "
        "pretrained_model are not loaded."
    ),
    mistaken="You resume, and left the other key in: then nothing is wrong.",
)
tell(
    "learning_rate_high",
    evidence=(
        "The rate is at or above the highest of its optimizer (Adam {training._ADAM.high:g}), or, "
        "by the images of a step, far above the stock rate (with Adam more than "
        "{training.PER_IMAGE[0][2]:g} an image for DB, {training.PER_IMAGE[1][2]:g} for CTC)."
    ),
    cost=(
        "The loss jumps or becomes NaN, and pretrained weights are lost within the first epochs; "
        "hmean stays at 0 or falls. The time until it is seen is lost."
    ),
    mistaken=(
        "A warm-up and a schedule that keep the peak short, or gradient clipping: rates at the "
        "limit then train well."
    ),
)
tell(
    "learning_rate_low",
    evidence=(
        "The highest rate of the run lies below the lowest of its optimizer (Adam "
        "{training._ADAM.low:g})."
    ),
    cost="The weights hardly move: after all epochs the model is the one that you began with.",
    mistaken="The last touches to a model that is nearly right.",
)
tell(
    "warmup_too_long",
    evidence=(
        "warmup_epoch is as long as the run, or at least {training.LONG_WARMUP:.0%} of a run of "
        "{training.LONG_RUN} epochs and more."
    ),
    cost=(
        "The learning rate never reaches what is written, or only at the end: most epochs learn "
        "little."
    ),
    mistaken="A short try with the warm-up of a long run.",
)
tell(
    "visualdl_removed",
    evidence="use_visualdl is true, and the release is 2.8 or later, or not known.",
    cost="There are no curves to look at, and no error: most notice it after the run.",
    mistaken="The release is not known and older than 2.8: name it with --release or --paddleocr.",
    issues=(18115,),
    releases=(("2.8", "3.7"),),
)
tell(
    "epoch_num_unusable",
    evidence="epoch_num is no whole number above 0.",
    cost="The training ends with a TypeError, or at once without a step.",
    mistaken=ENDS,
)
tell(
    "save_model_dir_unusable",
    evidence=(
        "save_model_dir is empty, is a file, or lies below one; or, where the training labels are "
        "at hand, it cannot be written to."
    ),
    cost="The training ends before its first step.",
    mistaken="You check as another user than the one that trains.",
)
