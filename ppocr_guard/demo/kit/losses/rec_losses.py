"""Losses for recognition: CTC, and the sum of CTC and NRTR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F  # noqa: N812 (as everybody writes it)


class CTCLoss(nn.Layer):
    """Mean over the batch. A text that needs more time steps than there are adds 0."""

    def __init__(self, **_ignored: Any) -> None:
        super().__init__()
        self.loss = nn.CTCLoss(blank=0, reduction="none")

    def forward(self, predictions: Tensor, batch: Sequence[Tensor]) -> dict[str, Tensor]:
        """``predictions``: (N, T, classes); ``batch``: image, texts (N, L), lengths (N)."""
        scores = predictions.transpose([1, 0, 2])
        steps = paddle.full([scores.shape[1]], scores.shape[0], dtype="int64")
        loss = self.loss(scores, batch[1].astype("int32"), steps, batch[2].astype("int64"))
        return {"loss": loss.mean()}


class MultiLoss(nn.Layer):
    """CTC loss plus cross entropy of the NRTR head, each with its weight."""

    def __init__(
        self,
        loss_config_list: Sequence[Mapping[str, Any]],
        weight_1: float = 1.0,
        weight_2: float = 1.0,
        **_ignored: Any,
    ) -> None:
        super().__init__()
        names = [name for entry in loss_config_list for name in entry]
        if names != ["CTCLoss", "NRTRLoss"]:
            raise ValueError(f"the training kit's MultiLoss has CTCLoss and NRTRLoss, not {names}")
        self.ctc = CTCLoss()
        self.weights = weight_1, weight_2

    def forward(self, predictions: dict[str, Tensor], batch: Sequence[Tensor]) -> dict[str, Tensor]:
        """``batch``: image, texts for CTC, texts for NRTR, lengths."""
        ctc = self.ctc(predictions["ctc"], [batch[0], batch[1], batch[3]])["loss"]
        targets = batch[2][:, 1:]
        nrtr = F.cross_entropy(predictions["gtc"], targets, ignore_index=0)
        ctc, nrtr = self.weights[0] * ctc, self.weights[1] * nrtr
        return {"loss": ctc + nrtr, "CTCLoss": ctc, "NRTRLoss": nrtr}
