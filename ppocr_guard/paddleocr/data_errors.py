"""Counts the samples that PaddleOCR fails to load.

``SimpleDataSet.__getitem__`` logs "When parsing line ..., error happened with msg: ..." and tries
another sample, deeper and deeper, in the loader's workers. The log handler below is inherited by
workers that are forked, and counts into shared memory.
"""

from __future__ import annotations

import ctypes
import logging
import multiprocessing

_MARK = "error happened with msg"
_MESSAGE_BYTES = 400


class DataErrorCounter(logging.Handler):
    """Attach to PaddleOCR's logger before the first batch is asked for."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        # Without a lock: a worker that is killed while it holds one would block the trainer.
        # An increment that is lost in a race does not matter.
        self._count = multiprocessing.RawValue(ctypes.c_long, 0)
        self._last = multiprocessing.RawArray(ctypes.c_char, _MESSAGE_BYTES)

    @property
    def count(self) -> int:
        return int(self._count.value)

    @property
    def last_message(self) -> str:
        return bytes(self._last.value).decode("utf-8", "replace")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # a broken record is the writer's business
            return
        if _MARK not in message:
            return
        self._count.value += 1
        lines = [line for line in message.strip().splitlines() if line.strip()]
        text = f"{lines[0][:200]} ... {lines[-1]}" if len(lines) > 1 else message
        self._last.value = text.encode("utf-8", "replace")[: _MESSAGE_BYTES - 1]
