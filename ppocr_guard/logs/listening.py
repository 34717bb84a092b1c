"""What a guard makes of the events of a log, for those who judge it afterwards."""

from __future__ import annotations

from typing import Union

from ppocr_guard.events import Alert, Resolved, Verdict
from ppocr_guard.hook import Hook

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
