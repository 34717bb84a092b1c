"""Feishu (飞书) and Lark custom bots."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.hooks.notify.senders.base import (
    HttpSender,
    Request,
    SendError,
    reply_json,
    to_json,
)
from ppocr_guard.wording import CLOSE, join, say

_TOO_FAST = 11232
_SIGN = 19021
_KEYWORD = 19024


class Feishu(HttpSender):
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""

    title = "Feishu"
    hosts = ("open.feishu.cn", "open.larksuite.com")
    per_minute = 100

    def request(self, message: Message) -> Request:
        body: dict[str, Any] = {
            "msg_type": "text",
            "content": {"text": message.plain(limit=18000)},
        }
        if self._secret:
            seconds = str(round(time.time()))
            # The text is the key, and nothing is signed: that is how the service has it.
            key = f"{seconds}\n{self._secret}".encode()
            digest = hmac.new(key, b"", hashlib.sha256).digest()
            body = {"timestamp": seconds, "sign": base64.b64encode(digest).decode(), **body}
        return Request(self._url, to_json(body))

    def check(self, reply: bytes) -> None:
        answer = reply_json(reply)
        code = answer.get("code", answer.get("StatusCode"))
        if code == 0:
            return
        reason = f"code {code}: {answer.get('msg', answer.get('StatusMessage'))}"
        if code == _SIGN:
            way = say(" (check the bot's `secret`, and this machine's clock)")
            reason = join(reason, way, by=CLOSE)
        if code == _KEYWORD:
            reason = join(reason, say(" (set the bot's keyword to ppocr_guard)"), by=CLOSE)
        raise SendError(reason, retry=code == _TOO_FAST, after=60.0 if code == _TOO_FAST else None)
