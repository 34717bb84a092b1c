"""Findings about the shrink ratio, and the alerts of it."""

from __future__ import annotations

from ppocr_guard.explain.told import tell

tell(
    "shrink_ratio_unexpected",
    evidence=(
        "The ratio lies more than {ShrinkRatio.tolerance:g} outside what the config means "
        "({ShrinkRatio.measured_tolerance:g} and its own uncertainty where it is measured on the "
        "maps). `check` computes it for the release, with a tolerance of {shrink.TOLERANCE:g}."
    ),
    cost=(
        "The model learns texts of a wrong size: hmean falls or never rises while the loss looks "
        "fine, as in `make demo`, which trains with 0.8096 instead of 0.4. Every hour until it is "
        "seen is lost."
    ),
    mistaken=(
        "You want a larger ratio in later epochs, and unclip_ratio is set for it: write the ratio "
        "that you mean into shrink_ratio."
    ),
    issues=(13669, 13527),
    releases=(("2.7.1", "2.7.1"), ("2.7.4", "2.8.1")),
)
tell(
    "shrink_ratio_mismatch",
    evidence=(
        "Two readings of the ratio are further apart than {shrink_ratio.PRECISION:g} (or the "
        "uncertainty of a measured one); in `check`, shrink_ratio or total_epoch of the two "
        "operators differ."
    ),
    cost=(
        "The two maps teach different borders of one text: boxes come out ragged, and hmean is "
        "lower than it could be."
    ),
    mistaken="An operator of your own that changes the maps on purpose.",
)
tell(
    "total_epoch_mismatch",
    evidence=(
        "total_epoch of an operator is neither epoch_num nor 10000, in a release that makes use of "
        "it."
    ),
    cost=(
        "The ratio rises faster or slower than meant; together with unclip_ratio made for 0.4 it "
        "costs hmean towards the end of the run."
    ),
    mistaken="A total_epoch that you chose on purpose to slow the rise.",
    releases=(("2.7.0", "2.8.1"), ("3.7", "3.7")),
)
tell(
    "no_positives",
    evidence="The effective shrink ratio is 1 or more.",
    cost=(
        "No pixel is text: the loss stands still, hmean is 0, and the whole run is lost. Above "
        "about 1.41 drawing the border map fails, and the loader tries for ever."
    ),
    mistaken="No case is known: with a ratio of 1 and more the maps are empty in all releases.",
    issues=(13527,),
)
tell(
    "unclip_mismatch",
    evidence=(
        "Fewer than {ShrinkRatio.min_share_matched:.0%} of perfectly predicted boxes reach an IoU "
        "of 0.5 (on the maps of the training). `check` computes it for boxes of 1:1 to 1:4: the "
        "worst has an IoU below {shrink.LEAST_IOU:g}."
    ),
    cost=(
        "hmean has a ceiling that no training time lifts: found texts count as missed because their"
        " boxes are too large or too small."
    ),
    mistaken=(
        "Very long or very small texts, for which the formula and the rounding to pixels are less "
        "exact; the hook measures on your own texts and is the better witness."
    ),
    issues=(12117, 7254),
)
