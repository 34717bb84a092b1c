"""Turns what holds into a stop request."""

from __future__ import annotations

from typing import Any, Literal, Optional

from pydantic import Field, field_validator

from ppocr_guard.codes import check_codes
from ppocr_guard.detect.stopping import LEVELS, StopWhen, at_once
from ppocr_guard.events import Alert, RunStart, StopRequest, Verdict
from ppocr_guard.hook import Hook, HookOptions, Reactions


class AutoStop(Hook):
    """Asks the loop to stop at the next step boundary.

    ``level`` says how soon. *careful*: a lost model at once (a loss that stays NaN, maps without
    text), a collapse when it has held for 5 evaluations more. *default*: a collapse at once, and a
    run that has learnt nothing in half of its epochs. *thrifty*: that sooner, and runs that stay
    worse than they were or cannot be evaluated right. What each costs in wrong stops is in the
    README. ``on`` names codes instead; each stops the run as soon as it holds.

    It stops again at what shows itself again after a resume. It runs on every rank: a loss that
    is NaN on one rank stops all of them together.
    """

    every_rank = True
    hears_repeats = True

    class Options(HookOptions):
        level: Literal["careful", "default", "thrifty"] = Field(
            default="default", description="how soon a run is stopped"
        )
        on: Optional[list[str]] = Field(
            default=None, description="codes that stop the run at once, in place of the level's"
        )
        exit_code: int = Field(
            default=0,
            ge=0,
            le=125,
            description="exit code of a training process that was stopped; launchers and PaddleX "
            "take anything but 0 for a crash",
        )

        @field_validator("on")
        @classmethod
        def _known(cls, codes: Optional[list[str]]) -> Optional[list[str]]:
            return None if codes is None else check_codes(codes)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        o = self.options
        rules = LEVELS[o.level] if o.on is None else at_once(o.on)
        self._rules: dict[str, StopWhen] = {rule.code: rule for rule in rules}
        self._alerts: dict[tuple[str, str], Alert] = {}  # the last of each code and subject
        self._epoch_num = 0

    def on_run_start(self, event: RunStart) -> None:
        self._epoch_num = event.epoch_num

    def on_alert(self, event: Alert) -> Reactions:
        self._alerts[event.code, event.subject] = event
        rule = self._rules.get(event.code)
        if rule is None or not rule.due(event.severity, 0, 0.0):
            return None
        return [self._stop(event, event.message, event)]

    def on_verdict(self, event: Verdict) -> Reactions:
        """For what must have held for some time, or needs much of the run to be over."""
        done = event.epoch / self._epoch_num if self._epoch_num else 0.0
        for condition in event.conditions:
            rule = self._rules.get(condition.code)
            if rule is None or condition.carried or not (rule.held or rule.done):
                continue
            since = condition.since.evaluation
            held = 0 if since is None else event.evaluation - since
            if rule.due(condition.severity, held, done):
                alert = self._alerts.get((condition.code, condition.subject))
                return [self._stop(event, condition.message, alert, condition.code)]
        return None

    def _stop(self, at: Any, reason: str, alert: Optional[Alert], code: str = "") -> StopRequest:
        return StopRequest(
            code=code or at.code,
            reason=reason,
            epoch=at.epoch,
            global_step=at.global_step,
            evaluation=at.evaluation,
            alert=alert,
            exit_code=self.options.exit_code,
        )
