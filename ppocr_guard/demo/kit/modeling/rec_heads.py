"""Heads for recognition: CTC, and CTC guided by an attention decoder (NRTR) while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F  # noqa: N812 (as everybody writes it)


class CTCHead(nn.Layer):
    """Class scores of each time step, (N, T, classes); probabilities when not training."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        return x if self.training else F.softmax(x, axis=2)


class NRTRHead(nn.Layer):
    """One transformer decoder layer over the time steps, with the true text as its input.

    Source: NRTR paper; small, and for training only: predictions come from the CTC head.

    Args:
        out_channels: blank, unknown, start, end, then the dictionary.
        max_text_length: longest text, start and end included.
    """

    def __init__(
        self, in_channels: int, out_channels: int, max_text_length: int, nrtr_dim: int = 64
    ) -> None:
        super().__init__()
        self.memory = nn.Linear(in_channels, nrtr_dim)
        self.character = nn.Embedding(out_channels, nrtr_dim)
        self.position = nn.Embedding(max_text_length, nrtr_dim)
        self.decoder = nn.TransformerDecoderLayer(nrtr_dim, 4, 2 * nrtr_dim, dropout=0.0)
        self.fc = nn.Linear(nrtr_dim, out_channels)

    def forward(self, x: Tensor, texts: Tensor) -> Tensor:
        """Scores (N, L - 1, classes) of the texts' second to last characters.

        ``texts``: (N, L) int, from start to end, padded with 0.
        """
        texts = texts[:, :-1]
        length = texts.shape[1]
        ahead = paddle.triu(paddle.full([length, length], -1e9), 1)
        queries = self.character(texts) + self.position(paddle.arange(length))
        return self.fc(self.decoder(queries, self.memory(x), tgt_mask=ahead))


class MultiHead(nn.Layer):
    """A CTC head and an NRTR head on the same features, named as PaddleOCR names them.

    Training: ``{"ctc": scores, "gtc": scores}``; else what the CTC head gives.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels_list: Mapping[str, int],
        head_list: Sequence[Mapping[str, Any]],
    ) -> None:
        super().__init__()
        options = {
            name: dict(values or {}) for entry in head_list for name, values in entry.items()
        }
        if set(options) != {"CTCHead", "NRTRHead"}:
            raise ValueError("the training kit's MultiHead has CTCHead and NRTRHead")
        self.ctc_head = CTCHead(in_channels, out_channels_list["CTCLabelDecode"])
        self.gtc_head = NRTRHead(
            in_channels, out_channels_list["NRTRLabelDecode"], **options["NRTRHead"]
        )

    def forward(self, x: Tensor, data: Optional[Sequence[Tensor]] = None) -> Any:
        """``data``: the batch without its images: texts for CTC, texts for NRTR, lengths."""
        ctc = self.ctc_head(x)
        if not self.training or data is None:
            return ctc
        return {"ctc": ctc, "gtc": self.gtc_head(x, data[1])}
