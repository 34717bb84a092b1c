"""One module for each service that a notification can go to."""

from __future__ import annotations

import re
from typing import Optional
from urllib.parse import urlsplit

from ppocr_guard.hooks.notify.senders.alertmanager import Alertmanager
from ppocr_guard.hooks.notify.senders.apprise import Apprise
from ppocr_guard.hooks.notify.senders.base import HttpSender, Sender
from ppocr_guard.hooks.notify.senders.dingtalk import DingTalk
from ppocr_guard.hooks.notify.senders.feishu import Feishu
from ppocr_guard.hooks.notify.senders.slack import Slack
from ppocr_guard.hooks.notify.senders.webhook import Webhook
from ppocr_guard.hooks.notify.senders.wecom import WeCom
from ppocr_guard.wording import say

# name in the option `service` -> sender. The first whose `hosts` or `path` fits takes a URL.
SERVICES: dict[str, type[HttpSender]] = {
    "dingtalk": DingTalk,
    "feishu": Feishu,
    "wecom": WeCom,
    "slack": Slack,
    "alertmanager": Alertmanager,
    "webhook": Webhook,
}


def make_sender(url: str, secret: Optional[str] = None, service: Optional[str] = None) -> Sender:
    """The sender for a URL: by ``service``, else by its host or path, else a generic webhook.

    Schemes other than http and https go to apprise.

    Raises:
        ValueError: no proper URL, or apprise is not installed or does not know it. The message
            does not repeat the URL.
    """
    scheme, separator, rest = url.strip().partition("://")
    if separator and rest and service is None and _is_apprises(scheme):
        return Apprise(url.strip())  # tgram://1234:ABC/5: what stands there is no host and port
    try:
        parts = urlsplit(url.strip())
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise ValueError(say("is no proper URL")) from None
    if not parts.scheme or "://" not in url:
        raise ValueError(say("is no URL: it must begin with https:// or another scheme"))
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(say("must be an http or https URL with a host"))
    return _service(host, parts.path, service)(url.strip(), secret)


def _is_apprises(scheme: str) -> bool:
    plain = re.fullmatch(r"[A-Za-z][\w+.-]*", scheme) is not None
    return plain and scheme.lower() not in ("http", "https")


def _service(host: str, path: str, service: Optional[str]) -> type[HttpSender]:
    if service is not None:
        return SERVICES[service]
    for cls in SERVICES.values():
        if host in cls.hosts or (cls.path is not None and path.rstrip("/").endswith(cls.path)):
            return cls
    return Webhook


__all__ = ["SERVICES", "HttpSender", "Sender", "make_sender"]
