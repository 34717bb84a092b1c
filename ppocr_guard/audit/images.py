"""Sizes of labelled images, from the heads of their files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.labels import Sample


class SizedSample(NamedTuple):
    sample: Sample
    width: int
    height: int


def image_sizes(ctx: Context, mode: str, samples: Iterable[Sample]) -> list[SizedSample]:
    """The samples whose image is there and of a known format, with its size."""
    import imagesize  # type: ignore[import-untyped]

    folder, found = ctx.resolve(str(ctx.get(mode, "dataset", "data_dir", default=""))), []
    for sample in samples:
        try:
            width, height = imagesize.get(os.path.join(folder, sample.image))
        except (OSError, ValueError):
            continue
        if width > 0 and height > 0:
            found.append(SizedSample(sample, int(width), int(height)))
    return found
