"""Hooks and transforms that faults and tests put into a run by their dotted path."""

from __future__ import annotations

import importlib
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any, Optional, Union

from ppocr_guard import Condition, Hook, HookOptions, StopRequest
from ppocr_guard.events import EpochStart, EvalEnd, RunStart, StepEnd
from ppocr_guard.paddleocr import watchdog
from ppocr_guard.paddleocr.evaluating import loop_locals

INDICATORS = ("precision", "recall", "hmean")
PAUSED, GO_ON = "paused", "go_on"  # files in save_model_dir


def transform(name: str, settings: str) -> str:
    """A line of the kit's transforms with one of the transforms below; PaddleOCR looks names up
    by ``eval``."""
    return f"- \"__import__('{__name__}', fromlist=['{name}']).{name}\": {settings}"


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


class Broken(Hook):
    def on_step(self, event: StepEnd) -> None:
        raise RuntimeError("a user's mistake")


class Exits(Hook):
    def on_step(self, event: StepEnd) -> None:
        sys.exit("a user's idea of an alert")


class FailsOn(Hook):
    """Cannot be made on one rank."""

    every_rank = True

    class Options(HookOptions):
        rank: int = 1

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
    """The metric of an epoch is what is asked for, whatever the model does; PaddleOCR's own best,
    checkpoints and log follow from it. Writes epoch and step that are done to a file."""

    class Options(HookOptions):
        values: list[float] = []

    def on_run_start(self, event: RunStart) -> None:
        self.epoch, self.step = event.start_epoch, 0
        self.file = Path(event.save_model_dir) / "step"
        names = ("acc", "norm_edit_dis") if event.main_indicator == "acc" else INDICATORS

        def get_metric(metric: Any) -> dict[str, float]:
            metric.reset()
            return dict.fromkeys(names, self.options.values[self.epoch - 1])

        for name in ("det_metric.DetMetric", "rec_metric.RecMetric"):
            module, of = name.split(".")
            getattr(importlib.import_module(f"ppocr.metrics.{module}"), of).get_metric = get_metric

    def on_step(self, event: StepEnd) -> None:
        self.step = 1 + (self.step if event.epoch == self.epoch else 0)
        self.epoch = event.epoch
        self.file.write_text(f"{self.epoch} {self.step}")


class SetsClockBack(Hook):
    def on_run_start(self, event: RunStart) -> None:
        real = time.time
        time.time = lambda: real() - 86400  # type: ignore[assignment]


class StopAt(Hook):
    """Asks for a stop after an evaluation, or after a step, of one rank."""

    every_rank = True

    class Options(HookOptions):
        evaluation: Optional[int] = None
        step: Optional[int] = None
        rank: int = 0
        exit_code: int = 0

    def on_eval(self, event: EvalEnd) -> Optional[StopRequest]:
        return self._stop(event) if event.evaluation == self.options.evaluation else None

    def on_step(self, event: StepEnd) -> Optional[StopRequest]:
        return self._stop(event) if event.global_step == self.options.step else None

    def _stop(self, event: Union[EvalEnd, StepEnd]) -> Optional[StopRequest]:
        if own_rank() != self.options.rank:
            return None
        return StopRequest(
            code="stop_at",
            reason=f"asked for at step {event.global_step}",
            epoch=event.epoch,
            global_step=event.global_step,
            exit_code=self.options.exit_code,
        )


class KillRank(Hook):
    """The kernel's out-of-memory killer, say."""

    every_rank = True

    class Options(HookOptions):
        rank: int = 1
        step: int = 3

    def on_step(self, event: StepEnd) -> None:
        if own_rank() == self.options.rank and event.global_step == self.options.step:
            os.kill(os.getpid(), signal.SIGKILL)


class Drifts(Hook):
    """Changes a weight on one rank."""

    every_rank = True

    class Options(HookOptions):
        rank: int = 1
        step: int = 2

    def on_step(self, event: StepEnd) -> None:
        if own_rank() == self.options.rank and event.global_step == self.options.step:
            model = (loop_locals() or {})["model"]
            weight = next(p for name, p in model.named_parameters() if "neck" in name)
            weight.set_value(weight * 1.1)


class CutsBackbone(Hook):
    """Detaches what the backbone gives, as a ``detach()`` in its code would."""

    def on_epoch_start(self, event: EpochStart) -> None:
        if event.epoch > 1:
            return
        model = (loop_locals() or {})["model"]
        model.backbone.register_forward_post_hook(
            lambda _layer, _inputs, outputs: [one.detach() for one in outputs]
        )


class Poison:
    """A transform: targets that are NaN, on one rank, from its n-th image on (of each worker)."""

    def __init__(self, poison_rank: int = 0, poison_after: int = 20, **_settings: Any) -> None:
        self.left = poison_after if own_rank() == poison_rank else -1

    def __call__(self, data: Any) -> Any:
        if self.left == 0:
            data["threshold_map"] = data["threshold_map"] * float("nan")
        self.left -= self.left > 0
        return data


class Sleepy:
    """A transform that takes a minute for an image, from each worker's n-th on."""

    def __init__(self, sleepy_after: int = 8, **_settings: Any) -> None:
        self.left = sleepy_after

    def __call__(self, data: Any) -> Any:
        if self.left == 0:
            time.sleep(60)
        self.left -= self.left > 0
        return data


class ShortPatience(Hook):
    """A watchdog that is sooner than Python's recursion limit: each sample that fails takes another
    one's place from within, and a fast machine is there in two seconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        watchdog.PATIENCE = 0.4
