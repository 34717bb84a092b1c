"""The tables of ``python -m benchmarks.detection``: a rule's score, and the best of the others'."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any, Optional

from benchmarks.detection.baselines import BASELINES, settings, stop
from benchmarks.detection.curves import Curve, Score, guarded

Tried = list[tuple[str, dict[str, Any], Score]]
HEADER = (
    "| rule | setting | collapses caught | wrong stops | of these false, harmful, too early "
    "| delay: median, worst | evaluations saved |\n| --- | --- | --- | --- | --- | --- | --- |"
)


def judge(stops: Iterable[tuple[Curve, Optional[int]]]) -> Score:
    score = Score()
    for curve, at in stops:
        score.add(curve, at)
    return score


def stopped(curve: Curve, **how: Any) -> Optional[int]:
    """Evaluation at which the default hooks, AutoStop included, stop the run."""
    request = guarded(curve, **how).stop
    return None if request is None else request.evaluation or 1


def ours(curves: Iterable[Curve], **how: Any) -> Score:
    return judge((curve, stopped(curve, **how)) for curve in curves)


def theirs(name: str, curves: Iterable[Curve], **options: Any) -> Score:
    return judge((curve, stop(name, curve.value, **options)) for curve in curves)


def errors(score: Score) -> int:
    return score.wrong + len(score.missed)


def try_all(curves: Sequence[Curve]) -> Tried:
    """Every setting of every baseline's grid."""
    return [(n, option, theirs(n, curves, **option)) for n in BASELINES for option in settings(n)]


def best_setting(name: str, tried: Tried, least: int = 0) -> Optional[tuple[dict[str, Any], Score]]:
    """Fewest errors (a missed collapse and a wrong stop weigh the same), then least delay.

    Args:
        least: collapses that must be caught.
    """
    own = [(o, score) for n, o, score in tried if n == name and len(score.caught) >= least]
    return min(own, key=lambda item: (errors(item[1]), middle(item[1]) or 0.0), default=None)


def as_good(tried: Tried, our: Score) -> list[str]:
    """Settings that catch as many, as soon, with as few wrong stops."""
    mine = _counts(our)
    return [
        f"{name} {text(option)}"
        for name, option, score in tried
        if all(a <= b for a, b in zip(_counts(score), mine))
    ]


def _counts(score: Score) -> tuple[float, ...]:
    delay = middle(score)
    return len(score.missed), score.wrong, 1e9 if delay is None else delay


def middle(score: Score) -> Optional[float]:
    return statistics.median(score.delays) if score.delays else None


def row(name: str, setting: str, score: Score) -> str:
    delay = f"{middle(score):g}, {score.delays[-1]}" if score.delays else "-"
    caught = f"{len(score.caught)} of {len(score.collapses)}"
    others = score.runs - len(score.collapses)
    wrong = f"{score.wrong} ({score.wrong / max(1, others):.1%} of {others})"
    kinds = f"{len(score.false)}, {len(score.harmful)}, {len(score.too_early)}"
    return f"| {name} | {setting} | {caught} | {wrong} | {kinds} | {delay} | {score.saved} |"


def text(option: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in option.items())


def side_by_side(
    curves: Sequence[Curve], own: dict[str, Score], chosen: Optional[Tried] = None
) -> None:
    """Print the table.

    Args:
        chosen: the baselines' scores on other curves, to choose their settings there.
    """
    tried = try_all(curves)
    print(HEADER)
    for label, score in own.items():
        print(row("**ppocr_guard**", label, score))
    for name in BASELINES:
        print(row(name, "default", theirs(name, curves)))
    if chosen is not None:
        for name in BASELINES:
            found = best_setting(name, chosen)
            if found is not None:
                at = f"fewest errors on develop and validate: {text(found[0])}"
                print(row(name, at, theirs(name, curves, **found[0])))
    least = min(len(score.caught) for score in own.values())
    for title, wanted in (("fewest errors here", 0), (f"catches {least} at least here", least)):
        for name in BASELINES:
            found = best_setting(name, tried, wanted)
            if found is None:
                print(f"| {name} | {title}: none | | | | | |")
            else:
                print(row(name, f"{title}: {text(found[0])}", found[1]))
    for label, score in own.items():
        _compare(label, score, tried)


def _compare(label: str, score: Score, tried: Tried) -> None:
    good = as_good(tried, score)
    least = min(errors(other) for _, _, other in tried)
    print(
        f"\nppocr_guard ({label}): {errors(score)} errors (missed or wrong); the least of the "
        f"{len(tried)} settings of others, chosen on these very curves: {least}. Settings that are "
        f"at least as good in all three counts: {'; '.join(good) or 'none'}."
    )
    for what, ids in (("Missed", score.missed), ("Wrong", [*score.false, *score.harmful])):
        if ids:
            print(f"{what}: {', '.join(ids)}.")
    if score.came_back:
        print(
            "Stopped without harm, but came back to 90 % of the best: "
            f"{', '.join(score.came_back)}."
        )


def by_class(curves: Sequence[Curve], own: Score, tried: Tried) -> None:
    """Stops by class of curve."""
    labels = dict.fromkeys(curve.label for curve in curves)
    group = {label: [c for c in curves if c.label == label] for label in labels}
    print("\n| stops by class | " + " | ".join(f"{k} ({len(v)})" for k, v in group.items()) + " |")
    print("| --- |" + " --- |" * len(group))
    rows = {"**ppocr_guard**": own}
    for name in BASELINES:
        found = best_setting(name, tried, len(own.caught)) or best_setting(name, tried)
        if found is not None:
            rows[f"{name} {text(found[0])}"] = found[1]
    for name, score in rows.items():
        cells = [str(sum(c.id in score.stopped for c in members)) for members in group.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")
