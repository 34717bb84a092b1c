"""Options of the Notify hook: what is taken, refused, and never shown."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from notify_samples import COLLAPSE, START
from pydantic import ValidationError
from test_notify import close, notify

from ppocr_guard.config import GuardConfigError, guard_schema, load_guard
from ppocr_guard.events import RunEnd
from ppocr_guard.hooks.notify import Notify
from ppocr_guard.hooks.notify.senders import make_sender


@pytest.mark.parametrize("guard", [None, {}, {"hooks": {"Notify": None}}])
def test_a_webhook_that_nobody_asked_for_is_not_mentioned(
    guard: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("GUARD_WEBHOOK", raising=False)
    hooks = [cls(options) for cls, options in load_guard(guard).hooks]
    [hook] = [hook for hook in hooks if isinstance(hook, Notify)]
    with caplog.at_level(logging.DEBUG):
        hook.on_run_start(START)
        hook.on_alert(COLLAPSE)
        hook.on_run_end(RunEnd(1.0, 1, 1, "finished"))
        close(hook)
    assert caplog.records == []


def test_a_default_variable_that_is_no_url_is_mentioned(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GUARD_WEBHOOK", "LEAK")
    Notify().on_run_start(START)
    assert "Notify: urls[0] is off: it is no URL" in caplog.text
    assert "LEAK" not in caplog.text


def test_a_variable_that_was_asked_for_and_is_not_set_is_one_quiet_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("GUARD_WEBHOOK", raising=False)
    hook = Notify(urls=["${GUARD_WEBHOOK}"])
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        hook.on_run_start(START)
        hook.on_alert(COLLAPSE)
        hook.on_run_end(RunEnd(1.0, 1, 1, "finished"))
        close(hook)
    assert [(r.levelno, r.getMessage()) for r in caplog.records] == [
        (
            logging.INFO,
            "Notify: urls[0] is off: the environment variable GUARD_WEBHOOK is not set.",
        )
    ]


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://oapi.dingtalk.com/robot/send?access_token=x", "DingTalk (oapi.dingtalk.com)"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/x", "Feishu (open.feishu.cn)"),
        ("https://open.larksuite.com/open-apis/bot/v2/hook/x", "Feishu (open.larksuite.com)"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", "WeCom (qyapi.weixin.qq.com)"),
        ("https://hooks.slack.com/services/x", "Slack (hooks.slack.com)"),
        ("http://am:9093/api/v2/alerts", "Alertmanager (am:9093)"),
        ("https://me:pass@example.org/x", "webhook (example.org)"),
    ],
)
def test_a_url_tells_its_service(url: str, title: str) -> None:
    assert str(make_sender(url)) == title
    assert repr(make_sender(url)) == f"<{title}>"


@pytest.mark.parametrize("url", ["", "LEAK", "https://", "http://[LEAK", "https://h:LEAK/"])
def test_what_is_no_url_is_said_without_repeating_it(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    hook = notify(url)
    close(hook)
    assert "Notify: urls[0] is off: it " in caplog.text
    assert "LEAK" not in caplog.text


@pytest.mark.parametrize(
    "urls",
    [
        [{"ur": "https://h/LEAK"}],
        [{"url": ["https://h/LEAK"]}],
        [{"url": "https://h/x", "secret": {"a": "LEAK"}}],
        [{"url": "https://h/LEAK", "service": "none"}],
        [["https://h/LEAK"]],
    ],
)
def test_wrong_options_are_refused_without_showing_secrets(urls: Any) -> None:
    with pytest.raises(GuardConfigError) as failure:
        load_guard({"hooks": [{"Notify": {"urls": urls}}]})
    assert "Notify" in str(failure.value)
    assert "LEAK" not in str(failure.value)


def test_one_url_needs_no_list() -> None:
    assert len(Notify.Options(urls="${X}").urls) == 1
    assert Notify.Options(urls=None).urls == []
    with pytest.raises(ValidationError):
        Notify.Options(urls=[], languag="en")


def test_the_schema_takes_what_the_options_take() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = guard_schema()
    for urls in (["${X}"], [{"url": "${X}", "secret": "${Y}", "service": "feishu"}], []):
        document = {"Guard": {"hooks": [{"Notify": {"urls": urls}}]}}
        jsonschema.validate(document, schema)
        load_guard(document["Guard"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"Guard": {"hooks": {"Notify": {"urls": [{"ur": "x"}]}}}}, schema)
    assert '"default": ["${GUARD_WEBHOOK}"]' in json.dumps(schema)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("https://hooks.slack.com/services/KEY", True),
        ("tgram://KEY/1", True),
        ({"url": "${U}", "secret": "KEY"}, True),
        ("${U}", False),
        ({"url": "${U}", "secret": "${S}"}, False),
        ("http://alertmanager:9093/api/v2/alerts", False),
    ],
)
def test_a_key_that_can_be_read_in_the_yaml_is_pointed_out(
    written: Any, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    hook = notify(written)
    close(hook)
    assert ("key stands in the YAML" in caplog.text) == told
    assert "KEY" not in caplog.text
