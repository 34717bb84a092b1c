"""Watches the training loss and the data pipeline."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Optional, Union

from pydantic import Field

from ppocr_guard.detect.loss import (
    DegenerateDetector,
    DivergenceDetector,
    NotFinite,
    PersistentNotFinite,
    total_loss,
)
from ppocr_guard.events import (
    Condition,
    DataErrors,
    EvalEnd,
    Examination,
    Over,
    Reaction,
    RunEnd,
    RunStart,
    StepEnd,
)
from ppocr_guard.hook import Hook, HookOptions, Reactions
from ppocr_guard.wording import join, mark, say


class LossHealth(Hook):
    """Alerts on NaN or inf, divergence, a loss without anything to learn from, and failing data.

    NaN and inf are a warning at first: such a step may pass, and public runs learned on after it.
    ``loss_not_finite`` is critical, and stops the run, when it stays so: for 5 steps in a row
    (``consecutive``), 10 steps with AMP (``consecutive_amp``), in half of the recent 50 steps, or
    at once when a look at the model (:class:`~ppocr_guard.events.Examination`) finds weights or
    running statistics that are not finite. Weights that are found whole are given four times as
    long.

    Raises the level of ``loss_diverged`` when a mean over 20 steps (``warmup``) stays above 3
    times its lowest (``diverged_factor``) and 1.5 times its beginning for as long.
    ``loss_degenerate`` takes 20 steps (``degenerate_steps``); ``data_pipeline_failing`` 100 failed
    samples within one step (``max_errors``), 120 seconds of waiting with errors
    (``max_wait_seconds``), or half of all samples failing over 50 steps (``max_error_share`` 0.5).

    ``loss_not_finite`` is over after 50 finite steps in a row, the others as soon as they no longer
    hold. It keeps no state over a resume: the loss starts anew with another learning rate and
    warm-up, and NaN or an empty pattern shows again within seconds.
    """

    every_rank = True

    class Options(HookOptions):
        consecutive: int = Field(
            default=5, ge=1, description="steps with NaN or inf in a row that end a run"
        )
        consecutive_amp: int = Field(default=10, ge=1, description="the same, when AMP is on")
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
        self.not_finite = PersistentNotFinite(o.consecutive_amp if amp else o.consecutive)
        self.divergence = DivergenceDetector(o.diverged_factor, warmup=o.warmup)
        self.degenerate = DegenerateDetector(o.degenerate_steps)
        self._errors = 0  # at the last step
        self._message = ""
        self._stretch = [0, 0, 0]  # steps, errors, images
        self._step: Optional[StepEnd] = None  # the last one
        self._steps = 0  # of this launch

    def on_run_start(self, event: RunStart) -> None:
        settings = event.config.get("Global") or {}
        self._reset(amp=bool(settings.get("use_amp", False)))

    def on_step(self, event: StepEnd) -> Reactions:
        self._step = event
        self._steps += 1
        judged = (
            self._not_finite(event),
            self._diverged(event),
            self._degenerate(event),
            self._data(event),
        )
        return [reaction for reaction in judged if reaction is not None] or None

    def on_eval(self, event: EvalEnd) -> Reactions:
        """The level of the loss, restated for whoever reads at an evaluation."""
        if not self.conditions.holds("loss_diverged") or self._step is None:
            return None
        return [self._divergence(self._step, total_loss(self._step.losses))]

    def on_data_errors(self, event: DataErrors) -> Reactions:
        self._message = event.last_message.strip()
        new = event.errors - self._errors
        o = self.options
        failing = new >= o.max_errors or (new > 0 and event.waiting_seconds >= o.max_wait_seconds)
        if not failing:
            return None
        return [
            self._condition(
                "data_pipeline_failing",
                "critical",
                join(
                    say(
                        "{new} samples failed to load while waiting {seconds:.0f} s for one batch "
                        "({errors} since the start).",
                        new=new,
                        seconds=event.waiting_seconds,
                        errors=event.errors,
                    ),
                    self._last(),
                ),
                say(
                    "Repair what the error names; PaddleOCR goes on trying other samples for ever, "
                    "which looks like a hang."
                ),
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
        if not failed:
            return None
        return [
            self._condition(
                "data_pipeline_failing",
                "critical",
                join(
                    say(
                        "The data loader broke down at global step {step}: {error}",
                        step=event.global_step,
                        error=str(event.error).splitlines()[0],
                    ),
                    self._last(),
                ),
                say(
                    "Look for the first Traceback in the log. PaddleOCR tries another sample "
                    "whenever one fails or holds no text, deep in recursion: see that the label "
                    "files have texts and belong to the images."
                ),
                {"errors": self._errors, "error": event.error},
                event,
            )
        ]

    def on_examination(self, event: Examination) -> None:
        share = event.facts.get("weights_finite")
        if share is not None:
            self.not_finite.weights(finite=share >= 1.0)

    def _not_finite(self, event: StepEnd) -> Optional[Reaction]:
        found = self.not_finite.update(event.losses)
        if found is None:
            after = self.not_finite.span
            return self._over("loss_not_finite", mark("The loss is finite again."), after)
        if found.steps == 0 and not found.weights:
            return None  # may be over; it is not told again meanwhile
        message, advice = _lost(found, event) if found.settled else _passing(found, event)
        return self._condition(
            "loss_not_finite",
            "critical" if found.settled else "warning",
            message,
            advice,
            asdict(found),
            event,
        )

    def _diverged(self, event: StepEnd) -> Optional[Reaction]:
        loss = total_loss(event.losses)
        if loss is None or not math.isfinite(loss):
            return None
        if self.divergence.update(loss):
            if self.conditions.holds("loss_diverged"):  # its numbers are restated at evaluations
                return None
            return self._divergence(event, loss)
        return self._over("loss_diverged", mark("The loss is low again."), 4 * self.options.warmup)

    def _divergence(self, event: StepEnd, loss: Optional[float]) -> Condition:
        level, lowest = self.divergence.level.value or 0.0, self.divergence.lowest or 0.0
        return self._condition(
            "loss_diverged",
            "warning",
            say(
                "The loss rose to {level:.4g}; it was {initial:.4g} at the first step and "
                "{lowest:.4g} at its lowest.",
                level=level,
                initial=self.divergence.initial or 0.0,
                lowest=lowest,
            ),
            say(
                "Lower the learning rate (by 10) or lengthen the warm-up, and start from the best "
                "checkpoint."
            ),
            {
                "loss": loss,
                "level": level,
                "lowest": lowest,
                "initial": self.divergence.initial,
                "learning_rate": event.learning_rate,
            },
            event,
        )

    def _degenerate(self, event: StepEnd) -> Optional[Reaction]:
        pattern = self.degenerate.update(event.losses, event.smoothed)
        if pattern is None:
            return self._over(
                "loss_degenerate", mark("The loss moves."), self.options.degenerate_steps
            )
        if self.conditions.holds("loss_degenerate") and not self._carried("loss_degenerate"):
            return None
        total = total_loss(event.losses)
        empty = pattern == "no_positives"
        return self._condition(
            "loss_degenerate",
            "critical",
            say(
                "The shrink maps hold no text at all (shrink loss 0, binary loss 1): nothing is "
                "learnt."
            )
            if empty
            else say(
                "The loss is exactly {total} step after step: nothing is learnt.", total=total
            ),
            say(
                "Look for labels that are empty or all ignored ('###'), and for a shrink ratio of "
                "1 and more (total_epoch in MakeShrinkMap)."
            )
            if empty
            else say(
                "Check that the learning rate is above 0, and that parameters are not frozen."
            ),
            {
                "pattern": pattern,
                "losses": dict(event.losses),
                "steps": self.options.degenerate_steps,
            },
            event,
        )

    def _data(self, event: StepEnd) -> Optional[Reaction]:
        new = max(0, event.data_errors - self._errors)
        self._errors = max(self._errors, event.data_errors)
        steps, errors, images = self._stretch
        self._stretch = [steps + 1, errors + new, images + (event.images or 0)]
        if self._stretch[0] < self.STRETCH:
            return None
        _, errors, images = self._stretch
        self._stretch = [0, 0, 0]
        share = errors / (errors + images) if errors + images else 0.0
        if images == 0 or share < self.options.max_error_share:
            return self._over("data_pipeline_failing", mark("Samples load again."))
        return self._condition(
            "data_pipeline_failing",
            "warning",
            join(
                say(
                    "{share:.0%} of the samples failed to load in the last {steps} steps "
                    "({errors} of {samples}).",
                    share=share,
                    steps=self.STRETCH,
                    errors=errors,
                    samples=errors + images,
                ),
                self._last(),
            ),
            say("Repair what the error names: PaddleOCR trains on the rest again and again."),
            {"errors": self._errors, "failed": errors, "images": images, "share": share},
            event,
        )

    def _last(self) -> str:
        if not self._message:
            return ""
        return say("The last error: {error}", error=self._message.splitlines()[-1])

    def _carried(self, code: str) -> bool:
        """Open from an earlier launch, and not yet shown by this one."""
        condition = self.conditions.get(code)
        return condition is not None and condition.carried

    def _over(self, code: str, message: str, after: int = 0) -> Optional[Over]:
        """Asked at every step, so what does not hold costs one look. What an earlier launch found
        is over when this one has not shown it for ``after`` steps."""
        condition = self.conditions.get(code)
        if condition is None or (condition.carried and self._steps < after):
            return None
        return Over(code, message=say(message))

    def _condition(
        self,
        code: str,
        severity: str,
        message: str,
        advice: str,
        evidence: dict[str, Any],
        event: Union[StepEnd, DataErrors, RunEnd],
    ) -> Condition:
        return Condition(
            code=code,
            severity=severity,
            message=message,
            advice=advice,
            evidence=evidence,
            epoch=event.epoch,
            global_step=event.global_step,
            time=event.time,
        )


def _passing(found: NotFinite, event: StepEnd) -> tuple[str, str]:
    return (
        say(
            "{name} is {value} at global step {step} ({count} step(s) in a row). It may pass.",
            name=found.component,
            value=found.value,
            step=event.global_step,
            count=found.steps,
        ),
        say(
            "Nothing yet: AMP skips such a step, and one bad batch passes. If it comes again, look "
            "at the labels and images of the batch, lower the learning rate or clip gradients."
        ),
    )


def _lost(found: NotFinite, event: StepEnd) -> tuple[str, str]:
    if found.weights:
        message = say(
            "Weights or running statistics are no longer finite (seen at global step {step}).",
            step=event.global_step,
        )
    else:
        message = say(
            "{name} stays {value}: {count} step(s) in a row at global step {step}, {share:.0%} of "
            "the recent ones.",
            name=found.component,
            value=found.value,
            step=event.global_step,
            count=found.steps,
            share=found.share,
        )
    return message, say(
        "The weights are lost: go back to the best checkpoint, lower the learning rate or clip "
        "gradients, and check the labels."
    )
