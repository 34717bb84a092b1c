"""The numbers of a rehearsal: for ``--json``, and as a table for a person."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import Any, Optional

from rich.table import Table

from ppocr_guard.audit.rehearsal.found import Found, numbers
from ppocr_guard.audit.rehearsal.process import Fact, Told
from ppocr_guard.wording import in_language, join, say

SLOW_HOURS = 0.25  # of evaluation in all, under which its share does not matter
FULL = 0.95  # of the memory


def summary(told: Told, cards: int = 1) -> dict[str, Any]:
    """The ``rehearsal`` object of ``check --json``; what was not reached is null.

    Args:
        told: by the rehearsal, on one card.
        cards: that will share the steps.
    """
    environment = told.first("environment") or {}
    plan, base = told.first("plan") or {}, told.first("baseline") or {}
    # Of weights that stand in for others the score says nothing.
    metrics = {} if told.first("weights_not_fetched") else numbers(base.get("metrics", {}))
    steps = _steps(told)
    cost = _cost(told, plan, base, cards)
    return {
        "ended": told.ended,
        "seconds": round(told.seconds, 1),
        "python": environment.get("python"),
        "paddle": environment.get("paddle"),
        "samples": {
            fact["mode"]: {"tried": fact["tried"], "failed": fact["failed"], "of": fact["size"]}
            for fact in told.all("samples")
        },
        "weights": _weights(told),
        "main_indicator": plan.get("main_indicator"),
        "baseline": _finite(metrics.get(str(plan.get("main_indicator")))),
        "baseline_metrics": {k: _finite(v) for k, v in metrics.items()} or None,
        "baseline_images": base.get("images"),
        "validation_images": plan.get("validation_images"),
        "losses": [
            {k: _finite(v) for k, v in numbers(step["losses"]).items()} for step in told.all("step")
        ],
        "steps_timed": len(steps),
        "peak_memory_bytes": max(
            (fact["memory"] for fact in told.facts if fact.get("memory")), default=None
        ),
        **cost,
    }


def _finite(value: Optional[float]) -> Optional[float]:
    """None for NaN and the infinities, which JSON does not have."""
    return value if value is not None and math.isfinite(value) else None


def _steps(told: Told) -> list[Fact]:
    """Steps whose time counts: not the first, unless there is no other."""
    steps = told.all("step")
    return steps[1:] or steps


def _cost(told: Told, plan: Fact, base: Fact, cards: int) -> dict[str, Any]:
    steps = _steps(told)
    step_seconds: Optional[float] = None
    estimated = any(step["images"] < step["of"] for step in steps)
    if steps:
        step_seconds = median(
            step["seconds"] * (step["of"] / step["images"] if step["images"] else 1)
            for step in steps
        )
    sample = told.first("samples", mode="Train")
    data_share = None
    if step_seconds and sample and sample["seconds"]:
        workers = max(1, int(plan.get("num_workers") or 0))
        data = median(sample["seconds"]) * steps[0]["of"] / workers
        data_share = max(0.0, data - step_seconds) / max(data, step_seconds)
    evaluation_seconds = None
    if base.get("images"):
        evaluation_seconds = base["seconds"] / base["images"] * plan.get("validation_images", 0)
    hours = evaluation_hours = None
    total = plan.get("steps_per_epoch"), plan.get("epoch_num"), plan.get("first_epoch")
    if step_seconds and all(isinstance(number, int) for number in total):
        count = math.ceil(plan["steps_per_epoch"] / cards) * max(
            0, plan["epoch_num"] - plan["first_epoch"] + 1
        )
        wait = 1 / (1 - data_share) if data_share is not None and data_share < 1 else 1
        hours = count * step_seconds * wait / 3600
        every, start = plan.get("eval_every"), plan.get("eval_start")
        if evaluation_seconds is not None and every and isinstance(start, (int, float)):
            evaluations = max(0, math.floor((count - start) / every))
            evaluation_hours = evaluations * evaluation_seconds / 3600
            hours += evaluation_hours
    return {
        "step_seconds": step_seconds,
        "step_estimated": estimated,
        "data_share": data_share,
        "evaluation_seconds": evaluation_seconds,
        "evaluation_hours": evaluation_hours,
        "hours": hours,
    }


def _weights(told: Told) -> Optional[dict[str, Any]]:
    """Of the first file that was loaded; the others under "more"."""
    facts = [
        {k: v for k, v in fact.items() if k not in ("fact", "time", "examples", "prefix")}
        for fact in told.all("weights")
    ]
    if not facts:
        return None
    return {**facts[0], **({"more": facts[1:]} if len(facts) > 1 else {})}


def costs(told: Told, numbers_of: dict[str, Any]) -> Iterator[Found]:
    """What is wrong with what it costs."""
    hours, evaluating = numbers_of["hours"], numbers_of["evaluation_hours"]
    if hours and evaluating and evaluating > SLOW_HOURS and evaluating > 2 * (hours - evaluating):
        yield Found(
            "evaluation_slow",
            "warning",
            ("Global", "eval_batch_step"),
            say(
                "Evaluation takes {share:.0%} of the time: {seconds:.0f} s each, {evaluating:.1f} "
                "of {hours:.1f} hours.",
                share=evaluating / hours,
                seconds=numbers_of["evaluation_seconds"],
                evaluating=evaluating,
                hours=hours,
            ),
            say("Evaluate less often, or on fewer images."),
        )
    memory, available = (
        numbers_of["peak_memory_bytes"],
        (told.first("memory") or {}).get("available"),
    )
    largest = told.first("largest")
    if memory and available and memory > FULL * available:
        yield Found(
            "memory_short",
            "warning",
            ("Eval", "dataset", "transforms")
            if largest and largest["memory"] == memory
            else ("Train", "loader", "batch_size_per_card"),
            say(
                "The training took {memory:.1f} GB in its first minute, of {available:.1f} GB that "
                "were free.",
                memory=memory / 2**30,
                available=available / 2**30,
            ),
            say("Take smaller batches, or limit the size of evaluation images (DetResizeForTest)."),
        )


def rehearsal_table(numbers_of: dict[str, Any], language: str = "en") -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for what, how_much in rows(numbers_of):
        table.add_row(in_language(what, language), in_language(how_much, language))
    return table


def rows(numbers_of: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(what, how much) for the table."""
    for mode, samples in numbers_of["samples"].items():
        good = samples["tried"] - samples["failed"]
        yield (
            say("{mode} samples", mode=mode),
            say(
                "{good} of {tried} tried are good ({size} in all)",
                good=good,
                tried=samples["tried"],
                size=samples["of"],
            ),
        )
    weights = numbers_of["weights"]
    if weights:
        yield (
            say("weights"),
            say("{fit} of {total} tensors fit", fit=weights["fit"], total=weights["total"]),
        )
    indicator, baseline = numbers_of["main_indicator"], numbers_of["baseline"]
    if baseline is not None:
        yield (
            say("{indicator} before training", indicator=indicator),
            say(
                "{baseline:.4f} on {images} of {of} validation images",
                baseline=baseline,
                images=numbers_of["baseline_images"],
                of=numbers_of["validation_images"],
            ),
        )
    losses = [loss["loss"] for loss in numbers_of["losses"] if loss.get("loss") is not None]
    if losses:
        yield say("loss of the first steps"), ", ".join(f"{loss:.4g}" for loss in losses)
    yield from _costs(numbers_of)


def _costs(numbers_of: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Time and memory."""
    step = numbers_of["step_seconds"]
    if step is not None:
        share = numbers_of["data_share"]
        yield (
            say("a step"),
            join(
                _about(_duration(step)) if numbers_of["step_estimated"] else _duration(step),
                say("({share:.0%} of it waiting for data)", share=share) if share else "",
            ),
        )
    if numbers_of["evaluation_seconds"] is not None:
        yield say("an evaluation"), _about(_duration(numbers_of["evaluation_seconds"]))
    if numbers_of["hours"] is not None:
        evaluating = numbers_of["evaluation_hours"]
        of = say("({time} of it evaluating)", time=_duration(3600 * (evaluating or 0)))
        yield (
            say("the whole training"),
            join(_about(_duration(3600 * numbers_of["hours"])), of if evaluating else ""),
        )
    if numbers_of["peak_memory_bytes"]:
        yield say("memory at most"), f"{numbers_of['peak_memory_bytes'] / 2**30:.1f} GB"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return say("{minutes:.0f} minutes", minutes=seconds / 60)
    return say("{hours:.1f} hours", hours=seconds / 3600)


def _about(duration: str) -> str:
    return say("about {duration}", duration=duration)
