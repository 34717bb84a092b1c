"""The guard: order, failures, requests."""

from __future__ import annotations

import logging
import math
import sys
import time

import pytest

from ppocr_guard import guard as guard_module
from ppocr_guard.events import (
    Alert,
    EpochStart,
    EvalEnd,
    RepairRequest,
    StepEnd,
    StopRequest,
    Verdict,
)
from ppocr_guard.guard import MAX_FAILURES, Guard
from ppocr_guard.hook import Hook
from ppocr_guard.records import from_record, to_record


def step(number: int = 1) -> StepEnd:
    return StepEnd(time=0.0, epoch=1, global_step=number, losses={"loss": 1.0})


ALERT = Alert(code="hmean_collapse", severity="critical", message="m", advice="a", epoch=2)


class Recorder(Hook):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def on_step(self, event):
        self.seen.append(event)

    def on_alert(self, event):
        self.seen.append(event)

    def on_verdict(self, event):
        self.seen.append(event)


class Raiser(Hook):
    def on_step(self, event):
        raise KeyError("boom")


def test_alerts_of_one_hook_reach_all_hooks_with_its_name() -> None:
    class Judge(Hook):
        def on_step(self, event):
            yield ALERT
            yield Verdict(0.0, 1, 1, 1, "collapsed")

    first, last = Recorder(), Recorder()
    guard = Guard([first, Judge(), last])
    guard.dispatch(step())
    for recorder in (first, last):
        assert [type(event) for event in recorder.seen] == [StepEnd, Alert, Verdict]
        assert recorder.seen[1].hook == "Judge"
    assert [alert.code for alert in guard.alerts] == ["hmean_collapse"]
    assert guard.verdict.state == "collapsed"


def test_the_first_stop_request_wins() -> None:
    class Stopper(Hook):
        def on_step(self, event):
            return StopRequest(code=f"c{event.global_step}", reason="r", epoch=1, global_step=1)

    guard = Guard([Stopper()])
    guard.dispatch(step(1))
    guard.dispatch(step(2))
    assert guard.stop.code == "c1"


def test_repair_requests_for_several_operators_add_up() -> None:
    class Repairer(Hook):
        def on_step(self, event):
            yield RepairRequest({"MakeShrinkMap": 0.4}, "r")
            yield RepairRequest({"MakeBorderMap": 0.5}, "r")

    guard = Guard([Repairer()])
    guard.dispatch(step())
    assert guard.repair.ratios == {"MakeShrinkMap": 0.4, "MakeBorderMap": 0.5}


def test_a_failing_hook_is_logged_once_counted_and_switched_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorder = Recorder()
    guard = Guard([Raiser(), recorder])
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        for number in range(MAX_FAILURES + 2):
            guard.dispatch(step(number))
    assert guard.health.hook_errors == {"Raiser": MAX_FAILURES}
    assert len(recorder.seen) == MAX_FAILURES + 2
    messages = [record.getMessage() for record in caplog.records]
    assert sum("boom" in message for message in messages) == 1
    assert sum("switched off" in message for message in messages) == 1


def test_a_hook_that_returns_nonsense_counts_as_failing() -> None:
    class Wrong(Hook):
        def on_step(self, event):
            return ["stop"]

    guard = Guard([Wrong()])
    guard.dispatch(step())
    assert guard.health.hook_errors == {"Wrong": 1}


def test_other_ranks_run_only_hooks_that_ask_for_it() -> None:
    class Everywhere(Recorder):
        every_rank = True

    everywhere, zero = Everywhere(), Recorder()
    Guard([everywhere, zero], rank=1).dispatch(step())
    assert (len(everywhere.seen), len(zero.seen)) == (1, 0)


def test_posted_events_wait_for_the_drain() -> None:
    recorder = Recorder()
    guard = Guard([recorder])
    guard.post(step())
    assert recorder.seen == []
    guard.drain()
    assert len(recorder.seen) == 1


def test_state_round_trip_and_a_state_that_does_not_fit(caplog: pytest.LogCaptureFixture) -> None:
    class Counter(Hook):
        def __init__(self) -> None:
            super().__init__()
            self.count = 0

        def on_step(self, event):
            self.count += 1

        def state_dict(self):
            return {"count": self.count}

        def load_state_dict(self, state):
            self.count = int(state["count"])

    guard = Guard([Counter()])
    guard.dispatch(step())
    other = Counter()
    Guard([other]).load_state_dict(guard.state_dict())
    assert other.count == 1
    with caplog.at_level(logging.WARNING, "ppocr_guard"):
        Guard([other]).load_state_dict({"hooks": {"Counter": {}}})
    assert "starts anew" in caplog.text


def test_records_survive_json_with_nan_and_nested_alerts() -> None:
    event = EvalEnd(0.0, 1, 2, 3, {"hmean": math.nan}, "hmean", math.nan, 0.5, rescored={0.4: 0.9})
    back = from_record(to_record(event))
    assert math.isnan(back.value)
    assert back.rescored == {0.4: 0.9}
    assert from_record({**to_record(EpochStart(0.0, 1, 0)), "newer": 1}) == EpochStart(0.0, 1, 0)


@pytest.mark.parametrize("record", [{}, {"event": "nope"}, {"event": "step"}])
def test_records_that_are_no_events_are_refused(record: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="record"):
        from_record(record)


class Closes(Hook):
    closed = False

    def close(self, deadline: float) -> None:
        self.closed = True


class SlowToClose(Hook):
    def close(self, deadline: float) -> None:
        time.sleep(30)


def test_a_hook_that_does_not_close_is_left_behind(caplog, monkeypatch):
    monkeypatch.setattr(guard_module, "GRACE_SECONDS", 0.05)
    after = Closes()
    guard = Guard([SlowToClose(), after])
    started = time.monotonic()
    guard.close(0.1)
    assert time.monotonic() - started < 10
    assert "hook SlowToClose: closing takes longer than" in caplog.text
    assert after.closed


class Exits(Hook):
    def on_step(self, event):
        sys.exit("as a way to stop")


def test_a_hook_that_calls_sys_exit_ends_no_training(caplog):
    guard = Guard([Exits()])
    for n in range(5):
        guard.dispatch(step(n))
    assert "hook Exits: on_step failed (SystemExit: as a way to stop)" in caplog.text
    assert guard.hooks == []
