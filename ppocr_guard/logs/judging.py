"""A guard for a log, which is judged afterwards: with the same hooks for all who do."""

from __future__ import annotations

import logging
from typing import Union

from ppocr_guard.events import Alert, Resolved, Verdict
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.auto_stop import AutoStop
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.hooks.loss_health import LossHealth
from ppocr_guard.hooks.pace import Pace
from ppocr_guard.hooks.shrink_ratio import ShrinkRatio
from ppocr_guard.logs.printed import PrintedConfig

_SILENT = logging.getLogger("ppocr_guard.replay")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

Made = Union[Alert, Resolved, Verdict]


class Listener(Hook):
    """The last hook of a guard: keeps the events that it makes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[Made] = []

    def take(self) -> list[Made]:
        """Those since the last call."""
        heard, self._heard = self._heard, []
        return heard

    def on_alert(self, event: Alert) -> None:
        self._heard.append(event)

    def on_resolved(self, event: Resolved) -> None:
        self._heard.append(event)

    def on_verdict(self, event: Verdict) -> None:
        self._heard.append(event)


def log_guard(listener: Listener) -> Guard:
    """With the defaults of the hooks that can judge a log; it writes nothing anywhere."""
    hooks: list[Hook] = [ShrinkRatio(), HmeanTrend(), PrintedConfig(), LossHealth(), Pace()]
    return Guard([*hooks, AutoStop(), listener], _SILENT)
