"""The Notify hook against receivers that behave as the real services do."""

from __future__ import annotations

import inspect
import json
import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from receivers import RECEIVERS, SECRET, TOKEN, Receiver, as_json, serving

from ppocr_guard.config import GuardConfigError, guard_schema, load_guard
from ppocr_guard.detect import diagnosis
from ppocr_guard.events import Alert, EvalEnd, RunEnd, RunStart, StopRequest
from ppocr_guard.hooks import _delivery
from ppocr_guard.hooks._message import (
    RunSoFar,
    alert_message,
    cut,
    run_end_message,
    trend,
)
from ppocr_guard.hooks._message_texts import CAUSES_ZH
from ppocr_guard.hooks.notify import Notify
from ppocr_guard.hooks.senders import make_sender
from ppocr_guard.hooks.senders.apprise import Apprise
from ppocr_guard.hooks.senders.base import SendError

START = RunStart(1000.0, "ch_PP-OCRv4", "DB/MobileNetV3", "2.8.1", {}, "out", 500)
COLLAPSE = Alert(
    "hmean_collapse",
    "critical",
    "hmean fell from 0.95 to 0.24.",
    "Stop the run.",
    {"best": 0.9526, "value": 0.2401, "share": {"of_best": 0.25}, "cause": "the ratio is 0.8096"},
    epoch=7,
    global_step=700,
    evaluation=7,
    time=2000.0,
)
SO_FAR = RunSoFar(START, (0.79, 0.95, 0.4, 0.24, float("nan")), 0.9526, 2)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_delivery, "FIRST_PAUSE", 0.02)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEST_SECRET", SECRET)


def target(service: str, url: str) -> dict[str, str]:
    return {"url": url, "service": service, "secret": "${TEST_SECRET}"}


def notify(*targets: Any, **options: Any) -> Notify:
    hook = Notify(urls=list(targets), language="en", **options)
    hook.on_run_start(START)
    return hook


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)


def close(hook: Notify, seconds: float = 5.0) -> None:
    hook.close(time.monotonic() + seconds)


