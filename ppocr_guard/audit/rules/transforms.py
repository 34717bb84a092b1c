"""The operators of a detection pipeline: their order, and what they hand to the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.wording import say

# Change the polygons or the image's geometry; maps drawn before do not follow.
MOVES = ("IaaAugment", "CopyPaste", "EastRandomCropData", "RandomCropFlip", "DetResizeForTest")


@rule(
    "maps_before_crop",
    "critical",
    "maps are drawn from the polygons as they are at that moment; what moves the image afterwards "
    "leaves them behind",
)
def maps_before_crop(ctx: Context) -> Iterator[Finding]:
    shrink = ctx.transform("Train", "MakeShrinkMap")
    border = ctx.transform("Train", "MakeBorderMap")
    first = min((t.position for t in (shrink, border) if t is not None), default=None)
    for transform in ctx.transforms("Train"):
        if first is not None and transform.position > first and transform.name in MOVES:
            yield Finding(
                transform.path,
                say(
                    "{operator} comes after MakeShrinkMap or MakeBorderMap, whose maps it does not "
                    "move along.",
                    operator=transform.name,
                ),
                say("Put {operator} before both.", operator=transform.name),
            )


@rule(
    "normalization_differs",
    "warning",
    "a model sees other values in evaluation than in training, and hmean is low for no reason "
    "that shows in the loss",
)
def normalization_differs(ctx: Context) -> Iterator[Finding]:
    train = ctx.transform("Train", "NormalizeImage")
    evaluation = ctx.transform("Eval", "NormalizeImage")
    if train is None or evaluation is None:
        return
    for key in ("scale", "mean", "std"):
        one, other = train.parameters.get(key), evaluation.parameters.get(key)
        if one != other and None not in (one, other):
            yield Finding(
                (*evaluation.path, key),
                say(
                    "NormalizeImage of Eval has {key} {other}, of Train {one}.",
                    key=key,
                    other=str(other),
                    one=str(one),
                ),
                say("Give both the same."),
            )


@rule(
    "image_mode_differs",
    "warning",
    "with channels swapped between training and evaluation the model is tested on other colours",
)
def image_mode_differs(ctx: Context) -> Iterator[Finding]:
    train, evaluation = (ctx.transform(mode, "DecodeImage") for mode in ("Train", "Eval"))
    if train is None or evaluation is None:
        return
    one, other = (t.parameters.get("img_mode", "RGB") for t in (train, evaluation))
    if one != other:
        yield Finding(
            (*evaluation.path, "img_mode"),
            say("DecodeImage of Eval reads {other}, of Train {one}.", other=other, one=one),
            say("Give both the same {key}.", key="img_mode"),
        )


@rule(
    "image_channels_differ",
    "critical",
    "the first convolution is built for Architecture.in_channels (3 where nothing is given), and "
    "an image of another depth ends the training at the first step",
)
def image_channels_differ(ctx: Context) -> Iterator[Finding]:
    wanted = ctx.get("Architecture", "in_channels", default=3)
    if ctx.get("Architecture", "model_type") != "rec" or ctx.get("Architecture", "Transform"):
        return  # a Transform has channels of its own
    for mode in ("Train", "Eval"):
        for transform in ctx.transforms(mode):
            depth = _depth(transform.name, transform.parameters.get("image_shape"))
            if depth is None or wanted not in (1, 3) or depth == wanted:
                continue
            gray = transform.name == _GRAY
            yield Finding(
                ("Architecture", "in_channels") if gray else (*transform.path, "image_shape"),
                say(
                    "{operator} of {mode} makes images of {depth} channels, and in_channels of the "
                    "model is {wanted}.",
                    operator=transform.name,
                    mode=mode,
                    depth=depth,
                    wanted=wanted,
                ),
                say("Set Architecture.in_channels: {depth}.", depth=depth)
                if gray
                else say("Give both the same."),
            )


_GRAY = "GrayRecResizeImg"


def _depth(name: str, shape: Any) -> Optional[int]:
    """Channels of the images that an operator makes; None: not known."""
    if name == _GRAY:
        return 1
    if not name.endswith("RecResizeImg") or not isinstance(shape, list) or len(shape) != 3:
        return None
    return shape[0] if shape[0] in (1, 3) else None


@rule(
    "global_overrides_transform",
    "warning",
    "PaddleOCR merges all of Global over the options of every operator (create_operators in "
    "ppocr/data/imaug/__init__.py)",
)
def global_overrides_transform(ctx: Context) -> Iterator[Finding]:
    settings = ctx.get("Global")
    if not isinstance(settings, Mapping):
        return
    for transform in ctx.transforms("Train"):
        for key, value in transform.parameters.items():
            if key in settings and settings[key] != value and ctx.is_db:
                yield Finding(
                    ("Global", key),
                    say(
                        "Global.{key} ({own}) replaces the {key} of {operator} ({value}).",
                        key=key,
                        own=str(settings[key]),
                        operator=transform.name,
                        value=str(value),
                    ),
                    say("Rename or remove Global.{key}.", key=key),
                )
    if ctx.is_db and "epoch" in settings:
        yield Finding(
            ("Global", "epoch"),
            say(
                "Global.epoch ({epoch}) reaches MakeShrinkMap and MakeBorderMap as their epoch.",
                epoch=str(settings["epoch"]),
            ),
            say("The number of epochs is Global.epoch_num; remove Global.epoch."),
        )


@rule(
    "border_thresholds",
    "warning",
    "MakeBorderMap scales its map from thresh_min to thresh_max "
    "(ppocr/data/imaug/make_border_map.py): the border of a text is where it is highest",
)
def border_thresholds(ctx: Context) -> Iterator[Finding]:
    for transform in ctx.transforms("Train"):
        low = transform.parameters.get("thresh_min", 0.3)
        high = transform.parameters.get("thresh_max", 0.7)
        numbers = isinstance(low, (int, float)) and isinstance(high, (int, float))
        if transform.name == "MakeBorderMap" and numbers and low >= high:
            yield Finding(
                (*transform.path, "thresh_min"),
                say(
                    "thresh_min {low:g} is not below thresh_max {high:g}: the border map is turned "
                    "over.",
                    low=low,
                    high=high,
                ),
                say("The stock configurations have thresh_min: 0.3 and thresh_max: 0.7."),
            )
