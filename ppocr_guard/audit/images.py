"""Sizes of labelled images, from the heads of their files."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional, TypeVar, Union

from ppocr_guard.audit import lmdb_texts
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.labels import Sample
from ppocr_guard.wording import say

MOST_OPENED = 3000  # images of a mode whose sizes or bytes are read, evenly over it
_T = TypeVar("_T")


class SizedSample(NamedTuple):
    sample: Sample
    width: int
    height: int


def evenly(items: Sequence[_T], most: int) -> Sequence[_T]:
    """At most so many of the items, evenly over them."""
    return items[:: max(1, math.ceil(len(items) / most))]


def image_sizes(ctx: Context, mode: str, samples: Iterable[Sample]) -> list[SizedSample]:
    """The samples whose image is there and of a known format, with its size as PaddleOCR sees it:
    turned as its EXIF data says, unless DecodeImage has ``ignore_orientation``."""
    decode = ctx.transform(mode, "DecodeImage")
    turned = not (decode and decode.parameters.get("ignore_orientation"))
    if ctx.dataset(mode) == lmdb_texts.NAME:
        return _of_lmdb(ctx, mode, samples)
    folder, found = ctx.data_dir(mode), []
    for sample in samples:
        try:
            width, height = _size(os.path.join(folder, sample.image), turned)
        except (OSError, ValueError):
            continue
        if width > 0 and height > 0:
            found.append(SizedSample(sample, width, height))
    return found


def _of_lmdb(ctx: Context, mode: str, samples: Iterable[Sample]) -> list[SizedSample]:
    """LMDBDataSet decodes images without a look at their EXIF data."""
    wanted = {sample.image: sample for sample in samples}
    found = []
    for name, data in lmdb_texts.images(ctx, mode, list(wanted)).items():
        try:
            width, height = _size(io.BytesIO(data), turned=False)
        except (OSError, ValueError):
            continue
        if width > 0 and height > 0:
            found.append(SizedSample(wanted[name], width, height))
    return found


# What files begin with that OpenCV decodes.
_HEADS = (
    *(
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"RIFF",
        b"P1",
        b"P2",
        b"P3",
    ),
    *(
        b"P4",
        b"P5",
        b"P6",
        b"P7",
        b"Pf",
        b"PF",
        b"\0\0\0\x0cjP",
        b"\xff\x4f\xff\x51",
        b"\x76\x2f\x31\x01",
    ),
    *(b"#?RADIANCE", b"\x59\xa6\x6a\x95"),
)
_OTHERS = {
    b"GIF8": say("is a GIF, which OpenCV does not decode"),
    b"%PDF": say("is a PDF"),
    b"<": say("is a web page or SVG"),
    b"PK\x03\x04": say("is a zip archive"),
    b"version https://git-lfs": say("is a pointer of Git LFS, not the file"),
}


def unreadable(path: str) -> Optional[str]:
    """Why OpenCV cannot decode this file, told from its head; None: it can, or it is not there."""
    try:
        with open(path, "rb") as file:
            head = file.read(32)
    except FileNotFoundError:
        return None
    except OSError as error:
        return say("cannot be read ({reason})", reason=error.strerror)
    if not head:
        return say("is empty (0 bytes)")
    if head.startswith(_HEADS) or head[4:8] == b"ftyp":
        return None
    for start, reason in _OTHERS.items():
        if head.startswith(start):
            return reason
    return say("is not an image")


def _size(path: Union[str, io.BytesIO], turned: bool) -> tuple[int, int]:
    import imagesize  # type: ignore[import-untyped]

    try:
        width, height = imagesize.get(path, exif_rotation=turned)
    except TypeError:  # imagesize 1, the last for Python 3.9, knows no EXIF
        width, height = imagesize.get(path)
    return int(width), int(height)
