"""Why a run went wrong: weighs what is known and names causes with a confidence.

Each rule looks at one cause and answers with a confidence in 0..1. Direct measurements (the round
trip, the counterfactual scores, NaN in the loss) weigh more than the shape of curves. Confidences
rank the causes; they are judgements, no measured probabilities, and do not add up to 1. That they
rank rightly was checked, and corrected, on real trainings with these faults put in: see
benchmarks/diagnosis.

A fine-tuning begins with a model that can be asked two things at once: do its predictions match
the validation labels (the first evaluation), and the training labels (the Dice loss of DB's binary
map, which is in 0..1 whatever its targets)?

=============  ====================================  =====================
Dice loss      first evaluation good                 first evaluation bad
=============  ====================================  =====================
small          sound                                 evaluation set
large          training labels (``labels_shifted``)  weights are not loaded
=============  ====================================  =====================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable, Optional

from ppocr_guard.detect.evidence import FOREIGN, Evidence


@dataclass(frozen=True)
class Cause:
    """``code`` is stable; ``sentence`` says what and on which numbers; ``confidence`` is 0..1."""

    code: str
    sentence: str
    confidence: float
    advice: str


Rule = Callable[[Evidence], Optional[Cause]]


def diagnose(evidence: Evidence) -> list[Cause]:
    """Causes that the evidence speaks for, likeliest first; empty when there is none."""
    return sorted(_causes(evidence), key=lambda cause: -cause.confidence)


def _causes(evidence: Evidence) -> Iterator[Cause]:
    for rule in _RULES:
        cause = rule(evidence)
        if cause is not None:
            yield cause


def _not_finite(e: Evidence) -> Optional[Cause]:
    if "loss_not_finite" not in e.alerts:
        return None
    return Cause(
        "loss_not_finite",
        "The loss became NaN or infinite; the weights are lost from there on.",
        0.98,
        "Go back to the best checkpoint; look for broken labels, lower the learning rate, clip "
        "gradients, or train without AMP.",
    )


def _labels_empty(e: Evidence) -> Optional[Cause]:
    if "loss_degenerate" not in e.alerts or (e.shrink_ratio is not None and e.shrink_ratio >= 1):
        return None
    if e.alerts["loss_degenerate"].get("pattern") == "constant":
        return None
    return Cause(
        "labels_empty",
        "No training map holds a single text pixel (shrink loss 0, binary loss 1): the labels "
        "are empty or all marked to be ignored.",
        0.95,
        "Look at the train label file: texts '###' or '*' are ignored, and so are boxes that "
        "are too small or lie outside of the crop.",
    )


def _shrink_ratio(e: Evidence) -> Optional[Cause]:
    if e.shrink_ratio is None or (e.targets_fit is True and e.recovered is None):
        return None
    meant = f", the config means {e.shrink_expected:g}" if e.shrink_expected is not None else ""
    why = f" ({e.shrink_cause})" if e.shrink_cause else ""
    sure = e.recovered is not None or e.targets_fit is False or e.shrink_ratio >= 1
    return Cause(
        "shrink_ratio_wrong",
        f"The maps are shrunk by {e.shrink_ratio:.4f}{meant}{why}; the postprocess cannot bring "
        "such boxes back to their size.",
        0.97 if sure else 0.9,
        "Remove total_epoch from MakeShrinkMap and MakeBorderMap, or set ShrinkRatio: "
        "{repair: true}; then train again from the checkpoint you began with.",
    )


def _unclip(e: Evidence) -> Optional[Cause]:
    if e.recovered is not None:
        ratio, hmean = e.recovered
        # A model with a far too large learning rate gained by rescoring as well (0.67 to 0.89).
        confidence = 0.93 if e.targets_fit is not True else 0.6
        return Cause(
            "unclip_mismatch",
            f"The same predictions reach {hmean:.3f} with unclip_ratio {ratio:g} instead of "
            f"{e.value:.3f}: the model is sound, its boxes only get the wrong size.",
            confidence,
            f"Set PostProcess.unclip_ratio to {ratio:g}, or repair the shrink ratio that the "
            "training maps are made with.",
        )
    if "unclip_mismatch" in e.alerts or e.targets_fit is False:
        fitting = e.fitting_unclip_ratio
        return Cause(
            "unclip_mismatch",
            "Even a perfect prediction of the training maps fails with unclip_ratio "
            f"{e.unclip_ratio or 0:g}: median IoU {e.round_trip_iou or 0:.2f}.",
            0.92,
            f"Set PostProcess.unclip_ratio to {f'{fitting:.2f}' if fitting else 'what fits'}, or "
            "write the shrink_ratio that it is made for.",
        )
    if e.balanced and e.targets_fit is None and not e.rescored:
        return _unclip_from_curve(e)
    return None


def _unclip_from_curve(e: Evidence) -> Cause:
    """Nothing was measured: a log tells only that boxes are there and do not match."""
    text = (
        f"Precision {e.precision:.2f} and recall {e.recall:.2f} are equal: there is a box for each "
        "text, but of the wrong size or place."
    )
    confidence, advice = 0.6, "Run `ppocr-guard check` on the config."
    if e.config_mismatch:
        confidence = 0.85
        text += (
            f" unclip_ratio {e.config_unclip_ratio:g} does not invert shrink_ratio "
            f"{e.config_shrink_ratio:g}."
        )
    elif e.ratio_of_bug_line is not None:
        confidence = 0.8
        text += (
            f" With this total_epoch the releases 2.7.1, 2.7.4, 2.7.5, 2.8.0 and 2.8.1 shrink by "
            f"{e.ratio_of_bug_line:.4f} instead of {e.config_shrink_ratio or 0:g}."
        )
        advice = (
            "Remove total_epoch from MakeShrinkMap and MakeBorderMap, or use another release; "
            "`ppocr-guard check` tells which."
        )
    else:
        text += " Most often shrink_ratio and unclip_ratio do not fit."
    code = (
        "unclip_mismatch" if e.config_mismatch or not e.ratio_of_bug_line else "shrink_ratio_wrong"
    )
    return Cause(code, text, confidence, advice)


_LOOK_AT_LABELS = (
    "Draw a few training labels over their images: a resize, an EXIF rotation or another image "
    "size may have shifted or scaled them."
)


def _labels_shifted(e: Evidence) -> Optional[Cause]:
    if e.recovered is not None or e.targets_wrong or e.knows_training_labels:
        return None
    if e.labels_contradict:
        return Cause(
            "labels_shifted",
            f"The first evaluation gave {e.first:.3f}, but by the training labels the same model "
            f"was wrong (Dice loss {e.dice_at_first:.2f}): the training labels do not lie on the "
            "text.",
            0.9,
            _LOOK_AT_LABELS,
        )
    if not e.balanced:
        return None
    ruled_out = (e.targets_fit is True) + bool(e.rescored)  # the size of boxes is not it
    return Cause(
        "labels_shifted",
        f"Precision {e.precision:.2f} and recall {e.recall:.2f} are equal and low: there is a box "
        "for each text, in the wrong place or scale; the training labels do not lie on the text.",
        (0.35, 0.65, 0.85)[ruled_out],
        _LOOK_AT_LABELS,
    )


def _learning_rate(e: Evidence) -> Optional[Cause]:
    diverged = "loss_diverged" in e.alerts
    reference = e.loss_at_best if e.loss_at_best is not None else e.loss_first
    risen = e.loss is not None and reference is not None and e.loss > 1.3 * reference
    limit = 0.02 if e.optimizer.lower().startswith("adam") else 0.2
    large = e.learning_rate is not None and e.learning_rate >= limit
    if not (diverged or risen or large):
        return None
    rate = f" (learning rate up to {e.learning_rate:g})" if e.learning_rate is not None else ""
    numbers = f": {reference:.3g} to {e.loss:.3g}" if risen and reference is not None else ""
    text = f"The training loss itself rose{numbers}{rate}"
    if not (diverged or risen):
        text = f"The learning rate {e.learning_rate:g} is very high for {e.optimizer or 'this'}"
    confidence = 0.25 + 0.35 * diverged + 0.2 * risen + 0.4 * large
    return Cause(
        "learning_rate_too_high",
        f"{text}: the steps are too large.",
        min(0.95, confidence),
        "Divide the learning rate by 10 (fine-tuning a released detector: 1e-4 and below on one "
        "card) and keep a warm-up.",
    )


def _overfitting(e: Evidence) -> Optional[Cause]:
    if e.loss is None or e.loss_at_best is None or e.targets_wrong or e.best < 0.1:
        return None
    if e.balanced or e.recovered is not None or e.loss > 0.8 * e.loss_at_best:
        return None
    if e.labels_contradict:
        return None
    return Cause(
        "overfitting",
        f"The training loss went on falling ({e.loss_at_best:.3g} to {e.loss:.3g}) while the "
        f"validation metric fell from {e.best:.3f} to {e.value:.3f}.",
        0.75 if "overfitting" in e.alerts else 0.55,
        "Keep the best checkpoint; add data or augmentation, or train for fewer epochs.",
    )


def _pretrained(e: Evidence) -> Optional[Cause]:
    if not e.pretrained or e.first is None or e.first > 0.05 or e.best >= 0.3:
        return None
    if e.knows_training_labels:
        return None
    foreign = e.dice_first is not None and e.dice_first >= FOREIGN
    return Cause(
        "pretrained_wrong",
        f"The run starts from a pretrained model, yet its first evaluation gave {e.first:.3f}: "
        "the weights are of another model or were not loaded.",
        0.65 if foreign else 0.5,
        "Look for 'The shape of model params' and 'not in model' warnings at the start of the "
        "log; the path is given without .pdparams, and Architecture must be that of the weights.",
    )


def _evaluation_set(e: Evidence) -> Optional[Cause]:
    if e.targets_wrong:
        return None
    if e.knows_training_labels and e.best < 0.3:
        seen = f"The pretrained model matches the training labels (Dice loss {e.dice_first:.2f})"
        confidence = 0.9
    elif e.loss is None or e.loss_first is None or e.best >= 0.1 or e.loss > 0.6 * e.loss_first:
        return None
    else:
        seen = f"The training loss fell ({e.loss_first:.3g} to {e.loss:.3g})"
        confidence = 0.6
    return Cause(
        "evaluation_set",
        f"{seen}, but the metric never exceeded {e.best:.3f}: evaluation does not see the data "
        "that training does.",
        confidence,
        "Check Eval.dataset: label file and images belong together, boxes are not all ignored, "
        "and DetResizeForTest (or the recogniser's image shape and dictionary) is that of "
        "training.",
    )


def _network_dead(e: Evidence) -> Optional[Cause]:
    """ReLU turns NaN into 0, so NaN in images or weights need not show in the loss."""
    if e.dice is None or e.dice < 0.98 or e.best >= 0.05 or not e.no_boxes:
        return None
    if e.loss is None or e.loss_first is None or abs(e.loss - e.loss_first) > 0.05 * e.loss_first:
        return None
    if "loss_degenerate" in e.alerts:
        return None
    return Cause(
        "network_dead",
        f"Not one box, and the training loss does not move ({e.loss_first:.3g} to {e.loss:.3g}): "
        "nothing gets through the network. NaN in the images or in the weights does this (ReLU "
        "makes 0 of it).",
        0.7,
        "Look for NaN in the pretrained weights and for a std of 0 in NormalizeImage; see that the "
        "learning rate is above 0 and that parameters are not frozen.",
    )


def _data_pipeline(e: Evidence) -> Optional[Cause]:
    if "data_pipeline_failing" not in e.alerts:
        return None
    last = f" The last error: {e.data_message}" if e.data_message else ""
    return Cause(
        "data_pipeline_failing",
        f"PaddleOCR failed to load samples {e.data_errors} times and trains on the rest.{last}",
        0.9 if not e.targets_wrong else 0.5,
        "Repair what the last error names; PaddleOCR retries other samples for ever.",
    )


_RULES: tuple[Rule, ...] = (
    _not_finite,
    _labels_empty,
    _shrink_ratio,
    _unclip,
    _labels_shifted,
    _learning_rate,
    _overfitting,
    _pretrained,
    _evaluation_set,
    _network_dead,
    _data_pipeline,
)
