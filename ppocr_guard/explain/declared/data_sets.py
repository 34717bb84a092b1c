"""Findings about data sets: their files, ratios, images."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import ENDS, FORK, PATHS
from ppocr_guard.explain.told import tell

tell(
    "label_file_list_not_paths",
    evidence=(
        "An entry of label_file_list is no text, or the training set has no label file at all."
    ),
    cost="The training ends before its first step, with an error that names no key of the YAML.",
    mistaken=ENDS,
    issues=(9217, 2778),
)
tell(
    "label_file_missing",
    evidence="The file does not exist, or cannot be read.",
    cost="The training ends before its first step.",
    mistaken=PATHS,
)
tell(
    "label_file_empty",
    evidence="A training label file holds no line.",
    cost=(
        "Nothing is learned from it; where all label files are empty, the training ends before its "
        "first step."
    ),
    mistaken=PATHS,
)
tell(
    "no_step",
    evidence=(
        "There are fewer training images for each card than batch_size_per_card, and drop_last is "
        "true."
    ),
    cost="The training ends at once: its loader is empty.",
    mistaken="With several cards name their number (--cards), or one is assumed.",
    issues=(14391,),
)
tell(
    "ratio_list_length",
    evidence=(
        "ratio_list and label_file_list have different lengths, or label_file_list is one text "
        "(whose letters are counted)."
    ),
    cost="The training ends with an AssertionError before its first step.",
    mistaken=ENDS,
    issues=(1996, 8485, 14388),
)
tell(
    "ratio_list_values",
    evidence="A ratio is no number, is 0 or less, or above 1 in Train.",
    cost=(
        "Above 1 the training ends with a ValueError; at 0 the file is not used, and what it was "
        "meant to teach is missing."
    ),
    mistaken="A ratio of 0 that is meant: delete the file from the list instead.",
)
tell(
    "ratio_list_unsupported",
    evidence=(
        "A ratio below 1 (or one number for LMDB) on a data set that cannot draw lines anew in this"
        " release."
    ),
    cost=(
        "By data set and release: an error at the start or at epoch 1, or the same first lines in "
        "every epoch, so that the rest of your data is never seen."
    ),
    mistaken="A data set of your own that draws by itself.",
)
tell(
    "data_set_unknown",
    evidence="The name is not PaddleOCR's, and looks like one that is: only misspellings are told.",
    cost="The training ends before its first step with an AssertionError.",
    mistaken=FORK,
)
tell(
    "images_missing",
    evidence=(
        "One image of a label file is not where data_dir and the label file lead; critical from "
        "more than {image_files.MISSING:.0%} on."
    ),
    cost=(
        "Every missing image is tried again and again, and costs an error in the log; where all are"
        " missing the training hangs or ends in a RecursionError."
    ),
    mistaken=PATHS,
    issues=(3949, 15833),
)
tell(
    "images_unreadable",
    evidence=(
        "An image is empty, cut off, or no image. Of files with more than {image_files.MOST_OPENED}"
        " images that many are opened, spread evenly. Critical from more than "
        "{image_files.MISSING:.0%} on."
    ),
    cost=(
        "The image is never trained on; in place of it another sample is taken. Where most are "
        "unreadable the training hangs."
    ),
    mistaken="Formats that OpenCV of the training machine reads and the check does not know.",
)
tell(
    "lmdb_missing",
    evidence="data_dir, or a folder below it that has no folders itself, holds no data.mdb.",
    cost="The training ends with lmdb.Error before its first step.",
    mistaken=PATHS,
    issues=(3838,),
)
tell(
    "lmdb_unreadable",
    evidence=(
        "A data.mdb cannot be opened or has no num-samples, or samples have no label in UTF-8 (a "
        "hint for one, from {rec_labels.WARNS:.1%} of the set on a warning, from "
        "{rec_labels.CRITICAL:.0%} on critical)."
    ),
    cost=(
        "A set that cannot be opened ends the training before its first step. A sample without a "
        "label is replaced by a random one: it is never learned, and others are trained on twice."
    ),
    mistaken=(
        "Where the Python package lmdb is not installed, nothing is looked at: the finding is then "
        "only a hint."
    ),
)
tell(
    "small_set_not_augmented",
    evidence=(
        "Fewer than {data.SMALL} training images, and none of IaaAugment, CopyPaste, ColorJitter "
        "and the like among the transforms (DB only)."
    ),
    cost=(
        "The model learns these images by heart: the training loss goes to nearly 0 while hmean on "
        "others stops rising after a few epochs."
    ),
    mistaken="Images that were augmented before, offline.",
)
tell(
    "transforms_unusable",
    evidence="An entry is no mapping of one operator, or a data set has no transforms.",
    cost="The training ends before its first step with an AssertionError or TypeError.",
    mistaken=ENDS,
)
