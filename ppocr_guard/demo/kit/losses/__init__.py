"""``build_loss``, as PaddleOCR's ``tools/train.py`` imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .db_loss import DBLoss

__all__ = ["DBLoss", "build_loss"]


def build_loss(config: Mapping[str, Any]) -> DBLoss:
    """The loss that the ``Loss`` section asks for. Raises ValueError if it is not DBLoss."""
    options = dict(config)
    name = options.pop("name", None)
    if name != "DBLoss":
        raise ValueError(f"the training kit has no loss {name}; use DBLoss")
    return DBLoss(**options)
