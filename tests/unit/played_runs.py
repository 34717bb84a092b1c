"""Runs that are played through a real guard: what the journal would hold of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from judged import Listener
from report_runs import BEGAN, CONFIG

from ppocr_guard.events import (
    CheckpointSaved,
    EpochStart,
    EvalEnd,
    Event,
    Repaired,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.auto_stop import AutoStop
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.hooks.loss_health import LossHealth
from ppocr_guard.hooks.shrink_ratio import ShrinkRatio as ShrinkRatioHook

CAUSE = "the seed 1024 is taken for the epoch: 0.4 + 0.2 * 1024 / 500 = 0.8096"
COLLAPSE = (0.79, 0.6, 0.26, 0.23, 0.2)
FOLDER = "./output/db_mv3"
STEPS = 10  # of an epoch, with one evaluation at its end


@dataclass
class Player:
    """Launches of one run, one after the other; ``events`` is their journal."""

    events: list[Event] = field(default_factory=list)
    state: Optional[dict[str, Any]] = None
    stopped_for: Optional[str] = None
    now: float = BEGAN
    epoch: int = 0
    best: float = math.nan
    best_epoch: Optional[int] = None

    def launch(
        self,
        values: Sequence[float],
        *,
        ratio: float = 0.4,
        repair: bool = False,
        end: Optional[str] = "finished",
        changed: tuple[str, ...] = (),
        start: Optional[RunStart] = None,
    ) -> Player:
        """One evaluation an epoch, of these values; ``end`` None: killed."""
        listener = Listener()
        guard = Guard(
            [ShrinkRatioHook(repair=repair), HmeanTrend(), LossHealth(), AutoStop(), listener]
        )
        resumed = self.state is not None
        if self.state is not None:
            guard.load_state_dict(self.state)
        self._send(
            guard,
            listener,
            replace(
                start or _start(),
                time=self.now,
                start_epoch=self.epoch + 1,
                resumed=resumed,
                changed=changed,
                stopped_for=self.stopped_for,
                best=None if math.isnan(self.best) else self.best,
            ),
        )
        for done, value in enumerate(values):
            self.epoch += 1
            for event in self._epoch(done * STEPS, value, ratio, guard):
                self._send(guard, listener, event)
            if guard.repair is not None:
                ratio = 0.4
            if guard.stop is not None:
                end = "stopped"
                break
        self.state = guard.state_dict()
        self.stopped_for = guard.stop.code if guard.stop else None
        if end is not None:
            ended = RunEnd(self.now, self.epoch, (done + 1) * STEPS, end, guard.stop)
            self._send(guard, listener, ended)
        return self

    def _send(self, guard: Guard, listener: Listener, event: Event) -> None:
        known = len(listener.heard)
        guard.dispatch(event)
        assert not guard.health.hook_errors, guard.health.hook_errors
        self.events += [event, *listener.heard[known:]]

    def _epoch(self, done: int, value: float, ratio: float, guard: Guard) -> Iterable[Event]:
        yield EpochStart(self.now, self.epoch, done, STEPS)
        for operator in ("MakeShrinkMap", "MakeBorderMap"):
            for source in ("live", "scheduled"):
                yield self._ratio(operator, source, ratio, done)
        if guard.repair is not None and ratio != 0.4:
            for operator in guard.repair.ratios:
                yield Repaired(self.now, self.epoch, done, operator, ratio, 0.4, "asked")
            for operator in guard.repair.ratios:
                yield self._ratio(operator, "live", 0.4, done)
                yield self._ratio(operator, "scheduled", 0.4, done)
        for step in range(done + 1, done + STEPS + 1):
            self.now += 1.5
            loss = 2.0 + math.exp(-step / 50)
            losses = {"loss": loss, "loss_shrink_maps": loss / 2}
            yield StepEnd(self.now, self.epoch, step, losses, 1e-3, 8, 1.5, 0.1)
        self.now += 9
        if not value <= self.best:
            self.best, self.best_epoch = value, self.epoch
        at = done + STEPS
        yield EvalEnd(
            time=self.now,
            epoch=self.epoch,
            global_step=at,
            evaluation=self.epoch,
            metrics={"precision": value, "recall": value, "hmean": value},
            main_indicator="hmean",
            value=value,
            best=self.best,
            best_epoch=self.best_epoch,
            duration_seconds=9.0,
        )
        for kind, best in (("best_accuracy", True), ("latest", False)):
            if not best or self.best_epoch == self.epoch:
                yield CheckpointSaved(self.now, self.epoch, at, f"{FOLDER}/{kind}", kind, best)

    def _ratio(self, operator: str, source: str, ratio: float, done: int) -> ShrinkRatio:
        return ShrinkRatio(
            time=self.now,
            epoch=self.epoch,
            global_step=done,
            operator=operator,
            source=source,
            ratio=ratio,
            expected_low=0.4,
            expected_high=0.4,
            base=0.4,
            cause=CAUSE if ratio != 0.4 else None,
        )


def _start() -> RunStart:
    return RunStart(
        time=BEGAN,
        run="db_mv3",
        model="DB/MobileNetV3",
        release="2.8.1",
        config=CONFIG,
        save_model_dir=FOLDER,
        epoch_num=40,
        steps_per_epoch=STEPS,
        eval_every_steps=STEPS,
    )


def collapsed() -> Player:
    """The shrink-ratio bug, stopped by the guard."""
    return Player().launch(COLLAPSE, ratio=0.8096)


def mended() -> Player:
    """Collapsed and stopped; resumed without total_epoch; a new best at the last evaluation."""
    mended = ("Train.dataset.transforms[4].MakeShrinkMap.total_epoch: 500 -> (absent)",)
    return collapsed().launch((0.5, 0.7, 0.78, 0.82, 0.86), changed=mended)


def repaired() -> Player:
    return Player().launch((0.5, 0.6, 0.7, 0.75, 0.8), ratio=0.8096, repair=True)


def interrupted() -> Player:
    return Player().launch((0.5, 0.6, 0.7, 0.75, 0.74), end="interrupted")


def killed_and_resumed() -> Player:
    return Player().launch((0.5, 0.6), end=None).launch((0.7, 0.75, 0.8))
