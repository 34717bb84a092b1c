"""The Notify hook against receivers that behave as the real services do."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from notify_samples import COLLAPSE, SO_FAR, START
from receivers import RECEIVERS, SECRET, TOKEN, Receiver, as_json, serving

from ppocr_guard.events import Alert, EvalEnd, RunEnd, StopRequest
from ppocr_guard.hooks.notify import Notify, delivery
from ppocr_guard.hooks.notify.message import (
    alert_message,
    trend,
)
from ppocr_guard.hooks.notify.senders import make_sender
from ppocr_guard.hooks.notify.senders.apprise import Apprise
from ppocr_guard.hooks.notify.senders.base import SendError


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 0.02)
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
        delivery.Delivery, "_pause", lambda self, seconds: pauses.append(seconds) or True
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
    monkeypatch.setattr(delivery, "WINDOW", 0.5)
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
    assert put < 1  # nothing of the dead one's eight seconds; tests run side by side
    assert took < 3  # the deadline, less what is left to other hooks, plus one join
    assert len(alive.accepted) == 2


def test_messages_that_wait_for_a_retry_are_tried_once_more_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 60.0)
    receiver = RECEIVERS["slack"]()
    receiver.script = [(503, {}, b"")]
    with serving(receiver) as url:
        hook = notify(target("slack", url), at_end=False)
        hook.on_alert(COLLAPSE)
        time.sleep(0.2)
        assert receiver.accepted == []
        close(hook)
    assert len(receiver.accepted) == 1


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


def test_the_trend_goes_on_after_a_resume() -> None:
    first = notify()
    for value in (0.5, float("nan"), 0.25):
        first.on_eval(EvalEnd(1.0, 1, 1, 1, {}, "hmean", value, 0.5))
    second = notify()
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    second.on_eval(EvalEnd(1.0, 2, 2, 2, {}, "hmean", 0.75, 0.75))
    assert trend(second._known.so_far().values) == "▅×▃▇"


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
    from ppocr_guard.hooks.notify.senders import SERVICES

    assert set(SERVICES) == set(RECEIVERS)
    assert all(isinstance(make(), Receiver) for make in RECEIVERS.values())
