"""A backbone small enough to train on a CPU in minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle import Tensor, nn

from .layers import ConvBN, SeparableConvBN

WIDTHS = (16, 24, 40, 64, 96)  # of the stem (stride 2) and the stages (strides 4 to 32)


class Residual(nn.Layer):
    """A separable convolution around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = SeparableConvBN(channels, channels, act=None)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x)


class LightBackbone(nn.Layer):
    """Stem and four stages; gives features at strides 4, 8, 16 and 32.

    Args:
        scale: factor on all widths.
    """

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        widths = [max(8, round(w * scale / 8) * 8) for w in WIDTHS]
        self.stem = ConvBN(3, widths[0], stride=2)
        self.stages = nn.LayerList(
            nn.Sequential(ConvBN(inputs, outputs, stride=2), Residual(outputs))
            for inputs, outputs in zip(widths, widths[1:])
        )
        self.out_channels = widths[1:]

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


def build_backbone(config: Mapping[str, Any]) -> LightBackbone:
    """Raises ValueError for another ``name`` than LightBackbone."""
    options = dict(config)
    name = options.pop("name", None)
    if name != "LightBackbone":
        raise ValueError(f"the training kit has no backbone {name}; use LightBackbone")
    return LightBackbone(**options)
