"""Heads by their names; that of the DB paper: probability map, threshold map, and their soft
binarization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F  # noqa: N812 (as everybody writes it)

from .layers import ConvBN
from .rec_heads import CTCHead, MultiHead


class MapHead(nn.Layer):
    """One map at full size out of features at stride 4: two transposed convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 4
        self.conv = ConvBN(channels, inner, act="relu")
        self.up = nn.Conv2DTranspose(inner, inner // 2, 2, 2)
        self.bn = nn.BatchNorm2D(inner // 2)
        self.out = nn.Conv2DTranspose(inner // 2, 1, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn(self.up(self.conv(x))))
        return F.sigmoid(self.out(x))


class DBHead(nn.Layer):
    """Maps of shape (N, 3, H, W) when training: shrink, threshold, binary; else shrink alone.

    The binary map is 1 / (1 + exp(-k (shrink - threshold))), equation 2 of the DB paper.
    """

    def __init__(self, in_channels: int, k: float = 50) -> None:
        super().__init__()
        self.k = k
        self.binarize = MapHead(in_channels)
        self.thresh = MapHead(in_channels)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        shrink = self.binarize(x)
        if not self.training:
            return {"maps": shrink}
        threshold = self.thresh(x)
        binary = F.sigmoid(self.k * (shrink - threshold))
        return {"maps": paddle.concat([shrink, threshold, binary], axis=1)}


def build_head(config: Mapping[str, Any], in_channels: int) -> nn.Layer:
    """Raises ValueError for another ``name`` than DBHead, CTCHead and MultiHead."""
    options = dict(config)
    name = options.pop("name", None)
    if name == "DBHead":
        return DBHead(in_channels, k=options.get("k", 50))
    if name == "CTCHead":
        return CTCHead(in_channels, options["out_channels"])
    if name == "MultiHead":
        return MultiHead(in_channels, **options)
    raise ValueError(f"the training kit has no head {name}; use DBHead, CTCHead or MultiHead")
