"""Numbers by step, kept in columns, and thinned for a picture."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping

MAX_POINTS = 2000  # of a curve after thinning; more than a screen has pixels
MAX_COLUMNS = 48  # losses of a step; a distillation of three models has some 15


class StepSeries:
    """Per-step numbers in columns of doubles: 1e5 steps with 8 columns take 7 MB.

    ``steps`` ascends. A column that has no value at a step holds NaN there. After
    ``MAX_COLUMNS`` names, further ones are left out and counted in ``left_out``: each costs a
    number at every step.
    """

    def __init__(self) -> None:
        self.steps = array("d")
        self.epochs = array("d")
        self.columns: dict[str, array[float]] = {}
        self.left_out = 0

    def __len__(self) -> int:
        return len(self.steps)

    def add(self, step: int, epoch: int, values: Mapping[str, float]) -> None:
        for name in values:
            if name in self.columns:
                continue
            if len(self.columns) >= MAX_COLUMNS:
                self.left_out += 1
                continue
            self.columns[name] = array("d", [math.nan]) * len(self.steps)
        self.steps.append(step)
        self.epochs.append(epoch)
        for name, column in self.columns.items():
            column.append(values.get(name, math.nan))

    def thin(self, key: str, limit: int = MAX_POINTS) -> list[int]:
        """At most ``limit`` row numbers, ascending, that keep the shape of column ``key``.

        The rows are cut into buckets; each gives its lowest and its highest value, so a spike
        of one step survives. A bucket of NaN only gives its first row.
        """
        rows = len(self.steps)
        column = self.columns.get(key)
        if rows <= limit or column is None:
            return list(range(rows)) if rows <= limit else list(range(0, rows, -(-rows // limit)))
        buckets = max(1, limit // 2)
        kept: set[int] = set()
        for bucket in range(buckets):
            span = range(bucket * rows // buckets, (bucket + 1) * rows // buckets)
            finite = [row for row in span if math.isfinite(column[row])]
            kept.update(
                (min(finite, key=column.__getitem__), max(finite, key=column.__getitem__))
                if finite
                else span[:1]
            )
        return sorted(kept)
