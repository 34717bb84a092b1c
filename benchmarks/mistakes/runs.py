"""An example of each alert: a run that is played through a real guard until the alert comes.

The events are made here; what the guard says of them is its own. Kept in
``ppocr_guard/explain/examples.json`` by ``python -m benchmarks.mistakes.examples``.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count, cycle, repeat
from typing import Any, Callable, Optional

from ppocr_guard.events import (
    Alert,
    Baseline,
    DataErrors,
    EvalEnd,
    Event,
    Examination,
    RoundTrip,
    RunStart,
    ShrinkRatio,
    StepEnd,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.diagnosis import Diagnosis
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.hooks.loss_health import LossHealth
from ppocr_guard.hooks.pace import Pace
from ppocr_guard.hooks.shrink_ratio import ShrinkRatio as ShrinkRatioHook
from ppocr_guard.paddleocr import schedule
from ppocr_guard.paddleocr.releases import behaviour_of

MOST = 4000  # events of a run that never raises its alert
EPOCHS = 40
COLUMNS = ("train", "train_eval", "val")
ENDS = 6  # values that are shown at each end of a long row
STEPS = 10  # of an epoch; each ends with an evaluation


def _config(total_epoch: int = 500) -> dict[str, Any]:
    operators = [
        {name: {"shrink_ratio": 0.4, "total_epoch": total_epoch}}
        for name in ("MakeBorderMap", "MakeShrinkMap")
    ]
    return {
        "Global": {"epoch_num": EPOCHS, "seed": 1024},
        "Optimizer": {"name": "Adam", "lr": {"learning_rate": 0.001}},
        "PostProcess": {"name": "DBPostProcess", "unclip_ratio": 1.5},
        "Train": {"dataset": {"name": "SimpleDataSet", "transforms": operators}},
    }


# Of a sound start, as examinations of real trainings show it (benchmarks/diagnosis).
SOUND = {
    "lift.train_eval": 3.7, "lift.val": 4.0, "best_lift.train_eval": 3.1, "best_lift.val": 3.3,
    "texts.train_eval": 4.4, "texts.val": 4.7, "mean.val": 0.9, "std.val": 0.7,
    "mean.train": 0.86, "mean.train_eval": 1.08, "std.train": 0.82, "std.train_eval": 0.67,
    "finite.val": 1.0, "variation.val": 0.2, "weights_finite": 1.0, "weights_frozen": 0.0,
}  # fmt: skip


class _Heard(Hook):
    def __init__(self) -> None:
        super().__init__()
        self.alerts: list[Alert] = []

    def on_alert(self, event: Alert) -> None:
        self.alerts.append(event)


def _start(metric: str = "hmean", **values: Any) -> RunStart:
    values = {"eval_every_steps": STEPS, "steps_per_epoch": STEPS, **values}
    return RunStart(
        0.0, "run", "model", "2.8.1", _config(), "./output/run", EPOCHS, main_indicator=metric,
        **values,
    )  # fmt: skip


def _steps(losses: Iterable[dict[str, float]]) -> Iterator[Event]:
    for step, one in enumerate(losses, start=1):
        yield StepEnd(float(step), 1 + step // STEPS, step, one, 0.001, 8)


def _curve(
    values: Iterable[float],
    loss: Callable[[int], float] = lambda epoch: 2.0,
    metric: str = "hmean",
    **more: Callable[[int], float],
) -> Iterator[Event]:
    """An epoch a value: its steps, and an evaluation."""
    best = 0.0
    for epoch, value in enumerate(values, start=1):
        for step in range((epoch - 1) * STEPS + 1, epoch * STEPS + 1):
            losses = {"loss": loss(epoch) + 0.001 * (step % STEPS)}
            yield StepEnd(float(step), epoch, step, losses, 0.001, 8)
        best = max(best, value)
        metrics = {metric: value, **{name: of(epoch) for name, of in more.items()}}
        at = epoch * STEPS
        yield EvalEnd(float(at), epoch, at, epoch, metrics, metric, value, best)


def _timed(seconds: float, share: float, epoch: int = 1) -> Iterator[Event]:
    """Steps of so many seconds, of which a share waits for data; ten of them tell an epoch."""
    steps = count(1) if share else range(STEPS * (epoch - 1) + 1, STEPS * epoch + 1)
    for step in steps:
        loss = {"loss": 1.2 + 0.1 * (step % 2)}
        waiting = seconds * share
        yield StepEnd(float(step), epoch, step, loss, 0.001, 8, seconds, waiting)


def _evaluated() -> Iterator[Event]:
    for epoch in count(1):
        yield from _timed(_TRAIN, 0.0, epoch)
        at = epoch * STEPS
        yield EvalEnd(
            float(at), epoch, at, epoch, {"hmean": 0.7}, "hmean", 0.7, 0.7, duration_seconds=300.0
        )


def _ratios(total_epoch: int) -> Iterator[Event]:
    """What 2.8.1 makes of it: the seed is taken for the epoch."""
    config, line = _config(total_epoch), behaviour_of("2.8.1")
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        ratio = schedule.scheduled_ratio(line, config, operator, 1)
        yield _ratio(operator, ratio, schedule.cause(line, config, operator, 1))


def _ratio(operator: str, ratio: float, cause: Optional[str] = None) -> Event:
    return ShrinkRatio(
        1.0, 1, 0, operator, "live", ratio, expected_low=0.4, expected_high=0.4, base=0.4,
        cause=cause,
    )  # fmt: skip


def _cells(train: float, train_eval: float, val: float) -> dict[str, float]:
    found = {f"labels.{column}": 1.0 for column in COLUMNS}
    for row in ("first", "model", "best"):
        found |= {f"{row}.train": train, f"{row}.train_eval": train_eval, f"{row}.val": val}
    return found


def _examined(
    cells: dict[str, float], evaluation: int = 0, settings: Any = None, **facts: float
) -> Examination:
    told = {**SOUND, **{name.replace("__", "."): value for name, value in facts.items()}}
    at = evaluation * STEPS
    return Examination(float(at), 1, at, evaluation, "hmean", cells, told, {}, settings or {})


def _wants(row: str, **setting: float) -> dict[str, dict[str, float]]:
    return {f"{row}.{column}": setting for column in COLUMNS}


_BLIND = {
    **_cells(0, 0, 0),
    **{f"labels.{column}": 0.0 for column in COLUMNS},
    **{f"labels_best.{column}": 1.0 for column in COLUMNS},
}
_LOW = {**_cells(0.62, 0.6, 0.61), "best.train": 0.93, "best.train_eval": 0.92, "best.val": 0.9}
_LOW |= {"first.train": 0.62, "first.train_eval": 0.6, "first.val": 0.61}
_TRAIN = 0.8  # seconds of a step
_RISE = (0.42, 0.61, 0.7, 0.74, 0.76)
_EMPTY = {"loss": 1.0, "loss_shrink_maps": 0.0, "loss_threshold_maps": 0.0, "loss_binary_maps": 1.0}
_HIGH = [{"loss": 6.5}, {"loss": 7.0}]
_CALM = [{"loss": 1.2}, {"loss": 1.3}] * 10

# Code -> the events of a run, the first of which is its start.
PLAYED: dict[str, Callable[[], Iterable[Event]]] = {
    "hmean_collapse": lambda: [_start(), *_curve((*_RISE, 0.31, 0.28, *[0.25] * 9))],
    "hmean_declined": lambda: chain([_start()], _curve(chain(_RISE, [0.76] * 9, repeat(0.58)))),
    "hmean_not_learning": lambda: chain([_start()], _curve(repeat(0.01))),
    "learns_slowly": lambda: chain(
        [_start("acc")],
        _curve(repeat(0.0), metric="acc", norm_edit_dis=lambda epoch: min(0.6, 0.03 * epoch)),
    ),
    "hmean_plateau": lambda: chain([_start()], _curve(chain(_RISE, repeat(0.76)))),
    "hmean_unstable": lambda: [_start(), *_curve((*_RISE, 0.21, 0.73))],
    "overfitting": lambda: chain(
        [_start()], _curve(chain(_RISE, repeat(0.7)), loss=lambda epoch: 2.0 * 0.93**epoch)
    ),
    "below_baseline": lambda: chain(
        [_start(), Baseline(0.0, "hmean", 0.83, 200, 200)], _curve(_RISE)
    ),
    "evaluation_disabled": lambda: [_start(eval_start_step=math.inf)],
    "loss_not_finite": lambda: [_start(), *_steps([*_CALM, *[{"loss": math.nan}] * 5])],
    "loss_diverged": lambda: chain([_start()], _steps(chain(_CALM, cycle(_HIGH)))),
    "loss_degenerate": lambda: chain([_start()], _steps(repeat(_EMPTY))),
    "data_pipeline_failing": lambda: [
        _start(),
        DataErrors(30.0, 1, 0, 100, 30.0, "Exception: ./pages/train/00017.png does not exist!"),
    ],
    "loader_slow": lambda: chain([_start()], _timed(_TRAIN, 0.55)),
    "evaluation_slow": lambda: chain([_start()], _evaluated()),
    "memory_growing": lambda: chain(
        [_start()],
        (_examined({}, number, memory_host=4000.0 + 400 * number) for number in count(1)),
    ),
    "shrink_ratio_unexpected": lambda: [_start(), *_ratios(500)],
    "shrink_ratio_mismatch": lambda: [
        _start(), _ratio("MakeShrinkMap", 0.4), _ratio("MakeBorderMap", 0.6),
    ],
    "no_positives": lambda: [_start(), *_ratios(300)],
    "unclip_mismatch": lambda: [
        _start(), RoundTrip(9.0, 1, 3, 1.5, 0.43, 0.08, 0.35, 0.97, 64),
    ],
    "targets_wrong": lambda: [
        _start(), _examined(_BLIND, settings=_wants("labels_best", box_thresh=0.6)),
    ],
    "labels_wrong": lambda: [
        _start(),
        _examined(_cells(0.0, 0.0, 0.97), lift__train_eval=1.23, best_lift__train_eval=3.68),
    ],
    "eval_mismatch": lambda: [
        _start(), _examined(_cells(0.95, 0.97, 0.02), lift__val=1.3, best_lift__val=1.5),
    ],
    "training_wrong": lambda: [_start(), _examined(_cells(0, 0, 0), variation__val=0.0)],
    "data_changed": lambda: [
        _start(), _examined(_cells(0.9, 0.9, 0.9), same__val=1.0),
        _examined(_cells(0.9, 0.9, 0.9), 1, same__val=1.0),
        _examined(_cells(0.9, 0.9, 0.3), 2, same__val=0.0, mean__val=0.4),
    ],
    "mediocre": lambda: [
        _start(), _examined(_LOW, settings=_wants("best", box_thresh=0.3)),
        _examined(_LOW, 1, settings=_wants("best", box_thresh=0.3)),
    ],
}  # fmt: skip


def played(code: str) -> tuple[list[Event], Alert]:
    """The events up to the one at which the alert came, and the alert.

    Raises:
        LookupError: it did not come.
    """
    heard = _Heard()
    log = logging.Logger("example", logging.CRITICAL + 1)
    hooks = (ShrinkRatioHook(), HmeanTrend(), LossHealth(), Diagnosis(), Pace(), heard)
    guard = Guard(hooks, log)
    sent: list[Event] = []
    for event, _ in zip(PLAYED[code](), range(MOST)):
        sent.append(event)
        guard.dispatch(event)
        found = [alert for alert in heard.alerts if alert.code == code]
        if found and (code != "loss_not_finite" or found[-1].severity == "critical"):
            return sent, found[-1]
    raise LookupError(f"{code}: no alert in {len(sent)} events")


def shown(events: Iterable[Event]) -> str:
    """What happened in the run, as figures: one row a series."""
    rows: dict[str, list[str]] = {}
    evaluated = any(isinstance(event, EvalEnd) for event in events)
    for event in events:
        for name, value in _figures(event, evaluated):
            rows.setdefault(name, []).append(value)
    return "\n".join(f"{name}: {_in_a_row(values)}" for name, values in rows.items())


def _figures(event: Event, evaluated: bool) -> Iterator[tuple[str, str]]:
    if isinstance(event, RunStart) and math.isinf(event.eval_start_step):
        yield "Global.eval_batch_step", "[1e111, 1e111]"
    elif isinstance(event, Baseline):
        yield f"{event.metric} before training", f"{event.value:g}"
    elif isinstance(event, EvalEnd):
        for name, value in event.metrics.items():
            yield name, f"{value:.3g}"
        if event.duration_seconds is not None:
            yield "seconds of an evaluation", f"{event.duration_seconds:g}"
    elif isinstance(event, StepEnd) and (not evaluated or event.global_step % STEPS == 0):
        if event.step_seconds is not None:
            yield "seconds of a step", f"{event.step_seconds:g}"
            yield "of these, waiting for data", f"{event.data_seconds:g}"
            return
        for name, value in event.losses.items():
            yield name, f"{value:.3g}"
    elif isinstance(event, DataErrors):
        yield "failed samples", f"{event.errors} in {event.waiting_seconds:g} s"
    elif isinstance(event, ShrinkRatio):
        yield event.operator, f"{event.ratio:.4f} ({event.source}; {event.expected_low:g} is due)"
    elif isinstance(event, RoundTrip):
        yield "unclip_ratio", f"{event.unclip_ratio:g}"
        yield "median IoU of perfect boxes", f"{event.median_iou:g}"
        yield "of these above 0.5", f"{event.share_matched:.0%}"
    elif isinstance(event, Examination):
        kept = {name: value for name, value in event.cells.items() if _telling(name, event.cells)}
        kept |= {k: v for k, v in event.facts.items() if SOUND.get(k) != v}
        for name, value in kept.items():
            yield name, f"{value:g}"


def _telling(name: str, cells: Mapping[str, float]) -> bool:
    """Labels that come through, and what the best settings do not change, say nothing."""
    row, _, column = name.partition(".")
    if row == "labels":
        return cells[name] < 1
    return row in ("model", "labels_best") or cells[name] != cells[f"model.{column}"]


def _in_a_row(values: list[str]) -> str:
    """Equal values one after the other as ``2 (x 40)``; of many the first and the last."""
    groups: list[tuple[str, int]] = []
    for value in values:
        times = groups.pop()[1] if groups and groups[-1][0] == value else 0
        groups.append((value, times + 1))
    words = [value if n == 1 else f"{value} (x {n})" for value, n in groups]
    if len(words) > 2 * ENDS:
        words = [*words[:ENDS], "...", *words[-ENDS:]]
    return ", ".join(words)
