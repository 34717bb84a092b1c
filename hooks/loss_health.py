"""Watches the training loss and the data pipeline."""

from __future__ import annotations

import math
from typing import Any, Optional, Union

from pydantic import Field

from ppocr_guard.detect.loss import (
    DegenerateDetector,
    DivergenceDetector,
    NotFiniteDetector,
    total_loss,
)
from ppocr_guard.events import Alert, DataErrors, RunEnd, RunStart, StepEnd
from ppocr_guard.hook import Hook, HookOptions, Reactions


class LossHealth(Hook):
    """Alerts on NaN or inf, divergence, a loss without anything to learn from, and failing data.

    NaN and inf raise the alarm on the first step (``consecutive`` 1). With ``Global.use_amp`` it
    takes 3 steps in a row (``consecutive_amp``): dynamic loss scaling skips a step that overflows,
    and the weights stay whole.

    Raises the level of ``loss_diverged`` when a mean over 20 steps (``warmup``) stays above 3
    times its lowest (``diverged_factor``) and 1.5 times its beginning for as long.
    ``loss_degenerate`` takes 20 steps (``degenerate_steps``); ``data_pipeline_failing`` 100 failed
    samples within one step (``max_errors``), 120 seconds of waiting with errors
    (``max_wait_seconds``), or half of all samples failing over 50 steps (``max_error_share`` 0.5).

    It keeps no state over a resume: the loss starts anew with another learning rate and warm-up,
    and NaN or an empty pattern shows again within seconds.
    """

    every_rank = True

    class Options(HookOptions):
        consecutive: int = Field(default=1, ge=1, description="steps with NaN or inf in a row")
        consecutive_amp: int = Field(default=3, ge=1, description="the same, when AMP is on")
        diverged_factor: float = Field(
            default=3.0, gt=1, description="level of the loss over its lowest"
        )
        warmup: int = Field(default=20, ge=1, description="steps before divergence is judged")
        degenerate_steps: int = Field(
            default=20, ge=1, description="steps in a row with nothing to learn from"
        )
        max_errors: int = Field(
            default=100, ge=1, description="failed samples while waiting for one batch"
        )
        max_wait_seconds: float = Field(
            default=120.0, gt=0, description="waiting for one batch, when samples fail"
        )
        max_error_share: float = Field(
            default=0.5, gt=0, le=1, description="failed share of samples over a stretch of steps"
        )

    STRETCH = 50  # steps over which the failed share is taken

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self._reset(amp=False)

    def _reset(self, amp: bool) -> None:
        o = self.options
        self.not_finite = NotFiniteDetector(o.consecutive_amp if amp else o.consecutive)
        self.divergence = DivergenceDetector(o.diverged_factor, warmup=o.warmup)
        self.degenerate = DegenerateDetector(o.degenerate_steps)
        self._errors = 0  # at the last step
        self._message = ""
        self._stretch = [0, 0, 0]  # steps, errors, images
        self._active: set[str] = set()

    def on_run_start(self, event: RunStart) -> None:
        settings = event.config.get("Global") or {}
        self._reset(amp=bool(settings.get("use_amp", False)))

    def on_step(self, event: StepEnd) -> Reactions:
        alerts = [
            self._not_finite(event),
            self._diverged(event),
            self._degenerate(event),
            self._data(event),
        ]
        return [alert for alert in alerts if alert is not None]

    def on_data_errors(self, event: DataErrors) -> Reactions:
        self._message = event.last_message.strip()
        new = event.errors - self._errors
        o = self.options
        failing = new >= o.max_errors or (new > 0 and event.waiting_seconds >= o.max_wait_seconds)
        if not self._first("data_pipeline_failing", failing, keep=True):
            return None
        return [
            self._alert(
                "data_pipeline_failing",
                "critical",
                f"{new} samples failed to load while waiting {event.waiting_seconds:.0f} s for one "
                f"batch ({event.errors} since the start).{self._last()}",
                "Repair what the error names; PaddleOCR goes on trying other samples for ever, "
                "which looks like a hang.",
                {
                    "errors": event.errors,
                    "new_errors": new,
                    "waiting_seconds": event.waiting_seconds,
                    "last_message": event.last_message,
                },
                event,
            )
        ]

    def on_run_end(self, event: RunEnd) -> Reactions:
        """A sample without a single text is retried too, unlogged, until the recursion is too deep;
        paddle then says only that its queue was killed."""
        reader = ("data reader raises", "RecursionError", "DataLoader worker")
        failed = event.error is not None and any(word in event.error for word in reader)
        if not self._first("data_pipeline_failing", failed, keep=True):
            return None
        return [
            self._alert(
                "data_pipeline_failing",
                "critical",
                f"The data loader broke down at global step {event.global_step}: "
                f"{str(event.error).splitlines()[0]}{self._last()}",
                "Look for the first Traceback in the log. PaddleOCR tries another sample whenever "
                "one fails or holds no text, deep in recursion: see that the label files have "
                "texts and belong to the images.",
                {"errors": self._errors, "error": event.error},
                event,
            )
        ]

    def _not_finite(self, event: StepEnd) -> Optional[Alert]:
        name = self.not_finite.update(event.losses)
        if not self._first("loss_not_finite", name is not None):
            return None
        value = event.losses[str(name)]
        return self._alert(
            "loss_not_finite",
            "critical",
            f"{name} is {value} at global step {event.global_step} "
            f"({self.not_finite.count} step(s) in a row).",
            "The weights are lost from here on: go back to the best checkpoint, lower the learning "
            "rate or clip gradients, and check the labels.",
            {"component": name, "value": value, "steps": self.not_finite.count},
            event,
        )

    def _diverged(self, event: StepEnd) -> Optional[Alert]:
        loss = total_loss(event.losses)
        if loss is None or not math.isfinite(loss):
            return None
        if not self._first("loss_diverged", self.divergence.update(loss)):
            return None
        level, lowest = self.divergence.level.value or 0.0, self.divergence.lowest or 0.0
        return self._alert(
            "loss_diverged",
            "warning",
            f"The loss rose to {level:.4g}; it was {self.divergence.initial or 0.0:.4g} at the "
            f"first step and {lowest:.4g} at its lowest.",
            "Lower the learning rate (by 10) or lengthen the warm-up, and start from the best "
            "checkpoint.",
            {
                "loss": loss,
                "level": level,
                "lowest": lowest,
                "initial": self.divergence.initial,
                "learning_rate": event.learning_rate,
            },
            event,
        )

    def _degenerate(self, event: StepEnd) -> Optional[Alert]:
        pattern = self.degenerate.update(event.losses, event.smoothed)
        if not self._first("loss_degenerate", pattern is not None):
            return None
        total = total_loss(event.losses)
        empty = pattern == "no_positives"
        return self._alert(
            "loss_degenerate",
            "critical",
            "The shrink maps hold no text at all (shrink loss 0, binary loss 1): nothing is learnt."
            if empty
            else f"The loss is exactly {total} step after step: nothing is learnt.",
            "Look for labels that are empty or all ignored ('###'), and for a shrink ratio of 1 "
            "and more (total_epoch in MakeShrinkMap)."
            if empty
            else "Check that the learning rate is above 0, and that parameters are not frozen.",
            {
                "pattern": pattern,
                "losses": dict(event.losses),
                "steps": self.options.degenerate_steps,
            },
            event,
        )

    def _data(self, event: StepEnd) -> Optional[Alert]:
        new = max(0, event.data_errors - self._errors)
        self._errors = max(self._errors, event.data_errors)
        steps, errors, images = self._stretch
        self._stretch = [steps + 1, errors + new, images + (event.images or 0)]
        if self._stretch[0] < self.STRETCH:
            return None
        _, errors, images = self._stretch
        self._stretch = [0, 0, 0]
        share = errors / (errors + images) if errors + images else 0.0
        failing = images > 0 and share >= self.options.max_error_share
        if not self._first("data_pipeline_failing", failing):
            return None
        return self._alert(
            "data_pipeline_failing",
            "warning",
            f"{share:.0%} of the samples failed to load in the last {self.STRETCH} steps "
            f"({errors} of {errors + images}).{self._last()}",
            "Repair what the error names: PaddleOCR trains on the rest again and again.",
            {"errors": self._errors, "failed": errors, "images": images, "share": share},
            event,
        )

    def _last(self) -> str:
        return f" The last error: {self._message.splitlines()[-1]}" if self._message else ""

    def _first(self, code: str, on: bool, keep: bool = False) -> bool:
        """True once an episode; ``keep``: what is not seen now does not end it."""
        first = on and code not in self._active
        if on:
            self._active.add(code)
        elif not keep:
            self._active.discard(code)
        return first

    def _alert(
        self,
        code: str,
        severity: str,
        message: str,
        advice: str,
        evidence: dict[str, Any],
        event: Union[StepEnd, DataErrors, RunEnd],
    ) -> Alert:
        return Alert(
            code=code,
            severity=severity,
            message=message,
            advice=advice,
            evidence=evidence,
            epoch=event.epoch,
            global_step=event.global_step,
            time=event.time,
        )
