"""Figures of training batches, taken in the background, so that a change of data has a time."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ppocr_guard.background import Background
from ppocr_guard.events import BatchFigures, Event
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.loop import Loop

MOST_TEXTS = 2000  # of the first batches, whose labels are measured
LEAST_SECONDS = 0.2  # between two batches that are looked at ...
SECONDS_PER_BYTE = 0.05 / 2**20  # ... and longer for large ones: half a percent of a core


class BatchWatch:
    """Looks at some batches of rank 0. A batch is only referred to on the training thread."""

    def __init__(self, loop: Loop, post: Callable[[Event], None]) -> None:
        """``post`` takes events from any thread (:meth:`ppocr_guard.guard.Guard.post`)."""
        self._active = loop.rank == 0
        self._shrink_map = _position(loop.config, "shrink_map")
        self._text = _text_positions(loop.config)
        self.needs: list[tuple[int, int]] = []  # (time steps CTC needs, width), by text
        self._post = post
        self._due = 0.0
        self._queue: Background[tuple[Any, Any, Any, int, int]] = Background(
            self._look, name="figures of a batch", capacity=1
        )

    @harmless
    def batch_arrived(self, batch: Any, epoch: int, global_step: int) -> None:
        """``global_step``: steps done before this batch."""
        now = time.monotonic()
        if not self._active or now < self._due or not isinstance(batch, (list, tuple)):
            return
        images = batch[0]
        bytes_ = 4.0
        for side in images.shape:
            bytes_ *= side
        self._due = now + max(LEAST_SECONDS, bytes_ * SECONDS_PER_BYTE)
        maps = batch[self._shrink_map] if self._shrink_map is not None else None
        texts = tuple(batch[i] for i in self._text) if self._text else None
        self._queue.put((images, maps, texts, epoch, global_step + 1))

    def close(self) -> None:
        self._queue.close(1.0)

    def _look(self, items: list[tuple[Any, Any, Any, int, int]]) -> None:
        for images, maps, texts, epoch, global_step in items:
            if texts is not None and len(self.needs) < MOST_TEXTS:
                width = int(images.shape[-1])
                self.needs += [(need, width) for need in needed_steps(*map(_host, texts))]
            self._post(BatchFigures(time.time(), epoch, global_step, figures(images, maps)))


def figures(images: Any, maps: Any = None) -> dict[str, float]:
    """``images``: N x C x H x W; ``maps``: N x H x W or None (tensors or arrays)."""
    rows = _host(images)[..., ::4, :]
    few = rows[..., ::4]
    steps = float(abs(rows[..., 1:] - rows[..., :-1]).mean())  # from pixel to pixel: sharpness
    found = {
        "image_mean": float(few.mean()),
        "image_std": float(few.std()),
        "image_edges": math.log(max(steps, 1e-6)),
    }
    if maps is not None:
        found["positives"] = float(_host(maps)[..., ::4, ::4].mean())
    return found


def needed_steps(codes: Any, lengths: Any) -> list[int]:
    """Time steps that CTC needs for each text: one a character, and one between equal neighbours.

    ``codes``: (N, L) classes, padded; ``lengths``: (N,). With fewer steps there is no way to
    write the text: its loss and its gradient are exactly 0.
    """
    found = []
    for row, length in zip(codes, lengths.reshape(-1)):
        text = row[: int(length)]
        found.append(int(length) + int((text[1:] == text[:-1]).sum()))
    return found


def _host(value: Any) -> Any:
    return value.numpy() if hasattr(value, "numpy") else value


def _text_positions(config: Mapping[str, Any]) -> Optional[tuple[int, int]]:
    """Of the labels for CTC and of their lengths in a batch; None: not a recogniser with CTC."""
    length = _position(config, "length")
    for key in ("label_ctc", "label"):
        label = _position(config, key)
        if label is not None and length is not None:
            return label, length
    return None


def _position(config: Mapping[str, Any], key: str) -> Optional[int]:
    """Of a key in Train's KeepKeys."""
    transforms = config.get("Train", {}).get("dataset", {}).get("transforms")
    for entry in transforms if isinstance(transforms, list) else []:
        keys: Sequence[str] = (entry.get("KeepKeys") or {}).get("keep_keys", ())
        if key in keys:
            return list(keys).index(key)
    return None
