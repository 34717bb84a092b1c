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

    ``ppocr_guard_verdict`` is 1 for the state that holds and 0 for all others, so the sum of
    state times level is the level. With ``range_`` the last value within it counts, which keeps
    runs that have ended in sight.
    """

    def term(state: str, level: int) -> str:
        labels = f'{selector}, state="{state}"' if selector else f'state="{state}"'
        series = f"ppocr_guard_verdict{{{labels}}}"
        return f"{level} * " + (f"last_over_time({series}[{range_}])" if range_ else series)

    terms = " or ".join(term(state, level) for state, level in VERDICT_LEVELS.items())
    return f"sum by ({by}) ({terms})"
