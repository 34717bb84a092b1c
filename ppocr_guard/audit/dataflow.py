"""What a list of operators does to a sample, without running it.

Each operator takes some keys of the sample and adds others (as its source shows), and leaves the
image in one of a few states (declared here). What an operator needs and cannot find, and what
KeepKeys hands on to the loss, then follows from the list: operators that are missing, doubled,
or stand in the wrong order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

from ppocr_guard.audit.context import Context, Transform
from ppocr_guard.paddleocr.schedule import MULTI_SCALE_DATASETS
from ppocr_guard.wording import BOTH, join, say

# What data sets put into a sample beside what their source shows.
GIVEN = frozenset(["img_path", "label", "image", "ext_data", "filename"])


class Step(NamedTuple):
    """What an operator asks of the image and leaves it as; None: it does not matter, or as it was.

    ``layout``: "encoded" (the file's bytes), "hwc" or "chw". ``scaled``: mean and deviation are
    taken off. ``fixed``: all images have one size.
    """

    layout: Optional[str] = None
    scaled: Optional[bool] = None
    gives: Optional[str] = None
    scales: Optional[bool] = None
    fixes: Optional[bool] = None


_DRAWS = Step("hwc", False)  # changes the colours or the geometry of an unscaled image
_CUTS = Step("hwc", fixes=True)
_LOOKS = Step("hwc")  # takes its size, or draws maps of it
_FINISHES = Step("hwc", False, "chw", True, True)  # resizes, scales and transposes by itself


def _each(step: Step, names: str) -> dict[str, Step]:
    return dict.fromkeys(names.split(), step)


STEPS: dict[str, Step] = {
    "DecodeImage": Step("encoded", gives="hwc", scales=False, fixes=False),
    "ToCHWImage": Step("hwc", gives="chw"),
    **_each(_DRAWS, "CopyPaste ColorJitter BaseDataAugmentation RandAugment RecAug RecConAug"),
    **_each(_DRAWS, "ABINetRecAug SVTRRecAug ParseQRecAug"),
    "IaaAugment": _DRAWS,
    **_each(_CUTS, "EastRandomCropData RandomCropImgMask SquareResizePad Resize"),
    **_each(_LOOKS, "MakeShrinkMap MakeBorderMap MakePseGt DetResizeForTest"),
    **_each(_FINISHES, "RecResizeImg SVTRRecResizeImg ABINetRecResizeImg VLRecResizeImg"),
    **_each(_FINISHES, "ClsResizeImg SARRecResizeImg RobustScannerRecResizeImg SRNRecResizeImg"),
    **_each(_FINISHES, "PRENResizeImg RFLRecResizeImg EASTProcessTrain SASTProcessTrain"),
}
# Must not stand twice: the second has nothing to work on, or undoes what others did.
ONCE = frozenset(STEPS) - {"Resize", "IaaAugment", "ColorJitter", "RecAug"} | {
    "NormalizeImage",
    "KeepKeys",
}
_STATES = {
    "encoded": say("the file as it is, not yet decoded"),
    "hwc": say("height x width x channels"),
    "chw": say("channels x height x width"),
}
_MAKERS = {"hwc": "DecodeImage", "chw": "ToCHWImage"}


class Snag(NamedTuple):
    """Something that an operator cannot work with. ``advice`` says what would help."""

    code: str
    transform: Transform
    message: str
    advice: str


@dataclass
class _Sample:
    keys: set[str]
    layout: Optional[str] = "encoded"  # None: not known
    scaled: Optional[bool] = None
    fixed: Optional[bool] = None
    encoded_by: Optional[str] = None  # the label encoder that has read the label
    unknown: bool = False  # an operator that is not known may have made any key
    names: list[str] = field(default_factory=list)
    maps: set[str] = field(default_factory=set)  # as large as the image was when they were drawn
    uncut: dict[str, str] = field(default_factory=dict)  # such maps, and what has cut the image


def snags(ctx: Context, mode: str) -> Iterator[Snag]:
    """What is wrong with a mode's operators, in their order."""
    transforms = list(ctx.transforms(mode))
    source = ctx.words.find("dataset", ctx.dataset(mode))
    if not transforms or source is None:
        return
    sample = _Sample(set(GIVEN | source.writes))
    if ctx.dataset(mode).startswith("LMDBDataSetSR"):
        sample.layout = None
    for transform in transforms:
        if transform.name in sample.names and transform.name in ONCE:
            yield _doubled(mode, transform)
            continue
        sample.names.append(transform.name)
        if _resized_by_data_set(ctx, mode) and transform is transforms[-1]:
            yield from _image(sample, transform, _FINISHES, by=say("the data set"))
        if "KeepKeys" in sample.names[:-1]:
            yield _too_late(transform)
            return
        yield from _keys(ctx, sample, transform, transforms)
        yield from _label(sample, transform)
        step = _step(transform)
        if step is not None:
            yield from _image(sample, transform, step)
        else:
            _follow(ctx, sample, transform)
        if transform.name == "KeepKeys":
            yield from _kept(ctx, mode, sample, transform, transforms)
    if "KeepKeys" not in sample.names and not sample.unknown:
        yield _not_kept(mode, transforms[-1])


def _doubled(mode: str, transform: Transform) -> Snag:
    return Snag(
        "operator_doubled",
        transform,
        say(
            "{operator} stands twice in {mode}.dataset.transforms.",
            operator=transform.name,
            mode=mode,
        ),
        say("Remove one."),
    )


def _too_late(transform: Transform) -> Snag:
    return Snag(
        "operator_order",
        transform,
        say(
            "{operator} comes after KeepKeys, which hands on a list: there is nothing to "
            "look up in it.",
            operator=transform.name,
        ),
        say("Put KeepKeys last."),
    )


def _not_kept(mode: str, last: Transform) -> Snag:
    return Snag(
        "operator_missing",
        last,
        say(
            "There is no KeepKeys in {mode}.dataset.transforms: the model gets a dictionary.",
            mode=mode,
        ),
        say("Add KeepKeys as the last operator."),
    )


def _resized_by_data_set(ctx: Context, mode: str) -> bool:
    """MultiScaleDataSet resizes and scales by itself, before the last operator."""
    return ctx.dataset(mode) in MULTI_SCALE_DATASETS


def _step(transform: Transform) -> Optional[Step]:
    if transform.name == "NormalizeImage":
        order = transform.parameters.get("order", "chw")
        return Step(order if order in ("hwc", "chw") else None, False, scales=True)
    if transform.name == "DecodeImage" and transform.parameters.get("channel_first"):
        return STEPS["DecodeImage"]._replace(gives="chw")
    if transform.name == "IaaAugment":
        # With no arguments of its own it resizes; else only what is called so does.
        arguments = transform.parameters.get("augmenter_args")
        resizes = not arguments or "Resize" in str(arguments)
        return _DRAWS._replace(fixes=False if resizes else None)
    if transform.name.endswith("LabelEncode"):
        return Step()
    return STEPS.get(transform.name)


def _image(
    sample: _Sample, transform: Transform, step: Step, by: Optional[str] = None
) -> Iterator[Snag]:
    name = by or transform.name
    if step.layout and sample.layout and step.layout != sample.layout:
        yield _wrong_layout(sample, transform, step.layout, name)
    elif step.scaled is False and sample.scaled:
        yield Snag(
            "operator_order",
            transform,
            say(
                "{operator} comes after the image was normalized, and takes it for one of 0 to "
                "255.",
                operator=name,
            ),
            say("Put {operator} before {other}.", operator=name, other="NormalizeImage")
            if by is None
            else say("Remove the operator that resizes and normalizes: the data set does it."),
        )
    if step.gives:
        sample.layout = step.gives
    if step.scales is not None:
        sample.scaled = step.scales
    if step.fixes is not None:
        sample.fixed = step.fixes


def _wrong_layout(sample: _Sample, transform: Transform, wanted: str, name: str) -> Snag:
    if wanted == "encoded":
        return Snag(
            "operator_order",
            transform,
            say("{operator} gets an image that is decoded already.", operator=name),
            say("Put it first, once."),
        )
    has = _STATES[sample.layout or "hwc"]
    if sample.layout == "encoded":
        return Snag(
            "operator_missing",
            transform,
            say("{operator} gets an image that is still {state}.", operator=name, state=has),
            say("Put {operator} before it.", operator="DecodeImage"),
        )
    return Snag(
        "operator_order",
        transform,
        say(
            "{operator} needs an image of {wanted}, and gets one of {state}.",
            operator=name,
            wanted=_STATES[wanted],
            state=has,
        ),
        say(
            "Put it before what makes it so ({maker}, or an operator that resizes for the model).",
            maker=_MAKERS.get(str(sample.layout)),
        )
        if wanted == "hwc"
        else say("Put {operator} before it.", operator=_MAKERS[wanted]),
    )


def _keys(
    ctx: Context, sample: _Sample, transform: Transform, transforms: list[Transform]
) -> Iterator[Snag]:
    known = ctx.words.find("transform", transform.name)
    if known is None:
        sample.unknown = True
        return
    named = {transform.parameters.get(option) for option in _NAMES_KEY}
    reads = known.reads | {key for key in named if isinstance(key, str)}
    missing = sorted(reads - sample.keys)
    if missing and not sample.unknown:
        needs = say("{operator} needs", operator=transform.name)
        yield _absent(ctx, transform, missing, transforms, needs)
        sample.keys.update(missing)
    sample.keys |= known.writes - _not_made(transform)
    if transform.name.startswith("Make"):
        sample.maps |= known.writes - {"image", "polys", "ignore_tags"}
    cut = transform.parameters.get("crop_keys")
    if isinstance(cut, list):
        sample.uncut.update((key, transform.name) for key in sample.maps if key not in cut)


# Options with which an operator is told the key of the sample that it looks up.
_NAMES_KEY = ("main_key",)


def _not_made(transform: Transform) -> frozenset[str]:
    """Keys that an operator makes with other options only."""
    if transform.name != "MultiLabelEncode":
        return frozenset()
    guide = transform.parameters.get("gtc_encode")
    return frozenset(["label_gtc" if guide is None else "label_sar"])


def _absent(
    ctx: Context,
    transform: Transform,
    missing: list[str],
    transforms: list[Transform],
    opening: str,
) -> Snag:
    """The finding on keys that no operator before ``transform`` makes."""
    makers = {name for name, c in ctx.words.of("transform").items() if set(missing) & c.writes}
    later = [t.name for t in transforms[transform.position + 1 :] if t.name in makers]
    what = ", ".join(missing)
    if later:
        return Snag(
            "operator_order",
            transform,
            say(
                "{opening} {keys}, which {maker} makes, and that comes later.",
                opening=opening,
                keys=what,
                maker=later[0],
            ),
            say("Put {operator} before {other}.", operator=later[0], other=transform.name),
        )
    usual = [name for name in _USUAL_MAKERS if name in makers]
    advice = join(*usual, by=BOTH) or ", ".join(sorted(makers)[:3])
    return Snag(
        "operator_missing",
        transform,
        say("{opening} {keys}, which no operator before it makes.", opening=opening, keys=what),
        say("Add {what}.", what=advice)
        if advice
        else say("Correct the key, or add the operator that makes it."),
    )


# Of several operators that make a key, the ones that people mean.
_USUAL_MAKERS = (
    *("DetLabelEncode", "MakeBorderMap", "MakeShrinkMap", "DetResizeForTest", "RecResizeImg"),
    *("CTCLabelEncode", "MultiLabelEncode", "MakePseGt", "EASTProcessTrain", "TableBoxEncode"),
)


def _label(sample: _Sample, transform: Transform) -> Iterator[Snag]:
    """Recognition labels are text until an encoder has made numbers of them."""
    if transform.name == "RecConAug" and sample.encoded_by:
        yield Snag(
            "operator_order",
            transform,
            say(
                "RecConAug joins the texts of two labels, and {encoder} has made numbers of them.",
                encoder=sample.encoded_by,
            ),
            say("Put {operator} before {other}.", operator="RecConAug", other=sample.encoded_by),
        )
    if not transform.name.endswith("LabelEncode"):
        return
    if sample.encoded_by is not None:
        yield Snag(
            "operator_doubled",
            transform,
            say(
                "{operator} gets a label that {encoder} has encoded already.",
                operator=transform.name,
                encoder=sample.encoded_by,
            ),
            say("Remove one of the two."),
        )
    sample.encoded_by = transform.name


def _follow(ctx: Context, sample: _Sample, transform: Transform) -> None:
    """An operator whose effect on the image is not declared: it may have done anything to it."""
    known = ctx.words.find("transform", transform.name)
    if known is None or "image" in known.writes:
        sample.layout = sample.scaled = sample.fixed = None


def _kept(
    ctx: Context,
    mode: str,
    sample: _Sample,
    transform: Transform,
    transforms: list[Transform],
) -> Iterator[Snag]:
    keys = transform.parameters.get("keep_keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return
    missing = [key for key in keys if key not in sample.keys]
    if missing and not sample.unknown:
        yield _absent(ctx, transform, missing, transforms, say("KeepKeys keeps"))
    uncut = [key for key in keys if key in sample.uncut]
    if uncut:
        yield Snag(
            "operator_missing",
            transform,
            say(
                "KeepKeys keeps {keys}, which {operator} does not cut along with the image: sizes "
                "differ.",
                keys=", ".join(uncut),
                operator=sample.uncut[uncut[0]],
            ),
            say("Add {what}.", what=f"{', '.join(uncut)} (crop_keys)"),
        )
    if "image" not in keys:
        return
    if sample.layout in ("encoded", "hwc"):
        maker = "DecodeImage" if sample.layout == "encoded" else "ToCHWImage"
        yield Snag(
            "operator_missing",
            transform,
            say(
                "The images of {mode} reach the model as {state}, not as {wanted}.",
                mode=mode,
                state=_STATES[sample.layout],
                wanted=_STATES["chw"],
            ),
            say(
                "Add {maker}, or the operator that resizes for the model, before KeepKeys.",
                maker=maker,
            ),
        )
    elif sample.layout == "chw" and sample.scaled is False:
        yield Snag(
            "operator_missing",
            transform,
            say(
                "The images of {mode} are not normalized: the model gets values of 0 to 255.",
                mode=mode,
            ),
            say("Add NormalizeImage with the scale, mean and std of the pretrained model."),
        )
    elif mode == "Train" and sample.layout == "chw" and sample.fixed is False and _batched(ctx):
        yield Snag(
            "operator_missing",
            transform,
            say(
                "The training images keep their sizes, and images of different size make no batch."
            ),
            say("Add EastRandomCropData, or another operator that cuts or resizes to one size."),
        )


def _batched(ctx: Context) -> bool:
    loader: Mapping[str, Any] = ctx.get("Train", "loader", default={})
    size = loader.get("batch_size_per_card")
    return isinstance(size, int) and size > 1 and not loader.get("collate_fn")
