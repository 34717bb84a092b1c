"""DingTalk (钉钉) custom robots."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import quote_plus

from ppocr_guard.hooks.notify.message import Message, cut
from ppocr_guard.hooks.notify.senders.base import (
    HttpSender,
    Request,
    SendError,
    reply_json,
    to_json,
)
from ppocr_guard.wording import CLOSE, join, say

_TOO_FAST = 130101
_BLOCKED_SECONDS = 600.0  # for so long a robot stays silent after 20 messages in a minute
_BUSY = -1
_NOT_ALLOWED = 310000  # neither signature, keyword nor address is what the robot asks for


class DingTalk(HttpSender):
    """https://open.dingtalk.com/document/robots/custom-robot-access"""

    title = "DingTalk"
    hosts = ("oapi.dingtalk.com", "api.dingtalk.com")
    per_minute = 20

    def request(self, message: Message) -> Request:
        text, title = message.markdown(18000), cut(message.title, 200)
        body = {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
        return Request(self._signed_url(), to_json(body))

    def _signed_url(self) -> str:
        if not self._secret:
            return self._url
        milliseconds = round(time.time() * 1000)
        text = f"{milliseconds}\n{self._secret}".encode()
        digest = hmac.new(self._secret.encode(), text, hashlib.sha256).digest()
        sign = quote_plus(base64.b64encode(digest))
        separator = "&" if "?" in self._url else "?"
        return f"{self._url}{separator}timestamp={milliseconds}&sign={sign}"

    def check(self, reply: bytes) -> None:
        answer = reply_json(reply)
        code = answer.get("errcode")
        if code == 0:
            return
        reason = f"errcode {code}: {answer.get('errmsg')}"
        if code == _NOT_ALLOWED:
            way = say(" (give the robot's `secret`, or set its keyword to ppocr_guard)")
            reason = join(reason, way, by=CLOSE)
        after = _BLOCKED_SECONDS if code == _TOO_FAST else None
        raise SendError(reason, retry=code in (_TOO_FAST, _BUSY), after=after)
