"""Keeps secrets out of what the exporters write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
_SECRET_KEY = re.compile(
    r"secret|token|passw(or)?d|webhook|credential|api_?key|access_?key|private_?key", re.IGNORECASE
)
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_SHORT = 8  # characters
_URL = re.compile(r"\b[\w+.-]+://[^\s'\"<>]+")


def redacted(value: Any, *, guard: bool = False) -> Any:
    """A copy of a configuration that is safe to write down.

    Values of keys that sound like secrets become ``***``; URLs lose user, query and fragment,
    and inside the ``Guard:`` section (``guard``) their path too: a webhook's path is its key.
    ``${NAME}`` stays as it is written.
    """
    if isinstance(value, Mapping):
        return {
            key: HIDDEN
            if _is_secret(str(key), item)
            else redacted(item, guard=guard or key == "Guard")
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redacted(item, guard=guard) for item in value]
    if isinstance(value, str):
        return _URL.sub(lambda match: bare_url(match.group(), path=not guard), value)
    return value


def bare_url(url: str, *, path: bool = False) -> str:
    """``scheme://host:port`` of a URL, with its path if that is no secret."""
    if _VARIABLE.search(url):
        return url if _VARIABLE.fullmatch(url) else _VARIABLE.sub(HIDDEN, url.split("?")[0])
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    host = parts.netloc.rpartition("@")[2]
    if path:
        return urlunsplit((parts.scheme, host, parts.path, "", ""))
    return f"{parts.scheme}://{host}" + (f"/{HIDDEN}" if parts.path.strip("/") else "")


def scrubbed(text: str, secrets: tuple[str, ...]) -> str:
    """``text`` without any of ``secrets``, the long ones first. A short one is only taken out
    where it stands for itself: it may be a part of a word."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) < _SHORT:
            text = re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", HIDDEN, text)
        else:
            text = text.replace(secret, HIDDEN)
    return text


def _is_secret(key: str, value: Any) -> bool:
    return (
        isinstance(value, str)
        and _SECRET_KEY.search(key) is not None
        and not _VARIABLE.fullmatch(value)
    )
