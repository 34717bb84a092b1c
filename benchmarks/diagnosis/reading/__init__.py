"""Faults put into real, guarded trainings of a recogniser (CRNN with CTC).

``develop``: looked at while the rules were written. ``validate``: other seed, other numbers and
mostly other mechanisms; it was the report once, and one of its controls led to a better rule.
``report``: the faults of ``validate`` on lines of another seed, and controls of other kinds, run
once at the end. RESULTS-reading.md is of ``report``.
"""

from __future__ import annotations

from benchmarks.diagnosis.reading.faults import DEVELOP, REPORT, VALIDATE

SETS = {"develop": DEVELOP, "validate": VALIDATE, "report": REPORT}
SEEDS = {"develop": 20, "validate": 21, "report": 22}  # of the lines; the base model is the same

__all__ = ["SEEDS", "SETS"]
