"""``python -m benchmarks.detection``: stopping rules side by side, as Markdown tables.

``--part develop`` (or validate) prints that part of the curves alone, for work on the rules;
without it everything is printed, *report* first. ``--curves N`` sets how many curves the
generator draws (default 1000).
"""

from __future__ import annotations

import argparse
import datetime
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Optional

from benchmarks.detection import split
from benchmarks.detection.curves import Curve, Score, corpus, reproduced, trained
from benchmarks.detection.generator import KINDS, generate
from benchmarks.detection.tables import (
    best_setting,
    by_class,
    judge,
    middle,
    ours,
    side_by_side,
    theirs,
    try_all,
)
from ppocr_guard.detect.collapse import CollapseDetector
from ppocr_guard.detect.stopping import LEVELS
from ppocr_guard.detect.trend import ProgressDetector

LEGEND = (
    "A stop is *false* on a healthy or plateau run, *harmful* when the run got better later by "
    "more than 0.005, *too early* when a collapse had not begun to fall; all three are wrong. "
    "Delays are evaluations from the collapse (an expert's label, or the generator's truth); "
    "negative: before it, after the fall began. Runs are kept apart by owner in three parts "
    "(split.py): rules were found on *develop*, chosen on *validate*, and *report* was looked at "
    "once. ppocr_guard has its defaults everywhere. Other libraries are restated (baselines.py), "
    "with their default, the best setting of a grid on develop and validate, and the best setting "
    "on the very curves of the table, which is more than fair. *plain* is the rule that anybody "
    "would write: so far below the best, so many times in a row."
)


def bare(curves: Iterable[Curve]) -> list[Curve]:
    """The metric alone."""
    return [replace(c, precision=[], recall=[], loss=[]) for c in curves]


def part(name: str, chosen_on: Sequence[Curve] = ()) -> None:
    public, own = corpus(name), trained(name)
    curves = [*public, *own]
    kinds = ", ".join(f"{n} {k}" for k, n in Counter(c.label for c in curves).items())
    print(
        f"\n## {name}: {len(public)} public runs, {len(own)} of PaddleOCR's code, "
        f"{len({c.owner for c in curves})} sources ({kinds})\n"
    )
    metric = ours(bare(curves), metric_only=True)
    chosen = try_all(chosen_on) if chosen_on else None
    side_by_side(curves, {"hmean alone": metric, "all of a log": ours(curves)}, chosen)
    by_class(curves, metric, try_all(curves))
    print("\nPublic runs alone, and PaddleOCR's code alone:\n")
    print("| curves | rule | collapses caught | wrong stops | delay: median |")
    print("| --- | --- | --- | --- | --- |")
    for title, some in (("public", public), ("PaddleOCR", own)):
        found = best_setting("plain", try_all(some))
        scores = {"**ppocr_guard**": ours(bare(some), metric_only=True)}
        if found is not None:
            scores["plain, fewest errors here"] = found[1]
        for rule, score in scores.items():
            caught = f"{len(score.caught)} of {len(score.collapses)}"
            print(f"| {title} | {rule} | {caught} | {score.wrong} | {middle(score)} |")
    levels(curves)
    declined(curves)
    not_finite(curves)
    short(curves)


def levels(curves: Sequence[Curve]) -> None:
    """The price of AutoStop's levels."""
    others = sum(c.label != "collapse" for c in curves)
    print(
        "\n| AutoStop level | collapses | never learns, NaN | false stops | harmful stops "
        "| evaluations saved, of all |\n| --- | --- | --- | --- | --- | --- |"
    )
    total = sum(len(c.value) for c in curves)
    lost = [c for c in curves if c.label in ("never_learns", "nan_inf")]
    for level in LEVELS:
        s = ours(curves, level=level)
        saved = sum(len(c.value) - s.stopped[c.id] for c in curves if c.id in s.stopped)
        print(
            f"| {level} | {len(s.caught)} of {len(s.collapses)} "
            f"| {sum(c.id in s.stopped for c in lost)} of {len(lost)} "
            f"| {len(s.false)} ({len(s.false) / others:.1%}) "
            f"| {len(s.harmful)} ({len(s.harmful) / others:.1%}) | {saved} of {total} |"
        )


def declined(curves: Sequence[Curve]) -> None:
    """The warning below the collapse: how many runs get it, and how many of these came back."""
    print(
        "\n| `hmean_declined` or worse, by class | runs | warned | came back to 90 % of the best |"
    )
    print("| --- | --- | --- | --- |")
    for label in dict.fromkeys(curve.label for curve in curves):
        runs = [c for c in curves if c.label == label]
        warned = [(c, at) for c in runs if (at := _declined(c)) is not None]
        back = sum(max([0.0, *c.value[at:]]) >= 0.9 * max(c.value[:at]) for c, at in warned)
        print(f"| {label} | {len(runs)} | {len(warned)} | {back} |")


