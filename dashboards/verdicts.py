"""Verdicts as numbers, so that a panel can colour them and a table can sort runs by them."""

from __future__ import annotations

from ppocr_guard.verdict import LEVELS

# Colours are Grafana's names.
VERDICT_COLORS = {
    "healthy": "green",
    "too_short": "blue",
    "plateaued": "yellow",
    "overfitting": "orange",
    "unstable": "orange",
    "not_learning": "red",
    "diverged": "red",
    "collapsed": "dark-red",
}
VERDICT_LEVELS = LEVELS
# A verdict judges the curve. One that is no worse than "unstable" is shown as this where something
# critical holds of the run all the same: labels that are lost, say.
FAULTY, FAULTY_NAME = 4.5, ("with a fault", "red")
WORST = VERDICT_LEVELS["not_learning"]  # from here on a run is not worth its machine time


def overall(selector: str, by: str, conditions: str, range_: str = "") -> str:
    """:func:`verdict_level`, or ``FAULTY`` where that is worse and one of the ``conditions`` (a
    series) is critical."""
    critical = f'{conditions}{{{selector}, severity="critical"}}'
    level = verdict_level(selector, by, range_)
    return f"max by ({by}) ({level} or {FAULTY} * max by ({by}, code) ({critical}))"


def verdict_level(selector: str, by: str, range_: str = "") -> str:
    """PromQL for the level of the current verdict, one series for each of the labels ``by``.

    Never a sum: of several runs under one set of labels, the worst shows. With ``range_`` the
    last value within it counts, which keeps runs that have ended in sight.
    """
    series = f"ppocr_guard_verdict_level{{{selector}}}"
    return f"max by ({by}) (" + (f"last_over_time({series}[{range_}])" if range_ else series) + ")"
