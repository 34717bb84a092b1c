"""Ratios with their confidence intervals, and the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np
from scipy.stats import bootstrap

from benchmarks.paired.pairs import Pair
from benchmarks.paired.start import Starts
from benchmarks.paired.trainings import STEPS_PER_EPOCH

LEVEL = 0.95
Parts = Callable[[Sequence[float]], list[float]]


@dataclass(frozen=True)
class Ratio:
    value: float
    low: float
    high: float
    guarded: float  # median, seconds
    bare: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


def ratio(guarded: Sequence[Sequence[float]], bare: Sequence[Sequence[float]]) -> Ratio:
    """Of the medians of all values, one row a pair of trainings.

    Whole pairs are drawn: two steps of one training are not independent, two trainings are.
    """
    one, other = np.asarray(guarded), np.asarray(bare)

    def of(rows: Any) -> float:
        chosen = rows.astype(int)
        return float(np.median(one[chosen]) / np.median(other[chosen]))

    rows = np.arange(len(one))
    interval = bootstrap(
        (rows,),
        of,
        vectorized=False,
        confidence_level=LEVEL,
        method="percentile",
        random_state=np.random.default_rng(0),
    ).confidence_interval
    medians = float(np.median(one)), float(np.median(other))
    return Ratio(of(rows), float(interval.low), float(interval.high), *medians)


def plain_steps(values: Sequence[float]) -> list[float]:
    """Those without an evaluation, which follows the last step of an epoch."""
    return [v for k, v in enumerate(values) if (k + 1) % STEPS_PER_EPOCH]


def epochs(values: Sequence[float]) -> list[float]:
    """Sums over whole epochs, each with its evaluation."""
    whole = len(values) // STEPS_PER_EPOCH
    return [sum(values[k * STEPS_PER_EPOCH : (k + 1) * STEPS_PER_EPOCH]) for k in range(whole)]


def evaluations(values: Sequence[float]) -> list[float]:
    """The steps that an evaluation follows, with it."""
    return list(values[STEPS_PER_EPOCH - 1 :: STEPS_PER_EPOCH])


CLOCKS = {"wall": "wall", "cpu": "CPU, training thread", "process": "CPU, all threads"}


def steps_table(pairs: Sequence[Pair], controls: Sequence[Pair]) -> str:
    """Markdown: guarded against bare, and bare against bare, which is what chance does."""
    lines = [
        "| what | without, median | with the guard, median | ratio of medians (95 %) | "
        "of two without (95 %) |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for parts, what in ((plain_steps, "step"), (epochs, "epoch with its evaluation")):
        for clock, name in CLOCKS.items():
            this, chance = (_ratio_of(group, parts, clock) for group in (pairs, controls))
            if this is None:
                continue
            unit = (1000, "ms", ".1f") if what == "step" else (1, "s", ".2f")
            cells = [f"{v * unit[0]:{unit[2]}} {unit[1]}" for v in (this.bare, this.guarded)]
            lines.append(f"| {what}, {name} | {' | '.join(cells)} | {this} | {chance or '-'} |")
    return "\n".join(lines)


def _ratio_of(pairs: Sequence[Pair], parts: Parts, clock: str) -> Optional[Ratio]:
    both = [(parts(getattr(p.guarded, clock)), parts(getattr(p.bare, clock))) for p in pairs]
    return ratio([a for a, _ in both], [b for _, b in both]) if len(both) > 1 else None


def evaluations_table(pairs: Sequence[Pair]) -> str:
    """Markdown: what an evaluation takes longer; its examination is most of that."""
    lines = [
        "| an evaluation and the step before it | without, median | added (95 %) |",
        "| --- | ---: | ---: |",
    ]
    for clock, name in CLOCKS.items():
        bare = np.array([v for p in pairs for v in evaluations(getattr(p.bare, clock))])
        guarded = np.array([v for p in pairs for v in evaluations(getattr(p.guarded, clock))])
        lines.append(f"| {name} | {np.median(bare):.2f} s | {_added(guarded, bare)} |")
    return "\n".join(lines)


def threads_table(pairs: Sequence[Pair]) -> str:
    """Markdown: the CPU time of the guard's own threads, mean over the trainings."""
    spent: Counter[str] = Counter()
    for one in pairs:
        spent.update(dict(_own(one)))
    steps = sum(len(p.guarded.wall) for p in pairs)
    total = sum(sum(p.guarded.process) for p in pairs)
    lines = ["| thread | CPU a step | share of the process |", "| --- | ---: | ---: |"]
    for name, seconds in spent.most_common():
        lines.append(f"| `{name}` | {seconds / steps * 1e6:.0f} µs | {seconds / total:.2%} |")
    whole = sum(spent.values())
    lines.append(f"| all | {whole / steps * 1e6:.0f} µs | {whole / total:.2%} |")
    return "\n".join(lines)


def _own(one: Pair) -> list[tuple[str, float]]:
    """The guard's threads; they are named after it."""
    return [(n, s) for n, s in one.guarded.threads.items() if n.startswith("ppocr_guard")]


def first_step_table(pairs: Sequence[Pair], controls: Sequence[Pair]) -> str:
    """Markdown: CPU time until the end of the first step, of the same pairs."""
    lines = [
        "| until the end of the first step | without, median | added (95 %) | of two without |",
        "| --- | ---: | ---: | ---: |",
    ]
    for clock in ("cpu", "process"):
        cells = []
        for group in (pairs, controls):
            guarded, bare = (
                np.array([getattr(one, side).first[clock] for one in group])
                for side in ("guarded", "bare")
            )
            if not cells:
                cells.append(f"{np.median(bare):.2f} s")
            cells.append(_added(guarded, bare) if len(group) > 1 else "-")
        lines.append(f"| {CLOCKS[clock]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def starts_table(starts: Starts) -> str:
    """Markdown: what is added before the first step."""
    lines = [
        "| until the end of the first step | wall, median | added (95 %) | CPU, median | "
        "added (95 %) |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    bare = np.asarray(starts[next(iter(starts))])
    for name, values in starts.items():
        these = np.asarray(values)
        cells = []
        for column in (0, 1):
            cells.append(f"{np.median(these[:, column]):.2f} s")
            cells.append("-" if these is bare else _added(these[:, column], bare[:, column]))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _added(with_it: Any, without: Any) -> str:
    """The median of the differences within each pair."""
    differences = with_it - without
    if not differences.any():
        return "-"
    interval = bootstrap(
        (differences,),
        np.median,
        confidence_level=LEVEL,
        method="percentile",
        random_state=np.random.default_rng(0),
    ).confidence_interval
    middle = float(np.median(differences))
    return f"{middle:+.2f} s ({interval.low:+.2f} to {interval.high:+.2f})"
