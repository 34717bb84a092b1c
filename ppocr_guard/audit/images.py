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
    """The samples whose image is there and of a known format, with its size as PaddleOCR sees it:
    turned as its EXIF data says, unless DecodeImage has ``ignore_orientation``."""
    decode = ctx.transform(mode, "DecodeImage")
    turned = not (decode and decode.parameters.get("ignore_orientation"))
    folder, found = ctx.resolve(str(ctx.get(mode, "dataset", "data_dir", default=""))), []
    for sample in samples:
        try:
            width, height = _size(os.path.join(folder, sample.image), turned)
        except (OSError, ValueError):
            continue
        if width > 0 and height > 0:
            found.append(SizedSample(sample, width, height))
    return found


def _size(path: str, turned: bool) -> tuple[int, int]:
    import imagesize  # type: ignore[import-untyped]

    try:
        width, height = imagesize.get(path, exif_rotation=turned)
    except TypeError:  # imagesize 1, the last for Python 3.9, knows no EXIF
        width, height = imagesize.get(path)
    return int(width), int(height)
