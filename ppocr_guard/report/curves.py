"""The curves of a run as JSON-ready data for the page's script (assets/report.js)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Optional

from ppocr_guard.logs.history import groups
from ppocr_guard.logs.run import Run
from ppocr_guard.logs.series import MAX_POINTS, StepSeries
from ppocr_guard.report.text import Words, clean

CLOCK_POINTS = 400
_METRICS = ("precision", "recall", "norm_edit_dis")  # drawn beside the main indicator


def curves(run: Run, words: Words) -> dict[str, Any]:
    """All charts and marks of a run.

    A chart is ``{"x": [...], "series": [{"label", "role", "values"}...]}``, x ascending, null
    where there is no finite value. A chart without data is left out.
    """
    charts = {
        "metric": _metric_chart(run, words),
        "ratio": _ratio_chart(run, words),
        "loss": _loss_chart(run),
        "lr": _pace_chart(run, {"learning_rate": ("lr", words("lr.chart"), 1.0)}),
        "pace": _pace_chart(
            run,
            {
                "images_per_second": ("speed", words("images_second"), 1.0),
                "data_wait_share": ("wait", words("wait_percent"), 100.0),
            },
        ),
        "memory": _memory_chart(run, words),
    }
    return {
        "name": clean(run.name),
        "indicator": clean(run.indicator),
        "last_step": run.step,
        "planned": _planned(run),
        "clock": _clock(run),
        "charts": {name: chart for name, chart in charts.items() if chart},
        "epochs": _epoch_axis(run),
        "alerts": _alert_marks(run),
        "resumes": run.launches[1:],
        "not_finite": run.not_finite[:MAX_POINTS],
        "stop": run.step if run.end and run.end.reason == "stopped" else None,
    }


def _metric_chart(run: Run, words: Words) -> Optional[dict[str, Any]]:
    found = run.evaluations
    if not found:
        return None
    events = [placed.event for placed in found]
    series = []
    for name in _METRICS:
        if name != run.indicator and any(name in e.metrics for e in events):
            series.append(_series(name, name, (_as_float(e.metrics.get(name)) for e in events)))
    if any(e.rescored for e in events):
        label = f"{run.indicator} ({words('rescored')})"
        series.append(_series(label, "rescored", (_best_rescored(e.rescored) for e in events)))
    # Last, so that it is drawn over the others.
    series.append(_series(run.indicator, "main", (e.value for e in events)))
    return _ascending(
        {
            "x": [placed.step for placed in found],
            "evaluation": [e.evaluation for e in events],
            "series": series,
        }
    )


def _loss_chart(run: Run) -> Optional[dict[str, Any]]:
    columns = {
        name: column
        for name, column in run.losses.columns.items()
        if name == "loss" or any(value != 0.0 for value in column)
    }
    key = "loss" if "loss" in columns else next(iter(columns), "")
    names = sorted(columns, key=lambda name: (name != key, name))
    return _step_chart(
        run.losses, key, [(name, "total" if name == key else "part", name, 1.0) for name in names]
    )


def _pace_chart(run: Run, wanted: dict[str, tuple[str, str, float]]) -> Optional[dict[str, Any]]:
    present = [
        (name, role, label, factor)
        for name, (role, label, factor) in wanted.items()
        if any(math.isfinite(value) for value in run.pace.columns.get(name, ()))
    ]
    return _step_chart(run.pace, present[0][0], present) if present else None


def _memory_chart(run: Run, words: Words) -> Optional[dict[str, Any]]:
    """Memory in GiB; load in percent of all processors of the machine."""
    cpus = run.environment.cpus if run.environment else 0
    wanted = {
        "memory_bytes": ("memory", words("memory_gib"), 1 / (1 << 30)),
        "gpu_memory_bytes": ("gpu_memory", words("gpu_memory_gib"), 1 / (1 << 30)),
        "cpu_percent": ("wait", words("cpu_share"), 1 / max(1, cpus)),
        "gpu_percent": ("gpu_load", words("gpu_share"), 1.0),
    }
    present = [
        (name, *wanted[name])
        for name, column in run.resources.columns.items()
        if name in wanted and any(math.isfinite(value) for value in column)
    ]
    return _step_chart(run.resources, present[0][0], present) if present else None


def _planned(run: Run) -> int:
    """Steps of the whole plan, or those that were done where the plan is not known."""
    start = run.start
    steps = start.epoch_num * (start.steps_per_epoch or 0) if start else 0
    return max(steps, run.step, 1)


def _clock(run: Run) -> dict[str, list[float]]:
    """Hours since the begin of the run at some steps, both ascending."""
    began = run.first_time
    if began is None:
        return {"step": [], "hours": []}
    rows = run.pace.thin("time", CLOCK_POINTS)
    times = run.pace.columns.get("time")
    seen = [(run.pace.steps[row], times[row]) for row in rows] if times else []
    seen += [(float(placed.step), placed.event.time) for placed in run.evaluations]
    steps, hours = [0.0], [0.0]
    for step, time in sorted(seen):
        hour = (time - began) / 3600
        if step > steps[-1] and hour > hours[-1]:
            steps.append(step)
            hours.append(round(hour, 6))
    return {"step": steps, "hours": hours}


def _step_chart(
    data: StepSeries, key: str, columns: list[tuple[str, str, str, float]]
) -> Optional[dict[str, Any]]:
    if not len(data) or not columns:
        return None
    rows = data.thin(key)
    return _ascending(
        {
            "x": [data.steps[row] for row in rows],
            "series": [
                _series(label, role, (data.columns[name][row] * factor for row in rows))
                for name, role, label, factor in columns
            ],
        }
    )


def _ratio_chart(run: Run, words: Words) -> Optional[dict[str, Any]]:
    epochs = sorted({ratio.epoch for ratio in run.ratios})
    if not epochs:
        return None
    kept = epochs[:: -(-len(epochs) // MAX_POINTS)]
    table = {(r.operator, r.source, r.epoch): r for r in run.ratios}
    lines: dict[tuple[Optional[float], ...], list[tuple[str, str]]] = {}
    for operator, source in sorted({(r.operator, r.source) for r in run.ratios}):
        found = [table.get((operator, source, epoch)) for epoch in kept]
        values = tuple(_finite(r.ratio if r else None) for r in found)
        lines.setdefault(values, []).append((clean(operator), clean(source)))
    bands = {r.epoch: r for r in run.ratios if r.expected_low is not None}
    edges = [bands.get(epoch) for epoch in kept]
    return {
        "x": kept,
        # Sources and operators that agree share one line.
        "series": [_ratio_series(names, values, words) for values, names in lines.items()],
        "low": [_finite(band.expected_low if band else None) for band in edges],
        "high": [_finite(band.expected_high if band else None) for band in edges],
    }


def _ratio_series(
    names: list[tuple[str, str]], values: tuple[Optional[float], ...], words: Words
) -> dict[str, Any]:
    operators = list(dict.fromkeys(operator for operator, _ in names))
    sources = list(dict.fromkeys(source for _, source in names))
    role = "measured" if sources == ["measured"] else "live" if "live" in sources else sources[0]
    label = words(
        "source_operator",
        operator=" + ".join(operators),
        source=" + ".join(words.source(source) for source in sources),
    )
    return {**_series(label, role, values), "operator": operators[-1]}


def _alert_marks(run: Run) -> list[dict[str, Any]]:
    """Where each thing that holds or held began, numbered as in the page's list."""
    return [
        {
            "number": number,
            "step": group.first.step,
            "epoch": group.first.condition.since.epoch,
            "severity": group.severity if group.open else "info",
            "code": clean(group.code),
        }
        for number, group in enumerate(groups(run), start=1)
    ]


