"""Findings about keys and values of the YAML, and of the command line."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import ENDS, FORK
from ppocr_guard.explain.told import tell

tell(
    "unknown_key",
    evidence=(
        "A key that PaddleOCR does not read, and that looks like one that it does, belongs into "
        "another section, or names weights."
    ),
    cost=(
        "The setting has no effect, and the default is trained with: a whole run with other "
        "settings than you think."
    ),
    mistaken=FORK,
)
tell(
    "key_missing",
    evidence="A key that PaddleOCR looks up without a default is not there.",
    cost="The training ends with a KeyError, at the start or at the place where the key is needed.",
    mistaken=FORK,
)
tell(
    "number_is_text",
    evidence="A value such as 1e-4, without a point, where a number is due.",
    cost="The training ends with a TypeError when the optimizer is built or at its first step.",
    mistaken=ENDS,
)
tell(
    "duplicate_key",
    evidence="One mapping has a key twice, with different values.",
    cost="The first value has no effect: the run trains with the other one.",
    mistaken="Keys that come in by a merge (<<) are not counted.",
)
tell(
    "overrides_lost",
    evidence=(
        "The command line has -o more than once, and a key of an earlier one is not set by the "
        "last."
    ),
    cost=(
        "The run trains without what the earlier -o say: another learning rate, data set or folder "
        "than the command shows."
    ),
    mistaken=(
        "A script of your own that reads the command line in its own way, and not by "
        "tools/program.py."
    ),
)
tell(
    "guard_section",
    evidence="A hook or option that the guard does not have, or a value of another kind.",
    cost="The training does not start, with this line in the log.",
    mistaken=(
        "A hook of your own that is not installed where `check` runs: --hooks imports it, and says "
        "what is wrong."
    ),
)
tell(
    "file_name",
    evidence="The file's name ends neither in .yml nor in .yaml.",
    cost="The training ends at once with an AssertionError.",
    mistaken=ENDS,
)
