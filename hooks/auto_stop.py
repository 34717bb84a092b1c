"""Turns alerts into a stop request."""

from __future__ import annotations

from pydantic import Field, field_validator

from ppocr_guard.codes import check_codes
from ppocr_guard.events import Alert, StopRequest
from ppocr_guard.hook import Hook, HookOptions, Reactions


class AutoStop(Hook):
    """Asks the loop to stop at the next step boundary when one of the chosen conditions begins,
    or shows itself again after a resume.

    It runs on every rank: a loss that is NaN on one rank stops all of them together.
    """

    every_rank = True
    hears_repeats = True

    class Options(HookOptions):
        on: list[str] = Field(
            default=["hmean_collapse", "loss_not_finite", "loss_degenerate", "no_positives"],
            description="codes of the alerts that stop the run",
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
        def _known(cls, codes: list[str]) -> list[str]:
            return check_codes(codes)

    def on_alert(self, event: Alert) -> Reactions:
        if event.code not in self.options.on:
            return None
        return [
            StopRequest(
                code=event.code,
                reason=event.message,
                epoch=event.epoch,
                global_step=event.global_step,
                evaluation=event.evaluation,
                alert=event,
                exit_code=self.options.exit_code,
            )
        ]
