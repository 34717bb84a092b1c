"""Hooks and transforms that the faults put into a run by their dotted path."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any, Optional

from ppocr_guard import Condition, Hook, HookOptions, StopRequest
from ppocr_guard.events import RunStart, StepEnd

INDICATORS = ("precision", "recall", "hmean")
PAUSED, GO_ON = "paused", "go_on"  # files in save_model_dir


def own_rank() -> int:
    return int(os.environ.get("PADDLE_TRAINER_ID", 0))


class Pause(Hook):
    """Waits after a step until it is told to go on."""

    class Options(HookOptions):
        step: int = 3
        seconds: float = 60

    def on_run_start(self, event: RunStart) -> None:
        self.folder = Path(event.save_model_dir)

    def on_step(self, event: StepEnd) -> None:
        if event.global_step != self.options.step:
            return
        (self.folder / PAUSED).touch()
        deadline = time.monotonic() + self.options.seconds
        while not (self.folder / GO_ON).exists() and time.monotonic() < deadline:
            time.sleep(0.01)


class Raises(Hook):
    def on_step(self, event: StepEnd) -> None:
        raise RuntimeError("a user's mistake")


class Exits(Hook):
    def on_step(self, event: StepEnd) -> None:
        sys.exit("a user's idea of an alert")


class CannotBeMade(Hook):
    every_rank = True

    class Options(HookOptions):
        rank: int = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own_rank() == self.options.rank:
            raise RuntimeError("no such device here")


class NoJsonState(Hook):
    def state_dict(self) -> dict[str, Any]:
        return {"when": object()}


class Rubbish(Hook):
    def on_step(self, event: StepEnd) -> Any:
        return 42


class AnswersItself(Hook):
    def on_eval(self, event: Any) -> Any:
        return self._again()

    def on_alert(self, event: Any) -> Any:
        return self._again()

    def _again(self) -> Condition:
        self.count = getattr(self, "count", 0) + 1
        return Condition(code=f"echo_{self.count}", severity="info", message="again", advice="")


class Alerts(Hook):
    """Something to send a message about."""

    def on_eval(self, event: Any) -> Condition:
        return Condition("made_up", "critical", "so that there is something to tell", "none")


class Floods(Hook):
    """A condition with a new subject at each step, a thousand times."""

    def on_step(self, event: StepEnd) -> Any:
        return [
            Condition("flood", "info", "one of many", "", subject=f"{event.global_step}.{i}")
            for i in range(1000)
        ]


class NeverCloses(Hook):
    def close(self, deadline: float) -> None:
        time.sleep(600)


class Draws(Hook):
    """Takes of the random numbers that PaddleOCR trains with."""

    def on_step(self, event: StepEnd) -> None:
        random.random()


class PlayedMetric(Hook):
    """hmean is what the fault says, one value an epoch."""

    class Options(HookOptions):
        values: list[float] = []

    def on_run_start(self, event: RunStart) -> None:
        from ppocr.metrics.det_metric import DetMetric

        self.epoch = event.start_epoch

        def get_metric(metric: Any) -> dict[str, float]:
            metric.reset()
            return dict.fromkeys(INDICATORS, self.options.values[self.epoch - 1])

        DetMetric.get_metric = get_metric

    def on_step(self, event: StepEnd) -> None:
        self.epoch = event.epoch


class SetsClockBack(Hook):
    def on_run_start(self, event: RunStart) -> None:
        real = time.time
        time.time = lambda: real() - 86400  # type: ignore[assignment]


class StopAt(Hook):
    every_rank = True

    class Options(HookOptions):
        step: int = 3
        rank: int = 0

    def on_step(self, event: StepEnd) -> Optional[StopRequest]:
        if event.global_step != self.options.step or own_rank() != self.options.rank:
            return None
        return StopRequest("stop_at", "asked for", event.epoch, event.global_step)


class KillAt(Hook):
    every_rank = True

    class Options(HookOptions):
        step: int = 3
        rank: int = 0

    def on_step(self, event: StepEnd) -> None:
        if event.global_step == self.options.step and own_rank() == self.options.rank:
            os.kill(os.getpid(), signal.SIGKILL)


class Poison:
    """A transform: targets that are NaN from the n-th image on."""

    def __init__(self, rank: int = 0, after: int = 20, **_settings: Any) -> None:
        self.left = after if own_rank() == rank else -1

    def __call__(self, data: Any) -> Any:
        if self.left == 0:
            data["threshold_map"] = data["threshold_map"] * float("nan")
        self.left -= self.left > 0
        return data
