"""Findings about the classes that a YAML names, and their options."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import FORK
from ppocr_guard.explain.told import tell

tell(
    "component_unknown",
    evidence=(
        "The name is not among the classes of this release (or of the clone named by --paddleocr). "
        "Without the clone only names that look misspelt are critical."
    ),
    cost=(
        "The training ends when the part is built, most often within seconds; a metric or "
        "postprocess, too, before the first step."
    ),
    mistaken=FORK,
)
tell(
    "option_missing",
    evidence=(
        "A parameter of the class has no default and is not in the YAML (Global counts for "
        "transforms and postprocess)."
    ),
    cost="The training ends with a TypeError when the class is built.",
    mistaken=FORK,
)
tell(
    "value_unusable",
    evidence=(
        "A value of a wrong kind or outside what the option can do: the finding says what should "
        "stand there."
    ),
    cost=(
        "By option: an error at the start or at the first evaluation, or a run that learns nothing,"
        " such as with thresholds above 1."
    ),
    mistaken=(
        "Values are judged one by one, by tables of what stock configurations and the sources show;"
        " an unusual one that you tried may be fine."
    ),
)
tell(
    "schedule_unusable",
    evidence=(
        "Piecewise with too few values, decay_epochs or milestones that do not rise, or that all "
        "lie after the end of the run."
    ),
    cost=(
        "The training ends when the schedule is built, or the learning rate never falls, and the "
        "last epochs bring nothing."
    ),
    mistaken="A run that you mean to lengthen later.",
)
