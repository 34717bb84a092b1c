"""Everything that apprise speaks to: Telegram, Discord, mail and many more."""

from __future__ import annotations

import logging
from typing import Any

from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.hooks.notify.senders.base import Sender, SendError
from ppocr_guard.wording import say

_TYPES = {"info": "info", "warning": "warning", "critical": "failure"}


class Apprise(Sender):
    """https://github.com/caronc/apprise; needs the extra ``ppocr-guard[notify]``."""

    title = "apprise"
    per_minute = 20
    takes_pictures = True

    def __init__(self, url: str) -> None:
        """Raises ValueError: apprise is missing, or does not know such a URL."""
        scheme = url.split("://", 1)[0]
        try:
            import apprise
        except ImportError:
            raise ValueError(
                say(
                    "begins with {scheme}://, which needs `pip install ppocr-guard[notify]` "
                    "(apprise)",
                    scheme=scheme,
                )
            ) from None
        # What it logs holds URLs with their keys.
        logging.getLogger("apprise").disabled = True
        self._apprise: Any = apprise.Apprise()
        self._format: Any = apprise.NotifyFormat.TEXT
        if not self._apprise.add(url):
            raise ValueError(
                say("begins with {scheme}://, but apprise cannot use it", scheme=scheme)
            )
        self._scheme = scheme

    def __str__(self) -> str:
        return f"apprise ({self._scheme})"

    def send(self, message: Message) -> None:
        options: dict[str, Any] = {"notify_type": _TYPES[message.severity]}
        if message.png is not None:
            picture = _attachment(message.png)
            if picture is None:
                return
            options["attach"] = picture
        taken = self._apprise.notify(
            title=message.title,
            body=message.plain(title=False),
            body_format=self._format,
            **options,
        )
        if not taken:
            raise SendError(say("apprise could not deliver it"), retry=True)


def _attachment(png: bytes) -> Any:
    """None where this apprise knows only files."""
    try:
        from apprise.attachment.memory import AttachMemory
    except ImportError:
        return None
    return AttachMemory(content=png, name="validation.png", mimetype="image/png")
