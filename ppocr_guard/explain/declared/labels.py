"""Findings about the label files of text detection."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import NONE
from ppocr_guard.explain.told import tell

tell(
    "label_lines_broken",
    evidence=(
        "At least one line does not parse. It is critical when more than {annotations.BROKEN:.0%} "
        "of the lines do not, a warning below."
    ),
    cost=(
        "A broken line is never trained on; another sample is taken in its place, with an error in "
        "the log. Where all lines are broken the training hangs before its first step."
    ),
    mistaken=(
        "A few broken lines in a large file do no harm that you would see: the finding is right, "
        "but it can wait."
    ),
    issues=(7719,),
)
tell(
    "label_encoding",
    evidence=(
        "The file does not decode as UTF-8, or begins with a byte order mark (a warning: it "
        "concerns the first line only)."
    ),
    cost=(
        "In another encoding no line can be read, and the training ends in a UnicodeDecodeError; "
        "with a byte order mark the first image is not found."
    ),
    mistaken=NONE,
    issues=(5922,),
)
tell(
    "all_ignored",
    evidence=(
        "More than {annotations.IGNORED:.0%} of the texts of a set are marked ### or *; critical "
        "when all are."
    ),
    cost=(
        "The whole run is lost: the loss stands at 1.0 from the first step, and hmean is 0 at every"
        " evaluation."
    ),
    mistaken=(
        "A set of hard negatives, in which ### is meant, mixed with others: judge the sum of all "
        "label files, which is what is counted."
    ),
    issues=(13159,),
)
tell(
    "no_text",
    evidence=(
        "More than {annotations.TEXTLESS:.0%} of the images of a label file have no text; critical "
        "when none has."
    ),
    cost=(
        "Images without texts are never trained on, so they do not teach what background is. Where "
        "no image has a text, the loader tries for ever and the training hangs."
    ),
    mistaken=(
        "None is known for training. Evaluation drops such images too, so hmean says nothing about "
        "false boxes on empty pages."
    ),
)
tell(
    "polygon_degenerate",
    evidence=(
        "More than one text, and more than {annotations.DEGENERATE:.1%} of all, have no area, "
        "corners that cross, or coordinates between 0 and 1, which are shares of the image."
    ),
    cost=(
        "Texts without area are left out; crossed corners give a map of another shape, so that "
        "these texts are learned wrong and recall stays low. Of labels in shares of the image no "
        "text is left, and the training does not get beyond its first batch."
    ),
    mistaken="Texts of one stroke, such as a dash, can be nearly flat and still be right.",
)
tell(
    "polygons_outside",
    evidence=(
        "In more than one image looked at, and more than {annotations.OUTSIDE:.0%} of them, a text "
        "sticks out by more than {annotations.SLACK:.0%} of its longer side; critical when it is so"
        " in half of them."
    ),
    cost=(
        "The labels lie beside the text. The model learns background as text: hmean stays near 0, "
        "however long it trains."
    ),
    mistaken="Texts that are cut by the edge of a photo and labelled beyond it.",
)
tell(
    "texts_too_small",
    evidence=(
        "More than {annotations.SMALL_SHARE:.0%} of the texts looked at are smaller than "
        "min_text_size in a training crop, estimated from the sizes of the images and of the crop."
    ),
    cost=(
        "These texts are masked out of the loss, and never learned; where nearly all are so small, "
        "hmean is 0 at the end."
    ),
    mistaken=(
        "The crop's scale is an estimate: EastRandomCropData draws crops at random, and IaaAugment "
        "may enlarge before."
    ),
    issues=(17923,),
)
tell(
    "texts_fill_images",
    evidence=(
        "In more than half of the images looked at, one text covers more than "
        "{annotations.FULL:.0%} of the image."
    ),
    cost=(
        "The detector never sees where a text ends: hmean stays low or 0, and found boxes do not "
        "fit on whole pages."
    ),
    mistaken="Signs and plates that really fill the photo, in training and in use alike.",
    issues=(10978,),
)
