"""The declarations, by what tells the codes. Importing this declares all."""

from ppocr_guard.explain.declared import (
    alerts,
    causes,
    components,
    data_sets,
    dictionaries,
    distillations,
    evaluations,
    keys,
    labels,
    labels_of_lines,
    lines,
    pipelines,
    reading,
    rehearsal,
    shrinking,
    trainings,
)

__all__ = [
    "alerts",
    "causes",
    "components",
    "data_sets",
    "dictionaries",
    "distillations",
    "evaluations",
    "keys",
    "labels",
    "labels_of_lines",
    "lines",
    "pipelines",
    "reading",
    "rehearsal",
    "shrinking",
    "trainings",
]
