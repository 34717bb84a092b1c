"""``python -m benchmarks.detection.outlook``: will it come back, and how far to trust it.

Fits a logistic model to the dips of the *develop* and *validate* curves, each looked at when it is
1, 2, 3, 5, 8 ... evaluations old (landmarks, as in survival analysis: a long dip does not count
for many), and prints its reliability: cross-validated by owner, and on *report* (``--report``),
which had no part in it. ``--write`` writes the coefficients and
the cross-validated outcomes into the package, and the plot ``docs/outlook.svg``.

Needs scikit-learn and matplotlib (``pip install 'ppocr-guard[benchmarks]'``).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold

from benchmarks.detection.curves import Curve, corpus, trained
from ppocr_guard.detect import outlook, outlook_table
from ppocr_guard.detect.chart import Chart
from ppocr_guard.detect.collapse import DECLINE

BACK = 0.9  # of the best, reached again
PENALTY = 0.03  # C of scikit-learn: the inverse of the strength of the L2 penalty
FOLDS = 10
LANDMARKS = (1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200)  # evaluations
EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
LEAST = 15  # dips that a row must have, else it joins the next
SVG = Path(__file__).parents[2] / "docs" / "outlook.svg"
Array = NDArray[np.float64]


@dataclass
class Dips:
    """One row a landmark in a dip."""

    weighed: Array
    back: NDArray[np.bool_]
    owner: list[str]
    dip: list[tuple[str, int]]  # run and first evaluation of the dip


def dips(curves: Iterable[Curve]) -> Dips:
    rows: list[tuple[float, ...]] = []
    back: list[bool] = []
    owner: list[str] = []
    of: list[tuple[str, int]] = []
    for curve in curves:
        chart = Chart(DECLINE)
        for i, value in enumerate(curve.value):
            if not chart.feed(value) or chart.dip not in LANDMARKS:
                continue
            depth = 1 - (chart.previous or 0.0) / chart.best
            swing = chart.swing / chart.best
            rows.append(outlook.features(depth, chart.dip, swing))
            back.append(any(later >= BACK * chart.best for later in curve.value[i + 1 :]))
            owner.append(curve.owner)
            of.append((curve.id, i - chart.dip + 1))
    return Dips(np.array(rows), np.array(back), owner, of)


def fit(data: Dips, rows: Sequence[int]) -> tuple[float, ...]:
    """The coefficients, in the units of the features."""
    x = data.weighed[rows]
    mean, spread = x.mean(axis=0), x.std(axis=0)
    model = LogisticRegression(C=PENALTY).fit((x - mean) / spread, data.back[rows])
    slopes = model.coef_[0] / spread
    return (float(model.intercept_[0] - slopes @ mean), *(float(s) for s in slopes))


def predicted(data: Dips, coefficients: Sequence[float]) -> Array:
    return np.asarray(
        1 / (1 + np.exp(-coefficients[0] - data.weighed @ np.array(coefficients[1:])))
    )


def cross_validated(data: Dips) -> Array:
    """The chance of each row, by a model that saw no run of its owner."""
    chance = np.zeros(len(data.back))
    for train, test in GroupKFold(FOLDS).split(data.weighed, data.back, data.owner):
        part = Dips(data.weighed[test], data.back[test], [], [])
        chance[test] = predicted(part, fit(data, train))
    return chance


Outcome = tuple[float, int, int, float]  # upper end, dips, came back, mean chance


def outcomes(data: Dips, chance: Array) -> list[Outcome]:
    """Dips and how many came back, by chance; a dip counts once in a row."""
    table: list[Outcome] = []
    low = 0.0
    for high in EDGES:
        rows = [i for i, p in enumerate(chance) if low < p <= high or p == low == 0.0]
        met = {data.dip[i]: bool(data.back[i]) for i in rows}
        if len(met) < LEAST and high < 1.0:
            continue
        table.append((high, len(met), sum(met.values()), float(np.mean(chance[rows]))))
        low = high
    return table


def interval(came_back: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    p, n = came_back / of, of
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def show(title: str, data: Dips, chance: Array) -> list[Outcome]:
    table = outcomes(data, chance)
    base = np.full(len(chance), data.back.mean())
    print(f"\n### {title}\n")
    print(
        f"{len(set(data.dip))} dips in {len({run for run, _ in data.dip})} runs of "
        f"{len(set(data.owner))} owners. Log loss {log_loss(data.back, chance):.3f} "
        f"(always saying the base rate: {log_loss(data.back, base):.3f}), Brier "
        f"{np.mean((data.back - chance) ** 2):.3f} "
        f"({np.mean((data.back - base) ** 2):.3f}), "
        f"area under the ROC curve {roc_auc_score(data.back, chance):.2f}.\n"
    )
    print("| chance up to | mean chance | dips | came back | share | 95 % interval |")
    print("| --- | --- | --- | --- | --- | --- |")
    for high, n, x, mean in table:
        low, up = interval(x, n)
        print(f"| {high:g} | {mean:.2f} | {n} | {x} | {x / n:.2f} | {low:.2f} to {up:.2f} |")
    return table


def plot(tables: dict[str, list[Outcome]], file: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "ppocr_guard"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for shift, (title, table) in enumerate(tables.items()):
        share = [x / n for _, n, x, _ in table]
        ends = [interval(x, n) for _, n, x, _ in table]
        errors = [
            [s - low for s, (low, _) in zip(share, ends)],
            [up - s for s, (_, up) in zip(share, ends)],
        ]
        mean = [m + 0.006 * shift for *_, m in table]
        axes.errorbar(mean, share, yerr=np.abs(errors), fmt="o-", capsize=3, label=title)
    axes.set(
        xlabel="chance that was said", ylabel="share that came back", title="Will it come back?"
    )
    axes.legend(loc="upper left")
    figure.savefig(file, metadata={"Date": None})


def write(coefficients: Sequence[float], table: list[Outcome]) -> None:
    numbers = ", ".join(f"{c:.4f}" for c in coefficients)
    rows = "".join(f"    ({high:g}, {n}, {x}),\n" for high, n, x, _ in table)
    Path(str(outlook_table.__file__)).write_text(
        '"""Written by ``python -m benchmarks.detection.outlook --write``; not by hand."""\n\n'
        f"COEFFICIENTS = ({numbers})\n"
        "# Upper end of the chance, dips of real runs, how many of these came back.\n"
        f"OUTCOMES = (\n{rows})\n",
        encoding="utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="the package's table and the plot")
    parser.add_argument("--report", action="store_true", help="look at *report* too")
    args = parser.parse_args()
    known = dips([*corpus("develop", "validate"), *trained("develop", "validate")])
    chance = cross_validated(known)
    table = show("Develop and validate, cross-validated by owner", known, chance)
    coefficients = fit(known, range(len(known.back)))
    print("\nCoefficients: " + ", ".join(f"{c:.3f}" for c in coefficients))
    tables = {"develop and validate,\ncross-validated by owner": table}
    if args.report:
        unknown = dips([*corpus("report"), *trained("report")])
        tables["report"] = show("Report", unknown, predicted(unknown, coefficients))
    if args.write:
        write(coefficients, table)
        plot(tables, SVG)


if __name__ == "__main__":
    main()
