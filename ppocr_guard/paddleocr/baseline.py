"""What the model scores before the first step: measured in the run, or taken from a rehearsal."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional

from ppocr_guard.events import Baseline
from ppocr_guard.paddleocr.evaluating import eval_arguments, loop_locals, untouched
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.wording import Sentence

FROM_REHEARSAL = "PPOCR_GUARD_BASELINE"  # set by `ppocr-guard run --rehearse`
FINDINGS = "PPOCR_GUARD_FINDINGS"  # likewise
_log = logging.getLogger("ppocr_guard")


def handed_over(numbers: Mapping[str, Any], save_model_dir: str) -> dict[str, str]:
    """The environment variable that hands a rehearsal's numbers to the training after it."""
    if numbers.get("baseline") is None:
        return {}
    value = {
        "save_model_dir": save_model_dir,
        "metric": numbers["main_indicator"],
        "value": numbers["baseline"],
        "images": numbers["baseline_images"],
        "of": numbers["validation_images"],
    }
    return {FROM_REHEARSAL: json.dumps(value)}


def findings_handed_over(found: Iterable[tuple[str, str]], save_model_dir: str) -> dict[str, str]:
    """The environment variable that hands what a rehearsal found, by code, to the training after
    it; empty where it found nothing."""
    records = {
        code: message.to_record() if isinstance(message, Sentence) else str(message)
        for code, message in found
    }
    if not records:
        return {}
    return {FINDINGS: json.dumps({"save_model_dir": save_model_dir, "findings": records})}


def rehearsed_findings(save_model_dir: str) -> dict[str, str]:
    """What the rehearsal before this training found, by code."""
    try:
        value = json.loads(os.environ.get(FINDINGS, ""))
        if value["save_model_dir"] != save_model_dir:
            return {}
        return {
            str(code): Sentence.from_record(text) if isinstance(text, Mapping) else str(text)
            for code, text in value["findings"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return {}


def from_rehearsal(loop: Loop) -> Optional[Baseline]:
    """The number of the rehearsal before this training; None: there was none."""
    try:
        value = json.loads(os.environ.get(FROM_REHEARSAL, ""))
        if value["save_model_dir"] != loop.save_model_dir or value["metric"] != loop.main_indicator:
            return None
        return Baseline(
            time=time.time(),
            metric=loop.main_indicator,
            value=float(value["value"]),
            images=int(value["images"]),
            of=int(value["of"]),
            source="rehearsal",
        )
    except (ValueError, KeyError, TypeError):
        return None


def read(loop: Loop, evaluate: Callable[..., Any], hooks: Iterable[object]) -> Optional[Baseline]:
    """The score before training, if there was a rehearsal or a hook has ``baseline: true``.

    Of a new run only; rank 0 alone evaluates, as PaddleOCR has it.
    """
    if loop.rank != 0 or loop.checkpoints:
        return None
    found = from_rehearsal(loop)
    wanted = any(getattr(getattr(h, "options", None), "baseline", False) for h in hooks)
    return measured(loop, evaluate) if found is None and wanted else found


def measured(loop: Loop, evaluate: Callable[..., Any]) -> Optional[Baseline]:
    """Evaluate all validation images now, with PaddleOCR's own ``evaluate``.

    To be called on the training thread, inside ``program.train``, before the loader is iterated.
    Layers and random numbers are afterwards what they were, so that training stays the same to the
    bit.
    None: there is nothing to evaluate.
    """
    valid = loop.arguments.get("valid_dataloader")
    values = loop_locals()
    arguments = eval_arguments(evaluate, values) if values is not None else None
    if valid is None or len(valid) == 0 or arguments is None:
        return None
    images = len(valid.dataset)
    _log.info("baseline: evaluating %d images before the first step", images)
    started = time.perf_counter()
    with untouched(arguments["model"]):
        metrics = evaluate(**arguments)
    value = metrics.get(loop.main_indicator)
    if isinstance(value, str) or value is None:
        return None
    _log.info(
        "baseline: %s %.4f before training (%.1f s)",
        loop.main_indicator,
        float(value),
        time.perf_counter() - started,
    )
    return Baseline(
        time=time.time(),
        metric=loop.main_indicator,
        value=float(value),
        images=images,
        of=images,
        seconds=time.perf_counter() - started,
    )
