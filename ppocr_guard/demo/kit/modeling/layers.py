"""Building blocks."""

from __future__ import annotations

from typing import Optional, Union

from paddle import Tensor, nn


class ConvBN(nn.Layer):
    """Convolution without bias, batch norm, activation (none if ``act`` is None).

    ``stride``: of height and width, or of both.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: Union[int, tuple[int, int]] = 1,
        groups: int = 1,
        act: Optional[str] = "hardswish",
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2D(
            inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias_attr=False
        )
        self.bn = nn.BatchNorm2D(outputs)
        acts = {"hardswish": nn.Hardswish, "relu": nn.ReLU, None: nn.Identity}
        self.act = acts[act]()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))


class SeparableConvBN(nn.Sequential):
    """Depthwise 3x3, then pointwise convolution: a 3x3 convolution at a tenth of its cost."""

    def __init__(self, inputs: int, outputs: int, act: Optional[str] = "hardswish") -> None:
        super().__init__(ConvBN(inputs, inputs, groups=inputs), ConvBN(inputs, outputs, 1, act=act))


class Residual(nn.Layer):
    """A separable convolution around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = SeparableConvBN(channels, channels, act=None)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x)
