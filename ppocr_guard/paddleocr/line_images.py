"""The images of text lines, one below another in one picture."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ppocr_guard.paddleocr.label_lines import in_lmdb

HEIGHT, WIDTH = 32, 320  # pixels of a row; a line that is longer is made smaller
MAX_BYTES = 8 << 20  # of one image file; a text line has some kilobytes


def sheet(images: Sequence[Optional[bytes]]) -> bytes:
    """PNG with a row of ``HEIGHT`` pixels for each image file, empty where it cannot be read;
    no bytes at all where none can."""
    import cv2
    import numpy as np

    rows = [_row(data) if data else None for data in images]
    width = max((row.shape[1] for row in rows if row is not None), default=0)
    if not width:
        return b""
    page = np.zeros((HEIGHT * len(rows), width, 4), np.uint8)  # transparent where nothing is
    for index, row in enumerate(rows):
        if row is not None:
            height, end = row.shape[:2]
            top = index * HEIGHT + (HEIGHT - height) // 2
            page[top : top + height, :end, :3] = row
            page[top : top + height, :end, 3] = 255
    return bytes(cv2.imencode(".png", page)[1])


def _row(data: bytes) -> Any:
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    height, width = image.shape[:2]
    scale = min(HEIGHT / height, WIDTH / width)
    size = max(1, round(width * scale)), min(HEIGHT, max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def image_file(dataset: Any, name: str) -> Optional[bytes]:
    """The image of a line of a data set, by its name there; None: it cannot be read."""
    if in_lmdb(dataset):
        return _in_lmdb(dataset.lmdb_sets, name)
    folder = getattr(dataset, "data_dir", None)
    if not name or not isinstance(folder, (str, os.PathLike)):
        return None
    try:
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        return None
    return data if len(data) <= MAX_BYTES else None


def _in_lmdb(sets: Mapping[Any, Any], name: str) -> Optional[bytes]:
    folder, _, key = name.rpartition("/")
    for one in sets.values():
        if str(one["dirpath"]) == folder:
            with one["env"].begin() as transaction:
                found = transaction.get(key.encode())
                return bytes(found) if found and len(found) <= MAX_BYTES else None
    return None
