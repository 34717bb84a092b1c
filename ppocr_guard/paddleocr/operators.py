"""Reads (and pins) the shrink ratio of the operators that a data loader really uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

OPERATORS = ("MakeShrinkMap", "MakeBorderMap")
MAP_KEYS = ("threshold_map", "threshold_mask", "shrink_map", "shrink_mask")


def shrink_operators(dataset: Any) -> Iterator[tuple[str, Any]]:
    """(name, operator) of each shrink operator of a PaddleOCR data set, MakeShrinkMap first."""
    found = {type(operator).__name__: operator for operator in getattr(dataset, "ops", None) or ()}
    for name in OPERATORS:
        if name in found:
            yield name, found[name]


def live_ratios(dataset: Any) -> dict[str, float]:
    """The shrink ratio that each operator applies to the next sample.

    To 3.6 it is the operator's ``shrink_ratio``, fixed when it was built. From 3.7.0 an operator
    with ``_base_shrink_ratio`` adds 0.2 * epoch / total_epoch for each sample, with the epoch of
    ``dataset._shared_epoch`` (ppocr/data/imaug/make_shrink_map.py, ppocr/data/simple_dataset.py).
    """
    ratios = {}
    for name, operator in shrink_operators(dataset):
        base = getattr(operator, "_base_shrink_ratio", None)
        shared = getattr(dataset, "_shared_epoch", None)
        if base is not None and shared is not None:
            ratios[name] = base + 0.2 * shared.value / float(operator._total_epoch)
        else:
            ratios[name] = float(operator.shrink_ratio)
    return ratios


def pin(dataset: Any, ratios: Mapping[str, float]) -> None:
    """Give operators a fixed shrink ratio. Works before the loader's workers are forked."""
    for name, operator in shrink_operators(dataset):
        if name in ratios:
            operator.shrink_ratio = ratios[name]
            if hasattr(operator, "_base_shrink_ratio"):
                operator._base_shrink_ratio = ratios[name]
                operator._total_epoch = float("inf")  # 0.2 * epoch / inf = 0


def map_indices(config: Mapping[str, Any]) -> Optional[dict[str, int]]:
    """Where the four maps of DB stand in a batch (KeepKeys of Train), or None for other models."""
    try:
        transforms = config["Train"]["dataset"]["transforms"]
        keys = next(
            list((item["KeepKeys"] or {})["keep_keys"]) for item in transforms if "KeepKeys" in item
        )
        return {key: keys.index(key) for key in MAP_KEYS}
    except (KeyError, TypeError, ValueError, StopIteration):
        return None
