"""What can be true of a run, each a question to the :class:`Evidence` with a name and a sentence.

The decision table (:mod:`ppocr_guard.detect.table`) speaks in these names. An answer is True,
False, or None: not known. "Known" labels are labels that the model found before the first step,
"foreign" ones those that it did not. Limits stand in :mod:`ppocr_guard.detect.limits`.
"""

from ppocr_guard.detect.propositions import (  # noqa: F401 (each registers its own)
    data,
    first_model,
    labels,
    model,
    optimisation,
    reading,
)
