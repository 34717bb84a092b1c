"""The labelled curves, and how any stopping rule is judged on them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from benchmarks.detection import split
from ppocr_guard.events import EvalEnd, Event, RunStart, ShrinkRatio, StepEnd
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.auto_stop import AutoStop
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.hooks.loss_health import LossHealth

DATA = split.CORPUS
SAME = 0.005  # a later gain up to this is no gain


@dataclass
class Curve:
    """One run. Lists have one entry an evaluation; metrics are in 0..1."""

    id: str
    label: str
    value: list[float]
    collapse_at: Optional[int] = None  # evaluation, from 1
    unsure: bool = False
    precision: list[Optional[float]] = field(default_factory=list)
    recall: list[Optional[float]] = field(default_factory=list)
    loss: list[Optional[float]] = field(default_factory=list)
    shrink_ratio: Optional[float] = None  # effective one, where a live guard would know it
    owner: str = ""
    part: str = ""  # of split.PARTS


def corpus(*parts: str) -> list[Curve]:
    """The public curves; those of ``parts`` (split.PARTS), or all."""
    return _read("curves.jsonl", parts)


def trained(*parts: str) -> list[Curve]:
    """Curves of PaddleOCR's own code (trainings.py)."""
    return _read("trained.jsonl", parts)


def _read(name: str, parts: Sequence[str]) -> list[Curve]:
    known = split.load()
    curves = [_curve(record, known) for record in split.read(name)]
    return [curve for curve in curves if not parts or curve.part in parts]


def reproduced() -> list[Curve]:
    """PaddleOCR's code with known faults; interpolated between the measured evaluations."""
    return [_curve(dict(r)) for r in json.loads((DATA / "reproduced.json").read_text("utf-8"))]


def _curve(record: dict[str, Any], parts: Optional[dict[str, str]] = None) -> Curve:
    if "points" in record:
        record["value"] = _interpolate({int(k): v for k, v in record["points"].items()})
    known = {
        key: [None if v is None else float(v) for v in record.get(key, [])]
        for key in ("value", "precision", "recall", "loss")
    }
    keep = [i for i, v in enumerate(known["value"]) if v is not None]
    lists: dict[str, Any] = {k: [v[i] for i in keep] if v else [] for k, v in known.items()}
    return Curve(
        id=record["id"],
        label=record["label"],
        owner=split.owner(record) if "source" in record else "",
        part="" if parts is None else split.part_of(record, parts),
        collapse_at=record["collapse_at"],
        unsure=record.get("unsure", False),
        shrink_ratio=record.get("shrink_ratio"),
        **lists,
    )


def _interpolate(points: dict[int, float]) -> list[float]:
    known = sorted(points)
    values = []
    for a, b in zip(known, known[1:]):
        values += [points[a] + (points[b] - points[a]) * (i - a) / (b - a) for i in range(a, b)]
    return [*values, points[known[-1]]]


def events(curve: Curve, *, live: bool = False) -> Iterable[Event]:
    """The curve as a run: one evaluation an epoch, a step before it where a loss is known."""
    yield RunStart(0.0, curve.id, "", "unknown", {}, ".", epoch_num=len(curve.value))
    if live and curve.shrink_ratio is not None:
        for operator in ("MakeShrinkMap", "MakeBorderMap"):
            yield ShrinkRatio(0.0, 1, 0, operator, "live", curve.shrink_ratio, 0.4, 0.6)
    best = 0.0
    for i, value in enumerate(curve.value):
        if curve.loss and curve.loss[i] is not None:
            yield StepEnd(0.0, i + 1, i + 1, {"loss": curve.loss[i] or 0.0}, smoothed=True)
        metrics = {"hmean": value}
        for name, numbers in (("precision", curve.precision), ("recall", curve.recall)):
            if numbers and numbers[i] is not None:
                metrics[name] = numbers[i] or 0.0
        best = max(best, value if math.isfinite(value) else 0.0)
        yield EvalEnd(0.0, i + 1, i + 1, i + 1, metrics, "hmean", value, best)


def guarded(
    curve: Curve,
    *,
    live: bool = False,
    metric_only: bool = False,
    level: str = "default",
    **options: Any,
) -> Guard:
    """The guard after the run, or after the evaluation at which it asked for the stop."""
    hooks = [HmeanTrend(**options), AutoStop(level=level)]
    guard = Guard(hooks if metric_only else [hooks[0], LossHealth(), hooks[1]])
    for event in events(curve, live=live):
        guard.dispatch(event)
        if guard.stop is not None:
            break
    return guard


Rule = Callable[[Sequence[float]], Optional[int]]  # values -> evaluation of the stop, from 1


@dataclass
class Score:
    """How a rule did on a set of curves."""

    caught: dict[str, int] = field(default_factory=dict)  # id -> delay in evaluations
    missed: list[str] = field(default_factory=list)
    too_early: list[str] = field(default_factory=list)  # before the fall began
    false: list[str] = field(default_factory=list)  # stops of healthy and plateau runs
    harmful: list[str] = field(default_factory=list)  # the run got better later
    saved: int = 0  # evaluations not run, of collapses caught and of runs that never learn
    stopped: dict[str, int] = field(default_factory=dict)
    came_back: list[str] = field(default_factory=list)  # to 90 % of its best, and was no harm
    runs: int = 0
    collapses: set[str] = field(default_factory=set)

    def add(self, curve: Curve, stop: Optional[int]) -> None:
        collapsed = curve.label == "collapse"
        self.runs += 1
        if collapsed:
            self.collapses.add(curve.id)
        if stop is None:
            if collapsed:
                self.missed.append(curve.id)
            return
        self.stopped[curve.id] = stop
        before = _best(curve.value[:stop])
        if _best(curve.value[stop:]) > before + SAME:
            self.harmful.append(curve.id)
        elif curve.label in ("healthy", "plateau"):
            self.false.append(curve.id)
        elif collapsed and curve.collapse_at is not None:
            if stop < fall_began(curve):
                self.too_early.append(curve.id)
            else:
                self.caught[curve.id] = stop - curve.collapse_at
        if curve.id not in self.harmful and _best(curve.value[stop:]) >= 0.9 * before:
            self.came_back.append(curve.id)
        if collapsed or curve.label in ("never_learns", "nan_inf"):
            self.saved += len(curve.value) - stop

    @property
    def wrong(self) -> int:
        """Wrong stops."""
        return len(self.false) + len(self.harmful) + len(self.too_early)

    @property
    def delays(self) -> list[int]:
        return sorted(self.caught.values())


def fall_began(curve: Curve) -> int:
    """First evaluation after the last one within 10 % of the best before the collapse."""
    at = curve.collapse_at or 1
    best = _best(curve.value[:at])
    near = [i for i, v in enumerate(curve.value[:at], 1) if v >= 0.9 * best]
    return near[-1] + 1


def _best(values: Iterable[float]) -> float:
    return max((v for v in values if math.isfinite(v)), default=0.0)
