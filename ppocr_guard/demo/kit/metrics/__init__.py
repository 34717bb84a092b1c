"""``build_metric``, as PaddleOCR's ``tools/train.py`` imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from .det_metric import DetMetric
from .rec_metric import RecMetric

__all__ = ["DetMetric", "RecMetric", "build_metric"]

_METRICS = {"DetMetric": DetMetric, "RecMetric": RecMetric}


def build_metric(config: Mapping[str, Any]) -> Union[DetMetric, RecMetric]:
    """The metric that the ``Metric`` section asks for. Raises ValueError if the kit has it not."""
    options = dict(config)
    name = options.pop("name", None)
    if name not in _METRICS:
        raise ValueError(f"the training kit has no metric {name}; use {', '.join(_METRICS)}")
    return _METRICS[name](**options)
