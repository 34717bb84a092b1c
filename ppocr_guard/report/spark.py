"""Values as a line of characters, for terminals and chats. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Optional

BARS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float], width: int, bars: str = BARS) -> str:
    """``values`` as at most ``width`` characters of ``bars``; values above 1 set the scale."""
    if not values or width <= 0:
        return ""
    count = min(width, len(values))
    top = max([1.0, *(v for v in values if math.isfinite(v))])
    line = []
    for column in range(count):
        span = values[column * len(values) // count : (column + 1) * len(values) // count]
        if any(not math.isfinite(v) for v in span):
            line.append("x" if bars.isascii() else "×")
        else:
            level = max(0.0, min(span)) / top
            line.append(bars[min(len(bars) - 1, int(level * len(bars)))])
    return "".join(line)


def best_column(values: Sequence[float], width: int) -> Optional[int]:
    """Where :func:`spark` has the best value; None without one worth a mark."""
    finite = [(value, -index) for index, value in enumerate(values) if math.isfinite(value)]
    if len(finite) < 2 or width <= 0 or max(finite)[0] <= 0:
        return None
    index, count = -max(finite)[1], min(width, len(values))
    return next(c for c in range(count) if index < (c + 1) * len(values) // count)
