"""Sizes at which a recogniser gets its lines: image_shape, the sampler's scales, squeezed texts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.images import MOST_OPENED, evenly, image_sizes
from ppocr_guard.audit.labels import Sample
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.recognition import PADDING, image_shape, label_encoder, scales
from ppocr_guard.audit.rule import rule
from ppocr_guard.wording import say

ROWS = 32  # of the image that these backbones of recognition make one of
_ONE_ROW = ("MobileNetV3", "ResNet")
SQUEEZED = 1.25  # times its width from which a text counts as squeezed
MANY = 0.05  # share of squeezed texts that is worth a word


@rule(
    "image_height_unusable",
    "critical",
    "SequenceEncoder takes features of one row, and these backbones make one of 32: another height "
    "ends training at the first step (Im2Seq in ppocr/modeling/necks/rnn.py)",
)
def image_height_unusable(ctx: Context) -> Iterator[Finding]:
    backbone = ctx.get("Architecture", "Backbone", "name")
    neck = ctx.get("Architecture", "Neck", "name")
    if ctx.get("Architecture", "model_type") != "rec" or ctx.get("Architecture", "Transform"):
        return
    if backbone not in _ONE_ROW or neck != "SequenceEncoder":
        return
    for mode in ("Train", "Eval"):
        resize, shape = ctx.transform(mode, "RecResizeImg"), image_shape(ctx, mode)
        if resize is not None and shape is not None and not ROWS <= shape[1] < 2 * ROWS:
            yield Finding(
                (*resize.path, "image_shape"),
                say(
                    "Images of {mode} are {height} pixels high, and {backbone} is made for 32.",
                    mode=mode,
                    height=shape[1],
                    backbone=backbone,
                ),
                say("Set image_shape: [3, 32, {width}].", width=shape[2]),
            )


@rule(
    "image_shape_differs",
    "warning",
    "a recogniser that is evaluated at another size than it was trained at reads worse than it "
    "can, and the loss does not show it",
)
def image_shape_differs(ctx: Context) -> Iterator[Finding]:
    yield from _another_shape(ctx)
    evaluation = image_shape(ctx, "Eval")
    resize = ctx.transform("Eval", "RecResizeImg")
    if evaluation is None or resize is None or label_encoder(ctx, "Train") is None:
        return
    sizes = _trained_sizes(ctx)
    heights, widths = {h for h, _ in sizes}, {w for _, w in sizes}
    high = heights and not min(heights) <= evaluation[1] <= max(heights)
    wide = widths and not min(widths) <= evaluation[2] <= max(widths)
    if high or wide:
        yield Finding(
            (*resize.path, "image_shape"),
            say(
                "Images are evaluated at {height} x {width} (height x width) and trained at "
                "{sizes}.",
                height=evaluation[1],
                width=evaluation[2],
                sizes=", ".join(f"{h} x {w}" for h, w in sizes),
            ),
            say("Give both the same image_shape."),
        )


def _another_shape(ctx: Context) -> Iterator[Finding]:
    """Operators that bring all images to one size, whichever order they write it in."""
    if label_encoder(ctx, "Train") is None:
        return
    trained = {t.name: t.parameters.get("image_shape") for t in ctx.transforms("Train")}
    for resize in ctx.transforms("Eval"):
        shape, other = resize.parameters.get("image_shape"), trained.get(resize.name)
        padded = resize.name in PADDING  # which image_shape_differs itself compares
        if padded or not isinstance(shape, list) or other is None or shape == other:
            continue
        yield Finding(
            (*resize.path, "image_shape"),
            say(
                "{operator} has image_shape {other} in Train, and {shape} in Eval.",
                operator=resize.name,
                other=str(other),
                shape=str(shape),
            ),
            say("Give both the same image_shape."),
        )


def _trained_sizes(ctx: Context) -> list[tuple[int, int]]:
    """(height, width) of the training images; empty: not known, or by image."""
    if ctx.dataset("Train") == "MultiScaleDataSet":
        return [(high, across) for across, high in scales(ctx, "Train")]
    shape = image_shape(ctx, "Train")
    return [(shape[1], shape[2])] if shape is not None else []


@rule(
    "sampler_scales_swapped",
    "critical",
    "MultiScaleSampler takes [width, height] (ppocr/data/multi_scale_sampler.py): swapped, lines "
    "of text are squeezed into columns",
)
def sampler_scales_swapped(ctx: Context) -> Iterator[Finding]:
    path = ("Train", "sampler", "scales")
    written = ctx.get(*path)
    if label_encoder(ctx, "Train") is None or not isinstance(written, list):
        return
    pairs = [s for s in written if isinstance(s, list) and len(s) == 2]
    numbers = [p for p in pairs if all(isinstance(v, (int, float)) for v in p)]
    if numbers and all(width < height for width, height in numbers):
        yield Finding(
            path,
            say("All scales are higher than wide: {scales}.", scales=str(numbers)),
            say("Write width before height: {scales}.", scales=str([[h, w] for w, h in numbers])),
        )


@rule(
    "sampler_batch_size",
    "warning",
    "with MultiScaleSampler the number of images of a step comes from first_bs, and the loader's "
    "batch_size_per_card is not read (ppocr/data/__init__.py)",
)
def sampler_batch_size(ctx: Context) -> Iterator[Finding]:
    first = ctx.number("Train", "sampler", "first_bs")
    batch = ctx.number("Train", "loader", "batch_size_per_card")
    if ctx.get("Train", "sampler", "name") != "MultiScaleSampler" or not first or not batch:
        return
    if first != batch:
        yield Finding(
            ("Train", "sampler", "first_bs"),
            say(
                "A step has {first:g} images (at the first scale), not the {batch:g} of "
                "batch_size_per_card.",
                first=first,
                batch=batch,
            ),
            say("Set both to what fits into memory, and the learning rate to what is trained."),
        )


class _Width(NamedTuple):
    needed: int  # pixels at the height that the model gets
    sample: Sample


@rule(
    "texts_squeezed",
    "warning",
    "what is wider than image_shape at its height is squeezed into it, and narrow characters "
    "become illegible (resize_norm_img in ppocr/data/imaug/rec_img_aug.py)",
    reads="images",
)
def texts_squeezed(ctx: Context) -> Iterator[Finding]:
    for mode in ("Train", "Eval"):
        shape = image_shape(ctx, mode)
        if shape is None or label_encoder(ctx, mode) is None:
            continue
        widths = _widths(ctx, mode, shape[1])
        squeezed = [one for one in widths if one.needed > SQUEEZED * shape[2]]
        if len(squeezed) <= MANY * len(widths):
            continue
        worst = max(squeezed, key=lambda one: one.needed)
        enough = sorted(one.needed for one in widths)[int(0.99 * (len(widths) - 1))]
        yield Finding(
            (mode, "dataset", "transforms"),
            say(
                "{count} of {total} images of {mode} looked at ({share:.1%}) are squeezed by more "
                "than a fifth into the width {width}; the worst, {image} (line {line}), would "
                "need {needed}.",
                count=len(squeezed),
                total=len(widths),
                mode=mode,
                share=len(squeezed) / len(widths),
                width=shape[2],
                image=worst.sample.image,
                line=worst.sample.line,
                needed=worst.needed,
            ),
            say(
                "A width of {enough} would do for 99 % of them: set it in image_shape (and the "
                "sampler's scales) of Train and Eval, or cut the lines.",
                enough=-(-enough // 32) * 32,
            ),
        )


def _widths(ctx: Context, mode: str, height: int) -> list[_Width]:
    lines = [line for _, file in ctx.texts(mode) for line in file]
    samples = [Sample(line.line, line.image, [], []) for line in evenly(lines, MOST_OPENED)]
    return [
        _Width(math.ceil(height * item.width / item.height), item.sample)
        for item in image_sizes(ctx, mode, samples)
    ]
