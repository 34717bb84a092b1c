"""Facts on their way to the process that started the rehearsal: a JSON line each."""

from __future__ import annotations

import json
import math
import time
from typing import Any, TextIO


class Channel:
    """Writes facts as they come, so that a rehearsal that hangs has told what it knew."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.now = ""  # the stage under way

    def fact(self, kind: str, **values: Any) -> None:
        record = {"fact": kind, "time": time.time(), **values}
        self._stream.write(json.dumps(_plain(record), ensure_ascii=True) + "\n")
        self._stream.flush()

    def stage(self, name: str, **detail: Any) -> None:
        """What is done from now on; the last one before silence is where it hangs."""
        self.now = name
        self.fact("stage", stage=name, **detail)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and getattr(value, "size", 0) == 1:  # a numpy or paddle scalar
        return _plain(value.item())
    return str(value)
