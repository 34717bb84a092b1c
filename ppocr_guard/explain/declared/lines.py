"""Findings about sizes, lengths and data sets of text recognition."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import FORK
from ppocr_guard.explain.told import tell

tell(
    "max_text_length_differs",
    evidence=(
        "The head's max_text_length is below that of the label encoder; a hint where an operator's "
        "own value is replaced by Global's."
    ),
    cost=(
        "Longer texts are cut at the head's length, in training and in use: they never count as "
        "right."
    ),
    mistaken=FORK,
)
tell(
    "image_height_unusable",
    evidence=(
        "SequenceEncoder behind MobileNetV3 or ResNet, and an image_shape that is lower than "
        "{line_sizes.ROWS} pixels, or twice that and more."
    ),
    cost="The training ends at its first step with `assert H == 1`.",
    mistaken="A backbone whose strides you changed.",
    issues=(5556,),
)
tell(
    "image_channels_differ",
    evidence=(
        "The operator that resizes makes images of 1 channel where Architecture.in_channels (3 "
        "where none is given) wants 3, or the other way round."
    ),
    cost=(
        "The training ends at its first step; where only Eval differs, at the first evaluation, "
        "when the time until then is spent."
    ),
    mistaken="A backbone of your own that takes another number of channels.",
)
tell(
    "image_shape_differs",
    evidence=(
        "Height or width of Eval's image_shape lies outside those that training uses (all scales of"
        " the sampler)."
    ),
    cost="acc is lower than the model deserves, and best_accuracy is chosen by it.",
    mistaken="You measure on purpose at the size that is used later.",
)
tell(
    "sampler_scales_swapped",
    evidence="All scales of MultiScaleSampler are higher than wide.",
    cost=(
        "Lines are squeezed into columns that nobody could read: acc stays near 0, for the whole "
        "run."
    ),
    mistaken="Texts that are written from top to bottom.",
)
tell(
    "sampler_batch_size",
    evidence="first_bs of MultiScaleSampler differs from batch_size_per_card.",
    cost=(
        "A step has another number of images than is written: memory, the number of steps and the "
        "learning rate that fits are others."
    ),
    mistaken="You set first_bs and know it: then only the other number misleads.",
    issues=(16493,),
)
tell(
    "texts_squeezed",
    evidence=(
        "More than {line_sizes.MANY:.0%} of the images looked at (up to {images.MOST_OPENED} "
        "of a set) would need more than {line_sizes.SQUEEZED:g} times the width of image_shape."
    ),
    cost=(
        "Long lines become illegible: they are read wrong in training and in use, and pull acc "
        "down."
    ),
    mistaken="Images with wide empty margins.",
)
tell(
    "head_retrained",
    evidence=(
        "The head's classes in the weights are not those of the dictionary (and blank, and "
        "use_space_char); a warning when they differ by {recognition.SMALL_DIFFERENCE} at most, "
        "which is most often a mistake."
    ),
    cost=(
        "The head begins from random weights: acc is 0 for some thousand steps, and a small set may"
        " not be enough to learn it."
    ),
    mistaken="Another dictionary that you mean: then it is a cost, not a mistake.",
    issues=(10427, 11723, 13437),
)
tell(
    "evaluation_images_copied",
    evidence=(
        "An evaluation image has the same bytes as a training image under another name (up to "
        "{images.MOST_OPENED} evaluation images are looked at)."
    ),
    cost=(
        "acc is too good: overfitting does not show, and best_accuracy is the checkpoint that knows"
        " these images by heart."
    ),
    mistaken="Blank or synthetic images that are equal by nature.",
)
tell(
    "evaluation_texts_known",
    evidence=(
        "At least {overlap.KNOWN:.0%} of the evaluation texts stand in the training labels too,"
        " in a set with {overlap.DIFFERENT} different texts or more."
    ),
    cost="acc says nothing about new texts: it may be 0.99 here and far lower in use.",
    mistaken="The texts in use are from a fixed list, such as product names.",
)
