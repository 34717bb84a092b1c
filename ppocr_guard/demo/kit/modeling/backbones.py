"""Backbones small enough to train on a CPU in minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from paddle import Tensor, nn

from .layers import ConvBN, Residual

WIDTHS = (16, 24, 40, 64, 96)  # of the stem (stride 2) and the stages (strides 4 to 32)
LINE_WIDTHS = (16, 32, 64, 96)  # the same of LineBackbone


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


class LineBackbone(nn.Layer):
    """Features of a text line: height by 16, width by ``width_stride``.

    Source: the convolutions of the CRNN paper, which stop to halve the width before the height.

    Args:
        width_stride: 4 or 8; a line of W pixels gives W / width_stride time steps.
        scale: factor on all widths.
    """

    def __init__(self, width_stride: int = 8, scale: float = 1.0) -> None:
        super().__init__()
        if width_stride not in (4, 8):
            raise ValueError(f"width_stride must be 4 or 8, not {width_stride}")
        widths = [max(8, round(w * scale / 8) * 8) for w in LINE_WIDTHS]
        strides = [(2, 2), (2, 2 if width_stride == 8 else 1), (2, 1)]
        self.stem = ConvBN(3, widths[0], stride=2)
        self.stages = nn.Sequential(
            *(
                nn.Sequential(ConvBN(inputs, outputs, stride=stride), Residual(outputs))
                for inputs, outputs, stride in zip(widths, widths[1:], strides)
            )
        )
        self.out_channels = widths[-1]

    def forward(self, x: Tensor) -> Tensor:
        return self.stages(self.stem(x))


def build_backbone(config: Mapping[str, Any]) -> Union[LightBackbone, LineBackbone]:
    """Raises ValueError for another ``name`` than LightBackbone and LineBackbone."""
    options = dict(config)
    name = options.pop("name", None)
    if name == "LightBackbone":
        return LightBackbone(**options)
    if name == "LineBackbone":
        return LineBackbone(**options)
    raise ValueError(f"the training kit has no backbone {name}; use LightBackbone or LineBackbone")
