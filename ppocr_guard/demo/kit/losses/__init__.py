"""``build_loss``, as PaddleOCR's ``tools/train.py`` imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle import nn

from .db_loss import DBLoss
from .rec_losses import CTCLoss, MultiLoss

__all__ = ["CTCLoss", "DBLoss", "MultiLoss", "build_loss"]

_LOSSES = {"DBLoss": DBLoss, "CTCLoss": CTCLoss, "MultiLoss": MultiLoss}


def build_loss(config: Mapping[str, Any]) -> nn.Layer:
    """The loss that the ``Loss`` section asks for. Raises ValueError if the kit has it not."""
    options = dict(config)
    name = options.pop("name", None)
    if name not in _LOSSES:
        raise ValueError(f"the training kit has no loss {name}; use {', '.join(_LOSSES)}")
    return _LOSSES[name](**options)
