"""``build_metric``, as PaddleOCR's ``tools/train.py`` imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .det_metric import DetMetric

__all__ = ["DetMetric", "build_metric"]


def build_metric(config: Mapping[str, Any]) -> DetMetric:
    """The metric that the ``Metric`` section asks for. Raises ValueError if not DetMetric."""
    options = dict(config)
    name = options.pop("name", None)
    if name != "DetMetric":
        raise ValueError(f"the training kit has no metric {name}; use DetMetric")
    return DetMetric(**options)
