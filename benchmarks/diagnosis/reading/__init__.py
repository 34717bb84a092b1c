"""Faults put into real, guarded trainings of a recogniser (CRNN with CTC).

``develop``: looked at while the rules were written; ``report``: other seed, other numbers and
mostly other mechanisms, run once at the end. RESULTS-reading.md is of ``report``.
"""

from __future__ import annotations

from benchmarks.diagnosis.reading.faults import DEVELOP, REPORT

SETS = {"develop": DEVELOP, "report": REPORT}
SEEDS = {"develop": 20, "report": 21}  # of the lines; the base model is the same

__all__ = ["SEEDS", "SETS"]
