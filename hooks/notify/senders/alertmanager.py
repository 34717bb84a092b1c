"""Prometheus Alertmanager, API v2."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.hooks.notify.senders.base import HttpSender, Request, to_json

FIRING_FOR = timedelta(hours=1)  # then it counts as resolved, unless it is sent again
TEST_FOR = timedelta(minutes=1)


class Alertmanager(HttpSender):
    """https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml"""

    title = "Alertmanager"
    path = "/api/v2/alerts"
    per_minute = 600
    forgets = True

    def wants(self, message: Message) -> bool:
        return message.kind != "run_end" or message.severity != "info"  # good news is no alert

    def request(self, message: Message) -> Request:
        return Request(self._url, to_json([alert_json(message)]))


def alert_json(message: Message) -> dict[str, Any]:
    """An alert as Alertmanager takes it, and passes it on to webhooks."""
    began = datetime.fromtimestamp(message.time, timezone.utc)
    lasts = {"resolved": timedelta(0), "test": TEST_FOR}.get(message.kind, FIRING_FOR)
    words = "".join(word.capitalize() for word in message.code.split("_"))
    labels = {
        "alertname": f"PpocrGuard{words}",
        "code": message.code,
        "severity": message.severity,
        "run": message.run,
        "model": message.model,
        "host": message.host,
    }
    return {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {
            "summary": message.title,
            "description": message.what,
            "advice": message.advice,
            "text": message.plain(),
        },
        "startsAt": began.isoformat(),
        "endsAt": (began + lasts).isoformat(),
    }
