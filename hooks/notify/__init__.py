"""Tells people: DingTalk, Feishu, WeCom, Slack, Alertmanager, any webhook."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from ppocr_guard.environment import UnsetVariableError, from_environment
from ppocr_guard.events import (
    SEVERITIES,
    Alert,
    CheckpointSaved,
    EpochStart,
    EvalEnd,
    EvalSample,
    Resolved,
    RunEnd,
    RunStart,
    Verdict,
)
from ppocr_guard.hook import Hook, HookOptions
from ppocr_guard.hooks.notify.delivery import Delivery
from ppocr_guard.hooks.notify.known import Known
from ppocr_guard.hooks.notify.message import (
    Message,
    alert_message,
    picture_message,
    resolved_message,
    run_end_message,
)
from ppocr_guard.hooks.notify.senders import Sender, make_sender
from ppocr_guard.language import pick_language
from ppocr_guard.redact import HIDDEN

# Hosts whose URLs are a key in themselves, and what apprise takes.
KEY_IN_URL = re.compile(
    r"dingtalk\.com|feishu\.cn|larksuite\.com|weixin\.qq\.com|slack\.com|^(?!https?:|\$)\w+://"
)
STILL_SECONDS = 1200.0  # so often a receiver that forgets is told what still holds
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
        return any(re.sub(r"\$\{[^}]*\}", "", text).strip("/") for text in texts)

    def sender(self) -> Sender:
        """Raises ValueError (no proper URL) and UnsetVariableError; neither shows a secret."""
        url = from_environment(self.url.get_secret_value())
        secret = from_environment(self.secret.get_secret_value()) if self.secret else None
        return make_sender(url, secret, self.service)


class Notify(Hook):
    """Sends alerts, that one is over, and how the run ended, to chats and webhooks.

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
        when_over: bool = Field(default=True, description="also tell when an alert is over")
        report_url: Optional[str] = Field(
            default=None,
            description="page of the run that messages name, `{run}` stands for its name; "
            "default: the command that makes the report",
        )
        dashboard_url: Optional[str] = Field(
            default=None,
            description="dashboard of the run that messages name, such as "
            "http://HOST:3000/d/ppocr-guard-run?var-run={run}",
        )
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
        self._known = Known(self.options.report_url, self.options.dashboard_url)
        self._last_sent: dict[tuple[str, str], float] = {}  # (code, severity) -> monotonic
        self._held_back: dict[tuple[str, str], int] = {}
        self._told: dict[tuple[str, str], Alert] = {}  # (code, subject): sent and not over
        self._told_over: Optional[tuple[str, int, int]] = None  # code, epoch, step of the last
        self._told_still = time.monotonic()
        self._language = "en"
        self._picture: Optional[EvalSample] = None  # the latest, not sent yet
        self._picture_of: Optional[int] = None  # evaluation that one is wanted of

    def on_run_start(self, event: RunStart) -> None:
        self._known.run_starts(event)
        self._language = pick_language(self.options.language)
        asked = "urls" in self.options.model_fields_set
        senders = open_senders(self.options.urls, _log, asked=asked)
        if any(target.is_written_out() for target in self.options.urls):
            _log.warning(
                "Notify: a webhook's key stands in the YAML, and PaddleOCR prints its whole "
                "configuration into train.log. Write ${NAME} and set that environment variable."
            )
        self._deliveries = [Delivery(sender, self.options.per_minute) for sender in senders]
        if any(delivery.takes_pictures for delivery in self._deliveries):
            # Only then: drawing it costs time.
            self.on_eval_sample = self._keep_picture  # type: ignore[method-assign]
        if senders:
            _log.info("Notify: alerts go to %s.", ", ".join(map(str, senders)))

    def _keep_picture(self, event: EvalSample) -> None:
        """Comes some time after its evaluation: sent if an alert was about that one."""
        self._picture = event
        if self._picture_of is not None and event.evaluation >= self._picture_of:
            self._send_picture()

    def _send_picture(self) -> None:
        picture, self._picture, self._picture_of = self._picture, None, None
        if picture is not None:
            message = picture_message(picture, self._known.so_far(), self._language)
            for delivery in self._deliveries:
                if delivery.takes_pictures:
                    delivery.put(message)

    def on_epoch_start(self, event: EpochStart) -> None:
        self._tell_what_still_holds()

    def on_eval(self, event: EvalEnd) -> None:
        self._known.evaluated(event)

    def on_checkpoint(self, event: CheckpointSaved) -> None:
        self._known.saved(event)

    def on_verdict(self, event: Verdict) -> None:
        self._known.verdict = event
        self._tell_what_still_holds()

    def on_alert(self, event: Alert) -> None:
        if not self._deliveries or not self._is_grave(event.severity):
            return
        key, now = (event.code, event.severity), time.monotonic()
        event = replace(event, time=event.time or time.time())
        self._told[event.code, event.subject] = event
        last = self._last_sent.get(key)
        if last is not None and now - last < self.options.repeat_seconds:
            self._held_back[key] = self._held_back.get(key, 0) + 1
            return
        self._last_sent[key] = now
        repeats = self._held_back.pop(key, 0)
        self._put(alert_message(event, self._known.so_far(), self._language, repeats=repeats))
        self._picture_of = event.evaluation if event.severity == "critical" else self._picture_of

    def on_resolved(self, event: Resolved) -> None:
        """One message for all subjects of a code, when the last of them is over."""
        self._told.pop((event.code, event.subject), None)
        this = event.code, event.epoch, event.global_step
        if event.repeated or not self.options.when_over or not self._is_grave(event.severity):
            return
        if not self._deliveries or self._told_over == this or self.conditions.holds(event.code):
            return
        self._told_over = this
        for severity in SEVERITIES:  # when it comes back, that is news
            self._last_sent.pop((event.code, severity), None)
        event = replace(event, time=event.time or time.time())
        self._put(resolved_message(event, self._known.so_far(), self._language))

    def on_run_end(self, event: RunEnd) -> None:
        if self._deliveries and self.options.at_end:
            self._put(run_end_message(event, self._known.so_far(), self._language))
            self._send_picture()

    def state_dict(self) -> dict[str, Any]:
        return self._known.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._known.load_state_dict(state)

    def _is_grave(self, severity: str) -> bool:
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.options.min_severity)

    def _tell_what_still_holds(self) -> None:
        """Alertmanager takes an alert for over when it is not sent again."""
        now = time.monotonic()
        if now - self._told_still < STILL_SECONDS:
            return
        self._told_still = now
        forgetful = [delivery for delivery in self._deliveries if delivery.forgets]
        for (code, subject), told in self._told.items() if forgetful else ():
            held = self.conditions.get(code, subject)
            if held is None:
                continue
            shown = replace(told, message=held.message, evidence=held.evidence, time=time.time())
            message = alert_message(shown, self._known.so_far(), self._language)
            for delivery in forgetful:
                delivery.put(message)

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


def open_senders(targets: list[Target], log: logging.Logger, *, asked: bool = True) -> list[Sender]:
    """Senders of all targets that can be used; a line in the log for each that cannot. Where
    nobody ``asked`` for them, that their variable is not set is no news."""
    senders: list[Sender] = []
    for index, target in enumerate(targets):
        try:
            senders.append(target.sender())
        except UnsetVariableError as error:
            if asked:
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
