"""Findings about distillation."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import ENDS, FORK, NONE, PATHS
from ppocr_guard.explain.told import tell

tell(
    "distillation_names",
    evidence=(
        "A loss, PostProcess.model_name or Metric.key names a model that is not under "
        "Architecture.Models."
    ),
    cost=(
        "The training ends with a KeyError: of a loss at the first step, of the metric at the first"
        " evaluation."
    ),
    mistaken=ENDS,
)
tell(
    "distillation_key",
    evidence=(
        "`key` of a loss, or of the postprocess, is nothing that a model returns, and looks like "
        "something that is."
    ),
    cost=(
        "The training ends with a KeyError: of a loss at the first step, of the postprocess at the "
        "first evaluation."
    ),
    mistaken=FORK,
)
tell(
    "teacher_not_frozen",
    evidence=(
        "A model teaches in a one-way loss, learns from no labels, and freeze_params is not true."
    ),
    cost=(
        "The teacher is pulled towards its student and both get worse together, while the "
        "distillation loss falls; it also costs the gradients of the larger model."
    ),
    mistaken=(
        "Mutual learning on purpose, in which a label loss of another name trains the teacher."
    ),
)
tell(
    "student_frozen",
    evidence="A model that has a loss on labels has freeze_params: true.",
    cost="The student never changes: the whole run brings nothing.",
    mistaken=NONE,
)
tell(
    "teacher_without_weights",
    evidence="A frozen model has no `pretrained`, and Global names no weights.",
    cost="The student learns from noise, beside the labels: it ends worse than without a teacher.",
    mistaken="A model that is meant to stay random.",
)
tell(
    "model_weights_missing",
    evidence="The file that a model's `pretrained` names does not exist here.",
    cost="The training ends before its first step.",
    mistaken=PATHS,
)
