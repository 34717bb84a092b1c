"""Causes that the diagnosis of a recogniser names."""

from __future__ import annotations

from ppocr_guard.explain.told import tell

tell(
    "labels_unwritable",
    title="labels hold characters that the dictionary does not have",
    evidence=(
        "At least {reading.ALTERED:.0%} of the labels hold characters that the dictionary does not "
        "have."
    ),
    cost=(
        "These characters are never read, and acc does not show it: in use each such text is wrong."
    ),
    mistaken="Characters that you leave out on purpose.",
    issues=(9225, 12586, 13938, 16339),
)
tell(
    "labels_refused",
    title="many labels are refused: too long, empty, or of unknown characters",
    evidence=(
        "At least {reading.REFUSED:.0%} of the labels are longer than max_text_length, empty, or "
        "without one character of the dictionary."
    ),
    cost=(
        "They are replaced by other samples: these texts are never learned, and never evaluated, so"
        " that acc is too good."
    ),
    mistaken="Lines that you can do without.",
    issues=(18254,),
)
tell(
    "labels_shuffled",
    title="the training labels belong to other images",
    evidence=(
        "At least {reading.ELSEWHERE:.0%} of the first model's predictions on training images are "
        "the labels of other lines."
    ),
    cost=(
        "The model is taught that images and texts have nothing to do with each other: acc falls to"
        " 0 from the first epoch on."
    ),
    mistaken=(
        "A set with very few different texts, in which any wrong reading is the label of some line."
    ),
)
tell(
    "labels_rewritten",
    title="the training labels are written otherwise than the validation labels",
    evidence=(
        "At least {reading.REWRITTEN:.0%} of the predictions on training images are right but for "
        "one and the same change (such as case or width), and not so on validation images."
    ),
    cost=(
        "The model learns to write otherwise than it is measured: acc falls though it reads as well"
        " as before."
    ),
    mistaken="A change of writing that you mean: then rewrite the validation labels, too.",
)
tell(
    "labels_foreign",
    title="the training labels are in another language or script",
    evidence=(
        "At least {reading.FOREIGN:.0%} of the characters of the training labels are of kinds that "
        "the validation labels do not have, and a model that knew the validation images reads none "
        "of the training labels."
    ),
    cost=(
        "The model learns another script than it is measured by: acc falls to 0, and the old script"
        " is forgotten."
    ),
    mistaken="You teach a second script on purpose: validate on both.",
)
tell(
    "head_untrained",
    title="the head begins untrained: it is of another dictionary than the weights",
    evidence="The head in the weights has another number of classes than the dictionary.",
    cost="Some thousand steps, in which acc is 0 and then rises. It is no fault.",
    mistaken="acc that never rises has another cause.",
    issues=(10427, 11723, 13437),
)
tell(
    "only_blanks",
    title="all predictions are empty",
    evidence="At least {reading.ALL:.0%} of the predictions are empty, in each set looked at.",
    cost=(
        "acc is 0. From scratch it passes within the first epochs; where the model could read "
        "before, what it knew is lost."
    ),
    mistaken=(
        "The first epochs of a training from scratch: it is asked for {reading.MANY} evaluations."
    ),
)
tell(
    "one_answer",
    title="the prediction is the same for all images",
    evidence=(
        "At least {reading.ALL:.0%} of the predictions are the same text, or all are made of one or"
        " two characters."
    ),
    cost=(
        "The prediction does not depend on the image: what is learned is only which characters are "
        "frequent."
    ),
    mistaken="A set whose texts are nearly all the same.",
)
tell(
    "forgetting",
    title="the model learns the training lines and forgets the validation lines",
    evidence=(
        "The first model knew the validation lines ({facts.GOOD:g} and more) and not the training "
        "lines (below {facts.POOR:g}), and has been worse on the validation lines since."
    ),
    cost=(
        "What the weights could read before is lost: on texts of the old kind the model is worse "
        "than the file that you started from."
    ),
    mistaken="Training labels that are wrong in a way that the examination does not see.",
    issues=(6032, 5730),
)
