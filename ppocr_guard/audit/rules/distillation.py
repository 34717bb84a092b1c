"""Distillation: which model teaches, which learns, and where their weights come from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ppocr_guard.audit.components import losses, meant, models
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath

# Losses in which the first model of a pair learns from the second, and not the other way too.
ONE_WAY = ("DistillationDilaDBLoss", "DistillationDKDLoss", "DistillCTCLogits")


def _flat(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _flat(item)]
    return [value] if isinstance(value, str) else []


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    """[student, teacher], or a list of such."""
    if isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value):
        yield value[0], value[1]
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item)


def _taught(ctx: Context) -> set[str]:
    """Models that learn from labels."""
    return {
        name
        for loss in losses(ctx)
        if "model_name_pairs" not in loss.options
        for name in _flat(loss.options.get("model_name_list"))
    }


@rule(
    "distillation_names",
    "critical",
    "loss, postprocess and metric of a distillation look models up by the names under "
    "Architecture.Models: a KeyError at the first step or evaluation",
)
def distillation_names(ctx: Context) -> Iterator[Finding]:
    names = [name for name, _ in models(ctx) if name]
    if not names:
        return
    places: list[tuple[YamlPath, Any]] = [
        ((*loss.path, key), loss.options[key])
        for loss in losses(ctx)
        for key in ("model_name_pairs", "model_name_list")
        if key in loss.options
    ]
    for path in (("PostProcess", "model_name"), ("Metric", "key")):
        places.append((path, ctx.get(*path)))
    for path, value in places:
        for name in dict.fromkeys(_flat(value)):
            if name not in names:
                near = meant(name, names, cutoff=0.5)
                yield Finding(
                    path,
                    say("There is no model {name!r} under Architecture.Models.", name=name),
                    say("Did you mean {near}?", near=near)
                    if near
                    else say("There are {names}.", names=", ".join(names)),
                )


# What the models of PaddleOCR hand to a loss when they return all their features, and the heads
# that give several outputs (ppocr/modeling/architectures/base_model.py).
_OUTPUTS = (
    *("backbone_out", "neck_out", "head_out", "maps", "distance_maps", "cbn_maps"),
    *("ctc", "ctc_neck", "sar", "gtc", "res"),
)
_READ_BY_KEY = ("DistillationCTCLabelDecode", "DistillationSARLabelDecode")


@rule(
    "distillation_key",
    "critical",
    "what a model returns is looked up by key: a KeyError at the first step or evaluation",
)
def distillation_key(ctx: Context) -> Iterator[Finding]:
    places = [((*loss.path, "key"), loss.options.get("key")) for loss in losses(ctx)]
    if ctx.get("PostProcess", "name") in _READ_BY_KEY:
        places.append((("PostProcess", "key"), ctx.get("PostProcess", "key")))
    for path, key in places:
        near = meant(key, _OUTPUTS) if isinstance(key, str) else None
        if near and any(name for name, _ in models(ctx)):
            yield Finding(
                path,
                say("No model returns {key!r}.", key=key),
                say("Did you mean {near}?", near=near),
            )


@rule(
    "teacher_not_frozen",
    "warning",
    "a teacher that learns from nobody's labels drifts towards its student "
    "(freeze_params in ppocr/modeling/architectures/distillation_model.py)",
)
def teacher_not_frozen(ctx: Context) -> Iterator[Finding]:
    teachers = {
        teacher
        for loss in losses(ctx)
        if loss.name in ONE_WAY
        for _, teacher in _pairs(loss.options.get("model_name_pairs"))
    }
    for name, path in models(ctx):
        if name in teachers - _taught(ctx) and not ctx.get(*path, "freeze_params"):
            yield Finding(
                (*path, "freeze_params"),
                say("{name} teaches and learns from no labels, but is not frozen.", name=name),
                say("Set {setting}.", setting="freeze_params: true"),
            )


@rule(
    "student_frozen",
    "critical",
    "the parameters of a frozen model do not change "
    "(ppocr/modeling/architectures/distillation_model.py)",
)
def student_frozen(ctx: Context) -> Iterator[Finding]:
    for name, path in models(ctx):
        if name and name in _taught(ctx) and ctx.get(*path, "freeze_params"):
            yield Finding(
                (*path, "freeze_params"),
                say("{name} has a loss of its own and is frozen: it learns nothing.", name=name),
                say("Set {setting}.", setting="freeze_params: false"),
            )


@rule(
    "teacher_without_weights",
    "warning",
    "a frozen model stays as it was initialised: without weights it teaches noise",
)
def teacher_without_weights(ctx: Context) -> Iterator[Finding]:
    if ctx.get("Global", "pretrained_model") or ctx.get("Global", "checkpoints"):
        return
    for name, path in models(ctx):
        if name and ctx.get(*path, "freeze_params") and not _weights(ctx, path):
            yield Finding(
                (*path, "pretrained"),
                say(
                    "{name} is frozen and gets no weights: neither here nor in "
                    "Global.pretrained_model.",
                    name=name,
                ),
                say("Name its trained weights."),
            )


def _weights(ctx: Context, path: YamlPath) -> bool:
    """Whether a model, or a part of it, is given weights."""
    return bool(ctx.get(*path, "pretrained"))


@rule(
    "model_weights_missing",
    "critical",
    "each model of a distillation loads its own weights and stops if the file does not exist "
    "(load_pretrained_params in ppocr/utils/save_load.py)",
    reads="files",
)
def model_weights_missing(ctx: Context) -> Iterator[Finding]:
    for name, path in models(ctx):
        weights = ctx.get(*path, "pretrained") if name else None
        if not isinstance(weights, str) or weights.startswith("http"):
            continue
        file = ctx.resolve(f"{weights.removesuffix('.pdparams')}.pdparams")
        if not os.path.isfile(file):
            yield Finding(
                (*path, "pretrained"),
                say("The weights of {name}, {file}, do not exist.", name=name, file=str(file)),
                say("Download them, correct the path, or leave it empty."),
            )
