"""Findings about the dictionary of text recognition."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import ENDS, PATHS
from ppocr_guard.explain.told import tell

tell(
    "dictionary_missing",
    evidence="character_dict_path names a file that is not there, or cannot be read.",
    cost="The training ends before its first step.",
    mistaken=PATHS,
    issues=(2765,),
)
tell(
    "dictionary_encoding",
    evidence="A line of the dictionary does not decode as UTF-8.",
    cost="The training ends before its first step with a UnicodeDecodeError.",
    mistaken=ENDS,
)
tell(
    "dictionary_lines",
    evidence=(
        "A byte order mark, an empty line, a character twice, a blank beside a character, or all "
        "characters in one line (of {dictionary.ONE_LINE} and more)."
    ),
    cost=(
        "Each is a class that no label ever has, and the character meant is not found: it is left "
        "out of the labels, never read, and acc does not show it. A dictionary in one line loses "
        "all characters."
    ),
    mistaken=(
        "Stock dictionaries have such lines, and their weights need them as they are (told as a "
        "hint only)."
    ),
    issues=(4489,),
)
tell(
    "dictionary_reverses",
    evidence=(
        'The path has "arabic" in it, and fewer than {dictionary.ARABIC:.0%} of the labels are '
        "written from right to left."
    ),
    cost=(
        "All predictions come out turned around: acc is near 0 at every evaluation, though the "
        "model reads well."
    ),
    mistaken="Labels that are stored in visual order.",
    issues=(10519,),
)
