"""Faults put into real, guarded PaddleOCR trainings: which are caught, and is the cause right?

And what becomes of a run that follows the advice? See :mod:`benchmarks.diagnosis.faults` for the
three sets; RESULTS.md is of the set ``report``, which no rule was fitted to.
"""
