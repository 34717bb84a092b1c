"""Which sections, and which keys in them, a training YAML of PaddleOCR has.

The tables of :mod:`~ppocr_guard.audit.limits`, and what depends on the configuration: a model, or
several of a distillation, and the parts that each cannot do without. What a part is needed for is
read off ``ppocr/modeling/architectures/base_model.py``, which builds a model from whatever parts it
finds, and off all stock configurations of 2.7 to 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppocr_guard.audit.components import models
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.limits import ANY, FROM_1, REQUIRED, SECTION, SECTIONS, SWITCH, TEXT, Limit
from ppocr_guard.yaml_source import YamlPath

_MODEL = {
    **dict.fromkeys(("model_type", "algorithm", "name"), TEXT),
    **dict.fromkeys(("Backbone", "Neck", "Head"), SECTION),
    "Transform": ANY,
    "in_channels": FROM_1,
    "return_all_feats": SWITCH,
}
OF_DISTILLATION = {"freeze_params": SWITCH, "pretrained": ANY, "mapped_key_prefixes": ANY}
# Types of models that are made of a backbone and a head, and heads that take what a neck makes.
_HEADED = ("det", "rec", "cls", "table", "e2e")
_BEHIND_NECK = frozenset(
    [
        *("CTCHead", "AttentionHead", "SPINAttentionHead", "PRENHead", "RFLHead"),
        *("DBHead", "PFHeadLocal", "EASTHead", "SASTHead", "PSEHead", "FCEHead", "CT_Head"),
        *("DRRGHead", "PGHead"),
    ]
)


def sections(ctx: Context) -> dict[YamlPath, Mapping[str, Limit]]:
    """The keys of each section of this configuration, and what their values can be."""
    found: dict[YamlPath, Mapping[str, Limit]] = dict(SECTIONS)
    found["Architecture",] = {**_MODEL, "Models": SECTION}
    for name, path in models(ctx):
        if name:
            found[path] = {**_MODEL, **OF_DISTILLATION}
    return found


def required(ctx: Context) -> dict[YamlPath, tuple[str, ...]]:
    """The keys that each section cannot do without."""
    found = dict(REQUIRED)
    for _, path in models(ctx):
        model = ctx.get(*path)
        if isinstance(model, Mapping):
            found[path] = (*found.get(path, ()), *_parts(model))
            for part in ("Backbone", "Neck", "Head"):
                if isinstance(model.get(part), Mapping):
                    found[(*path, part)] = ("name",)
    return found


def _parts(model: Mapping[str, Any]) -> tuple[str, ...]:
    kind, head = model.get("model_type"), model.get("Head")
    name = head.get("name") if isinstance(head, Mapping) else None
    keys: tuple[str, ...] = ("model_type",)
    if kind in (*_HEADED, "kie"):
        keys += ("Backbone",)
    if kind in _HEADED:
        keys += ("Head",)
    return (*keys, "Neck") if name in _BEHIND_NECK else keys
