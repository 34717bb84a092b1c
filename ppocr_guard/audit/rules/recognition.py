"""Text recognition: lengths and sizes that must agree, weights of another dictionary, overlap."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional, TypeVar

from ppocr_guard.audit.components import models
from ppocr_guard.audit.context import LABELLED, Context
from ppocr_guard.audit.images import image_sizes
from ppocr_guard.audit.labels import Sample
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rec_labels import label_facts
from ppocr_guard.audit.recognition import (
    MAX_TEXT_LENGTH,
    image_shape,
    label_encoder,
    option,
    reader,
    scales,
)
from ppocr_guard.audit.rule import rule
from ppocr_guard.audit.rules.training import loaded_weights
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath

SQUEEZED = 1.25  # times its width from which a text counts as squeezed
MANY = 0.05  # share of squeezed texts that is worth a word
MOST_OPENED = 3000  # images of a mode whose sizes or bytes are read, evenly over it
MOST_COMPARED = 100_000  # training images whose sizes are compared with those of evaluation
HEADS = ("NRTRHead", "SARHead", "Transformer")
_CTC_HEADS = ("head.ctc_head.fc.weight", "head.fc2.weight", "head.fc.weight")
SMALL_DIFFERENCE = 5  # classes
KNOWN = 0.9  # of the evaluation texts, that stand in the training set too
DIFFERENT = 50  # texts of an evaluation set; fewer are words to choose from
_T = TypeVar("_T")
ROWS = 32  # of the image that these backbones of recognition make one of
_ONE_ROW = ("MobileNetV3", "ResNet")


@rule(
    "max_text_length_differs",
    "warning",
    "Global.max_text_length goes before that of every operator, but the head has its own: it "
    "writes no more than that (ppocr/modeling/heads/rec_nrtr_head.py, rec_sar_head.py)",
)
def max_text_length_differs(ctx: Context) -> Iterator[Finding]:
    encoder = label_encoder(ctx, "Train")
    _, longest = option(ctx, encoder, MAX_TEXT_LENGTH)
    if encoder is None or not isinstance(longest, int) or isinstance(longest, bool):
        return
    for path, value in _head_lengths(ctx):
        if value < longest:
            yield Finding(
                path,
                say(
                    "The head has max_text_length {head}, and labels have {labels}.",
                    head=value,
                    labels=longest,
                ),
                say("Give both the same, as an anchor does: &max_text_length, *max_text_length."),
            )
    for transform in ctx.transforms("Train"):
        own = transform.parameters.get(MAX_TEXT_LENGTH)
        if isinstance(own, int) and own != longest:
            yield Finding(
                (*transform.path, MAX_TEXT_LENGTH),
                say(
                    "{operator} has max_text_length {own}, which Global's {labels} replaces.",
                    operator=transform.name,
                    own=own,
                    labels=longest,
                ),
                say("Delete it, or give both the same."),
                severity="info",
            )


def _head_lengths(ctx: Context) -> Iterator[tuple[YamlPath, int]]:
    for _, model in models(ctx):
        parts: list[tuple[YamlPath, Any]] = [((*model, "Head"), ctx.get(*model, "Head"))]
        heads = ctx.get(*model, "Head", "head_list")
        for index, entry in enumerate(heads if isinstance(heads, list) else []):
            for name, options in entry.items() if isinstance(entry, Mapping) else ():
                if name in HEADS:
                    parts.append(((*model, "Head", "head_list", index, name), options))
        for path, options in parts:
            value = options.get(MAX_TEXT_LENGTH) if isinstance(options, Mapping) else None
            if isinstance(value, int) and not isinstance(value, bool):
                yield (*path, MAX_TEXT_LENGTH), value


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
    samples = [Sample(line.line, line.image, [], []) for line in _evenly(lines, MOST_OPENED)]
    return [
        _Width(math.ceil(height * item.width / item.height), item.sample)
        for item in image_sizes(ctx, mode, samples)
    ]


@rule(
    "head_retrained",
    "info",
    "tools/train.py makes the head of as many classes as the dictionary has (out_channels of the "
    "YAML is replaced), and load_pretrained_params skips tensors of another shape with no more "
    "than a warning: acc starts at 0 (issues 10427, 11723, 13437)",
    reads="labels",
)
def head_retrained(ctx: Context) -> Iterator[Finding]:
    reading = reader(ctx, "Train")
    if reading is None or not reading.is_ctc:
        return
    classes = reading.alphabet.size + 1
    own = ctx.number("Architecture", "Head", "out_channels")
    if own is not None and own != classes:
        yield Finding(
            ("Architecture", "Head", "out_channels"),
            say("out_channels {own:g} is replaced by {classes}.", own=own, classes=classes),
            say("Delete it."),
        )
    found = _pretrained_classes(ctx)
    if found is None or found[1] == classes:
        return
    (key, theirs), small = found, abs(found[1] - classes) <= SMALL_DIFFERENCE
    # A few classes more or less are more often a mistake than another language.
    yield Finding(
        ("Global", key),
        say(
            "The weights were trained with {theirs} classes, and the dictionary with its blank"
            "{space} makes {classes}: the head is not loaded, and acc begins at 0.",
            theirs=theirs,
            space=say(" and use_space_char") if reading.alphabet.use_space_char else "",
            classes=classes,
        ),
        say(
            "Take the dictionary (and use_space_char) of the weights, if their characters are "
            "enough; otherwise the head needs some thousand steps before acc rises."
        ),
        severity="warning" if small else "info",
    )


def _pretrained_classes(ctx: Context) -> Optional[tuple[str, int]]:
    """(key of Global, classes of the CTC head of the weights that it names)."""
    found = loaded_weights(ctx)
    if found is None:
        return None
    for name in _CTC_HEADS:
        if len(found.shapes.get(name, ())) == 2:
            return found.key, found.shapes[name][1]
    return None


@rule(
    "evaluation_images_copied",
    "warning",
    "images that were trained on make acc too good, also under another name",
    reads="images",
)
def evaluation_images_copied(ctx: Context) -> Iterator[Finding]:
    if label_encoder(ctx, "Eval") is None:
        return
    evaluated = _sizes(ctx, "Eval", MOST_OPENED)
    train = _sizes(ctx, "Train", MOST_COMPARED)
    trained = {path: size for path, size in train.items() if path not in evaluated}
    # A file whose size stands on one side only need not be read.
    sizes = (set(evaluated.values()) & set(trained.values())) - {0}
    known = {_digest(path): path for path, size in trained.items() if size in sizes}
    same = [
        (path, known[digest])
        for path, size in evaluated.items()
        if size in sizes and (digest := _digest(path)) in known
    ]
    if same:
        one, other = same[0]
        yield Finding(
            ("Eval", "dataset", "label_file_list"),
            say(
                "{count} of {total} evaluation images looked at are training images too, byte for "
                "byte, such as {one}, which is {other}.",
                count=len(same),
                total=len(evaluated),
                one=str(one),
                other=str(other),
            ),
            say("Take them out of one of the two."),
        )


def _sizes(ctx: Context, mode: str, most: int) -> dict[Path, int]:
    """Images of a mode with their size in bytes; 0: it cannot be told."""
    if ctx.dataset(mode) not in LABELLED:
        return {}  # images in LMDB are no files
    folder = ctx.data_dir(mode)
    names = list(dict.fromkeys(line.image for _, file in ctx.texts(mode) for line in file))
    paths = (folder / name for name in _evenly(names, most))
    return {path: _size(path) for path in paths}


def _evenly(items: Sequence[_T], most: int) -> Sequence[_T]:
    """At most so many of the items, evenly over them."""
    return items[:: max(1, math.ceil(len(items) / most))]


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _digest(path: Path) -> bytes:
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError:
        return str(path).encode()


@rule(
    "evaluation_texts_known",
    "info",
    "where nearly all texts of the evaluation set stand in the training set too, acc does not tell "
    "reading from remembering",
    reads="labels",
)
def evaluation_texts_known(ctx: Context) -> Iterator[Finding]:
    facts = {one.mode: one for one in label_facts(ctx)}
    if len(facts) < 2:
        return
    evaluated, trained = facts["Eval"].texts, facts["Train"].texts
    known = sum(count for text, count in evaluated.items() if text in trained)
    if len(evaluated) >= DIFFERENT and known >= KNOWN * facts["Eval"].total:
        yield Finding(
            facts["Eval"].path,
            say(
                "{known} of {total} texts of Eval stand in the training labels too.",
                known=known,
                total=facts["Eval"].total,
            ),
            say("Evaluate on texts that are new as well, if such will be read."),
        )
