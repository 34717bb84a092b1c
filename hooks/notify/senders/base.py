"""What all senders have in common: one HTTP request, and its failures told apart."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Optional
from urllib.parse import parse_qsl, unquote, urlsplit

from ppocr_guard import __version__
from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.redact import is_common, is_secret, scrubbed
from ppocr_guard.wording import changed, said_by, say

TIMEOUT = 10.0
_MAX_REPLY = 65536
_MAX_REASON = 200
# Words of URLs that are no key: "send too fast" must stay readable.
_COMMON = {
    *("alert", "alerts", "apis", "cgi-bin", "hook", "hooks", "json", "markdown", "message"),
    *("messages", "notify", "open-apis", "post", "push", "receive", "robot", "send", "services"),
    *("text", "true", "false", "webhook", "webhooks"),
}


class SendError(Exception):
    """A message was not taken. ``retry``: trying again may help, after ``after`` seconds."""

    def __init__(self, reason: str, *, retry: bool, after: Optional[float] = None) -> None:
        super().__init__(changed(reason, lambda text: " ".join(text.split())[:_MAX_REASON]))
        self.retry = retry
        self.after = after


@dataclass(frozen=True)
class Request:
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Request(***)"


class Sender(ABC):
    """Sends one message; ``str()`` of it names service and host, never a secret."""

    title: ClassVar[str]
    per_minute: ClassVar[int] = 60  # what the service takes
    forgets: ClassVar[bool] = False  # takes for over what it is not told again
    takes_pictures: ClassVar[bool] = False

    @abstractmethod
    def send(self, message: Message) -> None:
        """Blocks until the service has taken the message.

        Raises:
            SendError: it has not; the reason holds no secret.
        """

    @abstractmethod
    def __str__(self) -> str: ...

    def __repr__(self) -> str:
        return f"<{self}>"


class HttpSender(Sender):
    """A service that takes a POST of JSON."""

    hosts: ClassVar[tuple[str, ...]] = ()
    path: ClassVar[Optional[str]] = None  # end of the path by which a URL is recognised

    def __init__(self, url: str, secret: Optional[str] = None) -> None:
        self._url = url
        self._secret = secret
        self._host = urlsplit(url).netloc.rpartition("@")[2]

    def __str__(self) -> str:
        return f"{self.title} ({self._host})"

    def wants(self, message: Message) -> bool:
        return True

    @abstractmethod
    def request(self, message: Message) -> Request:
        """The message as this service wants it, signed for now."""

    def check(self, reply: bytes) -> None:
        """Raises SendError when a reply with status 200 says that the message was not taken."""

    def send(self, message: Message) -> None:
        if not self.wants(message):
            return
        request = self.request(message)
        try:
            self.check(_post(request))
        except SendError as error:
            secrets = self._secrets()
            reason = changed(said_by(error), lambda text: scrubbed(text, secrets))
            raise SendError(reason, retry=error.retry, after=error.after) from None

    def _secrets(self) -> tuple[str, ...]:
        """All that must not be seen, should a service or library repeat it in an error."""
        parts = urlsplit(self._url)
        login = parts.netloc.rpartition("@")[0]
        keys = [
            value
            for name, value in parse_qsl(parts.query)
            if is_secret(name) or not _is_common(value)
        ]
        names = [name for name in unquote(parts.path).split("/") if not _is_common(name)]
        whole = (self._url, self._secret or "", parts.query, login, parts.path if names else "")
        found = (*whole, *login.split(":"), *keys, *names)
        return tuple(text for text in found if len(text) > 3)


def _is_common(word: str) -> bool:
    return word.lower() in _COMMON or is_common(word)


def reply_json(reply: bytes) -> dict[str, Any]:
    """The JSON object in a reply.

    Raises:
        SendError: there is none; perhaps a proxy's page.
    """
    try:
        value = json.loads(reply)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise SendError(say("the reply is no JSON object; is this the right URL?"), retry=True)
    return value


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would follow with a GET, which loses the message and may leak the URL."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _post(request: Request) -> bytes:
    """The reply's body. Raises SendError."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"ppocr-guard/{__version__}",
        **request.headers,
    }
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        post = urllib.request.Request(request.url, request.body, headers, method="POST")
        with opener.open(post, timeout=TIMEOUT) as reply:
            return bytes(reply.read(_MAX_REPLY))
    except urllib.error.HTTPError as error:
        raise _refused(error) from None
    except urllib.error.URLError as error:
        raise SendError(_why(error.reason), retry=True) from None
    except (OSError, http.client.HTTPException) as error:
        raise SendError(_why(error), retry=True) from None
    except ValueError:  # its text may hold the URL
        raise SendError(say("the URL cannot be used"), retry=False) from None


def _refused(error: urllib.error.HTTPError) -> SendError:
    with error:
        try:
            text = error.read(_MAX_REPLY).decode("utf-8", "replace").strip()
        except OSError:
            text = ""
    reason = f"HTTP {error.code} {error.reason or ''}".strip() + (f": {text}" if text else "")
    if error.code in (408, 425, 429) or error.code >= 500:
        return SendError(reason, retry=True, after=_seconds(error.headers.get("Retry-After")))
    if 300 <= error.code < 400:
        reason = say("HTTP {code}: the address has moved; use the final one", code=error.code)
    return SendError(reason, retry=False)


def _seconds(retry_after: Optional[str]) -> Optional[float]:
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:  # a date: rare, and the usual back-off will do
        return None


def _why(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return say("no answer within {seconds:g} s", seconds=TIMEOUT)
    if isinstance(reason, ssl.SSLError):
        return f"TLS: {reason.reason or reason}"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return str(reason) or type(reason).__name__
