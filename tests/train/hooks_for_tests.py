"""Hooks that a test run names by their dotted path."""

from __future__ import annotations

from typing import Optional

from ppocr_guard import Hook, HookOptions, StopRequest


class StopAt(Hook):
    """Asks for a stop after an evaluation, or after a step, of one rank."""

    every_rank = True

    class Options(HookOptions):
        evaluation: Optional[int] = None
        step: Optional[int] = None
        rank: int = 0
        exit_code: int = 0

    def on_run_start(self, event):
        self.rank = event.rank

    def on_eval(self, event):
        if event.evaluation == self.options.evaluation:
            return self._stop(event)

    def on_step(self, event):
        if event.global_step == self.options.step:
            return self._stop(event)

    def _stop(self, event):
        if self.rank != self.options.rank:
            return None
        return StopRequest(
            code="stop_at",
            reason=f"asked for at step {event.global_step}",
            epoch=event.epoch,
            global_step=event.global_step,
            exit_code=self.options.exit_code,
        )


class Broken(Hook):
    def on_step(self, event):
        raise RuntimeError("a user's mistake")
