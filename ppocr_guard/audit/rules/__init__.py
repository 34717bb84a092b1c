"""The rules, by topic. A new one is a function with the ``rule`` decorator in one of these."""

from ppocr_guard.audit.rules import (
    annotations,
    components,
    data,
    dictionary,
    distillation,
    evaluation,
    image_files,
    keys,
    lmdb_sets,
    pipeline,
    recognition,
    shrink,
    texts,
    training,
    transforms,
)

__all__ = [
    "annotations",
    "components",
    "data",
    "dictionary",
    "distillation",
    "evaluation",
    "image_files",
    "keys",
    "lmdb_sets",
    "pipeline",
    "recognition",
    "shrink",
    "texts",
    "training",
    "transforms",
]
