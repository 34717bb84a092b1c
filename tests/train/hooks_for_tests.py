"""Hooks that a test run names by their dotted path."""

from __future__ import annotations

import importlib
import os
import signal
import time
from typing import Optional

from ppocr_guard import Hook, HookOptions, StopRequest
from ppocr_guard.paddleocr import watchdog


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


class FailsOn(Hook):
    """Cannot be made on one rank."""

    every_rank = True

    class Options(HookOptions):
        rank: int = 1

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if own_rank() == self.options.rank:
            raise RuntimeError("no such device here")


class KillRank(Hook):
    """The kernel's out-of-memory killer, say."""

    every_rank = True

    class Options(HookOptions):
        rank: int = 1
        step: int = 3

    def on_step(self, event):
        if own_rank() == self.options.rank and event.global_step == self.options.step:
            os.kill(os.getpid(), signal.SIGKILL)


class Poison:
    """A transform: targets that are NaN, on one rank, from its n-th image on (of each worker)."""

    def __init__(self, poison_rank=1, poison_after=20, **_settings):
        self.left = poison_after if own_rank() == poison_rank else -1

    def __call__(self, data):
        if self.left == 0:
            data["threshold_map"] = data["threshold_map"] * float("nan")
        self.left -= self.left > 0
        return data


def own_rank() -> int:
    return int(os.environ.get("PADDLE_TRAINER_ID", 0))


class Sleepy:
    """A transform that takes a minute for an image, from each worker's n-th on."""

    def __init__(self, sleepy_after=8, **_settings):
        self.left = sleepy_after

    def __call__(self, data):
        if self.left == 0:
            time.sleep(60)
        self.left -= self.left > 0
        return data


class ShortPatience(Hook):
    """A watchdog that need not be waited for."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        watchdog.PATIENCE = 2.0


class PlayedMetric(Hook):
    """The metric of an epoch is what the test says, whatever the model does; PaddleOCR's own
    best, checkpoints and log follow from it. Writes epoch and step that are done to a file."""

    class Options(HookOptions):
        values: list[float] = []

    def on_run_start(self, event):
        self.epoch, self.step = event.start_epoch, 0
        self.file = os.path.join(event.save_model_dir, "step")
        values = self.options.values

        def get_metric(metric):
            metric.reset()
            value = values[self.epoch - 1]
            if event.main_indicator == "acc":
                return {"acc": value, "norm_edit_dis": value}
            return {"precision": value, "recall": value, "hmean": value}

        for name in ("det_metric.DetMetric", "rec_metric.RecMetric"):
            module, of = name.split(".")
            getattr(importlib.import_module(f"ppocr.metrics.{module}"), of).get_metric = get_metric

    def on_step(self, event):
        self.step = 1 + (self.step if event.epoch == self.epoch else 0)
        self.epoch = event.epoch
        with open(self.file, "w") as file:
            file.write(f"{self.epoch} {self.step}")
