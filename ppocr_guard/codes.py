"""The stable names of the built-in alerts."""

from __future__ import annotations

import difflib

ALERT_CODES = {
    "shrink_ratio_unexpected": "the effective shrink ratio is not what the config means",
    "shrink_ratio_mismatch": "two sources or the two operators disagree on the shrink ratio",
    "unclip_mismatch": "unclip_ratio does not invert the shrink ratio",
    "hmean_collapse": "the validation metric fell far below its best and stays there",
    "hmean_not_learning": "the validation metric never became worth anything",
    "hmean_plateau": "the validation metric no longer improves",
    "hmean_unstable": "the validation metric keeps falling and coming back",
    "overfitting": "the training loss falls while the validation metric falls",
    "loss_not_finite": "the loss is NaN or infinite",
    "loss_diverged": "the loss rose far above what it was",
    "loss_degenerate": "the loss shows that there is nothing to learn from",
    "data_pipeline_failing": "PaddleOCR fails to load samples and retries others",
    "evaluation_disabled": "there is no evaluation, or none will be reached",
}


def check_codes(codes: list[str]) -> list[str]:
    """Refuse what looks like a misspelt built-in code; a user's own codes pass.

    Raises:
        ValueError: names the code and the nearest built-in one.
    """
    for code in codes:
        near = difflib.get_close_matches(code, ALERT_CODES, n=1, cutoff=0.75)
        if code not in ALERT_CODES and near:
            raise ValueError(f"there is no alert {code!r}; did you mean {near[0]!r}?")
    return codes
