"""Necks: the feature pyramid of the DB paper, and the sequence encoder of the CRNN paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

import paddle
import paddle.nn.functional as F  # noqa: N812 (as everybody writes it)
from paddle import Tensor, nn

from .layers import ConvBN, SeparableConvBN


class DBFPN(nn.Layer):
    """Top-down sums, then all levels upsampled to stride 4 and concatenated.

    Source: DB paper, figure 3.

    Args:
        in_channels: channels of the features at strides 4, 8, 16, 32.
        out_channels: channels of the result, a multiple of 4.
    """

    def __init__(self, in_channels: Sequence[int], out_channels: int = 64) -> None:
        super().__init__()
        self.lateral = nn.LayerList(ConvBN(c, out_channels, 1) for c in in_channels)
        self.smooth = nn.LayerList(
            SeparableConvBN(out_channels, out_channels // 4) for _ in in_channels
        )
        self.out_channels = out_channels // 4 * len(in_channels)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        levels = [lateral(x) for lateral, x in zip(self.lateral, features)]
        for i in range(len(levels) - 2, -1, -1):
            levels[i] = levels[i] + F.interpolate(levels[i + 1], scale_factor=2, mode="nearest")
        outputs = [
            F.interpolate(smooth(x), scale_factor=2**i, mode="nearest") if i else smooth(x)
            for i, (smooth, x) in enumerate(zip(self.smooth, levels))
        ]
        return paddle.concat(outputs[::-1], axis=1)


class SequenceEncoder(nn.Layer):
    """Mean over the height, then a bidirectional LSTM along the width.

    Source: CRNN paper, section 2.2.
    """

    def __init__(self, in_channels: int, hidden_size: int = 64) -> None:
        super().__init__()
        self.lstm = nn.LSTM(in_channels, hidden_size, direction="bidirect")
        self.out_channels = 2 * hidden_size

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) to (N, W, 2 * hidden_size)."""
        return self.lstm(features.mean(axis=2).transpose([0, 2, 1]))[0]


def build_neck(config: Mapping[str, Any], in_channels: Any) -> Union[DBFPN, SequenceEncoder]:
    """Raises ValueError for another ``name`` than DBFPN and SequenceEncoder."""
    options = dict(config)
    name = options.pop("name", None)
    if name == "DBFPN":
        return DBFPN(in_channels, **options)
    if name == "SequenceEncoder":
        options.pop("encoder_type", None)  # PaddleOCR has several; here it is rnn
        return SequenceEncoder(in_channels, **options)
    raise ValueError(f"the training kit has no neck {name}; use DBFPN or SequenceEncoder")
