"""Faults put into real, guarded trainings of a recogniser (CRNN with CTC).

``develop``: looked at while the rules were written. ``validate``: other seed, other numbers and
mostly other mechanisms; it was the report once, and one of its controls led to a better rule.
``report``: the faults of ``validate`` on lines of another seed, and controls of other kinds, run
once at the end. RESULTS-reading.md is of ``report``. ``fresh``: mechanisms and controls that are
in none of them, written when the rules were done, run once. ``controls``: nothing is wrong in any.
"""

from __future__ import annotations

from benchmarks.diagnosis.reading.faults import DEVELOP, REPORT, VALIDATE
from benchmarks.diagnosis.reading.fresh import CONTROLS, FRESH

SETS = {
    "develop": DEVELOP,
    "validate": VALIDATE,
    "report": REPORT,
    "fresh": FRESH,
    "controls": CONTROLS,
}
SEEDS = {
    "develop": 20,
    "validate": 21,
    "report": 22,
    "fresh": 23,
    "controls": 24,
}  # of the lines; the base model is the same

__all__ = ["SEEDS", "SETS"]
