"""The decision table: which pattern of facts stands for which cause.

One :class:`Entry` a cause. ``when`` holds alternatives, each a set of propositions
(:mod:`ppocr_guard.detect.propositions`) that must all be known to be true; ``against`` those of
which none may be true. "not X" is known to be false; "unless X" is not known to be true.
``explains`` names causes that follow from this one, and are not told beside it. Nothing else
decides; :mod:`ppocr_guard.detect.diagnosis` only reads this.
"""

from __future__ import annotations

from ppocr_guard.detect.table.findings import with_findings
from ppocr_guard.detect.table.sets import SETS
from ppocr_guard.detect.table.targets import TARGETS
from ppocr_guard.detect.table.training import NOT_FINITE, TRAINING

# Of causes with the same confidence the first one is named.
TABLE = with_findings((NOT_FINITE, *TARGETS, *SETS, *TRAINING))