@pytest.mark.parametrize("service", RECEIVERS)
def test_each_service_takes_alerts_and_the_end_of_the_run(
    service: str, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = RECEIVERS[service]()
    with serving(receiver) as url:
        hook = notify(target(service, url))
        for number, value in enumerate((0.79, 0.95, 0.24), 1):
            hook.on_eval(EvalEnd(1.0, number, number, number, {}, "hmean", value, 0.9526, 2))
        hook.on_alert(COLLAPSE)
        stop = StopRequest("hmean_collapse", "it collapsed", 7, 700, alert=COLLAPSE)
        hook.on_run_end(RunEnd(4600.0, 7, 700, "stopped", stop))
        close(hook)
    alert, end = (json.dumps(message, ensure_ascii=False) for message in receiver.accepted)
    for text in (
        "ch_PP-OCRv4",
        "hmean fell from 0.95 to 0.24.",
        "0.9526",
        "the ratio is 0.8096",
        "Stop the run.",
        "▇█▂",
        "epoch 7, step 700, evaluation 7",
    ):
        assert text in alert
    assert "The guard stopped the training" in end
    assert "1h 00m" in end
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize("service", ["dingtalk", "feishu", "webhook"])
def test_a_wrong_secret_is_refused_once_and_never_shown(
    service: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = RECEIVERS[service]()
    monkeypatch.setenv("TEST_SECRET", "SEC-wrong-one")
    with serving(receiver) as url:
        hook = notify(target(service, url))
        hook.on_alert(COLLAPSE)
        close(hook)
    assert receiver.requests == 1  # trying again would not help
    assert receiver.accepted == []
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "did not take 'hmean_collapse'" in warnings[0]
    assert "SEC-wrong-one" not in caplog.text
    assert TOKEN not in caplog.text


def test_what_a_service_repeats_of_the_url_is_blotted_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver = RECEIVERS["dingtalk"]()
    with serving(receiver) as url:
        hook = notify(target("dingtalk", url.replace(TOKEN, "leaky-token-xyz")))
        hook.on_alert(COLLAPSE)
        close(hook)
    assert "errcode 300005: token *** is not exist" in caplog.text
    assert "leaky-token-xyz" not in caplog.text


@pytest.mark.parametrize(
    ("service", "answers"),
    [
        ("dingtalk", [as_json({"errcode": -1, "errmsg": "system busy"})]),
        ("feishu", [(502, {}, b"<html>bad gateway</html>"), (200, {}, b"<html>proxy</html>")]),
        ("wecom", [as_json({"errcode": -1, "errmsg": "system busy"})]),
        ("slack", [(429, {"Retry-After": "0.05"}, b""), (503, {}, b"")]),
        ("alertmanager", [(500, {}, b"")]),
        ("webhook", [(408, {}, b""), (500, {}, b""), (502, {}, b"")]),
    ],
)
def test_passing_trouble_is_tried_again(
    service: str, answers: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    receiver = RECEIVERS[service]()
    receiver.script = list(answers)
    with serving(receiver) as url:
        hook = notify(target(service, url))
        hook.on_alert(COLLAPSE)
        until(lambda: bool(receiver.accepted))
        close(hook)
    assert receiver.requests == len(answers) + 1
    assert len(receiver.accepted) == 1
    assert "did not take" not in caplog.text


def test_a_rate_limit_is_waited_for_as_the_service_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(
        _delivery.Delivery, "_pause", lambda self, seconds: pauses.append(seconds) or True
    )
    cases = {
        "dingtalk": (as_json({"errcode": 130101, "errmsg": "send too fast"}), 600.0),
        "wecom": (as_json({"errcode": 45009, "errmsg": "api freq out of limit"}), 60.0),
        "feishu": (as_json({"code": 11232, "msg": "frequency limited"}), 60.0),
        "slack": ((429, {"Retry-After": "7"}, b""), 7.0),
    }
    for service, (answer, seconds) in cases.items():
        receiver = RECEIVERS[service]()
        receiver.script = [answer]
        with serving(receiver) as url:
            hook = notify(target(service, url))
            hook.on_alert(COLLAPSE)
            close(hook)
        assert pauses.pop() == seconds
        assert len(receiver.accepted) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((301, {"Location": "http://127.0.0.1:1/x"}, b""), "the address has moved"),
        ((404, {}, b"no_service"), "HTTP 404 Not Found: no_service"),
        ((200, {}, b"invalid"), "Slack said 'invalid'"),
    ],
)
def test_lasting_trouble_is_told_with_its_reason(answer: Any, reason: str) -> None:
    receiver = RECEIVERS["slack"]()
    receiver.script = [answer]
    with serving(receiver) as url, pytest.raises(SendError) as failure:
        make_sender(url, None, "slack").send(alert_message(COLLAPSE, SO_FAR, "en"))
    assert reason in str(failure.value)
    assert not failure.value.retry
    assert TOKEN not in str(failure.value)


def test_nobody_there_is_a_reason_without_the_url() -> None:
    with pytest.raises(SendError, match="Connection refused") as failure:
        make_sender(f"http://127.0.0.1:9/{TOKEN}").send(alert_message(COLLAPSE, SO_FAR, "en"))
    assert failure.value.retry
    assert TOKEN not in str(failure.value)


def test_the_same_alert_is_not_sent_twice_but_counted() -> None:
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        hook = notify(target("slack", url), repeat_seconds=0.3, at_end=False)
        for _ in range(4):
            hook.on_alert(COLLAPSE)
        time.sleep(0.35)
        hook.on_alert(COLLAPSE)
        close(hook)
    assert len(receiver.accepted) == 2
    assert "*Repeated*: 3" in receiver.accepted[1]["blocks"][1]["text"]["text"]


def test_what_is_below_min_severity_is_not_sent() -> None:
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        hook = notify(target("slack", url), at_end=False)
        hook.on_alert(Alert("c", "info", "m", "a"))
        close(hook)
    assert receiver.requests == 0


def test_no_more_than_the_limit_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_delivery, "WINDOW", 0.5)
    receiver = RECEIVERS["webhook"]()
    with serving(receiver) as url:
        hook = notify(target("webhook", url), per_minute=3, repeat_seconds=0)
        for _ in range(5):
            hook.on_alert(COLLAPSE)
        time.sleep(0.3)
        assert receiver.requests == 3
        until(lambda: receiver.requests == 5)
        assert receiver.requests == 5
        close(hook)


def test_a_dead_receiver_holds_up_neither_the_others_nor_the_end() -> None:
    dead, alive = RECEIVERS["webhook"](), RECEIVERS["webhook"]()
    dead.delay = 8.0
    with serving(dead) as dead_url, serving(alive) as url:
        hook = notify(target("webhook", dead_url), target("webhook", url))
        started = time.monotonic()
        hook.on_alert(COLLAPSE)
        put = time.monotonic() - started
        hook.on_run_end(RunEnd(1.0, 1, 1, "finished"))
        close(hook, seconds=1.5)
        took = time.monotonic() - started
    assert put < 0.1
    assert took < 3  # the deadline, less what is left to other hooks, plus one join
    assert len(alive.accepted) == 2


def test_messages_that_wait_for_a_retry_are_tried_once_more_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_delivery, "FIRST_PAUSE", 60.0)
    receiver = RECEIVERS["slack"]()
    receiver.script = [(503, {}, b"")]
    with serving(receiver) as url:
        hook = notify(target("slack", url), at_end=False)
        hook.on_alert(COLLAPSE)
        time.sleep(0.2)
        assert receiver.accepted == []
        close(hook)
    assert len(receiver.accepted) == 1


def test_an_unset_variable_is_one_quiet_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("GUARD_WEBHOOK", raising=False)
    hook = Notify()
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


