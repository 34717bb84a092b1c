"""Conditions: what holds, from when it was found until it is over."""

from __future__ import annotations

import json
import math

import pytest

from ppocr_guard.conditions import MAX_OPEN, Conditions
from ppocr_guard.events import Alert, Condition, EvalEnd, Moment, Over, Resolved, RunStart, StepEnd
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.records import from_record, to_record
from ppocr_guard.verdict import SoFar, judge
from ppocr_guard.wording import Sentence, say

NOW = Moment(9, 900, 9, 9.0)


def collapse(value: float = 0.2, severity: str = "critical", epoch: int = 3, **more) -> Condition:
    return Condition(
        "hmean_collapse",
        severity,
        say("hmean {value:.2f}.", value=value),
        evidence={"value": value},
        epoch=epoch,
        evaluation=epoch,
        **more,
    )


def evaluation(number: int, value: float, best: float) -> EvalEnd:
    return EvalEnd(0.0, number, 10 * number, number, {"hmean": value}, "hmean", value, best, 1)


def test_it_begins_once_and_its_numbers_are_todays() -> None:
    held = Conditions()
    first = held.hold(collapse(0.2))
    assert first is not None
    assert (first.change, first.severity) == ("begins", "critical")
    assert held.hold(collapse(0.1, epoch=4)) is None
    (condition,) = held
    assert condition.evidence == {"value": 0.1}
    assert (condition.since.epoch, condition.epoch) == (3, 4)


def test_only_a_worse_severity_is_told_again() -> None:
    held = Conditions()
    held.hold(collapse(severity="warning"))
    worse = held.hold(collapse(severity="critical"))
    assert worse is not None
    assert worse.change == "worsens"
    assert held.hold(collapse(severity="warning")) is None
    assert held.hold(collapse(severity="critical")) is None


def test_subjects_are_apart_and_what_is_over_may_begin_again() -> None:
    held = Conditions()
    assert held.hold(collapse(subject="a")) is not None
    assert held.hold(collapse(subject="b")) is not None
    assert held.end(Over("hmean_collapse"), NOW) is None
    resolved = held.end(Over("hmean_collapse", "a", "up again"), NOW)
    assert isinstance(resolved, Resolved)
    assert (resolved.since.epoch, resolved.epoch, resolved.message) == (3, 9, "up again")
    assert [c.subject for c in held] == ["b"]
    assert held.holds("hmean_collapse")
    assert not held.holds("hmean_collapse", "a")
    assert held.hold(collapse(subject="a")) is not None


def test_the_worst_comes_first() -> None:
    held = Conditions()
    held.hold(Condition("x", "info", "m", time=1.0))
    held.hold(Condition("y", "critical", "m", time=3.0))
    held.hold(Condition("z", "critical", "m", time=2.0))
    assert [c.code for c in held] == ["z", "y", "x"]


def test_it_survives_a_resume_and_is_shown_again() -> None:
    held = Conditions()
    held.hold(collapse(math.nan))
    later = Conditions()
    broken = [{"code": "x"}, {"code": 1, "severity": "awful", "message": ""}]
    assert later.restore([*json.loads(json.dumps(held.state())), *broken]) == 2
    (condition,) = later
    assert condition.carried
    assert condition.since.epoch == 3
    assert math.isnan(condition.evidence["value"])
    assert isinstance(condition.message, Sentence)
    alert = later.hold(collapse(0.1, epoch=5))
    assert alert is not None
    assert alert.change == "persists"
    assert not next(iter(later)).carried
    assert later.hold(collapse(0.1, epoch=6)) is None


def test_a_hook_that_invents_subjects_cannot_fill_the_memory() -> None:
    held = Conditions()
    for i in range(3 * MAX_OPEN):
        held.hold(collapse(subject=str(i)))
    assert len(held) == MAX_OPEN


