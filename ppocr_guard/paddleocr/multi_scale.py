"""How many steps ``MultiScaleSampler`` makes of an epoch (ppocr/data/multi_scale_sampler.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

NAME = "MultiScaleSampler"


def steps_per_epoch(sampler: Mapping[str, Any], images: int, cards: int = 1) -> Optional[int]:
    """Steps of one epoch on each card; None: not known.

    A batch of each scale in turn, until the images of a card are through: an epoch has all scales
    equally often, and what is short of images is filled up. ``drop_last`` and
    ``batch_size_per_card`` of the loader are not read.
    """
    sizes = _batch_sizes(sampler)
    if sizes is None:
        return None
    return -(-(images // cards) // sum(sizes)) * len(sizes)


def _batch_sizes(sampler: Mapping[str, Any]) -> Optional[list[int]]:
    """Images in a batch of each scale; None: not known."""
    scales, first = sampler.get("scales"), sampler.get("first_bs", 128)
    if not isinstance(scales, list) or not scales or not _is_size(first):
        return None
    pairs = [[scale, scale] if _is_size(scale) else scale for scale in scales]
    if not all(isinstance(p, list) and len(p) == 2 and all(map(_is_size, p)) for p in pairs):
        return None
    if not sampler.get("is_training", True):
        return [first]
    if sampler.get("bs_list"):  # 2.10.0 alone reads it
        return None
    if sampler.get("fix_bs", True):
        return [first] * len(pairs)
    factor = sampler.get("divided_factor", [8, 16])
    if not isinstance(factor, list) or len(factor) != 2 or not all(map(_is_size, factor)):
        return None
    pixels = pairs[0][0] * pairs[0][1] * first
    areas = [(w // factor[0] * factor[0]) * (h // factor[1] * factor[1]) for w, h in pairs]
    return [max(1, pixels // area) for area in areas] if all(areas) else None


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
