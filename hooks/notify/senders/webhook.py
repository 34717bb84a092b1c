"""Any other HTTP receiver: JSON in the shape of Alertmanager's own webhooks."""

from __future__ import annotations

import hashlib
import hmac

from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.hooks.notify.senders.alertmanager import alert_json
from ppocr_guard.hooks.notify.senders.base import HttpSender, Request, to_json

SIGNATURE = "X-Hub-Signature-256"  # as GitHub's webhooks have it, which many receivers can check


class Webhook(HttpSender):
    """Alertmanager's webhook shape, version 4.

    With a secret, ``X-Hub-Signature-256`` is ``sha256=`` and the hex HMAC-SHA256 of the body.
    Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
    """

    title = "webhook"
    per_minute = 600

    def request(self, message: Message) -> Request:
        alert = alert_json(message)
        labels = alert["labels"]
        fingerprint = hashlib.sha256(repr(sorted(labels.items())).encode()).hexdigest()[:16]
        status = "resolved" if message.kind == "resolved" else "firing"
        alert = {"status": status, **alert, "generatorURL": "", "fingerprint": fingerprint}
        group = {"alertname": labels["alertname"]}
        body = to_json(
            {
                "version": "4",
                "groupKey": f'{{}}:{{alertname="{labels["alertname"]}"}}',
                "truncatedAlerts": 0,
                "status": status,
                "receiver": "ppocr_guard",
                "groupLabels": group,
                "commonLabels": labels,
                "commonAnnotations": alert["annotations"],
                "externalURL": "",
                "alerts": [alert],
            }
        )
        headers = {}
        if self._secret:
            digest = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
            headers[SIGNATURE] = f"sha256={digest}"
        return Request(self._url, body, headers)
