"""The queries of the dashboard of one run, in PromQL. Build-time only."""

from __future__ import annotations

from ppocr_guard.dashboards.rules import RUN
from ppocr_guard.dashboards.style import CHOSEN, SEVERITY_NAMES

ALERTS = f"run_code:ppocr_guard_alerts:sum{{{CHOSEN}}}"  # recorded by rules.yml


def metric(name: str, by: str = "", labels: str = "") -> str:
    """The run's series of a metric, on each machine that has a run of this name."""
    more = f", {labels}" if labels else ""
    return f"max by ({_key(by)}) (ppocr_guard_{name}{{{CHOSEN}{more}}})"


def rate(name: str, by: str = "") -> str:
    return f"sum by ({_key(by)}) (rate(ppocr_guard_{name}{{{CHOSEN}}}[$__rate_interval]))"


def _key(by: str) -> str:
    return f"{RUN}, {by}" if by else RUN


def at(name: str) -> str:
    """A legend: what, and where the run is."""
    return f"{name}, {{{{instance}}}}"


def severity_level(series: str) -> str:
    """Conditions as numbers: 1 info, 2 warning, 3 critical."""
    by = f"{RUN}, code, subject"
    levels = (
        f'{level} * max by ({by}) ({series}{{{CHOSEN}, severity="{name}"}})'
        for level, (name, _) in sorted(SEVERITY_NAMES.items(), reverse=True)
    )
    return " or ".join(levels)


def main_indicator(hmean: str, other: str) -> str:
    """hmean in detection; whatever PaddleOCR ranks by elsewhere, such as acc in recognition."""
    return f"{metric(hmean)} or {metric(other)}"
