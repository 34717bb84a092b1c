"""Loss of the DB paper (section 3.5), with the choices and names of PaddleOCR's configs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F  # noqa: N812 (as everybody writes it)

EPS = 1e-6


def dice_loss(pred: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """1 - Dice coefficient within ``mask``; 1 where the target is empty. All (N, H, W)."""
    overlap = (pred * target * mask).sum()
    total = (pred * mask).sum() + (target * mask).sum()
    return 1.0 - 2.0 * overlap / (total + EPS)


def masked_l1_loss(pred: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference within ``mask``; 0 where the mask is empty. All (N, H, W)."""
    return ((pred - target).abs() * mask).sum() / (mask.sum() + EPS)


def mined_bce_loss(pred: Tensor, target: Tensor, mask: Tensor, ratio: float) -> Tensor:
    """Binary cross-entropy over the positives and the hardest negatives, ``ratio`` to one.

    0 where there are no positives: then no negative is taken either.
    """
    positive = target * mask
    negative = (1.0 - target) * mask
    positives = int(positive.sum())
    negatives = min(int(negative.sum()), int(positives * ratio))
    loss = F.binary_cross_entropy(pred.clip(EPS, 1 - EPS), target, reduction="none")
    total = (loss * positive).sum()
    if negatives:
        total = total + paddle.topk((loss * negative).flatten(), negatives)[0].sum()
    return total / (positives + negatives + EPS)


class DBLoss(nn.Layer):
    """alpha * shrink map + beta * threshold map (L1) + binary map (Dice).

    Args:
        balance_loss: mine hard negatives; a batch without text then gives no shrink loss.
        main_loss_type: loss of the shrink map, ``DiceLoss`` or ``BCELoss``.
        alpha, beta: weights of the shrink and the threshold loss.
        ohem_ratio: negatives for one positive (``BCELoss``).

    Raises:
        ValueError: unknown ``main_loss_type``.
    """

    def __init__(
        self,
        balance_loss: bool = True,
        main_loss_type: str = "DiceLoss",
        alpha: float = 5,
        beta: float = 10,
        ohem_ratio: float = 3,
        **_ignored: Any,
    ) -> None:
        super().__init__()
        if main_loss_type not in ("DiceLoss", "BCELoss"):
            raise ValueError(
                f"Loss.main_loss_type must be DiceLoss or BCELoss, not {main_loss_type}"
            )
        self.balance_loss = balance_loss
        self.main_loss_type = main_loss_type
        self.alpha, self.beta, self.ohem_ratio = alpha, beta, ohem_ratio

    def forward(self, predictions: dict[str, Tensor], batch: Sequence[Tensor]) -> dict[str, Tensor]:
        """``batch``: image, threshold map and mask, shrink map and mask (the order of KeepKeys)."""
        threshold_map, threshold_mask, shrink_map, shrink_mask = batch[1:]
        shrink, threshold, binary = predictions["maps"].unbind(axis=1)
        loss_shrink = self.alpha * self._main_loss(shrink, shrink_map, shrink_mask)
        loss_threshold = self.beta * masked_l1_loss(threshold, threshold_map, threshold_mask)
        loss_binary = dice_loss(binary, shrink_map, shrink_mask)
        return {
            "loss": loss_shrink + loss_threshold + loss_binary,
            "loss_shrink_maps": loss_shrink,
            "loss_threshold_maps": loss_threshold,
            "loss_binary_maps": loss_binary,
        }

    def _main_loss(self, pred: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        if self.main_loss_type == "BCELoss" and self.balance_loss:
            return mined_bce_loss(pred, target, mask, self.ohem_ratio)
        if self.main_loss_type == "BCELoss":
            loss = F.binary_cross_entropy(pred.clip(EPS, 1 - EPS), target, reduction="none")
            return (loss * mask).sum() / (mask.sum() + EPS)
        loss = dice_loss(pred, target, mask)
        if self.balance_loss:
            loss = loss * ((target * mask).sum() > 0).astype(loss.dtype)
        return loss
