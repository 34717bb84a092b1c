"""Slack incoming webhooks."""

from __future__ import annotations

from typing import Any

from ppocr_guard.hooks.notify.message import Message, cut
from ppocr_guard.hooks.notify.senders.base import HttpSender, Request, SendError, to_json

_MAX_HEADER, _MAX_SECTION = 150, 3000  # characters; bytes are never fewer


class Slack(HttpSender):
    """https://api.slack.com/messaging/webhooks"""

    title = "Slack"
    hosts = ("hooks.slack.com",)
    per_minute = 60

    def request(self, message: Message) -> Request:
        lines = [f"*{label}*: {cut(_escaped(text), 600)}" for label, text in message.facts]
        blocks: list[dict[str, Any]] = [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": cut(message.title, _MAX_HEADER)},
            },
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": cut("\n".join(lines), _MAX_SECTION)},
            },
        ]
        fallback = _escaped(f"{message.title}: {message.what}")
        return Request(self._url, to_json({"text": cut(fallback, _MAX_SECTION), "blocks": blocks}))

    def check(self, reply: bytes) -> None:
        if reply.strip() != b"ok":
            raise SendError(f"Slack said {reply[:100].decode('utf-8', 'replace')!r}", retry=False)


def _escaped(text: str) -> str:
    """Slack's three control characters: `<!channel>` in a run's name must wake nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
