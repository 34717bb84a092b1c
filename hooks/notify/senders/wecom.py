"""WeCom (企业微信) group robots."""

from __future__ import annotations

import base64
import hashlib

from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.hooks.notify.senders.base import (
    HttpSender,
    Request,
    SendError,
    reply_json,
    to_json,
)

MAX_BYTES = 4096
MAX_PICTURE = 2 << 20
_TOO_FAST = 45009
_BUSY = -1


class WeCom(HttpSender):
    """https://developer.work.weixin.qq.com/document/path/91770"""

    title = "WeCom"
    hosts = ("qyapi.weixin.qq.com",)
    per_minute = 20
    takes_pictures = True

    def wants(self, message: Message) -> bool:
        return message.png is None or len(message.png) <= MAX_PICTURE

    def request(self, message: Message) -> Request:
        if message.png is not None:
            picture = base64.b64encode(message.png).decode("ascii")
            digest = hashlib.md5(
                message.png, usedforsecurity=False
            ).hexdigest()  # that is what the service asks for
            image = {"base64": picture, "md5": digest}
            return Request(self._url, to_json({"msgtype": "image", "image": image}))
        content = message.markdown(MAX_BYTES)
        return Request(
            self._url, to_json({"msgtype": "markdown", "markdown": {"content": content}})
        )

    def check(self, reply: bytes) -> None:
        answer = reply_json(reply)
        code = answer.get("errcode")
        if code != 0:
            after = 60.0 if code == _TOO_FAST else None
            raise SendError(
                f"errcode {code}: {answer.get('errmsg')}",
                retry=code in (_TOO_FAST, _BUSY),
                after=after,
            )
