"""What a rehearsal says about the data sets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.recognition import dictionary_file, reader
from ppocr_guard.audit.rehearsal.found import Found
from ppocr_guard.audit.rehearsal.process import Fact, Told
from ppocr_guard.recognition.labels import OUTSIDE, TOO_LONG
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath

# Which operator makes what others need.
MAKERS = {
    "polys": "DetLabelEncode",
    "texts": "DetLabelEncode",
    "ignore_tags": "DetLabelEncode",
    "shrink_map": "MakeShrinkMap",
    "shrink_mask": "MakeShrinkMap",
    "threshold_map": "MakeBorderMap",
    "threshold_mask": "MakeBorderMap",
    "shape": "DetResizeForTest",
    "valid_ratio": "RecResizeImg",
    "length": "CTCLabelEncode",
    "label_ctc": "MultiLabelEncode",
}
MANY = 0.5  # of the samples
SOME = 0.1
LARGEST = 300.0  # absolute value in an image; 255 where nothing is normalised, as some models want
SMALL = 0.25  # side of validation images, as a share of that of training images
FEW = 0.3  # that an operator may leave out: PaddleOCR takes others for them


def operator_path(ctx: Context, mode: str, operator: str) -> YamlPath:
    transform = ctx.transform(mode, operator) if operator else None
    return transform.path if transform is not None else (mode, "dataset")


def samples(ctx: Context, told: Told) -> Iterator[Found]:
    for fact in told.all("samples"):
        failures, failed = fact["failures"], fact["failed"]
        if not failed:
            continue
        mode = str(fact["mode"])
        kinds = Counter((f["operator"], _kind(f["what"])) for f in failures)
        (operator, kind), _ = kinds.most_common(1)[0]
        example = next(f for f in failures if (f["operator"], _kind(f["what"])) == (operator, kind))
        reason, advice = _label_reason(ctx, mode, operator, example)
        share = failed / fact["tried"]
        labels = kind == "none" and operator.endswith("LabelEncode")
        severity = "critical" if share > MANY else "warning"
        if kind == "none" and share <= (SOME if labels else FEW):
            severity = "info"  # too long, no known character, no text in the crop: usual
        yield Found(
            "samples_fail",
            severity,
            operator_path(ctx, mode, operator),
            say(
                "{failed} of {tried} samples of {mode}.dataset cannot be made: {what}{image}{why}.",
                failed=failed,
                tried=fact["tried"],
                mode=mode,
                what=_what(operator, example["what"]),
                image=_image(example),
                why=say(": {reason}", reason=reason) if reason else "",
            ),
            advice or _sample_advice(ctx, mode, operator, example, fact["operators"]),
            data=mode,
        )


def _kind(what: str) -> str:
    return what if what in ("none", "timeout") else what.partition(":")[0]


def _what(operator: str, what: str) -> str:
    who = operator or say("the data set")
    if what == "none":
        return say("{who} gives nothing", who=who)
    if what == "timeout":
        return say("{who} is not done after 10 seconds", who=who)
    lines = [line for line in what.splitlines() if line.strip()]
    return say("{who} fails with {error}", who=who, error=lines[0].rstrip(".")[:200])


def _image(example: Fact) -> str:
    name = re.split(r"\t", str(example.get("line") or ""))[0].strip()
    return say(" (first: {image})", image=name[-120:]) if name else ""


def _sample_advice(
    ctx: Context, mode: str, operator: str, example: Fact, operators: list[str]
) -> str:
    what = str(example["what"])
    missing = re.fullmatch(r"KeyError: '(\w+)'", what.strip())
    maker = MAKERS.get(missing.group(1)) if missing else None
    if maker is not None and maker not in operators:
        return say(
            "{operator} needs what {maker} makes, and {maker} is not among the transforms.",
            operator=operator,
            maker=maker,
        )
    if maker is not None:
        return say("{maker} must stand before {operator}.", maker=maker, operator=operator)
    if operator == "NormalizeImage" and "broadcast" in what:
        return say("NormalizeImage with order: hwc must stand before ToCHWImage.")
    if operator == "DecodeImage":
        return say("Look at the image files: they are empty, cut off, or no images.")
    if operator in ("MakeShrinkMap", "MakeBorderMap"):
        ratio = _option(ctx, mode, operator, "shrink_ratio")
        if ratio is not None and not 0 < ratio < 1:
            return say("shrink_ratio: {ratio:g} must be between 0 and 1.", ratio=ratio)
    if operator.endswith("LabelEncode") and what == "none":
        return say(
            "Look for labels that are empty, longer than max_text_length, or without a character "
            "of character_dict_path."
        )
    if not operator and "exist" in what:
        return say(
            "data_dir and the path in the label file are joined: together they must lead there."
        )
    return say("Compare the transforms and the label file with the stock configuration.")


def _label_reason(ctx: Context, mode: str, operator: str, example: Fact) -> tuple[str, str]:
    """Why a label of recognition makes no sample, and what to do; empty where its text and the
    dictionary do not show it."""
    if example["what"] != "none" or not operator.endswith("LabelEncode"):
        return "", ""
    line = str(example.get("line") or "")
    delimiter = str(ctx.get(mode, "dataset", "delimiter", default="\t"))
    text = (line.strip("\n").split(delimiter)[1:] or [""])[0]
    reading, dictionary = reader(ctx, mode), dictionary_file(ctx, mode)
    if reading is None:
        return "", ""
    dropped = reading.seen(text).dropped
    if dropped == TOO_LONG:
        return say(
            "{text} has {length} characters, and max_text_length {setting} leaves {longest}",
            text=text[:80],
            length=len(text),
            setting=reading.max_text_length,
            longest=reading.longest(),
        ), say(
            "Cut or remove such lines, or raise max_text_length (and the width of the images) in "
            "every place where it stands; `ppocr-guard check` says how many there are and how long."
        )
    if dropped == OUTSIDE and dictionary is not None:
        return say("{file} has no character of {text}", file=dictionary.name, text=text[:80]), say(
            "Name a dictionary with one character a line that has all that the labels are made of."
        )
    return "", ""


def _option(ctx: Context, mode: str, operator: str, key: str) -> Optional[float]:
    transform = ctx.transform(mode, operator)
    value = transform.parameters.get(key) if transform is not None else None
    return float(value) if isinstance(value, (int, float)) else None


def batches(ctx: Context, told: Told) -> Iterator[Found]:
    for fact in told.all("batch"):
        if not fact["error"]:
            continue
        mode = str(fact["mode"])
        uneven = [item["shapes"] for item in fact["items"] if len(item["shapes"]) > 1]
        shapes = ", ".join((uneven or [[fact["error"]]])[0][:3])
        yield Found(
            "batch_uneven",
            "critical",
            (mode, "dataset", "transforms")
            if mode == "Train"
            else (mode, "loader", "batch_size_per_card"),
            say(
                "The samples of {mode} make no batch of {size}: {shapes}.",
                mode=mode,
                size=fact["size"],
                shapes=shapes,
            ),
            _batch_advice(ctx, mode, bool(fact["items"])),
            data=mode,
        )


def _batch_advice(ctx: Context, mode: str, lists: bool) -> str:
    if not lists:
        return say("KeepKeys is missing as the last of the transforms.")
    if ctx.get("Architecture", "model_type") == "det" and mode == "Train":
        return say("EastRandomCropData brings all to one size; it is missing or does not.")
    return say("Resize all to one size, or set batch_size_per_card: 1.")


def targets(ctx: Context, told: Told) -> Iterator[Found]:
    fact = told.first("targets")
    if fact is None or fact["with_text"] or fact["samples"] < 4:
        return
    ratio = _option(ctx, "Train", "MakeShrinkMap", "shrink_ratio")
    yield Found(
        "targets_empty",
        "critical",
        operator_path(ctx, "Train", "MakeShrinkMap"),
        say(
            "None of {samples} training samples has a text in its shrink_map.",
            samples=fact["samples"],
        ),
        say("shrink_ratio: {ratio:g} must be between 0 and 1.", ratio=ratio)
        if ratio is not None and not 0 < ratio < 1
        else say("All texts are ignored, smaller than min_text_size, or cropped away."),
    )


def values(ctx: Context, told: Told) -> Iterator[Found]:
    """Images whose numbers or size are not what a network is trained on."""
    by_mode = {str(fact["mode"]): fact for fact in told.all("values")}
    for mode, fact in by_mode.items():
        largest = float(fact["largest"])
        if not largest <= LARGEST:
            yield Found(
                "images_unscaled",
                "warning",
                operator_path(ctx, mode, "NormalizeImage"),
                say(
                    "The images of {mode} come with values of up to {largest:g}; normalised ones "
                    "lie within about 3.",
                    mode=mode,
                    largest=largest,
                ),
                say("Compare scale, mean and std of NormalizeImage: scale is 1./255."),
                data=mode,
            )
    sides = [by_mode[mode]["side"] for mode in ("Train", "Eval") if mode in by_mode]
    detects = ctx.get("Architecture", "model_type") == "det"
    if detects and len(sides) == 2 and sides[1] < SMALL * sides[0]:
        yield Found(
            "eval_images_small",
            "warning",
            operator_path(ctx, "Eval", "DetResizeForTest"),
            say(
                "The validation images are at most {small} pixels wide or high, the training "
                "images {large}: their texts are too small to be found.",
                small=sides[1],
                large=sides[0],
            ),
            say("Give DetResizeForTest a larger limit_side_len, or limit_type: min."),
        )
