"""Keeps secrets out of what is written: an allow-list, for nobody can list what may be a key.

Of the ``Guard:`` section, of values under keys that sound like secrets, of URLs, and of words that
are long and random, only what is known to be harmless is kept. Pure, and linear in its input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ppocr_guard.codes import CODES
from ppocr_guard.registry import BUILT_IN
from ppocr_guard.wording import say

HIDDEN = "***"
GUARD = "Guard"
_SHORT = 8  # characters


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Texts of the Guard: section that are written, by their key. All others are hidden.
_HARMLESS = _set(
    "language min_severity service run_name host job textfile target_file certfile keyfile "
    "client_ca"
)
_SECRET_WORDS = _set(
    "secret token password passwd pwd pw pass passphrase auth authorization credential cookie "
    "session bearer login jwt dsn sig signature pin psk salt otp webhook ak sk apikey "
    "accesskey privatekey secretkey authkey signkey appkey"
)
_SECRET_PART = re.compile(r"secret|passw|webhook|credential|apikey|accesskey|privatekey|token$")
_COUNTS = _set("max min num n add use")  # max_tokens is no secret
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_URL = re.compile(r"(?<![\w+.-])[A-Za-z][\w+.-]{0,30}://[^\s'\"<>]*")
_NAMED = re.compile(
    r"((?:password|passwd|pwd|token|secret|api_?key|access_?key|auth(?:orization)?)\s{0,4}[=:]"
    r"\s{0,4}(?:(?:bearer|basic)\s{1,4})?|\b(?:bearer|basic)\s{1,4})[^\s,;&]+",
    re.IGNORECASE,
)
_CHAT = re.compile(
    r"(?:dingtalk\.com|feishu\.cn|larksuite\.com|weixin\.qq\.com|slack\.com|discord(?:app)?\.com|"
    r"telegram\.org|webhook\.office\.com)/?[^\s'\"<>]*",
    re.IGNORECASE,
)
_KNOWN_KEYS = re.compile(
    r"\b(?:xox[a-z]-[\w-]{4,}|gh[a-z]_\w{8,}|sk-[\w-]{8,}|AKIA\w{8,}|LTAI\w{8,}|hf_\w{8,}|"
    r"eyJ[\w-]{8,}[\w.-]*|\d{6,12}:[\w-]{20,}|"
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})"
)
_RUN = re.compile(r"[A-Za-z0-9]{16,}")
_CAMEL = re.compile(r"[A-Z]([a-z]{2,})")
_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[a-z0-9])|(?<=[0-9])(?=[A-Za-z])")
_SITES = _set("http https ftp hdfs afs file s3 gs oss bos")
_FILE = re.compile(
    r"\.(?:pdparams|pdopt|pdmodel|pdiparams|tar|gz|tgz|zip|txt|json|ya?ml|jpe?g|png|csv|onnx|pth)$"
)
_PLAIN_PART = re.compile(r"[a-z]{1,12}|v\d{1,3}")
_HOOK_PARTS = _set("hook hooks webhook webhooks bot services service send robot token")
_NUMBER = re.compile(
    r"[-+]?[\d.]{1,12}(?:e[-+]?\d{1,4})?|[-+]?\.(?:inf|nan)|true|false|yes|no|on|off|null|",
    re.IGNORECASE,
)


def redacted(value: Any) -> Any:
    """A copy of a configuration that is safe to write down.

    Hidden values become ``***``; of a URL scheme and host stay, and a path that names a file;
    ``${NAME}`` stays as it is written. What holds itself is cut there.
    """
    return _copy(_cut(value, frozenset()))


def _cut(value: Any, around: frozenset[int]) -> Any:
    """A copy in which nothing holds itself. ``around``: ids of what the value stands in."""
    if not isinstance(value, (Mapping, list, tuple)):
        return value
    if id(value) in around:
        return HIDDEN
    around |= {id(value)}
    if isinstance(value, Mapping):
        return {key: _cut(item, around) for key, item in value.items()}
    return [_cut(item, around) for item in value]


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        named = str(value.get("name") or value.get("key") or "")
        return {
            _key(key): _entry(str(key), item, secret=key == "value" and is_secret(named))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return redacted_text(value) if isinstance(value, str) else value


def _entry(key: str, value: Any, *, secret: bool) -> Any:
    if key == GUARD:
        return _guard(value)
    if secret or _ends_secret(key) or (isinstance(value, str) and is_secret(key)):
        return _hide(value)
    return _copy(value)


def _key(key: Any) -> Any:
    return redacted_text(key) if isinstance(key, str) else key


def is_secret(key: str) -> bool:
    """Whether the key of a configuration sounds like that of a secret."""
    words = _words(key)
    words += [word[:-1] for word in words if word.endswith("s")]
    pairs = {first + second for first, second in zip(words, words[1:])}
    return not _SECRET_WORDS.isdisjoint({*words, *pairs}) or (
        _SECRET_PART.search("".join(_words(key))) is not None
    )


def _ends_secret(key: str) -> bool:
    """``pwd: 123456`` is a secret, ``bos_token_id: 2`` and ``VQATokenPad: {...}`` are none."""
    words = _words(key)
    return (
        bool(words)
        and words[0] not in _COUNTS
        and is_secret("_".join(words[-2:]))
        and (is_secret(words[-1]) or not is_secret(words[-2] if len(words) > 1 else ""))
    )


def _words(key: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(key[:200])]


def _hide(value: Any) -> Any:
    """All of it, but for switches and names of environment variables."""
    if isinstance(value, Mapping):
        return {_key(key): _hide(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hide(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return _variables(value) if isinstance(value, str) and "${" in value else HIDDEN


def _guard(section: Any) -> Any:
    """The ``Guard:`` section. A user's hook may call its secrets what it likes."""
    if not isinstance(section, Mapping):
        return _guards("", section)
    return {
        key: _hooks(value) if key == "hooks" else _guards(str(key), value)
        for key, value in section.items()
    }


