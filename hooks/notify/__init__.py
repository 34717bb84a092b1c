"""Tells people: DingTalk, Feishu, WeCom, Slack, Alertmanager, any webhook."""

from __future__ import annotations

import logging
import math
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from ppocr_guard.environment import UnsetVariableError, from_environment
from ppocr_guard.events import SEVERITIES, Alert, EvalEnd, RunEnd, RunStart
from ppocr_guard.hook import Hook, HookOptions
from ppocr_guard.hooks.notify.delivery import Delivery
from ppocr_guard.hooks.notify.message import (
    TREND,
    Message,
    RunSoFar,
    alert_message,
    run_end_message,
)
from ppocr_guard.hooks.notify.senders import Sender, make_sender
from ppocr_guard.redact import HIDDEN
from ppocr_guard.report.text import pick_language

# Hosts whose URLs are a key in themselves, and what apprise takes.
KEY_IN_URL = re.compile(
    r"dingtalk\.com|feishu\.cn|larksuite\.com|weixin\.qq\.com|slack\.com|^(?!https?:|\$)\w+://"
)
RESERVE = 2.0  # seconds at the end that are left to the other hooks
_log = logging.getLogger("ppocr_guard")


class Target(BaseModel):
    """Where messages go. ``${NAME}`` is read from the environment when the run starts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr = Field(description="webhook of the service, or an apprise URL")
    secret: Optional[SecretStr] = Field(
        default=None, description="signing secret (DingTalk, Feishu, generic webhook)"
    )
    service: Optional[
        Literal["dingtalk", "feishu", "wecom", "slack", "alertmanager", "webhook"]
    ] = Field(default=None, description="default: by the URL's host; else a generic webhook")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """A string will do, too (see ``Notify.Options``)."""
        own = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string"}, dict(own)]}

    def is_written_out(self) -> bool:
        """Whether a secret of it can be read in the YAML."""
        url = self.url.get_secret_value()
        texts = [self.secret.get_secret_value()] if self.secret else []
        if self.service not in ("alertmanager", "webhook"):
            texts += [url] if KEY_IN_URL.search(url) else []
        return any("${" not in text for text in texts)

    def sender(self) -> Sender:
        """Raises ValueError (no proper URL) and UnsetVariableError; neither shows a secret."""
        url = from_environment(self.url.get_secret_value())
        secret = from_environment(self.secret.get_secret_value()) if self.secret else None
        return make_sender(url, secret, self.service)


class Notify(Hook):
    """Sends alerts, and how the run ended, to chats and webhooks.

    The default reads one URL from the environment variable GUARD_WEBHOOK; without it the hook is
    silent. Sending happens in the background: with retries, a limit a minute, and no alert twice.
    Try it with ``ppocr-guard notify --test``.
    """

    class Options(HookOptions):
        urls: list[Target] = Field(
            default=[Target(url=SecretStr("${GUARD_WEBHOOK}"))],
            description="URLs, or {url, secret, service}; write ${NAME} to read a URL or secret "
            "from the environment: PaddleOCR prints its whole configuration into train.log",
            json_schema_extra={"default": ["${GUARD_WEBHOOK}"]},
        )
        language: Literal["auto", "en", "zh"] = Field(
            default="auto", description="auto: as LC_ALL, LC_MESSAGES or LANG say"
        )
        min_severity: Literal["info", "warning", "critical"] = Field(
            default="warning", description="alerts below are not sent"
        )
        at_end: bool = Field(default=True, description="also tell when the run ends")
        repeat_seconds: float = Field(
            default=3600.0, ge=0, description="the same alert again is held back for so long"
        )
        per_minute: int = Field(
            default=10, ge=1, description="at most so many messages to each receiver"
        )

        @model_validator(mode="before")
        @classmethod
        def _plain_urls(cls, data: Any) -> Any:
            """A string stands for {url: string}; and no error may show what was written."""
            if not isinstance(data, Mapping) or "urls" not in data:
                return data
            urls = data["urls"]
            items = urls if isinstance(urls, (list, tuple)) else [] if urls is None else [urls]
            return {**data, "urls": [_hidden(_as_target(item)) for item in items]}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deliveries: list[Delivery] = []
        self._start: Optional[RunStart] = None
        self._values: deque[float] = deque(maxlen=TREND)
        self._best: Optional[float] = None
        self._best_epoch: Optional[int] = None
        self._last_sent: dict[tuple[str, str], float] = {}  # (code, severity) -> monotonic
        self._held_back: dict[tuple[str, str], int] = {}
        self._language = "en"

    def on_run_start(self, event: RunStart) -> None:
        self._start = event
        self._language = pick_language(self.options.language)
        senders = open_senders(self.options.urls, _log)
        if any(target.is_written_out() for target in self.options.urls):
            _log.warning(
                "Notify: a webhook's key stands in the YAML, and PaddleOCR prints its whole "
                "configuration into train.log. Write ${NAME} and set that environment variable."
            )
        self._deliveries = [Delivery(sender, self.options.per_minute) for sender in senders]
        if senders:
            _log.info("Notify: alerts go to %s.", ", ".join(map(str, senders)))

    def on_eval(self, event: EvalEnd) -> None:
        self._values.append(event.value)
        self._best, self._best_epoch = event.best, event.best_epoch

    def on_alert(self, event: Alert) -> None:
        if not self._deliveries:
            return
        if SEVERITIES.index(event.severity) < SEVERITIES.index(self.options.min_severity):
            return
        key, now = (event.code, event.severity), time.monotonic()
        last = self._last_sent.get(key)
        if last is not None and now - last < self.options.repeat_seconds:
            self._held_back[key] = self._held_back.get(key, 0) + 1
            return
        self._last_sent[key] = now
        repeats = self._held_back.pop(key, 0)
        event = replace(event, time=event.time or time.time())
        self._put(alert_message(event, self._so_far(), self._language, repeats=repeats))

    def on_run_end(self, event: RunEnd) -> None:
        if self._deliveries and self.options.at_end:
            self._put(run_end_message(event, self._so_far(), self._language))

    def state_dict(self) -> dict[str, Any]:
        """The values of the trend picture."""
        return {"values": [v if math.isfinite(v) else None for v in self._values]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._values.extend(math.nan if v is None else float(v) for v in state["values"])

    def close(self, deadline: float) -> None:
        left = max(0.0, deadline - time.monotonic())
        own = deadline - min(RESERVE, left / 2)
        for delivery in self._deliveries:  # first all, so that they hurry at the same time
            delivery.end(own)
        for delivery in self._deliveries:
            delivery.close()
        self._deliveries = []

    def _put(self, message: Message) -> None:
        for delivery in self._deliveries:
            delivery.put(message)

    def _so_far(self) -> RunSoFar:
        assert self._start is not None
        return RunSoFar(self._start, tuple(self._values), self._best, self._best_epoch)


def open_senders(targets: list[Target], log: logging.Logger) -> list[Sender]:
    """Senders of all targets that can be used; a line in the log for each that cannot."""
    senders: list[Sender] = []
    for index, target in enumerate(targets):
        try:
            senders.append(target.sender())
        except UnsetVariableError as error:
            log.info("Notify: urls[%d] is off: %s.", index, error)
        except ValueError as error:
            log.warning("Notify: urls[%d] is off: it %s.", index, error)
    if not targets:
        log.info("Notify: no urls are set, so nobody is told.")
    return senders


class _Hidden(str):
    """Text that an error message or a debugger does not show."""

    def __repr__(self) -> str:
        return repr(HIDDEN)


def _as_target(item: Any) -> Any:
    return {"url": item} if isinstance(item, str) else item


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return _Hidden(value)
    if isinstance(value, Mapping):
        return {key: item if key == "service" else _hidden(item) for key, item in value.items()}
    return [_hidden(item) for item in value] if isinstance(value, list) else value
