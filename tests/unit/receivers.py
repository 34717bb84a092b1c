"""Chat services as a test meets them: they check signatures and limits and answer as the real
ones do, with errors inside replies of status 200."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]  # status, headers, body
TOKEN, SECRET = "token-0123456789", "SECabcdef0123456789"
KEYWORD = "ppocr_guard"  # that the robots are set to ask for


class Receiver:
    """Base: a local HTTP server that keeps what it accepted in ``accepted``."""

    path = "/"

    def __init__(self) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.requests = 0
        self.script: list[Answer] = []  # answers to give first
        self.delay = 0.0

    def answer(self, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        raise NotImplementedError


def as_json(value: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class DingTalkReceiver(Receiver):
    path = f"/robot/send?access_token={TOKEN}"

    def answer(self, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        if query.get("access_token") != TOKEN:
            return as_json(
                {"errcode": 300005, "errmsg": f"token {query['access_token']} is not exist"}
            )
        stamp, sign = query.get("timestamp", "0"), query.get("sign", "")
        if abs(time.time() * 1000 - int(stamp)) > 3_600_000:
            return as_json({"errcode": 310000, "errmsg": "invalid timestamp"})
        text = f"{stamp}\n{SECRET}".encode()
        expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest())
        if sign.encode() != expected:
            return as_json({"errcode": 310000, "errmsg": "sign not match"})
        message = json.loads(body)
        if message["msgtype"] != "markdown" or not message["markdown"]["title"]:
            return as_json({"errcode": 40035, "errmsg": "invalid parameter"})
        if KEYWORD not in message["markdown"]["title"] + message["markdown"]["text"]:
            return as_json({"errcode": 310000, "errmsg": "keywords not in content"})
        self.accepted.append(message)
        return as_json({"errcode": 0, "errmsg": "ok"})


class FeishuReceiver(Receiver):
    path = f"/open-apis/bot/v2/hook/{TOKEN}"

    def answer(self, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        message = json.loads(body)
        stamp = message.get("timestamp", "0")
        key = f"{stamp}\n{SECRET}".encode()
        expected = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        if message.get("sign") != expected or abs(time.time() - int(stamp)) > 3600:
            return as_json(
                {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
            )
        if message["msg_type"] != "text" or not message["content"]["text"]:
            return as_json({"code": 9499, "msg": "Bad Request"})
        if KEYWORD not in message["content"]["text"]:
            return as_json({"code": 19024, "msg": "Key Words Not Found"})
        self.accepted.append(message)
        return as_json({"code": 0, "msg": "success", "data": {}})


class WeComReceiver(Receiver):
    path = f"/cgi-bin/webhook/send?key={TOKEN}"

    def answer(self, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        if query.get("key") != TOKEN:
            return as_json({"errcode": 93000, "errmsg": "invalid webhook url"})
        message = json.loads(body)
        if message["msgtype"] == "image":
            picture = base64.b64decode(message["image"]["base64"])
            if hashlib.md5(picture).hexdigest() != message["image"]["md5"]:
                return as_json({"errcode": 301019, "errmsg": "media md5 not match"})
        elif len(message["markdown"]["content"].encode()) > 4096:
            return as_json({"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"})
        self.accepted.append(message)
        return as_json({"errcode": 0, "errmsg": "ok"})


class SlackReceiver(Receiver):
    path = f"/services/T0/B0/{TOKEN}"

    def answer(self, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        message = json.loads(body)
        for block in message["blocks"]:
            limit = 150 if block["type"] == "header" else 3000
            if len(block["text"]["text"]) > limit:
                return 400, {}, b"invalid_blocks"
        self.accepted.append(message)
        return 200, {}, b"ok"


class AlertmanagerReceiver(Receiver):
    path = "/api/v2/alerts"

    def answer(self, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        for alert in json.loads(body):
            for name, value in alert["labels"].items():
                if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) or not value:
                    return as_json(f"invalid label set: {name!r}", 400)
            if not alert["labels"].get("alertname") or alert["endsAt"] < alert["startsAt"]:
                return as_json("bad alert", 400)
            self.accepted.append(alert)
        return 200, {}, b""


class WebhookReceiver(Receiver):
    path = "/hook"

    def answer(self, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        if headers.get("X-Hub-Signature-256") != f"sha256={expected}":
            return 401, {}, b"bad signature"
        self.accepted.append(json.loads(body))
        return 204, {}, b""


@contextmanager
def serving(receiver: Receiver) -> Iterator[str]:
    """URL of the receiver, on a port of its own."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.requests += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            time.sleep(receiver.delay)
            scripted: Optional[Answer] = receiver.script.pop(0) if receiver.script else None
            status, headers, text = scripted or receiver.answer(query, self.headers, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{receiver.path}"
    finally:
        server.shutdown()
        server.server_close()


RECEIVERS: dict[str, Callable[[], Receiver]] = {
    "dingtalk": DingTalkReceiver,
    "feishu": FeishuReceiver,
    "wecom": WeComReceiver,
    "slack": SlackReceiver,
    "alertmanager": AlertmanagerReceiver,
    "webhook": WebhookReceiver,
}