def _declined(curve: Curve) -> Optional[int]:
    detector = CollapseDetector()
    for i, value in enumerate(curve.value, 1):
        fall = detector.update(value)
        if detector.declined is not None or (fall is not None and fall.over):
            return i
    return None


def not_finite(curves: Sequence[Curve]) -> None:
    """Runs with NaN or inf in the training loss of an epoch."""
    bad = [(c, [v for v in c.loss if v is not None and v - v != 0.0]) for c in curves]
    bad = [(c, values) for c, values in bad if values]
    if not bad:
        print("\nNo run here has NaN or inf in its training loss.")
        return
    print("\n| NaN or inf in the loss | class | evaluations with it | stopped at |")
    print("| --- | --- | --- | --- |")
    score = ours([c for c, _ in bad])
    for curve, values in bad:
        where = score.stopped.get(curve.id, "-")
        print(f"| {curve.id} | {curve.label} | {len(values)} of {len(curve.value)} | {where} |")


def short(curves: Sequence[Curve]) -> None:
    """Not learning, on runs thinned out to few evaluations."""
    print("\n| thinned out to | runs that learn: called not learning | never learn: called so |")
    print("| --- | --- | --- |")
    for count in (4, 5, 7, 9):
        some = [c for c in curves if len(c.value) >= 2 * count]
        good = [c for c in some if max(c.value) >= 0.3]
        never = [c for c in some if c.label == "never_learns"]
        cells = [f"{sum(_thin(c, count) for c in runs)} of {len(runs)}" for runs in (good, never)]
        print(f"| {count} evaluations | " + " | ".join(cells) + " |")


def _thin(curve: Curve, count: int) -> bool:
    detector, told = ProgressDetector(), False
    for k in range(1, count + 1):
        detector.update(curve.value[round(k * len(curve.value) / count) - 1], k / count)
        told = told or detector.not_learning
    return told


def operating_curve(curves: Sequence[Curve]) -> None:
    """False stops against delay as patience varies; the same for the simplest other rules."""
    print("\n| rule | wrong stops | collapses caught | median delay | worst |")
    print("| --- | --- | --- | --- | --- |")
    runs: list[tuple[str, Score]] = []
    for patience in (1, 2, 3, 4, 5, 7, 10):
        stops = [(curve, _collapse(curve, patience)) for curve in curves]
        runs.append((f"ppocr_guard, collapse_patience {patience}", judge(stops)))
    for value in (1, 3, 5, 10, 20, 50):
        runs.append((f"Lightning, patience {value}", theirs("Lightning", curves, patience=value)))
    for value in (5, 10, 20):
        setting = {"drop": 0.5, "patience": value}
        runs.append((f"plain, 0.5, {value} times", theirs("plain", curves, **setting)))
    for name, score in runs:
        worst = score.delays[-1] if score.delays else "-"
        counts = f"{score.wrong} of {len(curves)} | {len(score.caught)} | {middle(score)}"
        print(f"| {name} | {counts} | {worst} |")


def _collapse(curve: Curve, patience: int) -> Optional[int]:
    detector = CollapseDetector(patience=patience)
    for i, value in enumerate(curve.value, 1):
        fall = detector.update(value)
        if fall is not None and fall.over:
            return i
    return None


def made(count: int) -> None:
    """Curves that are not measured evaluation by evaluation."""
    own, drawn = reproduced(), generate(count)
    print(f"\n## {len(own)} faults reproduced with PaddleOCR's code (interpolated)\n")
    side_by_side(own, {"hmean alone": ours(own), "live": ours(own, live=True)})
    print(f"\n## {count} generated curves\n")
    generated = ours(drawn, metric_only=True)
    side_by_side(drawn, {"hmean alone": generated})
    kinds = [replace(c, label=next(k for k in KINDS if c.id.startswith(k))) for c in drawn]
    by_class(kinds, generated, try_all(drawn))
    operating_curve(drawn)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=split.PARTS)
    parser.add_argument("--curves", type=int, default=1000)
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    seen = ("develop", "validate")
    if args.part is not None:
        names = seen if args.part == "report" else ()
        part(args.part, [*corpus(*names), *trained(*names)] if names else ())
        return
    print(f"# Stopping rules side by side\n\n{datetime.date.today()},", end=" ")
    print(f"`python -m benchmarks.detection`. {LEGEND}")
    part("report", [*corpus(*seen), *trained(*seen)])
    for name in reversed(seen):
        part(name)
    made(args.curves)


if __name__ == "__main__":
    main()
