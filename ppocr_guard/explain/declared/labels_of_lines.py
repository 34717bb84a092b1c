"""Findings about the labels of text recognition."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import NONE, SHARE
from ppocr_guard.explain.told import tell

tell(
    "labels_are_detection",
    evidence=SHARE,
    cost=(
        "Labels that are JSON: loading data never ends, and the training writes nothing more. "
        "Labels that are ###: the model learns to write ### for what is hard to read."
    ),
    mistaken="Texts that look like a JSON list, or are ###, and are meant to be read as such.",
)
tell(
    "characters_outside",
    evidence=SHARE,
    cost=(
        "These characters are never read, and acc does not tell: it is measured against labels "
        "without them. In use every such text comes out wrong. `fix` writes a dictionary that has "
        "them from {dictionaries.FEW:.1%} of the labels on, and from "
        "{dictionaries.FEW_WITH_WEIGHTS:.0%} on where weights are loaded, whose head is lost by it."
    ),
    mistaken="Characters that you leave out on purpose, such as rare symbols.",
    issues=(9225, 12586, 13938, 16339),
)
tell(
    "labels_too_long",
    evidence=SHARE,
    cost=(
        "These lines are never trained on, and evaluation counts others twice in their place: long "
        "texts are read badly in use, and acc does not show it."
    ),
    mistaken="A few overlong lines that you can do without.",
    issues=(18254,),
)
tell(
    "ctc_impossible",
    evidence=(
        "A label needs more time steps (one a character, and one more between two equal ones) than "
        "image_shape gives this network. A hint for one label, from {rec_labels.WARNS:.1%} of a set"
        " on a warning, from {rec_labels.CRITICAL:.0%} on critical; in a training from "
        "{reading.IMPOSSIBLE:.0%} of the texts on."
    ),
    cost=(
        "These lines teach nothing: their loss is 0, which makes the mean loss look better than it "
        "is. Long texts stay unread however long it trains."
    ),
    mistaken="The time steps are known for stock networks; a backbone of your own may make more.",
)
tell(
    "spaces_lost",
    evidence=(
        "A label has blanks, and neither use_space_char nor the dictionary has them: a hint for one"
        " label, from {rec_labels.WARNS:.1%} of a set on a warning, from {rec_labels.CRITICAL:.0%} "
        "on critical. In a training from {reading.UNSPACED:.0%} of the labels on."
    ),
    cost=(
        "Words come out run together, and acc does not show it: RecMetric takes blanks out of both "
        "sides. Setting it later costs a new training of the head."
    ),
    mistaken="Blanks do not matter to you, as with most Chinese texts.",
    issues=(931, 1230),
)
tell(
    "labels_empty",
    evidence=(
        "A label without a character: a hint for one, from {rec_labels.WARNS:.1%} of a set on a "
        "warning, from {rec_labels.CRITICAL:.0%} on critical. In a training of a detector: no text "
        "that counts in the training maps."
    ),
    cost=(
        "The line is never trained on; another is taken. Of a detector whose maps are all empty the"
        " whole run is lost: loss 1.0, hmean 0."
    ),
    mistaken=NONE,
)
tell(
    "samples_repeated",
    evidence=(
        "One image stands more than {texts.REPEATED} times in the labels of a set, and in more than"
        " {texts.REPEATED_SHARE:.0%} of the lines."
    ),
    cost=(
        "The model learns these images by heart and the others less: acc on new texts is lower than"
        " the training shows."
    ),
    mistaken="You weigh rare samples on purpose by writing them several times.",
)
tell(
    "classes_unbalanced",
    evidence="A character of the dictionary stands in no training label, or in a single one.",
    cost=(
        "The model cannot read it, or forgets it where the weights knew it. The other classes lose "
        "nothing but a little speed."
    ),
    mistaken=(
        "Usual when a stock dictionary is fine-tuned on few texts: the weights need all classes. "
        "That is why it is only a hint."
    ),
)
