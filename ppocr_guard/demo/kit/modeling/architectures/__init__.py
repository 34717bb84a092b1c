"""``build_model`` and ``apply_to_static``, as PaddleOCR's ``tools/train.py`` imports them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from paddle import Tensor, nn

from ..backbones import build_backbone
from ..heads import build_head
from ..necks import build_neck
from ..rec_heads import MultiHead

__all__ = ["DetectionModel", "RecognitionModel", "apply_to_static", "build_model"]


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


class RecognitionModel(DetectionModel):
    """The same for text lines: (N, 3, H, W), H a multiple of 16, to scores by time step."""

    def forward(self, images: Tensor, data: Optional[Sequence[Tensor]] = None) -> Any:
        """``data``: the rest of the batch, which PaddleOCR's loop gives to SVTR_LCNet and others;
        a MultiHead needs it while it trains."""
        steps = self.neck(self.backbone(images))
        return self.head(steps, data) if isinstance(self.head, MultiHead) else self.head(steps)


def build_model(config: Mapping[str, Any]) -> nn.Layer:
    """The model that the ``Architecture`` section asks for.

    Raises:
        ValueError: not text detection with DB nor recognition with CRNN or SVTR_LCNet, or a part
            that the kit does not have.
    """
    kind = config.get("model_type"), config.get("algorithm")
    if kind == ("det", "DB"):
        return DetectionModel(config)
    if kind in (("rec", "CRNN"), ("rec", "SVTR_LCNet")):
        return RecognitionModel(config)
    raise ValueError(
        "the training kit has model_type det with algorithm DB, and rec with CRNN (CTCHead) or "
        f"SVTR_LCNet (MultiHead), not {kind[0]} with {kind[1]}"
    )


def apply_to_static(model: nn.Layer, config: Mapping[str, Any], logger: Any) -> nn.Layer:
    """The model as it is: the kit trains in dynamic mode."""
    if config["Global"].get("to_static"):
        logger.warning("the training kit ignores Global.to_static")
    return model
