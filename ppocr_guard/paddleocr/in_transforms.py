"""The guard as one line of the YAML's ``Train.dataset.transforms``.

``create_operators`` evaluates the names in that list, so this line, put just before KeepKeys,
guards a training whose command cannot be changed::

    - "__import__('ppocr_guard').Transform":
"""

from __future__ import annotations

from typing import Any


class Transform:
    """Attaches the guard when PaddleOCR builds it; leaves every sample as it is.

    PaddleOCR hands over all of ``Global`` as keywords, and builds the list anew each epoch when
    ``ratio_list`` has a value below 1 (to 3.6): attaching is idempotent.
    """

    def __init__(self, **_settings: Any) -> None:
        import sys

        if "tools.program" in sys.modules:
            from ppocr_guard.paddleocr.attach import attach

            attach()

    def __call__(self, data: Any) -> Any:
        return data
