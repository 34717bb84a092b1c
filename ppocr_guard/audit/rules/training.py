"""Model, pretrained weights, optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.audit.weights import WeightsError, read_shapes

LR = ("Optimizer", "lr", "learning_rate")
HIGHEST_ADAM = 0.01  # stock configs: 1e-5 to 1e-3; at 0.3 DB was unstable, at 30 it never learned
MOST_PER_IMAGE = 0.0003  # Adam's learning rate by images a step; stock configs: up to 0.00025
SUFFIX = ".pdparams"
# A weight that only this backbone has (read off models built from PaddleOCR 2.10's stock configs).
BACKBONES = {
    "MobileNetV3": "stage0.",
    "PPLCNetV3": "blocks2.",
    "PPHGNet_small": "stem.",
    "ResNet_vd": "conv1_1.",
    "ResNet": "res2a.",
    "RepSVTR_det": "features.",
}


def _weights(ctx: Context, key: str) -> Optional[Path]:
    """The .pdparams file that a key of Global names; None: none, or to be downloaded."""
    name = ctx.get("Global", key)
    if not isinstance(name, str) or not name or name.startswith("http"):
        return None
    return ctx.resolve(name if name.endswith(SUFFIX) else name + SUFFIX)


@rule(
    "weights_missing",
    "critical",
    "PaddleOCR adds .pdparams to the name and stops if that file does not exist "
    "(ppocr/utils/save_load.py)",
    reads="files",
)
def weights_missing(ctx: Context) -> Iterator[Finding]:
    for key in ("checkpoints", "pretrained_model"):
        path = _weights(ctx, key)
        if path is not None and not path.is_file():
            yield Finding(
                ("Global", key),
                f"Global.{key}: {path} does not exist.",
                "Download it, correct the path, or leave it empty to train from scratch.",
            )
            return
        if path is not None:
            return  # with checkpoints, pretrained_model is not read


@rule(
    "weights_mismatch",
    "critical",
    "weights whose names or shapes differ are left out with no more than a line in the log each, "
    "and training starts from scratch (issues 8371, 3949)",
    reads="labels",
)
def weights_mismatch(ctx: Context) -> Iterator[Finding]:
    key = "checkpoints" if ctx.get("Global", "checkpoints") else "pretrained_model"
    path = _weights(ctx, key)
    if path is None or not path.is_file():
        return
    try:
        shapes = read_shapes(path)
    except WeightsError as error:
        yield Finding(("Global", key), f"{error}.", "Download the file again.")
        return
    reason = _unlike(ctx, shapes)
    if reason:
        yield Finding(
            ("Global", key),
            f"{path} is not of this model: {reason}.",
            "Take weights trained with this architecture, or extract its part of them.",
        )


def _unlike(ctx: Context, shapes: dict[str, tuple[int, ...]]) -> Optional[str]:
    """Why none (or not the part that matters) of these weights would be loaded."""
    models = ctx.get("Architecture", "Models")
    if isinstance(models, Mapping):
        missing = [model for model in models if not _part(shapes, f"{model}.")]
        if len(missing) == len(models):
            return f"this configuration trains {', '.join(models)}, and it has no weights for them"
        return None
    first = next(iter(shapes))
    if first.startswith(("Student.", "Student2.", "Teacher.")):
        return f"its weights are named {first!r} and so on, and this model has no such prefix"
    if ctx.get("Architecture", "model_type") != "det":
        return None
    if any(".ctc" in name or ".gtc" in name for name in shapes):
        return "it is a recognition model"
    if not any(name.startswith(("backbone.", "neck.", "head.")) for name in shapes):
        return f"its weights are named {first!r} and so on, not backbone, neck, head"
    backbone = ctx.get("Architecture", "Backbone", "name")
    marker = BACKBONES.get(str(backbone))
    if marker and _part(shapes, "backbone.") and not _part(shapes, f"backbone.{marker}"):
        return f"its backbone is no {backbone}"
    channels = ctx.number("Architecture", "Neck", "out_channels")
    head = shapes.get("head.binarize.conv1.weight", ())
    if channels and len(head) == 4 and head[1] != channels:
        return f"its neck has {head[1]} channels, and here out_channels is {channels:g}"
    return None


def _part(shapes: dict[str, tuple[int, ...]], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in shapes)


@rule(
    "weights_ignored",
    "info",
    "load_model reads pretrained_model only if there is no checkpoints (ppocr/utils/save_load.py)",
)
def weights_ignored(ctx: Context) -> Iterator[Finding]:
    if ctx.get("Global", "checkpoints") and ctx.get("Global", "pretrained_model"):
        yield Finding(
            ("Global", "pretrained_model"),
            "pretrained_model is not read, because checkpoints is set.",
            "Remove one: checkpoints resumes a run, pretrained_model begins a new one.",
        )


@rule(
    "learning_rate_high",
    "warning",
    "stock learning rates are for 8 cards or large batches and must shrink with them (PaddleOCR "
    "FAQ); a rate too high makes hmean jump, or stay at 0",
)
def learning_rate_high(ctx: Context) -> Iterator[Finding]:
    rate, name = ctx.number(*LR), str(ctx.get("Optimizer", "name", default=""))
    batch = ctx.number("Train", "loader", "batch_size_per_card")
    if rate is None or not name.startswith("Adam") or not ctx.is_db:
        return
    if rate > HIGHEST_ADAM:
        yield Finding(
            LR,
            f"A learning rate of {rate:g} is too high for {name}.",
            "Begin with 0.001, or 0.0001 to fine-tune.",
        )
    elif batch and batch * ctx.cards < 8 and rate / (batch * ctx.cards) > MOST_PER_IMAGE:
        images = batch * ctx.cards
        yield Finding(
            LR,
            f"A learning rate of {rate:g} for {images:g} image{'s' * (images > 1)} a step: stock "
            "configs have 0.001 for 8 a card.",
            f"Scale it down: {0.001 * images / 8:g}.",
        )


@rule(
    "warmup_too_long",
    "critical",
    "the learning rate rises from 0 during warmup_epoch epochs (ppocr/optimizer/learning_rate.py)",
)
def warmup_too_long(ctx: Context) -> Iterator[Finding]:
    path = ("Optimizer", "lr", "warmup_epoch")
    warmup, epochs = ctx.number(*path), ctx.number("Global", "epoch_num")
    if warmup and epochs and (warmup >= epochs or (warmup >= epochs / 2 and epochs >= 10)):
        rest = "all" if warmup >= epochs else "half or more"
        yield Finding(
            path,
            f"Warm-up of {warmup:g} epochs is {rest} of the {epochs:g} epochs of the run.",
            "Take about a twentieth of the run.",
            severity="critical" if warmup >= epochs else "warning",
        )


@rule(
    "visualdl_removed",
    "warning",
    "from 2.8 on tools/program.py only warns that VisualDL was removed, and writes nothing",
)
def visualdl_removed(ctx: Context) -> Iterator[Finding]:
    path = ("Global", "use_visualdl")
    if ctx.get(*path) is not True or (ctx.behaviour and _has_visualdl(ctx.behaviour.release)):
        return
    yield Finding(
        path,
        "use_visualdl: true writes nothing in this PaddleOCR.",
        "Use the hook VisualDL of the Guard: section, and set use_visualdl: false.",
        (Edit(path, False),),
    )


def _has_visualdl(release: str) -> bool:
    return release.startswith(("2.0", "2.1.", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7"))


@rule(
    "epoch_num_unusable",
    "critical",
    "the loop runs from epoch 1 to epoch_num (tools/program.py)",
)
def epoch_num_unusable(ctx: Context) -> Iterator[Finding]:
    path = ("Global", "epoch_num")
    value = ctx.get(*path)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        yield Finding(
            path, f"epoch_num is {value!r}, not a whole number above 0.", "Write for instance 100."
        )
