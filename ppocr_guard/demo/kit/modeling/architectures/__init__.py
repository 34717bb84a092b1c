"""``build_model`` and ``apply_to_static``, as PaddleOCR's ``tools/train.py`` imports them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle import Tensor, nn

from ..backbones import build_backbone
from ..heads import build_head
from ..necks import build_neck

__all__ = ["DetectionModel", "apply_to_static", "build_model"]


class DetectionModel(nn.Layer):
    """Backbone, neck and head in a row; the parts are named as PaddleOCR names them."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.backbone = build_backbone(config["Backbone"])
        self.neck = build_neck(config["Neck"], self.backbone.out_channels)
        self.head = build_head(config["Head"], self.neck.out_channels)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """``images`` is (N, 3, H, W) with H and W multiples of 32; see the head for the maps."""
        maps: dict[str, Tensor] = self.head(self.neck(self.backbone(images)))
        return maps


def build_model(config: Mapping[str, Any]) -> DetectionModel:
    """The model that the ``Architecture`` section asks for.

    Raises:
        ValueError: not text detection with DB, or a part that the kit does not have.
    """
    if config.get("model_type") != "det" or config.get("algorithm") != "DB":
        raise ValueError(
            "the training kit has model_type det with algorithm DB only, not "
            f"{config.get('model_type')} with {config.get('algorithm')}"
        )
    return DetectionModel(config)


def apply_to_static(model: nn.Layer, config: Mapping[str, Any], logger: Any) -> nn.Layer:
    """The model as it is: the kit trains in dynamic mode."""
    if config["Global"].get("to_static"):
        logger.warning("the training kit ignores Global.to_static")
    return model
