"""What is known about a run when its cause of failure is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.geometry.unclip import fitting_unclip_band

# Dice loss of the binary map: 0.13 to 0.33 with labels that the model knows, 0.6 to 0.96 with
# labels that were shifted or scaled, 0.86 with weights that were not loaded.
KNOWS, FOREIGN = 0.4, 0.5
FITS = 0.8  # share of perfect boxes that must survive the round trip; 0.99 at r 0.4, 0.59 at 0.81


@dataclass
class Evidence:
    """What is known about a run; anything may be missing. Metrics and ratios are in 0..1."""

    best: float = 0.0
    value: float = 0.0
    first: Optional[float] = None  # main indicator of the first evaluation
    evaluations: int = 0
    precision: Optional[float] = None
    recall: Optional[float] = None
    no_boxes: bool = False
    alerts: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # code -> its evidence
    shrink_ratio: Optional[float] = None  # of MakeShrinkMap, where it is not what config means
    shrink_expected: Optional[float] = None
    shrink_cause: str = ""
    config_shrink_ratio: Optional[float] = None  # of MakeShrinkMap, as written
    config_unclip_ratio: Optional[float] = None
    # What 2.7.1, 2.7.4, 2.7.5, 2.8.0 and 2.8.1 make of total_epoch; None without total_epoch.
    ratio_of_bug_line: Optional[float] = None
    unclip_ratio: Optional[float] = None  # the four of the round trip
    round_trip_iou: Optional[float] = None
    round_trip_share: Optional[float] = None
    fitting_unclip_ratio: Optional[float] = None
    rescored: Optional[Mapping[float, float]] = None  # unclip ratio -> hmean, same predictions
    dice_first: Optional[float] = None  # Dice loss of DB's binary map: in the first steps
    dice_at_first: Optional[float] = None  # its level at the first evaluation
    dice: Optional[float] = None  # and now
    loss_first: Optional[float] = None
    loss_at_best: Optional[float] = None
    loss: Optional[float] = None
    learning_rate: Optional[float] = None  # highest so far
    optimizer: str = ""
    pretrained: bool = False  # the config names a pretrained model or checkpoint
    data_errors: int = 0
    data_message: str = ""

    @property
    def targets_fit(self) -> Optional[bool]:
        """Whether training maps and postprocess fit each other; None if not measured."""
        if self.round_trip_share is None:
            return None
        return self.round_trip_share >= FITS and "unclip_mismatch" not in self.alerts

    @property
    def targets_wrong(self) -> bool:
        """A wrong shrink ratio or unclip ratio is known. MakeBorderMap's alone does no harm."""
        if "unclip_mismatch" in self.alerts or self.targets_fit is False:
            return True
        return self.shrink_ratio is not None and self.targets_fit is None

    @property
    def recovered(self) -> Optional[tuple[float, float]]:
        """(unclip ratio, hmean) if another ratio brings back what was lost (twice the value,
        and three quarters of the best)."""
        if not self.rescored:
            return None
        ratio, hmean = max(self.rescored.items(), key=lambda item: item[1])
        sound = hmean >= 0.75 * max(self.best, 0.4) and hmean >= 2 * self.value
        return (ratio, hmean) if sound else None

    @property
    def balanced(self) -> bool:
        """Boxes are there, about one a text, but do not match: precision equals recall, low."""
        if self.precision is None or self.recall is None:
            return False
        high = max(self.precision, self.recall)
        return 0 < high < 0.75 and abs(self.precision - self.recall) <= max(0.02, 0.1 * high)

    @property
    def knows_training_labels(self) -> bool:
        """The pretrained model matched the training labels before it was trained on them."""
        return self.pretrained and self.dice_first is not None and self.dice_first <= KNOWS

    @property
    def labels_contradict(self) -> bool:
        """One model, at one time: right by the validation labels, wrong by the training labels."""
        if self.first is None or self.dice_at_first is None or "loss_degenerate" in self.alerts:
            return False
        return self.first >= 0.5 and self.dice_at_first >= FOREIGN and not self.targets_wrong

    @property
    def config_mismatch(self) -> bool:
        """shrink_ratio and unclip_ratio, as written, do not fit for text of any shape."""
        ratio, unclip = self.config_shrink_ratio, self.config_unclip_ratio
        if ratio is None or unclip is None or not 0 < ratio < 1:
            return False
        band = fitting_unclip_band(ratio)
        return not 0.6 * band.square <= unclip <= 1.6 * band.long
