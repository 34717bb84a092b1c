"""What the Prometheus hook exports: names, types and labels of all metrics.

The training thread only keeps the newest event of each kind and a few sums; the metrics are made
from these when somebody asks. That costs a step a few microseconds, whoever scrapes how often.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from ppocr_guard import __version__
from ppocr_guard.codes import ALERT_CODES
from ppocr_guard.events import (
    VERDICTS,
    Alert,
    Condition,
    EvalEnd,
    Event,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hook import GuardHealth
from ppocr_guard.hooks.prometheus.memory import Memory, launch_labels
from ppocr_guard.hparams import hyperparameters
from ppocr_guard.verdict import number

PREFIX = "ppocr_guard_"
STEP_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
WAIT_BUCKETS = (0.001, 0.01, 0.1, 0.5, 1.0, 5.0)
PREMADE_SEVERITIES = ("warning", "critical")  # of alerts that somebody may be woken by
PREMADE_INFO = ("hmean_plateau",)  # raised as info
MAX_COMPONENTS = 12  # of the loss; distillation has a set for each student
MAX_CONDITIONS = 30  # worst first; more do not help whoever is woken
MAX_SUBJECT = 60  # characters of the label
# Of PaddleOCR's metric dicts: DetMetric's, then RecMetric's (1 is best in all of them).
METRICS = ("hmean", "precision", "recall", "acc", "norm_edit_dis")
PACE_STEPS = 20  # over which images_per_second is taken
_BASE = ("run", "model")


class RunMetrics(Collector):
    """The state of one run, and its metrics on :meth:`collect` (from any thread)."""

    def __init__(
        self,
        start: RunStart,
        health: GuardHealth,
        memory: Optional[Memory] = None,
        report: str = "",
    ) -> None:
        self.memory = memory or Memory()
        self._conditions: frozenset[tuple[str, str, str]] = frozenset()
        self._labels = [start.run, start.model]
        self._start = start
        self._report = report
        self._launch = launch_labels(start, self.memory.run_id)
        self._health = health
        self._epoch = max(0, start.start_epoch - 1)
        self._global_step = start.global_step
        self._updated = start.time
        self._finished = False
        self._step: Optional[StepEnd] = None
        self._round_trip: Optional[RoundTrip] = None
        self._ratios: dict[tuple[str, str], ShrinkRatio] = {}  # (operator, source)
        self._steps = self._images = self._data_errors = 0
        self._pace: deque[tuple[int, float]] = deque(maxlen=PACE_STEPS)
        self._step_seconds = _Histogram(STEP_BUCKETS)
        self._data_seconds = _Histogram(WAIT_BUCKETS)
        self._alerts = {(code, s): 0 for code in ALERT_CODES for s in PREMADE_SEVERITIES}
        self._alerts.update({(code, "info"): 0 for code in PREMADE_INFO})
        self._config = {k: str(v) for k, v in hyperparameters(start.config).items()}

    @property
    def run(self) -> str:
        return self._start.run

    def seen(self, event: Event) -> None:
        """Any event: where the run is, and that it lives."""
        self._updated = getattr(event, "time", 0.0) or self._updated
        if not isinstance(event, (RunStart, Alert)):
            self._epoch, self._global_step = event.epoch, event.global_step

    def step(self, event: StepEnd) -> None:
        self._step = event
        self._epoch, self._global_step, self._updated = event.epoch, event.global_step, event.time
        self._steps += 1
        self._data_errors = event.data_errors
        if event.data_seconds is not None:
            self._data_seconds.observe(event.data_seconds)
        if event.step_seconds is not None:
            self._step_seconds.observe(event.step_seconds)
        if event.images is not None:
            self._images += event.images
            if event.step_seconds is not None:
                self._pace.append((event.images, event.step_seconds))

    def evaluation(self, event: EvalEnd) -> None:
        self.memory.evaluation = event
        self.seen(event)

    def ratio(self, event: ShrinkRatio) -> None:
        self._ratios[event.operator, event.source] = event
        self.seen(event)

    def round_trip(self, event: RoundTrip) -> None:
        self._round_trip = event
        self.seen(event)

    def data_errors(self, count: int) -> None:
        self._data_errors = count

    def verdict(self, event: Verdict) -> None:
        self.memory.verdict = event.state
        self.conditions(event.conditions)

    def conditions(self, held: Iterable[Condition]) -> None:
        """All that hold, worst first; the others are over."""
        keys = dict.fromkeys((one.code, _label(one.subject), one.severity) for one in held)
        self._conditions = frozenset(list(keys)[:MAX_CONDITIONS])

    def alert(self, event: Alert) -> None:
        key = (event.code, event.severity)
        self._alerts[key] = self._alerts.get(key, 0) + 1
        self.seen(event)

    def end(self, event: RunEnd) -> None:
        """A run that failed is no finished run: it shall be noticed."""
        self._finished = event.reason != "failed"
        self.seen(event)

    def status(self) -> dict[str, Any]:
        """For ``/health``."""
        return {
            "run": self._start.run,
            "model": self._start.model,
            "epoch": self._epoch,
            "global_step": self._global_step,
            "verdict": self.memory.verdict,
            "conditions": sorted({code for code, _, _ in self._conditions}),
            "last_update_timestamp_seconds": self._updated,
            "finished": self._finished,
        }

    def collect(self) -> Iterator[Metric]:
        yield from self._progress()
        yield from self._judgement()
        yield from self._about()
        yield from self._shrink_ratio()
        yield from self._evaluations()
        yield from self._training()
        yield from self._guard()

    def _gauge(self, name: str, text: str, *labels: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(PREFIX + name, text, labels=[*_BASE, *labels])

    def _counter(self, name: str, text: str, *labels: str) -> CounterMetricFamily:
        return CounterMetricFamily(PREFIX + name, text, labels=[*_BASE, *labels])

    def _one(self, name: str, text: str, value: Optional[float]) -> Iterator[Metric]:
        if value is not None:
            family = self._gauge(name, text)
            family.add_metric(self._labels, value)
            yield family

    def _total(self, name: str, text: str, value: float) -> Iterator[Metric]:
        family = self._counter(name, text)
        family.add_metric(self._labels, value)
        yield family

    def _progress(self) -> Iterator[Metric]:
        yield from self._one("epoch", "Epoch the run is in, from 1.", self._epoch)
        yield from self._one(
            "step", "Global step; PaddleOCR restarts it on resume.", self._global_step
        )
        yield from self._one(
            "last_update_timestamp_seconds", "Unix time of the newest event.", self._updated
        )
        yield from self._one(
            "finished",
            "1 when the run came to its end, or was stopped by the guard or by hand.",
            float(self._finished),
        )

    def _judgement(self) -> Iterator[Metric]:
        state = self.memory.verdict
        verdict = self._gauge("verdict", "What the run looks like: 1 for one state.", "state")
        for one in VERDICTS:
            verdict.add_metric([*self._labels, one], float(one == state))
        yield verdict
        yield from self._one(
            "verdict_level",
            "The same as a number: 0 is healthy, the higher the worse.",
            number(state),
        )
        holds = self._gauge(
            "condition", "1 while it holds; gone when it is over.", "code", "subject", "severity"
        )
        for labels in sorted(self._conditions):
            holds.add_metric([*self._labels, *labels], 1)
        if holds.samples:
            yield holds

    def _about(self) -> Iterator[Metric]:
        launch = self._launch
        began = self._gauge(
            "launch_timestamp_seconds",
            "Unix time at which this launch of the run began, and which run it is.",
            *launch,
        )
        began.add_metric([*self._labels, *launch.values()], self._start.time)
        yield began
        build = InfoMetricFamily(PREFIX + "build", "Versions.", labels=_BASE)
        build.add_metric(
            self._labels, {"version": __version__, "paddleocr_release": self._start.release}
        )
        yield build
        config = InfoMetricFamily(
            PREFIX + "config", "Settings that decide how a run turns out.", labels=_BASE
        )
        config.add_metric(self._labels, self._config)
        yield config
        if self._report:
            report = InfoMetricFamily(PREFIX + "report", "Where its report is.", labels=_BASE)
            report.add_metric(self._labels, {"report_url": self._report})
            yield report

    def _shrink_ratio(self) -> Iterator[Metric]:
        ratios = dict(self._ratios)
        effective = self._gauge(
            "effective_shrink_ratio", "Shrink ratio in force, by operator.", "op", "source"
        )
        expected = self._gauge(
            "expected_shrink_ratio", "What the configuration means, by operator.", "op", "bound"
        )
        bounds: dict[tuple[str, str], float] = {}
        for (operator, source), event in ratios.items():
            effective.add_metric([*self._labels, operator, source], event.ratio)
            for bound, value in (("low", event.expected_low), ("high", event.expected_high)):
                if value is not None:
                    bounds[operator, bound] = value
        for (operator, bound), value in bounds.items():
            expected.add_metric([*self._labels, operator, bound], value)
        yield from (family for family in (effective, expected) if family.samples)
        trip = self._round_trip
        if trip is not None:
            yield from self._one(
                "round_trip_iou_ratio",
                "Median IoU of a perfect prediction of the training maps, after postprocessing.",
                trip.median_iou,
            )
            yield from self._one(
                "fitting_unclip_ratio",
                "The unclip_ratio that would fit these maps.",
                trip.fitting_unclip_ratio,
            )

    def _evaluations(self) -> Iterator[Metric]:
        event = self.memory.evaluation
        if event is None:
            return
        for name in METRICS:
            yield from self._one(
                f"eval_{name}_ratio",
                f"{name} of the newest evaluation.",
                event.metrics.get(name),
            )
        yield from self._one(
            "eval_duration_seconds", "Time the newest evaluation took.", event.duration_seconds
        )
        indicator = event.main_indicator
        if indicator == "hmean":
            yield from self._one("eval_best_hmean_ratio", "Best hmean so far.", event.best)
            return
        value = self._gauge("eval_main_ratio", "Main indicator, newest evaluation.", "indicator")
        best = self._gauge("eval_best_main_ratio", "Best main indicator so far.", "indicator")
        value.add_metric([*self._labels, indicator], event.value)
        best.add_metric([*self._labels, indicator], event.best)
        yield value
        yield best

    def _training(self) -> Iterator[Metric]:
        step = self._step
        if step is not None:
            loss = self._gauge("loss", "Loss of the newest step, not smoothed.", "component")
            for name in _components(step.losses):
                loss.add_metric([*self._labels, name], step.losses[name])
            yield loss
            yield from self._one(
                "learning_rate", "Learning rate of the newest step.", step.learning_rate
            )
        yield from self._total("steps", "Steps done by this process.", self._steps)
        yield from self._total("images", "Images trained on by this rank.", self._images)
        pace = list(self._pace)
        seconds = sum(second for _, second in pace)
        if seconds > 0:
            yield from self._one(
                "images_per_second",
                f"Throughput of this rank over {PACE_STEPS} steps.",
                sum(images for images, _ in pace) / seconds,
            )
        for name, text, histogram in (
            ("step_duration_seconds", "Time a step, waiting included.", self._step_seconds),
            ("data_wait_seconds", "Time a step that it waited for data.", self._data_seconds),
        ):
            family = HistogramMetricFamily(PREFIX + name, text, labels=_BASE)
            family.add_metric(self._labels, *histogram.cumulated())
            yield family
        yield from self._total(
            "data_errors", "Samples that PaddleOCR failed to load.", self._data_errors
        )

    def _guard(self) -> Iterator[Metric]:
        alerts = self._counter("alerts", "Alerts raised by this process.", "code", "severity")
        for (code, severity), count in sorted(dict(self._alerts).items()):
            alerts.add_metric([*self._labels, code, severity], count)
        yield alerts
        yield from self._total(
            "overhead_seconds",
            "Time the guard took on the training thread.",
            self._health.overhead_seconds,
        )
        errors = self._counter("hook_errors", "Failures of the guard's own hooks.", "hook")
        for hook, count in dict(self._health.hook_errors).items():
            errors.add_metric([*self._labels, hook], count)
        yield errors


class _Histogram:
    """Counts by upper bound. Written by one thread, read by others."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def cumulated(self) -> tuple[list[tuple[str, float]], float]:
        """((upper bound, how many are not above it) ..., sum of all)."""
        total, rows = 0, []
        for bound, count in zip([*map(str, self._bounds), "+Inf"], list(self._counts)):
            total += count
            rows.append((bound, float(total)))
        return rows, self._sum


def _label(subject: str) -> str:
    return subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…"


def _components(losses: Mapping[str, float]) -> list[str]:
    """Names of the losses to export: the total first, then the others up to a limit."""
    names = sorted(losses, key=lambda name: (name != "loss", name))
    return names[:MAX_COMPONENTS]
