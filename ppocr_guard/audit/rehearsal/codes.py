"""Codes that only a rehearsal tells, with their reasons."""

from __future__ import annotations

from ppocr_guard.audit.rule import WHY, declare

REASONS = {
    "samples_fail": "PaddleOCR takes another sample instead, again and again: if all fail, for "
    "ever (__getitem__ in ppocr/data/simple_dataset.py)",
    "sample_hangs": "nothing in PaddleOCR ends a sample that takes for ever",
    "batch_uneven": "the samples of a batch are stacked, and must be of one size",
    "targets_empty": "a text that is shrunk away is background to the loss",
    "images_unscaled": "networks start from weights that are made for normalised images",
    "eval_images_small": "DetResizeForTest sizes validation images, EastRandomCropData those of "
    "training: texts must be of about one size in both",
    "training_crashes": "the rehearsal runs the loop of tools/program.py itself, over the first "
    "batches and a few validation images",
    "weights_partial": "tensors whose name or shape differs keep their random start "
    "(ppocr/utils/save_load.py)",
    "part_without_gradient": "what gets no gradient is never trained",
    "loss_degenerate": "a loss that is the same for all batches has nothing to learn from",
    "loss_not_finite": "a NaN or infinite loss makes all weights NaN at the next step",
    "ctc_steps_too_few": "CTC needs a time step for each character, and one more between equal "
    "neighbours; paddle's CTCLoss gives 0, and no gradient, for a text that has too few",
    "postprocess_blind": "even a perfect prediction must come out of the postprocess as boxes",
    "evaluation_slow": "no step is made while an evaluation runs",
    "memory_short": "evaluation takes whole images, of which the largest decides "
    "(issues 13759, 14406, 14633)",
    "device_missing": "tools/program.py ends where use_gpu is true and paddle is built for the CPU",
    "rehearsal_incomplete": "a rehearsal has a time limit (--timeout), and downloads nothing",
}
for _code, _why in REASONS.items():
    declare(_code, _why)


def reason(code: str) -> str:
    """Why a code is told, whether a rule or a rehearsal found it."""
    from ppocr_guard.audit import rules  # noqa: F401  (declares those of the rules)

    return WHY[code]
