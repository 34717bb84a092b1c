"""The constants and options that declarations name: ``{annotations.IGNORED:.0%}``."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ppocr_guard.audit import dictionaries, images, rec_labels
from ppocr_guard.audit.rehearsal import data as rehearsed_data
from ppocr_guard.audit.rehearsal import model as rehearsed_model
from ppocr_guard.audit.rehearsal import process
from ppocr_guard.audit.rehearsal.summary import FULL, SLOW_HOURS
from ppocr_guard.audit.rules import annotations as label_files
from ppocr_guard.audit.rules import (
    data,
    dictionary,
    evaluation,
    image_files,
    line_sizes,
    overlap,
    recognition,
    shrink,
    texts,
    training,
)
from ppocr_guard.detect import baseline, collapse, invariants
from ppocr_guard.detect import limits as facts
from ppocr_guard.detect.growth import GrowthDetector
from ppocr_guard.detect.jumps import JumpDetector
from ppocr_guard.detect.loss import DivergenceDetector, PersistentNotFinite
from ppocr_guard.detect.pace import EvaluationPace, LoaderPace
from ppocr_guard.detect.propositions import reading
from ppocr_guard.detect.table import entry
from ppocr_guard.detect.trend import OverfittingDetector, ProgressDetector, StabilityDetector
from ppocr_guard.hooks import hmean_trend, loss_health, shrink_ratio
from ppocr_guard.wording import Sentence, say

NAMES: dict[str, Any] = {
    # of check
    "annotations": label_files,
    "data": data,
    "dictionaries": dictionaries,
    "dictionary": dictionary,
    "evaluation": evaluation,
    "image_files": image_files,
    "images": images,
    "line_sizes": line_sizes,
    "overlap": overlap,
    "rec_labels": rec_labels,
    "recognition": recognition,
    "shrink": shrink,
    "texts": texts,
    "training": training,
    # of a rehearsal
    "process": process,
    "rehearsed_data": rehearsed_data,
    "rehearsed_model": rehearsed_model,
    "summary": SimpleNamespace(FULL=FULL, SLOW_HOURS=SLOW_HOURS),
    # of a training: options of hooks with their defaults, and what has no option
    "HmeanTrend": hmean_trend.HmeanTrend.Options(),
    "LossHealth": loss_health.LossHealth.Options(),
    "ShrinkRatio": shrink_ratio.ShrinkRatio.Options(),
    "EvaluationPace": EvaluationPace(),
    "LoaderPace": LoaderPace(),
    "Divergence": DivergenceDetector(),
    "Growth": GrowthDetector(),
    "Jump": JumpDetector(),
    "NotFinite": PersistentNotFinite(),
    "Overfitting": OverfittingDetector(),
    "Progress": ProgressDetector(),
    "Stability": StabilityDetector(),
    "baseline": baseline,
    "collapse": collapse,
    "facts": facts,
    "hmean_trend": hmean_trend,
    "invariants": invariants,
    "loss_health": loss_health,
    "reading": reading,
    "shrink_ratio": shrink_ratio,
    "entry": entry,
}


def filled(template: str) -> Sentence:
    """A text of a declaration with its numbers.

    Raises:
        KeyError, AttributeError: it names what does not exist.
    """
    return say(template, **NAMES)