def test_the_verdict_has_todays_numbers_and_what_holds() -> None:
    class Judge(Hook):
        def on_eval(self, event):
            return collapse(event.value) if event.value < 0.5 else Over("hmean_collapse")

    guard = Guard([Judge()])
    seen = []
    for number, value in enumerate([0.7, 0.8, 0.9, 0.85, 0.2, 0.1, 0.95], 1):
        guard.dispatch(evaluation(number, value, max(0.9, value)))
        assert guard.verdict is not None
        seen.append((guard.verdict.state, [c.code for c in guard.verdict.conditions]))
    assert seen[3] == ("healthy", [])
    assert seen[4] == seen[5] == ("collapsed", ["hmean_collapse"])
    assert seen[6] == ("healthy", [])
    assert "0.9500" in guard.verdict.message
    again = from_record(json.loads(json.dumps(to_record(guard.verdict))))
    assert again == guard.verdict


@pytest.mark.parametrize(
    ("evaluations", "value", "best", "state"),
    [
        (0, math.nan, math.nan, "too_short"),
        (3, 0.9, 0.9, "too_short"),
        (9, 0.0, 0.0, "too_short"),  # nothing learnt is not healthy
        (9, 0.9, 0.9, "healthy"),
        (9, 0.3, 0.9, "unstable"),  # a dip that may come back
        (9, math.nan, 0.9, "unstable"),
    ],
)
def test_without_conditions_the_evaluations_decide(evaluations, value, best, state) -> None:
    assert judge([], SoFar(evaluations, "hmean", value, best), Moment()).state == state


def test_a_hook_that_answers_its_own_answer_is_switched_off() -> None:
    class Echo(Hook):
        def on_alert(self, event):
            return Alert("echo", "info", "m", "a", subject=f"{event.subject}x")

    class Judge(Hook):
        def on_step(self, event):
            return collapse()

    echo = Echo()
    guard = Guard([Judge(), echo])
    guard.dispatch(StepEnd(0.0, 1, 1, {"loss": 1.0}))
    assert [alert.code for alert in guard.alerts] == ["hmean_collapse", "echo"]
    assert echo not in guard.hooks
    assert guard.health.hook_errors == {}


def test_two_hooks_that_answer_each_other_are_stopped() -> None:
    class Ping(Hook):
        def on_alert(self, event):
            return Over(event.code, event.subject)

    class Pong(Hook):
        count = 0

        def on_resolved(self, event):
            self.count += 1
            return Alert("pong", "info", "m", "a", subject=str(self.count))

    guard = Guard([Ping(), Pong()])
    with_alert = RunStart(0.0, "r", "", "", {}, ".", 1)

    class Begin(Hook):
        def on_run_start(self, event):
            return collapse()

    guard = Guard([Begin(), Ping(), pong := Pong()])
    guard.dispatch(with_alert)
    assert len(guard.hooks) == 2
    assert pong.count <= 2


def test_what_an_earlier_launch_told_is_heard_only_by_hooks_that_act() -> None:
    class Judge(Hook):
        def on_eval(self, event):
            return collapse(epoch=event.epoch) if event.value < 0.5 else None

    class Actor(Hook):
        hears_repeats = True
        heard = 0

        def on_alert(self, event):
            self.heard += 1

    class Teller(Actor):
        hears_repeats = False

    guard = Guard([Judge(), actor := Actor(), teller := Teller()])
    guard.announced["hmean_collapse", "", "critical"] = 5
    guard.dispatch(evaluation(5, 0.1, 0.9))  # epoch 5 is trained again after a kill
    assert (actor.heard, teller.heard) == (1, 0)
    assert guard.conditions.holds("hmean_collapse")


def test_a_hook_whose_state_is_no_json_does_not_keep_others_from_saving(caplog) -> None:
    class Bad(Hook):
        def state_dict(self):
            return {"x": object()}

    class Good(Hook):
        def state_dict(self):
            return {"x": 1}

    state = Guard([Bad(), Good()]).state_dict()
    assert state["hooks"] == {"Good": {"x": 1}}
    assert "hook Bad: its state cannot be saved" in caplog.text
