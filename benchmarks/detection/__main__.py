"""``python -m benchmarks.detection``: stopping rules side by side, as Markdown tables.

``--curves N`` sets how many curves the generator draws (default 1000).
"""

from __future__ import annotations

import argparse
import logging
import statistics
from collections.abc import Iterable, Sequence
from typing import Any, Optional

from benchmarks.detection.baselines import BASELINES, settings, stop
from benchmarks.detection.curves import Curve, Score, corpus, guarded, reproduced
from benchmarks.detection.generator import KINDS, generate
from ppocr_guard.detect.collapse import CollapseDetector

LEGEND = (
    "A stop is false on a healthy or plateau run, harmful when the run got better later by more "
    "than 0.005. Delays are evaluations from the collapse (an expert's label, or the generator's "
    'truth); negative: before it, after the fall began. "fewest errors" and "catches N" are the '
    "best settings of a grid search on these very curves; ppocr_guard has its defaults, which were "
    "chosen on these curves as well. "
    "Other libraries are restated (baselines.py)."
)
Stops = list[tuple[Curve, Optional[int]]]


def judge(stops: Iterable[tuple[Curve, Optional[int]]]) -> Score:
    score = Score()
    for curve, at in stops:
        score.add(curve, at)
    return score


def ours(curves: Iterable[Curve], **how: Any) -> Score:
    """The default hooks, AutoStop included."""
    found: Stops = []
    for curve in curves:
        request = guarded(curve, **how).stop
        found.append((curve, None if request is None else request.evaluation or 1))
    return judge(found)


def theirs(name: str, curves: Iterable[Curve], **options: Any) -> Score:
    return judge((curve, stop(name, curve.value, **options)) for curve in curves)


def errors(score: Score) -> int:
    return len(score.false) + len(score.harmful) + len(score.too_early) + len(score.missed)


Tried = list[tuple[str, dict[str, Any], Score]]


def try_all(curves: Sequence[Curve]) -> Tried:
    """Every setting of every baseline's grid."""
    return [(n, option, theirs(n, curves, **option)) for n in BASELINES for option in settings(n)]


def best_setting(name: str, tried: Tried, least: int = 0) -> Optional[tuple[dict[str, Any], Score]]:
    """Fewest errors (a missed collapse and a wrong stop weigh the same), then least delay.

    Args:
        least: collapses that must be caught.
    """
    own = [(o, score) for n, o, score in tried if n == name and len(score.caught) >= least]
    return min(own, key=lambda item: (errors(item[1]), _middle(item[1]) or 0.0), default=None)


def dominating(tried: Tried, our: Score) -> list[str]:
    """Settings that catch as many, as soon, with as few wrong stops, and beat us in one of it."""
    mine = _counts(our)
    return [
        f"{name} {option}"
        for name, option, score in tried
        if _counts(score) != mine and all(a <= b for a, b in zip(_counts(score), mine))
    ]


def _counts(score: Score) -> tuple[float, ...]:
    wrong = len(score.false) + len(score.harmful) + len(score.too_early)
    return len(score.missed), wrong, _middle(score) if score.caught else 1e9  # type: ignore[return-value]


def _middle(score: Score) -> Optional[float]:
    return statistics.median(score.delays) if score.delays else None


HEADER = (
    "| rule | setting | collapses caught | false stops | harmful stops | delay: median, worst "
    "| evaluations saved |\n| --- | --- | --- | --- | --- | --- | --- |"
)


def row(name: str, setting: str, score: Score) -> str:
    delay = f"{_middle(score):g}, {score.delays[-1]}" if score.delays else "-"
    caught = f"{len(score.caught)} of {len(score.collapses)}"
    wrong = f"{len(score.false)} | {len(score.harmful)}"
    return f"| {name} | {setting} | {caught} | {wrong} | {delay} | {score.saved} |"


def _text(option: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in option.items())


def table(curves: Sequence[Curve], own: dict[str, Score], tried: Tried) -> None:
    print(HEADER)
    for label, score in own.items():
        print(row("**ppocr_guard**", label, score))
    for name in BASELINES:
        print(row(name, "default", theirs(name, curves)))
    least = min(len(score.caught) for score in own.values())
    for title, wanted in (("fewest errors", 0), (f"catches {least} at least", least)):
        for name in BASELINES:
            found = best_setting(name, tried, wanted)
            if found is None:
                print(f"| {name} | {title}: none | | | | | |")
            else:
                print(row(name, f"{title}: {_text(found[0])}", found[1]))
    for label, score in own.items():
        better = dominating(tried, score)
        print(f"\nSettings of others better than ppocr_guard ({label}): {better or 'none'}.")


def by_class(tried: Tried, own: Score, group: dict[str, list[Curve]]) -> None:
    """Stops by class of curve."""
    print("\n| stops by class | " + " | ".join(f"{k} ({len(v)})" for k, v in group.items()) + " |")
    print("| --- |" + " --- |" * len(group))
    rows = {"**ppocr_guard**": own}
    for name in BASELINES:
        found = best_setting(name, tried, len(own.caught)) or best_setting(name, tried)
        if found is not None:
            rows[f"{name} {_text(found[0])}"] = found[1]
    for name, score in rows.items():
        cells = [str(sum(c.id in score.stopped for c in members)) for members in group.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")


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
    for value in (0.1, 0.3, 0.4, 0.5, 0.6, 0.8):
        runs.append((f"ML.NET GL, {value}", theirs("ML.NET GL", curves, threshold=value)))
    for name, score in runs:
        _, wrong, middle = _counts(score)
        caught = len(score.caught)
        worst = score.delays[-1] if score.delays else "-"
        print(f"| {name} | {wrong} of {len(curves)} | {caught} | {middle:g} | {worst} |")


def _collapse(curve: Curve, patience: int) -> Optional[int]:
    detector = CollapseDetector(patience=patience)
    for i, value in enumerate(curve.value, 1):
        fall = detector.update(value)
        if fall is not None and fall.over:
            return i
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=1000)
    count = parser.parse_args().curves
    logging.disable(logging.CRITICAL)
    public, own, drawn = corpus(), reproduced(), generate(count)
    print(f"# Stopping rules side by side\n\nBy `python -m benchmarks.detection`. {LEGEND}")
    print(f"\n## {len(public)} real curves\n")
    metric, tried = ours(_bare(public), metric_only=True), try_all(public)
    table(public, {"hmean alone": metric, "all of a log": ours(public)}, tried)
    labels = dict.fromkeys(curve.label for curve in public)
    by_class(tried, metric, {k: [c for c in public if c.label == k] for k in labels})
    print(f"\n## {len(own)} faults reproduced with PaddleOCR's code (interpolated)\n")
    table(own, {"hmean alone": ours(own), "live": ours(own, live=True)}, try_all(own))
    print(f"\n## {count} generated curves\n")
    generated, tried = ours(drawn, metric_only=True), try_all(drawn)
    table(drawn, {"hmean alone": generated}, tried)
    by_class(tried, generated, {k: [c for c in drawn if c.id.startswith(k)] for k in KINDS})
    operating_curve(drawn)


def _bare(curves: Iterable[Curve]) -> list[Curve]:
    return [Curve(c.id, c.label, c.value, c.collapse_at, c.unsure) for c in curves]


if __name__ == "__main__":
    main()
