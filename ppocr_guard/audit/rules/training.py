"""Model, pretrained weights, optimizer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.pipelines import family
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.audit.weights import WeightsError, read_shapes
from ppocr_guard.wording import mark, said_by, say
from ppocr_guard.yaml_source import YamlPath

LR = ("Optimizer", "lr", "learning_rate")


class Usual(NamedTuple):
    """Learning rates of an optimizer: from ``high`` on, and below ``low``, it does not learn."""

    low: float
    high: float
    stock: str
    begin: str


_ADAM = Usual(1e-6, 0.01, say("0.00005 to 0.001"), say("0.001, or 0.0001 to fine-tune"))
# By optimizer, off stock configs. With Adam DB was unstable at 0.3, and never learned at 30.
USUAL_RATES = {
    "Adam": _ADAM,
    "AdamW": _ADAM,
    "RMSProp": _ADAM,
    "Momentum": Usual(1e-5, 0.5, say("0.007 to 0.028"), say("0.007, or 0.001 to fine-tune")),
    "Adadelta": Usual(0.01, 5.0, say("0.5 to 1.0"), "1.0"),
}
LANGUAGE_MODELS = ("entity recognition", "relation extraction", "KIE distillation")
LANGUAGE_RATE = 0.001  # pretrained language models have 5e-5
# (families, images a step in stock configs, Adam's rate by images from which it is far off)
PER_IMAGE = (
    (("DB", "DB distillation"), 8, 0.0003),  # stock: up to 0.00025
    (("CTC", "CTC with a guide (MultiHead)"), 128, 0.00008),  # stock: 0.000008; ten times that
)
LONG_WARMUP, LONG_RUN = 0.5, 10  # share of a run of so many epochs and more
SUFFIX = ".pdparams"
_BESIDE_WEIGHTS = {  # the other files of a checkpoint, and what is lost without each
    ".pdopt": mark("the state of the optimizer is"),
    ".states": mark("the epoch and the best metric are"),
}
# A weight that only this backbone has (read off models built from PaddleOCR 2.10's stock configs).
BACKBONES = {
    "MobileNetV3": "stage0.",
    "PPLCNetV3": "blocks2.",
    "PPHGNet_small": "stem.",
    "ResNet_vd": "conv1_1.",
    "ResNet": "res2a.",
    "RepSVTR_det": "features.",
}


_LOADED = "loaded weights"  # in the memory of a context


class LoadedWeights(NamedTuple):
    key: str  # of Global, that names them
    path: Path
    shapes: dict[str, tuple[int, ...]]
    error: str = ""  # why there are no shapes


def _weights_path(ctx: Context, key: str) -> Optional[Path]:
    """The .pdparams file that a key of Global names; None: none, or to be downloaded."""
    name = ctx.get("Global", key)
    if not isinstance(name, str) or not name or name.startswith("http"):
        return None
    return ctx.resolve(name if name.endswith(SUFFIX) else name + SUFFIX)


def loaded_weights(ctx: Context) -> Optional[LoadedWeights]:
    """The weights that a training starts from, read once for a context; None: none are named, or
    they are not here."""
    if _LOADED not in ctx.memory:
        key = "checkpoints" if ctx.get("Global", "checkpoints") else "pretrained_model"
        path = _weights_path(ctx, key)
        ctx.memory[_LOADED] = (
            _read(key, path) if path is not None and os.path.isfile(path) else None
        )
    found: Optional[LoadedWeights] = ctx.memory[_LOADED]
    return found


def _read(key: str, path: Path) -> LoadedWeights:
    try:
        return LoadedWeights(key, path, read_shapes(path))
    except WeightsError as error:
        return LoadedWeights(key, path, {}, said_by(error))


@rule(
    "weights_missing",
    "critical",
    "PaddleOCR adds .pdparams to the name and stops if that file does not exist "
    "(ppocr/utils/save_load.py)",
    reads="files",
)
def weights_missing(ctx: Context) -> Iterator[Finding]:
    for key in ("checkpoints", "pretrained_model"):
        path = _weights_path(ctx, key)
        if path is not None and not os.path.isfile(path):
            yield Finding(
                ("Global", key),
                say("Global.{key}: {path} does not exist.", key=key, path=str(path)),
                say("Download it, correct the path, or leave it empty to train from scratch."),
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
    found = loaded_weights(ctx)
    if found is None:
        return
    if found.error:
        message = say("{error}.", error=found.error)
        yield Finding(("Global", found.key), message, say("Download the file again."))
        return
    reason = _unlike(ctx, found.shapes)
    if reason:
        yield Finding(
            ("Global", found.key),
            say("{path} is not of this model: {reason}.", path=str(found.path), reason=reason),
            say("Take weights trained with this architecture, or extract its part of them."),
        )


def _unlike(ctx: Context, shapes: dict[str, tuple[int, ...]]) -> Optional[str]:
    """Why none (or not the part that matters) of these weights would be loaded."""
    models = ctx.get("Architecture", "Models")
    if isinstance(models, Mapping):
        missing = [model for model in models if not _part(shapes, f"{model}.")]
        if len(missing) == len(models):
            return say(
                "this configuration trains {models}, and it has no weights for them",
                models=", ".join(map(str, models)),
            )
        return None
    first = next(iter(shapes))
    if first.startswith(("Student.", "Student2.", "Teacher.")):
        return say(
            "its weights are named {first!r} and so on, and this model has no such prefix",
            first=first,
        )
    if ctx.get("Architecture", "model_type") == "rec" and _part(shapes, "head.binarize."):
        return say("it is a text detection model")
    if ctx.get("Architecture", "model_type") != "det":
        return None
    if any(".ctc" in name or ".gtc" in name for name in shapes):
        return say("it is a recognition model")
    if not any(name.startswith(("backbone.", "neck.", "head.")) for name in shapes):
        return say(
            "its weights are named {first!r} and so on, not backbone, neck, head", first=first
        )
    backbone = ctx.get("Architecture", "Backbone", "name")
    marker = BACKBONES.get(str(backbone))
    if marker and _part(shapes, "backbone.") and not _part(shapes, f"backbone.{marker}"):
        return say("its backbone is no {backbone}", backbone=str(backbone))
    channels = ctx.number("Architecture", "Neck", "out_channels")
    head = shapes.get("head.binarize.conv1.weight", ())
    if channels and len(head) == 4 and head[1] != channels:
        return say(
            "its neck has {has} channels, and here out_channels is {channels:g}",
            has=head[1],
            channels=channels,
        )
    return None


def _part(shapes: dict[str, tuple[int, ...]], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in shapes)


@rule(
    "checkpoint_incomplete",
    "warning",
    "load_model goes on without the optimizer's state (.pdopt) and without the epoch and the best "
    "metric (.states), with a line in the log (ppocr/utils/save_load.py)",
    reads="files",
)
def checkpoint_incomplete(ctx: Context) -> Iterator[Finding]:
    path = _weights_path(ctx, "checkpoints")
    if path is None or not os.path.isfile(path):
        return  # weights_missing says so
    prefix = str(path).removesuffix(SUFFIX)
    for end, what in _BESIDE_WEIGHTS.items():
        if not os.path.isfile(prefix + end):
            yield Finding(
                ("Global", "checkpoints"),
                say(
                    "{path} does not exist: {what} not resumed.", path=prefix + end, what=say(what)
                ),
                say(
                    "Copy all three files of a checkpoint; to begin a new run from weights, name "
                    "them in Global.pretrained_model."
                ),
            )
            return


@rule(
    "weights_ignored",
    "info",
    "load_model reads pretrained_model only if there is no checkpoints (ppocr/utils/save_load.py)",
)
def weights_ignored(ctx: Context) -> Iterator[Finding]:
    if ctx.get("Global", "checkpoints") and ctx.get("Global", "pretrained_model"):
        yield Finding(
            ("Global", "pretrained_model"),
            say("pretrained_model is not read, because checkpoints is set."),
            say("Remove one: checkpoints resumes a run, pretrained_model begins a new one."),
        )


@rule(
    "learning_rate_high",
    "warning",
    "stock learning rates are for 8 cards or large batches and must shrink with them (PaddleOCR "
    "FAQ); a rate too high makes the metric jump, or stay at 0",
)
def learning_rate_high(ctx: Context) -> Iterator[Finding]:
    path, rate = _rate(ctx)
    name = str(ctx.get("Optimizer", "name", default=""))
    usual, one = USUAL_RATES.get(name), family(ctx)
    if rate is None or usual is None:
        return
    language = one is not None and one.name in LANGUAGE_MODELS
    highest = LANGUAGE_RATE if language else usual.high
    if rate >= highest:
        yield Finding(
            path,
            say(
                "A learning rate of {rate:g} is too high for {name}: stock configs have {stock}.",
                rate=rate,
                name=name,
                stock=usual.stock,
            ),
            say("Begin with {rate}.", rate=usual.begin),
        )
        return
    batch = ctx.number("Train", "loader", "batch_size_per_card")
    images = batch * ctx.cards if batch else 0
    for names, stock_images, most in PER_IMAGE:
        few = 0 < images < stock_images and one is not None and one.name in names
        if few and name.startswith("Adam") and rate / images > most:
            yield Finding(
                path,
                say(
                    "A learning rate of {rate:g} for {images} a step: stock configs have 0.001 for "
                    "{stock} a card.",
                    rate=rate,
                    images=say("{images:g} images", images=images)
                    if images > 1
                    else say("1 image"),
                    stock=stock_images,
                ),
                say("Scale it down: {rate:.2g}.", rate=0.001 * images / stock_images),
            )


@rule(
    "learning_rate_low",
    "warning",
    "with steps too small the weights stay what they were: the loss does not fall, and the metric "
    "is that of the pretrained model",
)
def learning_rate_low(ctx: Context) -> Iterator[Finding]:
    path, rate = _rate(ctx)
    usual = USUAL_RATES.get(str(ctx.get("Optimizer", "name", default="")))
    if rate is not None and usual is not None and 0 < rate < usual.low:
        yield Finding(
            path,
            say(
                "A learning rate of {rate:g} is too low for {name}: stock configs have {stock}.",
                rate=rate,
                name=ctx.get("Optimizer", "name"),
                stock=usual.stock,
            ),
            say("Begin with {rate}.", rate=usual.begin),
        )


def _rate(ctx: Context) -> tuple[YamlPath, Optional[float]]:
    """The highest learning rate of the run, and where it stands."""
    values, path = ctx.get("Optimizer", "lr", "values"), ("Optimizer", "lr", "values")
    if ctx.get("Optimizer", "lr", "name") == "Piecewise" and isinstance(values, list):
        numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
        return path, max(numbers, default=None)
    if ctx.get("Optimizer", "lr", "name") == "OneCycle":
        return ("Optimizer", "lr", "max_lr"), ctx.number("Optimizer", "lr", "max_lr")
    return LR, ctx.number(*LR)


@rule(
    "warmup_too_long",
    "critical",
    "the learning rate rises from 0 during warmup_epoch epochs (ppocr/optimizer/learning_rate.py)",
)
def warmup_too_long(ctx: Context) -> Iterator[Finding]:
    path = ("Optimizer", "lr", "warmup_epoch")
    warmup, epochs = ctx.number(*path), ctx.number("Global", "epoch_num")
    if (
        warmup
        and epochs
        and (warmup >= epochs or (warmup >= LONG_WARMUP * epochs and epochs >= LONG_RUN))
    ):
        yield Finding(
            path,
            say(
                "Warm-up of {warmup:g} epochs is {share} of the {epochs:g} epochs of the run.",
                warmup=warmup,
                share=say("all") if warmup >= epochs else say("half or more"),
                epochs=epochs,
            ),
            say("Take about a twentieth of the run."),
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
        say("use_visualdl: true writes nothing in this PaddleOCR."),
        say("Use the hook VisualDL of the Guard: section, and set use_visualdl: false."),
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
            path,
            say("epoch_num is {value}, not a whole number above 0.", value=repr(value)),
            say("Write for instance 100."),
        )
