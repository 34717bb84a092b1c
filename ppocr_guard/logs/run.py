"""A run as it looks from its events: what everything that looks back is made from.

Pure: no files, no clock, no paddle. A :class:`Run` is fed one event at a time, so the same code
serves a finished journal, one that still grows, and a log. What may be wrong with a file is dealt
with before (:mod:`ppocr_guard.logs.journal`): events are well typed, but need not make sense
together.

PaddleOCR counts ``global_step`` from 0 again after a resume; here every point carries a *step*
that goes on counting, so that curves have one ascending axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Optional, TypeVar

from ppocr_guard.events import (
    SEVERITIES,
    Alert,
    CheckpointSaved,
    Condition,
    DataErrors,
    Environment,
    EpochStart,
    EvalEnd,
    EvalTexts,
    Event,
    Repaired,
    Resolved,
    Resources,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    StopRequest,
    Verdict,
)
from ppocr_guard.logs.series import StepSeries

_RECENT_STEPS = 20  # records; throughput is taken over these, as the exporters do

E = TypeVar("E")


@dataclass(frozen=True)
class Placed(Generic[E]):
    """An event and the step (counted over resumes) at which it came."""

    step: int
    event: E


@dataclass
class Attempt:
    """One launch of a run. Without an ``end`` it goes on, or was killed."""

    start: RunStart
    step: int  # counted over resumes, at which it began
    end: Optional[RunEnd] = None
    evaluations: int = 0  # made in it, those that a later attempt made again included


@dataclass
class Run:
    """One run, resumes included. Feed it with :meth:`add`; read the rest.

    ``evaluations`` hold each once: epochs that are trained again after a kill are evaluated
    again, and the last attempt counts. The earlier ones are in ``superseded``.
    """

    start: Optional[RunStart] = None  # of the latest launch
    attempts: list[Attempt] = field(default_factory=list)
    first_time: Optional[float] = None
    time: float = 0.0  # of the latest event
    step: int = 0  # counted over resumes
    epoch: int = 0
    evaluations: list[Placed[EvalEnd]] = field(default_factory=list)
    superseded: list[Placed[EvalEnd]] = field(default_factory=list)
    alerts: list[Placed[Alert]] = field(default_factory=list)
    resolved: list[Placed[Resolved]] = field(default_factory=list)  # conditions that ended
    verdicts: list[Placed[Verdict]] = field(default_factory=list)
    ratios: list[ShrinkRatio] = field(default_factory=list)
    repaired: list[Placed[Repaired]] = field(default_factory=list)
    round_trips: list[RoundTrip] = field(default_factory=list)
    data_errors: Optional[DataErrors] = None
    environment: Optional[Environment] = None  # of the latest launch that told it
    resources: StepSeries = field(default_factory=StepSeries)  # bytes and percent
    best_checkpoint: Optional[CheckpointSaved] = None
    latest_checkpoint: Optional[CheckpointSaved] = None
    texts: Optional[EvalTexts] = None  # what a recogniser read in the latest evaluation
    end: Optional[RunEnd] = None  # of the latest launch
    skipped: int = 0  # records that could not be used, in the part of the file that is this run's
    would_stop: Optional[StopRequest] = None  # of a log that was judged afterwards
    losses: StepSeries = field(default_factory=StepSeries)
    pace: StepSeries = field(default_factory=StepSeries)  # learning rate, throughput, data wait
    not_finite: list[int] = field(default_factory=list)  # steps with a NaN or infinite loss
    _offset: int = 0  # step - global_step in this launch
    _epoch_began: int = 0  # step at which the current epoch began
    _steps_in_epoch: Optional[int] = None
    _launch_mark: tuple[float, float] = (0.0, 0.0)  # time and progress when the launch began

    def add(self, event: Event) -> None:
        """Take in the next event of the run."""
        if isinstance(event, RunStart):
            self._launch(event)
        self._move(event)
        if isinstance(event, EpochStart):
            self._epoch_began = self.step
            self._steps_in_epoch = event.steps or self._steps_in_epoch
        elif isinstance(event, StepEnd):
            self._take_step(event)
        elif isinstance(event, EvalEnd):
            self._evaluated(event)
        elif isinstance(event, EvalTexts):
            self.texts = event
        elif isinstance(event, Alert):
            self.alerts.append(Placed(self.step, event))
        elif isinstance(event, Verdict):
            self.verdicts.append(Placed(self.step, event))
        elif isinstance(event, ShrinkRatio):
            self.ratios.append(event)
        elif isinstance(event, RoundTrip):
            self.round_trips.append(event)
        elif isinstance(event, Repaired):
            self.repaired.append(Placed(self.step, event))
        elif isinstance(event, DataErrors):
            self.data_errors = event
        elif isinstance(event, Environment):
            self.environment = event
        elif isinstance(event, Resources):
            self._take_resources(event)
        elif isinstance(event, CheckpointSaved):
            self.latest_checkpoint = event
            self.best_checkpoint = event if event.is_best else self.best_checkpoint
        elif isinstance(event, RunEnd):
            self.end = event
            if self.attempts:
                self.attempts[-1].end = event
        elif isinstance(event, Resolved):
            self.resolved.append(Placed(self.step, event))

    def _evaluated(self, event: EvalEnd) -> None:
        # A guard that lost its state counts from 1 again, in later epochs: nothing was repeated.
        while self.evaluations and _repeats(event, self.evaluations[-1].event):
            self.superseded.append(self.evaluations.pop())
        self.evaluations.append(Placed(self.step, event))
        if self.attempts:
            self.attempts[-1].evaluations += 1

    def _launch(self, event: RunStart) -> None:
        self._offset = self.step - event.global_step
        self.start = event
        self.end = None
        self.epoch = max(self.epoch, event.start_epoch - 1)
        self._epoch_began = self.step
        self._steps_in_epoch = event.steps_per_epoch
        self.attempts.append(Attempt(event, self.step))
        self._launch_mark = (event.time, self._share(event.start_epoch, 0))

    def _move(self, event: Event) -> None:
        if event.time:
            self.time = max(self.time, event.time)
            self.first_time = event.time if self.first_time is None else self.first_time
        if isinstance(event, RunStart):
            return
        self.step = max(self.step, event.global_step + self._offset)
        if event.epoch > self.epoch:
            self.epoch = event.epoch
            self._epoch_began = self._begin_of(event.epoch)

    def _begin_of(self, epoch: int) -> int:
        """Step at which an epoch began; a log has no line for it."""
        if not self.start or not self._steps_in_epoch:
            return self.step
        done = (epoch - self.start.start_epoch) * self._steps_in_epoch
        return min(self.step, self.attempts[-1].step + done)

    def _take_step(self, event: StepEnd) -> None:
        losses = {name: float(value) for name, value in event.losses.items()}
        if any(not math.isfinite(value) for value in losses.values()):
            self.not_finite.append(self.step)
        self.losses.add(self.step, event.epoch, losses)
        pace: dict[str, float] = {"time": event.time} if event.time else {}
        if event.learning_rate is not None:
            pace["learning_rate"] = event.learning_rate
        if event.images and event.step_seconds:
            pace["images_per_second"] = event.images / event.step_seconds
            pace["step_seconds"] = event.step_seconds
        if event.data_seconds is not None and event.step_seconds:
            pace["data_wait_share"] = min(1.0, event.data_seconds / event.step_seconds)
        self.pace.add(self.step, event.epoch, pace)

    def _take_resources(self, event: Resources) -> None:
        found = {
            "memory_bytes": event.memory_bytes,
            "cpu_percent": event.cpu_percent,
            "gpu_memory_bytes": event.gpu_memory_bytes,
            "gpu_percent": event.gpu_percent,
        }
        values = {name: value for name, value in found.items() if value is not None}
        self.resources.add(self.step, event.epoch, values)

    # What follows is read, not gathered.

    @property
    def launches(self) -> list[int]:
        """Step at which each launch began."""
        return [attempt.step for attempt in self.attempts]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What holds now, by the latest verdict."""
        return self.verdict.conditions if self.verdict else ()

    def decides(self, condition: Condition) -> bool:
        """Whether the latest verdict rests on it: then it says its sentence."""
        return self.verdict is not None and condition.message == self.verdict.message

    @property
    def name(self) -> str:
        return self.start.run if self.start and self.start.run else "run"

    @property
    def global_step(self) -> int:
        """As PaddleOCR counts it in this launch."""
        return self.step - self._offset

    @property
    def indicator(self) -> str:
        if self.evaluations:
            return self.evaluations[-1].event.main_indicator
        return self.start.main_indicator if self.start else "hmean"

    @property
    def verdict(self) -> Optional[Verdict]:
        return self.verdicts[-1].event if self.verdicts else None

    @property
    def state(self) -> str:
        """``running`` (or killed: no end is recorded), or the reason of its end
        (:data:`ppocr_guard.events.REASONS`).

        ``log`` when it comes from a log, which does not tell.
        """
        if self.end:
            return self.end.reason
        return "log" if self.start and self.start.source != "live" else "running"

    @property
    def best(self) -> Optional[Placed[EvalEnd]]:
        """The evaluation with the highest main indicator; NaN never is."""
        finite = [e for e in self.evaluations if math.isfinite(e.event.value)]
        return max(finite, key=lambda e: e.event.value) if finite else None

    @property
    def severity(self) -> str:
        """Of the worst that holds now; ``info`` without one."""
        found = [SEVERITIES.index(condition.severity) for condition in self.conditions]
        return SEVERITIES[max(found, default=0)]

    @property
    def elapsed(self) -> float:
        """Seconds from the first event to the latest, pauses between launches included."""
        return max(0.0, self.time - self.first_time) if self.first_time is not None else 0.0

    @property
    def progress(self) -> Optional[float]:
        """Share of the planned epochs that is done, 0..1; None when the plan is unknown."""
        if not self.start or self.start.epoch_num <= 0:
            return None
        if self.end and self.end.reason == "finished":
            return 1.0
        return self._share(self.epoch, self.step - self._epoch_began)

    def _share(self, epoch: int, steps: int) -> float:
        if not self.start or self.start.epoch_num <= 0:
            return 0.0
        within = min(1.0, steps / self._steps_in_epoch) if self._steps_in_epoch else 0.0
        return min(1.0, max(0.0, (max(epoch, 1) - 1 + within) / self.start.epoch_num))

    @property
    def eta_seconds(self) -> Optional[float]:
        """Time left at the pace of this launch, evaluations included; None when unknown."""
        progress = self.progress
        began, before = self._launch_mark
        if self.state != "running" or progress is None or progress <= before or self.time <= began:
            return None
        return (self.time - began) / (progress - before) * (1.0 - progress)

    def recent(self, column: str) -> Optional[float]:
        """Mean of a column of ``pace`` over the latest steps of this launch; None without numbers.

        A rate is one over time: all images of these steps by all their seconds.
        """
        began = self.launches[-1] if self.attempts else 0
        latest = self.pace.steps[-_RECENT_STEPS:]
        count = sum(1 for step in latest if step > began)
        if not count:
            return None
        values = list(self.pace.columns.get(column, ())[-count:])
        seconds = [1.0] * len(values)
        if column == "images_per_second":
            seconds = list(self.pace.columns.get("step_seconds", ())[-count:])
        found = [(v * s, s) for v, s in zip(values, seconds) if v == v and s == s]
        total = sum(s for _, s in found)
        return sum(v for v, _ in found) / total if total > 0 else None

    def latest_losses(self) -> dict[str, float]:
        """The losses of the latest step."""
        return {name: column[-1] for name, column in self.losses.columns.items() if column}

    def latest_ratios(self) -> list[ShrinkRatio]:
        """The latest shrink ratio of each operator and source."""
        latest = {(ratio.operator, ratio.source): ratio for ratio in self.ratios}
        return [latest[key] for key in sorted(latest)]


def _repeats(later: EvalEnd, earlier: EvalEnd) -> bool:
    return later.evaluation <= earlier.evaluation and later.epoch <= earlier.epoch


def summarise(events: Iterable[Event]) -> list[Run]:
    """The runs in a journal or log, in order: a start that is no resume begins a new one."""
    runs: list[Run] = []
    for event in events:
        if not runs or begins_run(runs[-1], event):
            runs.append(Run())
        runs[-1].add(event)
    return runs


def begins_run(current: Run, event: Event) -> bool:
    """True when ``event`` is the start of another run than ``current``."""
    # Alerts about the configuration may come before the start that they belong to.
    fresh = current.start is None and current.step == 0 and not current.evaluations
    return isinstance(event, RunStart) and not event.resumed and not fresh