def test_url_and_secret_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = RECEIVERS["feishu"]()
    with serving(receiver) as url:
        monkeypatch.setenv("A_URL", url)
        monkeypatch.setenv("A_SECRET", SECRET)
        hook = notify({"url": "${A_URL}", "secret": "${A_SECRET}", "service": "feishu"})
        hook.on_alert(COLLAPSE)
        close(hook)
        for text in (repr(hook.options), str(hook.options), repr(vars(hook))):
            assert url not in text
            assert SECRET not in text
    assert len(receiver.accepted) == 1


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


def test_the_trend_goes_on_after_a_resume() -> None:
    first = notify()
    for value in (0.5, float("nan"), 0.25):
        first.on_eval(EvalEnd(1.0, 1, 1, 1, {}, "hmean", value, 0.5))
    second = notify()
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    second.on_eval(EvalEnd(1.0, 2, 2, 2, {}, "hmean", 0.75, 0.75))
    assert trend(second._so_far().values) == "▅×▃▇"


def test_messages_in_chinese() -> None:
    message = alert_message(COLLAPSE, SO_FAR, "zh")
    text = message.plain()
    for part in (
        "ch_PP-OCRv4: 验证指标远低于最好成绩",
        "数据: 最好 0.9526, 当前 0.2401, share of best 0.2500",
        "可能原因: the ratio is 0.8096",
        "建议: 停止训练",
        "走势: hmean ▇█▄▂× NaN (最好 0.9526，第 2 轮)",
        "第 7 轮，第 700 步，第 7 次评估",
    ):
        assert part in text
    end = run_end_message(RunEnd(4600.0, 7, 700, "failed", error="boom"), SO_FAR, "zh")
    assert end.severity == "critical"
    assert "训练失败" in end.title
    assert "原因: boom" in end.plain()


def test_a_diagnosed_cause_is_told_in_the_readers_language() -> None:
    codes = set(re.findall(r'Cause\(\s*"(\w+)"', inspect.getsource(diagnosis)))
    assert codes == set(CAUSES_ZH)  # every cause that the diagnosis can name
    evidence = {"cause": "learning_rate_too_high", "causes": [{"code": "learning_rate_too_high"}]}
    alert = Alert("hmean_collapse", "critical", "Cause (80%): too large.", "Divide.", evidence)
    chinese = alert_message(alert, SO_FAR, "zh").plain()
    assert "可能原因: 学习率过高" in chinese
    assert "建议: 把学习率除以 10" in chinese
    english = alert_message(alert, SO_FAR, "en").plain()
    assert "learning_rate_too_high" not in english
    assert "Likely cause" not in english  # the message has it


def test_a_long_message_fits_and_keeps_whole_characters() -> None:
    long = Alert("hmean_collapse", "critical", "崩" * 5000, "溃" * 5000, time=1.0)
    for service in ("wecom", "slack"):
        receiver = RECEIVERS[service]()
        with serving(receiver) as url:
            make_sender(url, None, service).send(alert_message(long, SO_FAR, "en"))
        assert len(receiver.accepted) == 1
    assert cut("崩溃了", 8) == "崩…"
    assert cut("short", 8) == "short"


def test_a_name_can_neither_wake_a_channel_nor_break_a_line() -> None:
    start = RunStart(1.0, "<!channel>\r\n\x1b[31m", "DB", "2.8.1", {}, "out", 1)
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        message = alert_message(COLLAPSE, RunSoFar(start), "en")
        make_sender(url, None, "slack").send(message)
    text = json.dumps(receiver.accepted)
    assert "<!channel>" not in receiver.accepted[0]["text"]
    assert "&lt;!channel&gt;" in text
    assert "\\u001b" not in text
    assert "\n" not in message.title


def test_good_news_is_no_alert_for_alertmanager() -> None:
    receiver = RECEIVERS["alertmanager"]()
    with serving(receiver) as url:
        hook = notify(url)
        hook.on_run_end(RunEnd(1.0, 1, 1, "finished"))
        close(hook)
    assert receiver.requests == 0


def test_apprise_takes_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("apprise")
    receiver = RECEIVERS["webhook"]()
    monkeypatch.setattr(
        receiver,
        "answer",
        lambda q, h, body: receiver.accepted.append(json.loads(body)) or (200, {}, b""),
    )
    with serving(receiver) as url:
        hook = notify(url.replace("http://", "json://"))
        hook.on_alert(COLLAPSE)
        close(hook)
    assert "hmean_collapse" in receiver.accepted[0]["message"]
    with pytest.raises(ValueError, match="begins with nosuch://") as failure:
        make_sender("nosuch://LEAK")
    assert "LEAK" not in str(failure.value)


def test_without_apprise_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ValueError, match=r"pip install ppocr-guard\[notify\]"):
        Apprise("tgram://LEAK")


def test_every_receiver_is_a_service() -> None:
    from ppocr_guard.hooks.senders import SERVICES

    assert set(SERVICES) == set(RECEIVERS)
    assert all(isinstance(make(), Receiver) for make in RECEIVERS.values())