def _hooks(hooks: Any) -> Any:
    if isinstance(hooks, str):
        return hooks if hooks in BUILT_IN else HIDDEN
    if isinstance(hooks, list):
        return [_hook_name(item) if isinstance(item, str) else _hooks(item) for item in hooks]
    if isinstance(hooks, Mapping):
        return {
            _hook_name(str(name)): _guards("", options) if name in BUILT_IN else _hide(options)
            for name, options in hooks.items()
        }
    return _hide(hooks)


def _hook_name(name: str) -> str:
    plain = len(name) <= 100 and re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", name)
    return redacted_text(name) if plain else HIDDEN


def _guards(key: str, value: Any) -> Any:
    """An option of a built-in hook, or of the guard."""
    if is_secret(key):
        return _hide(value)
    if isinstance(value, Mapping):
        return {_key(name): _guards(str(name), item) for name, item in value.items()}
    if isinstance(value, list):
        return [_guards(key, item) for item in value]
    if not isinstance(value, str):
        return value
    if "${" in value:
        return _variables(value)
    if value in CODES or value in BUILT_IN or _NUMBER.fullmatch(value):
        return value
    if key in _HARMLESS:
        return redacted_text(value)
    return bare_url(value) if _URL.fullmatch(value) else HIDDEN


def redacted_text(text: str) -> str:
    """``text`` without URLs' logins, queries and keys, and without what looks like a key."""
    if "${" in text:
        return _variables(text)
    if len(text) < 8:
        return text
    if "://" in text:
        text = _URL.sub(lambda found: bare_url(found.group(), path=True), text)
    text = _CHAT.sub(lambda found: found.group().partition("/")[0] + "/" + HIDDEN, text)
    text = _NAMED.sub(rf"\g<1>{HIDDEN}", text)
    text = _KNOWN_KEYS.sub(HIDDEN, text)
    return _RUN.sub(lambda found: HIDDEN if _is_random(found.group()) else found.group(), text)


def _variables(text: str) -> str:
    """``${NAME}`` as it is written; all that stands around it may be a key."""
    kept = _VARIABLE.findall(text)
    rest = [part for part in _VARIABLE.split(text) if part]
    if not kept or not rest:
        return text if kept else HIDDEN
    return "/".join([*kept, HIDDEN])


def _is_random(word: str) -> bool:
    """Whether letters of both cases and digits follow each other as in no name."""
    if word.isdigit():
        return len(word) >= 20
    plain = _CAMEL.sub(lambda found: "a" + found.group(1), word)
    changes = sum(1 for _ in _CHANGE.finditer(plain))
    # Of random words a half of all letters differ from the one before in kind.
    return changes > len(word) / (3 if word.isalpha() else 4) or (
        len(word) >= 32 and word.islower()
    )


def bare_url(url: str, *, path: bool = False) -> str:
    """``scheme://host:port`` of a URL; with its path where that names a file or plain folders."""
    if "${" in url:
        return _variables(url)
    scheme = url.partition("://")[0]
    if scheme.lower() not in _SITES:  # tgram://KEY/1: a key may stand in the host's place
        return f"{scheme}://{HIDDEN}"
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return HIDDEN
    names = [name for name in parts.path.split("/") if name]
    if not names:
        return f"{scheme}://{host}"
    if path and not _CHAT.search(host) and _plain_path(names):
        return f"{scheme}://{host}{parts.path}"
    return f"{scheme}://{host}/{HIDDEN}"


def _plain_path(names: list[str]) -> bool:
    if any(name.lower() in _HOOK_PARTS or key_like(name) for name in names):
        return False
    return _FILE.search(names[-1]) is not None or all(map(_PLAIN_PART.fullmatch, names))


def key_like(word: str) -> bool:
    """Whether a part of a URL looks like a key."""
    found = _RUN.search(word)
    return _KNOWN_KEYS.search(word) is not None or (found is not None and _is_random(found.group()))


def shown(value: Any) -> str:
    """A refused value of the ``Guard:`` section as a message may show it."""
    if isinstance(value, Mapping):
        return say("a mapping")
    if isinstance(value, (list, tuple)):
        return say("a list")
    if isinstance(value, str):
        plain = value in CODES or value in BUILT_IN or _NUMBER.fullmatch(value)
        if plain or not value:
            return repr(value)
        return say("a text of {length} characters", length=len(value))
    return say("no plain value") if len(text := _repr(value)) > 40 else text


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer of more than 4300 digits
        return "x" * 99


def scrubbed(text: str, secrets: tuple[str, ...]) -> str:
    """``text`` without any of ``secrets``, the long ones first. A short one is only taken out
    where it stands for itself: it may be a part of a word."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) < _SHORT:
            text = re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", HIDDEN, text)
        else:
            text = text.replace(secret, HIDDEN)
    return text


def is_common(word: str) -> bool:
    """Whether a part of a URL is a word of the language, such as the ``send`` of a webhook."""
    return _PLAIN_PART.fullmatch(word) is not None
