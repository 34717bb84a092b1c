"""What to do about a cause: a sentence, and where a value is known, what to set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple, Optional

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.wording import LIST, join, mark, say

REMOVE = None  # as a value of ``settings``: the key is to be taken out
_MAPS = ("MakeShrinkMap", "MakeBorderMap")


class Remedy(NamedTuple):
    """``settings``: values by dotted path in the config; a transform by its name."""

    advice: str
    settings: Mapping[str, Any] = {}


def _fixed(advice: str) -> Callable[[Evidence], Remedy]:
    return lambda e: Remedy(say(advice))


def _shrink_ratio(e: Evidence) -> Remedy:
    settings = {f"Train.dataset.transforms.{name}.total_epoch": REMOVE for name in _MAPS}
    if e.ratio_of_bug_line is not None and e.shrink_ratio is None:
        return Remedy(
            say(
                "Remove total_epoch from MakeShrinkMap and MakeBorderMap, or use another release; "
                "`ppocr-guard check` tells which."
            ),
            settings,
        )
    return Remedy(
        say(
            "Remove total_epoch from MakeShrinkMap and MakeBorderMap, or set ShrinkRatio: "
            "{repair}; then train again from the checkpoint you began with.",
            repair="{repair: true}",
        ),
        settings,
    )


def _unclip(e: Evidence) -> Remedy:
    """Only a ratio with which the labels themselves come through is ever named."""
    ratio = fitting_ratio(e)
    if ratio is None:
        return Remedy(say("Run `ppocr-guard check` on the config."))
    return Remedy(
        say(
            "Set PostProcess.unclip_ratio to {ratio}, or write the shrink_ratio that it is made "
            "for.",
            ratio=f"{ratio:.2f}",
        ),
        {"PostProcess.unclip_ratio": round(ratio, 2)},
    )


def _fitting_unclip(e: Evidence) -> Remedy:
    """By the round trip of the training maps: what fits the labels, not what fits the model."""
    ratio = e.fitting_unclip_ratio
    if not ratio:
        return Remedy(say("Run `ppocr-guard check` on the config."))
    return Remedy(
        say("Set PostProcess.unclip_ratio to {ratio}.", ratio=f"{ratio:.2f}"),
        {"PostProcess.unclip_ratio": round(ratio, 2)},
    )


def fitting_ratio(e: Evidence) -> Optional[float]:
    """By the round trip of the training maps, else by the labels, else by the predictions."""
    if e.fitting_unclip_ratio and e.targets_fit is False:
        return e.fitting_unclip_ratio
    setting = e.setting("labels_best.train", "labels_best.val", "labels_best.train_eval")
    if "unclip_ratio" in setting:
        return setting["unclip_ratio"]
    return e.recovered[0] if e.recovered is not None else None


def _postprocess(e: Evidence) -> Remedy:
    setting = e.setting("labels_best.val", "labels_best.train", "labels_best.train_eval")
    if not setting:
        return Remedy(say("Take thresh 0.3, box_thresh 0.6 and max_candidates 1000."))
    return _set(setting)


def _set(setting: Mapping[str, float]) -> Remedy:
    told = (
        say("PostProcess.{name} to {value:g}", name=name, value=value)
        for name, value in setting.items()
    )
    return Remedy(
        say("Set {settings}.", settings=join(*told, by=LIST)),
        {f"PostProcess.{name}": value for name, value in setting.items()},
    )


def _thresholds(e: Evidence) -> Remedy:
    """For a model that is better than its score; only what helps it everywhere."""
    return _set(e.setting("best.val", "best.train_eval", "best.train"))


_LOOK = mark(
    "Draw a few training labels over their images: a resize, an EXIF rotation or another image "
    "size may have shifted or scaled them."
)
CHANGES = {
    "swap_xy": mark("with x and y exchanged"),
    "rotate_90": mark("turned by 90 degrees"),
    "rotate_180": mark("turned by 180 degrees"),
    "rotate_270": mark("turned by 270 degrees"),
    "mirror": mark("mirrored left to right"),
    "flip": mark("flipped upside down"),
}


ONE_FACTOR = 0.05  # two factors that differ by less are one, measured twice


def change_in_words(change: str) -> str:
    """Of :mod:`ppocr_guard.geometry.labelling`."""
    kind, *numbers = change.split("_")
    if kind == "scale":
        x, y = (float(number) for number in numbers)
        if abs(x / y - 1) < ONE_FACTOR:
            return say("scaled by {factor}", factor=f"{(x + y) / 2:.2f}")
        return say("scaled by {x} across and {y} down", x=f"{x:.2f}", y=f"{y:.2f}")
    if kind == "shift":
        return say("moved by about ({x}, {y}) pixels", x=numbers[0], y=numbers[1])
    return say(CHANGES[change]) if change in CHANGES else change


def _labels(e: Evidence) -> Remedy:
    change = e.labels_change("train_eval")
    if change:
        words = change_in_words(change)
        return Remedy(
            say("Correct the training labels: {change} they lie on the text.", change=words),
            {"labels.train": change},
        )
    return Remedy(say(_LOOK))


def _evaluation(e: Evidence) -> Remedy:
    change = e.labels_change("val")
    if change:
        words = change_in_words(change)
        return Remedy(
            say("Correct the evaluation labels: {change} they lie on the text.", change=words),
            {"labels.val": change},
        )
    return Remedy(
        say(
            "Check Eval.dataset: label file and images belong together, boxes are not all "
            "ignored, and DetResizeForTest (or the recogniser's image shape and dictionary) is "
            "that of training."
        )
    )


def _learning_rate(e: Evidence) -> Remedy:
    advice = say(
        "Divide the learning rate by 10 (fine-tuning a released detector: 1e-4 and below on one "
        "card) and keep a warm-up."
    )
    if not e.config_learning_rate:
        return Remedy(advice)
    return Remedy(advice, {"Optimizer.lr.learning_rate": e.config_learning_rate / 10})


REMEDIES: dict[str, Callable[[Evidence], Remedy]] = {
    "shrink_ratio": _shrink_ratio,
    "unclip": _unclip,
    "fitting_unclip": _fitting_unclip,
    "postprocess": _postprocess,
    "thresholds": _thresholds,
    "labels": _labels,
    "evaluation": _evaluation,
    "learning_rate": _learning_rate,
    "not_finite": _fixed(
        "Go back to the best checkpoint; look for broken labels, lower the learning rate, clip "
        "gradients, or train without AMP."
    ),
    "dictionary": _fixed(
        "Give character_dict_path the characters of the labels, set use_space_char where they "
        "hold spaces, and max_text_length to the longest."
    ),
    "refused": _fixed(
        "Raise max_text_length (in Global, and where a head names its own) and keep enough time "
        "steps for it, or give character_dict_path the dictionary of these labels."
    ),
    "time_steps": _fixed(
        "Widen image_shape of RecResizeImg in Train and Eval (and the sampler's scales): the "
        "network needs a time step a character, and one between equal neighbours."
    ),
    "spaces": _fixed("Set Global.use_space_char: true; the head is then trained anew."),
    "text_labels": _fixed(
        "Look at a few training images beside their labels: the label file may be of other "
        "images, in another order, or written by other rules."
    ),
    "text_evaluation": _fixed(
        "Look at a few validation images beside their labels: the label file may be of other "
        "images, in another order, or written by other rules."
    ),
    "resize": _fixed(
        "Give RecResizeImg of Eval the image_shape that training uses, and the same operators "
        "on images before it."
    ),
    "head": _fixed("Let it train: acc comes after norm_edit_dis has risen."),
    "rec_pretrained": _fixed(
        "Look for 'The shape of model params' and 'not in model' at the start of the log; "
        "Architecture and character_dict_path (with the order of its lines) must be those of "
        "the weights."
    ),
    "blanks": _fixed(
        "Go back to the weights before; lower the learning rate, keep a warm-up, and look at the "
        "labels and at the last layer of the head."
    ),
    "flat": _fixed("Look at the training images, and at NormalizeImage."),
    "labels_empty": _fixed(
        "Look at the train label file: texts '###' or '*' are ignored, and so are boxes that "
        "are too small or lie outside of the crop."
    ),
    "keep_keys": _fixed("Write keep_keys of Train in the order that the loss reads them."),
    "corners": _fixed("Write the corners of each text clockwise, from its top left."),
    "unit": _fixed("Label training and validation images by the same unit: words or lines."),
    "missing_labels": _fixed(
        "Label every text in the training images, or mark those that shall not count as '###'."
    ),
    "transforms": _fixed(
        "Give Eval the same colour order and NormalizeImage as Train, and a DetResizeForTest "
        "under which texts have about the size that they have in training."
    ),
    "restore_evaluation": _fixed(
        "Restore the evaluation set; best_accuracy is the last good model."
    ),
    "restore_training": _fixed("Restore the training data, and go on from best_accuracy."),
    "warmup": _fixed(
        "Set Optimizer.lr.warmup_epoch to a tenth of epoch_num, or less; 0 for a short fine-tuning."
    ),
    "rate_low": _fixed("Raise Optimizer.lr.learning_rate tenfold, and see whether the loss falls."),
    "unscaled": _fixed(
        "Give Train and Eval the NormalizeImage of the stock configuration, with scale 1./255."
    ),
    "map_order": _fixed(
        "Put MakeShrinkMap and MakeBorderMap after everything that moves the image "
        "(EastRandomCropData, IaaAugment)."
    ),
    "rate_zero": _fixed("Set Optimizer.lr.learning_rate above 0."),
    "frozen": _fixed("Let the frozen parts train, or give the optimizer all parameters."),
    "ranks": _fixed(
        "Give all ranks the same weights before DataParallel wraps the model, and let nothing but "
        "the optimizer change them; then train again."
    ),
    "gradient": _fixed(
        "Look for detach(), no_grad() and stop_gradient in the model and the loss. Where the part "
        "is not to be trained, freeze its parameters."
    ),
    "loss_weights": _fixed("Take the stock weights of the Loss section (DB: alpha 5, beta 10)."),
    "weight_decay": _fixed("Take the stock Optimizer.regularizer.factor (5.0e-5 for DB)."),
    "overfitting": _fixed(
        "Keep the best checkpoint; add data or augmentation, or train for fewer epochs."
    ),
    "domain": _fixed(
        "Mix images of the validation's kind into the training set (PP-OCR advises 1 part of "
        "general data to 1 part of yours), and keep the best checkpoint."
    ),
    "pretrained": _fixed(
        "Look for 'The shape of model params' and 'not in model' warnings at the start of the "
        "log; the path is given without .pdparams, and Architecture must be that of the weights."
    ),
    "dead": _fixed(
        "Look for NaN in the pretrained weights and for a std of 0 in NormalizeImage; see that "
        "the learning rate is above 0 and that parameters are not frozen."
    ),
    "pipeline": _fixed(
        "Repair what the last error names; PaddleOCR retries other samples for ever."
    ),
}