def _epoch_axis(run: Run) -> dict[str, list[int]]:
    """Steps at which a new epoch was first seen."""
    steps: list[int] = []
    epochs: list[int] = []
    seen = sorted(
        [(int(s), int(e)) for s, e in zip(run.losses.steps, run.losses.epochs)]
        + [(placed.step, placed.event.epoch) for placed in run.evaluations]
    )
    for step, epoch in seen:
        if not epochs or epoch != epochs[-1]:
            steps.append(step)
            epochs.append(epoch)
    stride = max(1, -(-len(steps) // MAX_POINTS))
    return {"step": steps[::stride], "epoch": epochs[::stride]}


def _best_rescored(rescored: Any) -> Optional[float]:
    values = [v for v in (rescored or {}).values() if isinstance(v, (int, float)) and v == v]
    return max(values, default=None)


def _as_float(value: object) -> Optional[float]:
    return float(value) if isinstance(value, (int, float)) else None


def _finite(value: Optional[float]) -> Optional[float]:
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None


def _series(label: str, role: str, values: Iterable[Optional[float]]) -> dict[str, Any]:
    return {"label": clean(label), "role": role, "values": [_finite(v) for v in values]}


def _ascending(chart: dict[str, Any]) -> dict[str, Any]:
    """Keep the last of several points at one x: uPlot wants x to ascend strictly."""
    x: list[float] = chart["x"]
    rows = [row for row in range(len(x)) if row + 1 == len(x) or x[row + 1] > x[row]]
    if len(rows) == len(x):
        return chart
    short = {k: [v[row] for row in rows] for k, v in chart.items() if k != "series"}
    short["series"] = [{**s, "values": [s["values"][row] for row in rows]} for s in chart["series"]]
    return short
