"""Which steps are worth a record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

from ppocr_guard.events import StepEnd

MOST_STEPS = 20_000  # records of steps, after which every second is left out


class StepFilter:
    """Lets the first step of a run pass, one in ``every``, and each whose loss is not finite.

    ``every`` None: ``Global.print_batch_step`` of the run's configuration, else 10. With ``most``
    the stride doubles each time that so many have passed at it: the records of a long run grow
    with the logarithm of its steps, and a curve keeps its shape.
    """

    def __init__(self, every: Optional[int], most: Optional[int] = None) -> None:
        self._option = every
        self._every = every or 10
        self._most = most
        self._passed = 0  # at this stride
        self._first = True

    @property
    def every(self) -> int:
        """Today's stride."""
        return self._every

    def run_starts(self, config: Mapping[str, Any]) -> None:
        settings = config.get("Global")
        printed = settings.get("print_batch_step") if isinstance(settings, Mapping) else None
        default = printed if isinstance(printed, int) and printed > 0 else 10
        self._every = self._option or default
        self._passed = 0
        self._first = True

    def wants(self, event: StepEnd) -> bool:
        if self._first or event.global_step % self._every == 0:
            self._first = False
            self._passed += 1
            if self._passed == self._most:
                self._every, self._passed = 2 * self._every, 0
            return True
        return not all(map(math.isfinite, event.losses.values()))
