"""Notify behind a real guard: what begins, worsens, is over, and how the run ends."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from notify_samples import COLLAPSE, START
from receivers import RECEIVERS, SECRET, TOKEN, as_json, serving
from test_notify import close, notify, target, until

from ppocr_guard.events import (
    Alert,
    CheckpointSaved,
    Condition,
    EpochStart,
    EvalEnd,
    EvalSample,
    Event,
    Over,
    RunEnd,
    RunStart,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook, Reactions
from ppocr_guard.hooks import notify as notify_hook
from ppocr_guard.hooks.notify import Notify, delivery
from ppocr_guard.hooks.notify.senders import make_sender
from ppocr_guard.hooks.notify.senders.base import SendError


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 0.02)
    monkeypatch.setenv("TEST_SECRET", SECRET)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Judge(Hook):
    """Says what a script has for an epoch."""

    def __init__(self, script: dict[int, list[Any]]) -> None:
        super().__init__()
        self.script = script

    def on_epoch_start(self, event: EpochStart) -> Reactions:
        return self.script.get(event.epoch)


def holds(epoch: int, severity: str = "critical", subject: str = "") -> Condition:
    return Condition(
        "hmean_collapse",
        severity,
        f"hmean fell, seen in epoch {epoch}.",
        "Stop.",
        subject,
        epoch=epoch,
        time=float(epoch),
    )


def run(guard: Guard, first: int, last: int, **start: Any) -> None:
    values = {**vars(START), **start}
    guard.dispatch(RunStart(**values))
    for epoch in range(first, last + 1):
        guard.dispatch(EpochStart(float(epoch), epoch, epoch * 10))


def texts(receiver: Any) -> list[str]:
    return [message["blocks"][1]["text"]["text"] for message in receiver.accepted]


def titles(receiver: Any) -> list[str]:
    return [message["blocks"][0]["text"]["text"] for message in receiver.accepted]


def test_a_condition_is_told_when_it_begins_worsens_and_is_over() -> None:
    receiver = RECEIVERS["slack"]()
    script: dict[int, list[Any]] = {n: [holds(n, "warning")] for n in (2, 3)}
    script |= {n: [holds(n)] for n in (4, 5)}
    script[6] = [Over("hmean_collapse", message="It is back at 0.95.")]
    with serving(receiver) as url:
        guard = Guard([Judge(script), Notify(urls=[target("slack", url)], language="en")])
        run(guard, 1, 7)
        guard.dispatch(RunEnd(10.0, 7, 70, "finished"))
        guard.close(5.0)
    begun, worse, over, end = texts(receiver)
    assert "seen in epoch 2" in begun
    assert "seen in epoch 4" in worse
    assert "It is back at 0.95." in over
    assert "*Since*: epoch 2" in over
    assert "🟢" in titles(receiver)[2]
    assert "Still open" not in end


def test_what_is_open_at_the_end_is_named_with_cause_and_advice() -> None:
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        judge = Judge({2: [holds(2, subject="a"), holds(2, subject="b")]})
        guard = Guard([judge, Notify(urls=[target("slack", url)], language="en")])
        run(guard, 1, 3)
        guard.dispatch(RunEnd(10.0, 3, 30, "interrupted"))
        guard.close(5.0)
    [_, end] = texts(receiver)
    assert "*Verdict*: Collapsed. hmean fell, seen in epoch 2." in end
    assert "*Still open*:" in end
    assert "(2)" in end
    assert "*What to do*: Stop." in end
    assert "🔵" in titles(receiver)[1]  # Ctrl-C is no failure
    assert "interrupted (Ctrl-C)" in titles(receiver)[1]


def test_two_operators_whose_trouble_is_over_are_one_message() -> None:
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        both = [holds(2, subject="a"), holds(2, subject="b")]
        over = [Over("hmean_collapse", "a"), Over("hmean_collapse", "b")]
        guard = Guard([Judge({2: both, 3: over}), Notify(urls=[target("slack", url)])])
        run(guard, 1, 4)
        guard.close(5.0)
    assert len(receiver.accepted) == 2


def test_epochs_trained_again_after_a_kill_tell_nothing_twice() -> None:
    receiver = RECEIVERS["slack"]()
    script: dict[int, list[Any]] = {2: [holds(2)], 3: [holds(3)], 4: [Over("hmean_collapse")]}
    with serving(receiver) as url:
        options: dict[str, Any] = {"urls": [target("slack", url)]}
        first = Guard([Judge(script), Notify(**options)])
        run(first, 1, 3)
        saved = json.loads(json.dumps(first.state_dict()))  # at the end of epoch 3
        first.dispatch(EpochStart(4.0, 4, 40))
        until(lambda: len(receiver.accepted) == 2)  # and killed
        second = Guard([Judge(script), Notify(**options)])
        second.load_state_dict(saved)
        second.announced = dict(first.announced)
        run(second, 4, 6, resumed=True, start_epoch=4)
        second.close(5.0)
        first.close(5.0)
    assert len(receiver.accepted) == 2


def test_what_goes_on_after_the_stop_that_it_caused_is_said_to_be_so() -> None:
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        first = Guard([Judge({2: [holds(2)]})])
        run(first, 1, 2)
        hook = Notify(urls=[target("slack", url)], language="en")
        second = Guard([Judge({3: [holds(3)]}), hook])
        second.load_state_dict(first.state_dict())
        second.announced = dict(first.announced)
        run(second, 3, 4, resumed=True, start_epoch=3, stopped_for="hmean_collapse")
        second.close(5.0)
    [text] = texts(receiver)
    assert "*What*: Still so after the resume: hmean fell, seen in epoch 3." in text


def test_messages_name_host_report_and_the_best_file_with_its_own_metric(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "gpu-7")
    hook = Notify(urls=[], report_url="https://reports/{run}.html")
    hook.on_run_start(RunStart(1.0, "my run", "DB", "2.8.1", {}, str(tmp_path), 9))
    best = str(tmp_path / "best_accuracy")
    events: list[Event] = [EvalEnd(1.0, 1, 1, 1, {}, "hmean", 0.79, 0.79, 1)]
    events.append(CheckpointSaved(1.0, 1, 1, best, "best_accuracy", True))
    guard = Guard([hook])
    for event in events:
        guard.dispatch(event)
    so_far = hook._known.so_far()
    assert so_far.best_path == best
    assert so_far.host == "gpu-7"
    assert so_far.report == "https://reports/my%20run.html"
    # PaddleOCR forgets its best at a resume, and overwrites it with a worse one.
    guard.dispatch(EvalEnd(2.0, 2, 2, 2, {}, "hmean", 0.1, 0.79, 1))
    guard.dispatch(CheckpointSaved(2.0, 2, 2, best, "best_accuracy", True))
    assert hook._known.so_far().best_path == ""
    kept = tmp_path / "ppocr_guard" / "best" / "best_accuracy"
    kept.parent.mkdir(parents=True)
    Path(f"{kept}.pdparams").write_bytes(b"")
    about = {"metric": "hmean", "value": 0.5, "epoch": 1}
    (kept.parent / "metric.json").write_text(json.dumps(about))
    assert hook._known.so_far().best_path == ""  # a copy of something else
    (kept.parent / "metric.json").write_text(json.dumps({**about, "value": 0.79}))
    assert hook._known.so_far().best_path == str(kept)
    again = Notify(urls=[])
    again.load_state_dict(json.loads(json.dumps(hook.state_dict(), allow_nan=False)))
    again.on_run_start(RunStart(1.0, "my run", "DB", "2.8.1", {}, str(tmp_path), 9))
    assert again._known.so_far().best_path == str(kept)
    assert again._known.so_far().report == f"ppocr-guard report {tmp_path}"


def test_messages_lead_to_the_dashboard_of_the_run(tmp_path: Path) -> None:
    place = "http://grafana:3000/d/ppocr-guard-run?var-run={run}"
    receiver = RECEIVERS["feishu"]()
    with serving(receiver) as url:
        robot = {"url": url, "secret": SECRET, "service": "feishu"}
        hook = Notify(urls=[robot], language="zh", dashboard_url=place)
        hook.on_run_start(RunStart(1.0, "训练 1", "DB", "2.8.1", {}, str(tmp_path), 9))
        hook.on_run_end(RunEnd(2.0, 1, 1, "finished"))
        hook.close(time.monotonic() + 5.0)
    [message] = receiver.accepted
    page = "http://grafana:3000/d/ppocr-guard-run?var-run=%E8%AE%AD%E7%BB%83%201"
    assert f"看板: {page}" in message["content"]["text"]


def test_the_end_of_the_run_is_not_dropped_for_others() -> None:
    receiver = RECEIVERS["dingtalk"]()
    with serving(receiver) as url:
        hook = notify(target("dingtalk", url), repeat_seconds=0)
        for number in range(200):
            hook.on_alert(Alert(f"code_{number}", "critical", "m", "a"))
        hook.on_run_end(RunEnd(1.0, 1, 1, "failed", error="out of memory"))
        until(lambda: receiver.requests >= 10)
        close(hook, seconds=3.0)
    ends = [m for m in receiver.accepted if "out of memory" in m["markdown"]["text"]]
    assert len(ends) == 1
    assert len(receiver.accepted) <= 20  # what the robot takes in a minute


def test_the_end_overtakes_a_message_that_waits_for_its_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receiver = RECEIVERS["slack"]()
    receiver.script = [(503, {}, b"")]
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 60.0)
    with serving(receiver) as url:
        hook = notify(target("slack", url))
        hook.on_alert(COLLAPSE)
        until(lambda: not receiver.script)
        hook.on_run_end(RunEnd(1.0, 1, 1, "finished"))
        close(hook)
    assert "has finished" in titles(receiver)[0]
    assert len(receiver.accepted) == 2


@pytest.mark.parametrize("service", ["dingtalk", "feishu"])
def test_a_robot_that_asks_for_the_keyword_takes_every_kind_of_message(
    service: str,
) -> None:
    receiver = RECEIVERS[service]()  # refuses what does not hold the keyword
    with serving(receiver) as url:
        options: dict[str, Any] = {"urls": [target(service, url)]}
        for language in ("en", "zh"):
            script = {2: [holds(2)], 3: [Over("hmean_collapse")]}
            guard = Guard([Judge(script), Notify(language=language, **options)])
            run(guard, 1, 3)
            guard.dispatch(RunEnd(1.0, 3, 30, "finished"))
            guard.close(5.0)
    assert len(receiver.accepted) == 6


@pytest.mark.parametrize(
    ("service", "answer", "reason"),
    [
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, "130101: send too fast"),
        ("wecom", {"errcode": 1, "errmsg": "webhook send refused"}, "1: webhook send refused"),
        ("feishu", {"code": 9, "msg": "hook not found"}, "code 9: hook not found"),
    ],
)
def test_words_of_a_url_are_not_blotted_out(service: str, answer: Any, reason: str) -> None:
    receiver = RECEIVERS[service]()
    receiver.script = [as_json(answer)]
    message = notify_hook.alert_message(COLLAPSE, notify()._known.so_far(), "en")
    with serving(receiver) as url, pytest.raises(SendError) as failure:
        make_sender(url, None, service).send(message)
    assert reason in str(failure.value)
    assert TOKEN not in str(failure.value)


def test_alertmanager_is_told_what_still_holds_and_what_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notify_hook, "STILL_SECONDS", 0.0)
    receiver = RECEIVERS["alertmanager"]()
    script: dict[int, list[Any]] = {2: [holds(2)], 3: [holds(3)], 4: [Over("hmean_collapse")]}
    with serving(receiver) as url:
        guard = Guard([Judge(script), Notify(urls=[url], language="en")])
        run(guard, 1, 5)
        guard.close(5.0)
    first, *_, last = receiver.accepted
    assert len(receiver.accepted) >= 3
    assert {json.dumps(alert["labels"]) for alert in receiver.accepted} == {
        json.dumps(first["labels"])
    }
    assert first["labels"]["host"]
    assert last["endsAt"] == last["startsAt"]  # over now
    assert "seen in epoch 3" in json.dumps(receiver.accepted)


def test_a_finished_run_and_one_stopped_are_told_apart(tmp_path: Path) -> None:
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        for reason in ("finished", "stopped", "failed", "interrupted"):
            hook = notify(target("slack", url))
            hook.on_run_end(RunEnd(time.time(), 1, 1, reason))
            close(hook)
    marks = [title.split()[1] for title in titles(receiver)]
    assert marks == ["🔵", "🟠", "🔴", "🔵"]
    assert all(title.startswith("ppocr_guard ") for title in titles(receiver))


def test_a_picture_of_the_evaluation_follows_where_the_service_takes_images() -> None:
    png = b"\x89PNG" + bytes(1000)
    wecom, slack = RECEIVERS["wecom"](), RECEIVERS["slack"]()
    with serving(wecom) as wecom_url, serving(slack) as slack_url:
        hook = Notify(urls=[target("wecom", wecom_url), target("slack", slack_url)])
        guard = Guard([hook])
        guard.dispatch(RunStart(**vars(START)))
        assert guard.handlers("eval_sample")
        guard.dispatch(EvalSample(1.0, 1, 10, 1, b"an earlier one"))
        guard.dispatch(COLLAPSE)  # of evaluation 7
        guard.dispatch(EvalSample(1.0, 7, 700, 7, png))
        guard.dispatch(EvalSample(1.0, 8, 800, 8, b"\x89PNG of the last"))
        guard.dispatch(RunEnd(1.0, 8, 800, "finished"))
        guard.close(5.0)
    kinds = [message["msgtype"] for message in wecom.accepted]
    assert kinds == ["markdown", "image", "markdown", "image"]
    assert base64.b64decode(wecom.accepted[1]["image"]["base64"]) == png
    assert base64.b64decode(wecom.accepted[3]["image"]["base64"]) == b"\x89PNG of the last"
    assert len(slack.accepted) == 2


def test_nothing_is_drawn_where_no_service_takes_images() -> None:
    hook = notify("http://127.0.0.1:9/x")
    close(hook)
    assert not Guard([hook]).handlers("eval_sample")


def test_apprise_attaches_the_picture() -> None:
    pytest.importorskip("apprise.attachment.memory")
    receiver = RECEIVERS["webhook"]()
    receiver.script = [(200, {}, b"")]
    bodies: list[Any] = []
    receiver.answer = lambda q, h, body: bodies.append(json.loads(body)) or (200, {}, b"")  # type: ignore[method-assign,func-returns-value]
    receiver.script = []
    with serving(receiver) as url:
        hook = notify(url.replace("http://", "json://"))
        hook._keep_picture(EvalSample(1.0, 1, 1, 1, b"\x89PNG"))
        hook.on_run_end(RunEnd(1.0, 1, 1, "stopped"))
        close(hook)
    end, picture = bodies
    assert end["type"] == "warning"
    assert end["attachments"] == []
    [attached] = picture["attachments"]
    assert base64.b64decode(attached["base64"]) == b"\x89PNG"
