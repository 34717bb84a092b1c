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
WORST = VERDICT_LEVELS["not_learning"]  # from here on a run is not worth its machine time


def verdict_level(selector: str, by: str, range_: str = "") -> str:
    """PromQL for the level of the current verdict, one series for each of the labels ``by``.

    Never a sum: of several runs under one set of labels, the worst shows. With ``range_`` the
    last value within it counts, which keeps runs that have ended in sight.
    """
    series = f"ppocr_guard_verdict_level{{{selector}}}"
    return f"max by ({by}) (" + (f"last_over_time({series}[{range_}])" if range_ else series) + ")"
