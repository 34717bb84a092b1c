"""Findings about operators, and about parts that must belong together."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import FOREVER, FORK, NONE
from ppocr_guard.explain.told import tell

tell(
    "parts_mismatch",
    evidence=(
        "One part (loss, head, postprocess, metric, label encoder) is of another algorithm than "
        "most of the configuration."
    ),
    cost=(
        "The training ends at its first step; a metric or postprocess that does not fit ends it at "
        "the first evaluation, when the time until then is spent."
    ),
    mistaken=(
        "Parts of your own under a name that PaddleOCR has too; two algorithms that you made fit "
        "each other."
    ),
)
tell(
    "main_indicator_unknown",
    evidence="The metric does not return the value that main_indicator names.",
    cost=(
        "The training ends with a KeyError at its first evaluation, and all steps before it are "
        "lost but for what save_epoch_step had saved."
    ),
    mistaken=FORK,
)
tell(
    "operator_missing",
    evidence="An operator needs a key of the sample that no operator before it makes.",
    cost=FOREVER,
    mistaken="An operator of your own makes the key: name your PaddleOCR with --paddleocr DIR.",
    issues=(6770,),
)
tell(
    "operator_order",
    evidence=(
        "An operator stands before the one that makes what it needs, or after one that takes it "
        "away."
    ),
    cost=FOREVER,
    mistaken="An operator of your own that makes or keeps what is needed.",
)
tell(
    "operator_doubled",
    evidence="An operator that must run once stands twice in one list.",
    cost=(
        "All samples fail, and the training hangs; or images and labels are changed twice, such as "
        "normalised twice, and hmean stays near 0."
    ),
    mistaken="A fork whose operator can run twice.",
)
tell(
    "keep_keys_order",
    evidence=(
        "KeepKeys keeps other keys, or in another order, than loss or metric of this algorithm read"
        " by position. In a training the diagnosis takes it over from this finding."
    ),
    cost=(
        "The training ends at its first step, or, where the shapes fit, learns a wrong map: the "
        "loss falls, and hmean stays 0 for the whole run."
    ),
    mistaken="A loss or metric of your own that reads another order.",
)
tell(
    "sampler_mismatch",
    evidence=(
        "MultiScaleSampler with a data set that does not take (width, height, index), or "
        "MultiScaleDataSet without the sampler."
    ),
    cost="The training ends when the loader is built or at its first sample, or it hangs there.",
    mistaken=FORK,
    issues=(17346,),
)
tell(
    "ext_op_transform_idx",
    evidence=(
        "CopyPaste or RecConAug stands before the position ext_op_transform_idx, or the operators "
        "before that position do not load image and label."
    ),
    cost=FOREVER,
    mistaken=FORK,
)
tell(
    "maps_before_crop",
    evidence=(
        "An operator that moves or crops the image stands after MakeShrinkMap or MakeBorderMap."
    ),
    cost=(
        "The maps lie beside the texts, or have another size than the image: the training fails at "
        "its first batch, or learns nothing."
    ),
    mistaken="An operator of your own with one of these names that moves the maps along.",
)
tell(
    "normalization_differs",
    evidence="scale, mean or std of NormalizeImage are written in Train and Eval, and differ.",
    cost=(
        "hmean or acc are lower than the model deserves, down to 0; best_accuracy is chosen by a "
        "wrong score."
    ),
    mistaken="The same numbers written differently (1./255. and 0.00392) are told as different.",
)
tell(
    "image_mode_differs",
    evidence="img_mode of DecodeImage differs between Train and Eval (RGB where none is written).",
    cost=(
        "Evaluation sees red and blue swapped. On coloured texts and backgrounds the score is lower"
        " than the model deserves."
    ),
    mistaken="Grey images, in which all channels are alike.",
)
tell(
    "global_overrides_transform",
    evidence=(
        "A key of Global has the name of an option of a training operator, and another value (DB "
        "only); or Global.epoch is set."
    ),
    cost=(
        "The operator runs with Global's value, for the whole run and without a word: a shrink "
        "ratio or crop other than the one that stands at the operator."
    ),
    mistaken="You mean it: one value in Global for several operators.",
)
tell(
    "border_thresholds",
    evidence="thresh_min of MakeBorderMap is not below thresh_max.",
    cost=(
        "The threshold map is flat or turned over: it teaches that texts are far from their border,"
        " and boxes come out ragged. hmean is lower than it could be."
    ),
    mistaken=NONE,
)
