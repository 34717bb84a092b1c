"""Time steps of a CTC model: the width of what its backbone gives for an image of some width.

Measured on models built from the stock configurations of PaddleOCR 2.10 and 3.0, at their own
width and at twice that. A backbone that is not here is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

# Image columns for one time step.
COLUMNS = {
    "MobileNetV3": 4,
    "MobileNetV1Enhance": 4,  # 8 with last_conv_stride [1, 2]
    "ResNet": 4,
    "PPLCNetV3": 8,
    "PPHGNet_small": 8,
    "PPHGNetV2_B4": 8,
    "RepSVTR": 8,
    "SVTRv2": 8,
    "LineBackbone": 8,  # of the training kit
}


def time_steps(backbone: Mapping[str, Any], width: int) -> Optional[int]:
    """Time steps for images of ``width`` pixels; None: not known of this backbone.

    Args:
        backbone: the options under ``Architecture.Backbone``.
        width: of the image that the model gets.
    """
    name = backbone.get("name")
    if name == "SVTRNet":
        steps = backbone.get("out_char_num", 25)
        return steps if isinstance(steps, int) and backbone.get("last_stage", True) else None
    columns = COLUMNS.get(str(name))
    stride = backbone.get("last_conv_stride", 1)
    if name == "MobileNetV1Enhance" and isinstance(stride, list):
        columns = 4 * int(stride[-1])
    if name == "LineBackbone":
        columns = int(backbone.get("width_stride", 8))
    return width // columns if columns else None
