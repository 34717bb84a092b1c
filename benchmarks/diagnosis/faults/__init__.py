"""Disjoint sets of faults and controls.

``develop``: looked at while the rules were written. ``validate``: looked at a few times.
``report``: run once, at the end; what the README quotes. No mechanism is in two of them with the
same numbers, and most are in one only. ``fresh``: a smaller one by mechanisms that none of the
three has, run once after all of them; ``afresh``: others once more, after that had led to new
evidence.
"""

from __future__ import annotations

from benchmarks.diagnosis.faults import afresh, develop, fresh, report, validate
from benchmarks.diagnosis.faults.fault import Fault

SETS: dict[str, tuple[Fault, ...]] = {
    "develop": develop.FAULTS,
    "validate": validate.FAULTS,
    "report": report.FAULTS,
    "fresh": fresh.FAULTS,
    "afresh": afresh.FAULTS,
}
SEEDS = {"develop": 10, "validate": 11, "report": 12, "fresh": 13, "afresh": 14}  # of the data

__all__ = ["SEEDS", "SETS", "Fault"]
