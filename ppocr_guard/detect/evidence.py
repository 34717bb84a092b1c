"""What is known about a run when its cause of failure is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.detect.limits import ALIKE, FITS, FOREIGN, GOOD, KNOWS, MOVED
from ppocr_guard.geometry.unclip import fitting_unclip_band


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
    fitting_iou: Optional[float] = None
    rescored: Optional[Mapping[float, float]] = None  # unclip ratio -> hmean, same predictions
    dice_first: Optional[float] = None  # Dice loss of DB's binary map: in the first steps
    dice_at_first: Optional[float] = None  # its level at the first evaluation
    dice: Optional[float] = None  # and now
    loss_first: Optional[float] = None
    loss_at_best: Optional[float] = None
    loss: Optional[float] = None
    learning_rate: Optional[float] = None  # highest so far
    rate_now: Optional[float] = None
    optimizer: str = ""
    config_learning_rate: Optional[float] = None
    pretrained: bool = False  # the config names a pretrained model or checkpoint
    data_errors: int = 0
    data_message: str = ""
    steps: int = 0
    zero_terms: tuple[str, ...] = ()  # of the loss: exactly 0 in every step so far
    largest_term: Optional[float] = None  # of the loss, highest so far
    jumps: dict[str, int] = field(default_factory=dict)  # figure of a batch -> step of the jump
    # Of :class:`ppocr_guard.events.Invariants`, the latest of each figure.
    invariants: dict[str, float] = field(default_factory=dict)
    invariant_notes: dict[str, str] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)  # of the audit: code -> sentence
    # Of the examinations (:class:`ppocr_guard.events.Examination`): the last one, and the first.
    metric: str = ""  # name of the main indicator
    cells: dict[str, float] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Mapping[str, float]] = field(default_factory=dict)
    first_cells: dict[str, float] = field(default_factory=dict)
    first_facts: dict[str, float] = field(default_factory=dict)
    first_settings: dict[str, Mapping[str, float]] = field(default_factory=dict)
    lost: int = 0  # examinations in a row in which the model failed training labels that it knew
    lost_val: int = 0  # in which it was well below what it began with on validation images
    task: str = ""  # Architecture.model_type: det, rec, cls, kie, table ...; empty: not known
    max_text_length: Optional[float] = None  # of a recogniser, as configured
    first_val: dict[str, float] = field(default_factory=dict)  # figures at the first evaluation
    notes: dict[str, str] = field(default_factory=dict)

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

    def first_cell(self, column: str) -> Optional[float]:
        """Main indicator of the model before the first step."""
        return self.first_cells.get(f"first.{column}")

    def first_best(self, column: str) -> Optional[float]:
        """The same by the best of a few postprocess settings."""
        return self.first_cells.get(f"best.{column}", self.first_cell(column))

    def lift(self, column: str) -> Optional[float]:
        """Of edges inside the labelled polygons, when the run began."""
        return self.first_facts.get(f"lift.{column}")

    def labels_change(self, column: str) -> Optional[str]:
        """What puts the labels of a set onto the text ("shift_24_0"), where it can be relied on:
        the model that knows the other set finds them there; or, of a model that knows nothing
        yet, they lie on text about as well as those of the other set."""
        change, lift = self.notes.get(f"best_change.{column}"), self.lift(column)
        best = self.first_facts.get(f"best_lift.{column}")
        if not change or not lift or best is None or best <= MOVED * lift:
            return None
        other = "val" if column == "train_eval" else "train_eval"
        if (self.first_cell(other) or 0.0) >= GOOD:
            found = self.first_facts.get(f"changed.{column}", 0.0)
            return change if found >= GOOD else None
        beside = self.lift(other)
        return change if beside is None or best >= ALIKE * beside else None

    def kept(self, column: str) -> Optional[float]:
        """What the model reaches now, as a share of what the labels themselves reach."""
        value = self.cells.get(f"model.{column}")
        ceiling = self.cells.get(f"labels.{column}", 1.0)
        return None if value is None else value / max(ceiling, 0.5)

    def better_setting(
        self, row: str, kind: str, gain: float, *, first: bool = False
    ) -> Optional[bool]:
        """Whether settings of one kind ("unclip_ratio" or "other") improve each known column of
        a row ("labels" or "model") by ``gain``, none the other way; now, or before the first
        step."""
        best = {"labels": "labels_best", "model": "best"}[row]
        cells = self.first_cells if first else self.cells
        settings = self.first_settings if first else self.settings
        wanted = []
        for column in ("train", "train_eval", "val"):
            now, then = cells.get(f"{row}.{column}"), cells.get(f"{best}.{column}")
            if now is None:
                continue
            setting = settings.get(f"{best}.{column}", {})
            other = set(setting) - {"unclip_ratio"}
            fits = bool(setting) and (bool(other) if kind == "other" else not other)
            wanted.append(then is not None and then >= now + gain and fits)
        return all(wanted) if wanted else None

    def setting(self, *rows: str) -> dict[str, float]:
        """The postprocess setting of the first of these ("best.val") that has one."""
        for row in rows:
            if self.settings.get(row):
                return dict(self.settings[row])
        return {}

    @property
    def balanced(self) -> bool:
        """Boxes are there, about one a text, but do not match: precision equals recall, low."""
        if self.precision is None or self.recall is None:
            return False
        if self.task not in ("", "det", "e2e"):
            return False  # where nothing is boxed, the two are equal for other reasons
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

    @property
    def gradient_shares(self) -> dict[str, float]:
        """By part of the network, the share of its tensors that got a gradient."""
        kind = "gradient."
        return {
            key[len(kind) :]: share
            for key, share in self.invariants.items()
            if key.startswith(kind)
        }
