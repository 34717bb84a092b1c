"""Gathers from events what :func:`ppocr_guard.detect.diagnosis.diagnose` weighs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.jumps import JumpDetector
from ppocr_guard.detect.limits import FITS
from ppocr_guard.detect.loss import LossLevel, part, total_loss
from ppocr_guard.events import (
    Alert,
    BatchFigures,
    DataErrors,
    EvalEnd,
    Examination,
    Findings,
    Invariants,
    Repaired,
    Resolved,
    RoundTrip,
    RunStart,
    ShrinkRatio,
    StepEnd,
)

_KEPT = (
    "best", "first", "evaluations", "loss_first", "loss_at_best", "learning_rate", "dice_first",
    "dice_at_first",
)  # fmt: skip
_EXAMINED: dict[str, type] = {
    "first_cells": float, "first_facts": float, "first_val": float, "notes": str,
}  # fmt: skip
_WEIGHED = (
    "loss_not_finite",
    "loss_degenerate",
    "loss_diverged",
    "unclip_mismatch",
    "overfitting",
    "data_pipeline_failing",
)
_SOURCES = {"scheduled": 0, "live": 1, "measured": 2}
_LEAST = {
    "positives": 0.08,
    "image_edges": 0.3,
}  # by which a figure must move
_TERMS = (
    "loss_shrink_maps", "loss_threshold_maps", "loss_binary_maps",  # of DB
    "CTCLoss", "NRTRLoss", "SARLoss",  # of the two heads of a MultiHead
)  # fmt: skip
FIRST_STEPS = 3  # steps that make the level at which the loss began


class Collector:
    """Keeps one :class:`Evidence` up to date; O(1) memory."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self.level = LossLevel()
        self.dice = LossLevel()
        self.jumps: dict[str, JumpDetector] = {}
        self._steps = 0
        self._source = 0  # rank of what the shrink ratio rests on

    def run_start(self, event: RunStart) -> None:
        config = event.config
        self.evidence.optimizer = str(_get(config, "Optimizer", "name") or "")
        rate = _finite(_get(config, "Optimizer", "lr", "learning_rate"))
        self.evidence.config_learning_rate = rate
        weights = _get(config, "Global", "pretrained_model"), _get(config, "Global", "checkpoints")
        self.evidence.pretrained = any(weights)
        self.evidence.task = str(_get(config, "Architecture", "model_type") or "")
        self.evidence.max_text_length = _finite(_get(config, "Global", "max_text_length"))
        self._read_ratios(event)

    def _read_ratios(self, event: RunStart) -> None:
        """What a log can tell of the shrink ratio: it prints the config, but not the release."""
        e, config = self.evidence, event.config
        shrink = _transform(_get(config, "Train", "dataset", "transforms"), "MakeShrinkMap")
        e.config_unclip_ratio = _finite(_get(config, "PostProcess", "unclip_ratio"))
        if shrink is None:
            return
        base = _finite(shrink.get("shrink_ratio"))
        e.config_shrink_ratio = 0.4 if base is None else base
        total = _finite(shrink.get("total_epoch"))
        seed = _finite(_get(config, "Global", "seed"))
        ratios = _get(config, "Train", "dataset", "ratio_list")
        resets = any((_finite(r) or 1.0) < 1 for r in (ratios if isinstance(ratios, list) else ()))
        if total and not resets and event.release in ("", "unknown"):
            ratio = e.config_shrink_ratio + 0.2 * (1024.0 if seed is None else seed) / total
            # Up to base + 0.2 is what total_epoch asks for, and trains well.
            e.ratio_of_bug_line = ratio if ratio > e.config_shrink_ratio + 0.21 else None

    def step(self, event: StepEnd) -> None:
        e = self.evidence
        e.steps += 1
        self._step_terms(event)
        loss = total_loss(event.losses)
        if loss is not None and math.isfinite(loss):
            self._steps += 1
            self.level.update(loss)
            e.loss = self.level.value
            if self._steps <= FIRST_STEPS:
                e.loss_first = e.loss
            self._step_dice(part(event.losses, "loss_binary_maps"))
        e.rate_now = event.learning_rate
        if event.learning_rate is not None:
            e.learning_rate = max(e.learning_rate or 0.0, event.learning_rate)
        e.data_errors = max(e.data_errors, event.data_errors)

    def _step_terms(self, event: StepEnd) -> None:
        """Terms of the loss that are exactly 0, always. Without text, those of the maps are."""
        e = self.evidence
        terms = {n: v for n, v in event.losses.items() if n.endswith(_TERMS)}
        if event.smoothed or len(terms) < 2:
            return
        zero = tuple(name for name, value in terms.items() if value == 0)
        e.zero_terms = zero if e.steps == 1 else tuple(n for n in e.zero_terms if n in zero)
        finite = [abs(value) for value in terms.values() if math.isfinite(value)]
        e.largest_term = max([e.largest_term or 0.0, *finite])

    def _step_dice(self, losses: list[float]) -> None:
        """DB's loss of the binary map; several of them in a distillation."""
        if losses:
            self.dice.update(sum(losses) / len(losses))
            self.evidence.dice = self.dice.value
            if self._steps <= FIRST_STEPS:
                self.evidence.dice_first = self.dice.value

    def evaluation(self, event: EvalEnd) -> None:
        e = self.evidence
        value = event.value if math.isfinite(event.value) else 0.0
        e.evaluations += 1
        if e.first is None:
            e.first, e.dice_at_first = value, self.dice.value
        if value >= e.best:
            e.best, e.loss_at_best = value, e.loss
        e.value = value
        e.precision = _finite(event.metrics.get("precision"))
        e.recall = _finite(event.metrics.get("recall"))
        if _finite(event.metrics.get("norm_edit_dis")) is not None:  # a recogniser
            e.metric = event.main_indicator
        e.no_boxes = bool(event.no_boxes)
        e.rescored = event.rescored

    def shrink_ratio(self, event: ShrinkRatio) -> None:
        """Only MakeShrinkMap counts: MakeBorderMap at 0.81 alone trained to 0.95.

        What was measured overrules what was read off the operators, and that the schedule.
        """
        low, high = event.expected_low, event.expected_high
        rank = _SOURCES.get(event.source, 0)
        if event.operator != "MakeShrinkMap" or low is None or high is None:
            return
        if rank < self._source:
            return
        self._source = rank
        margin = 0.05 + (event.uncertainty or 0.0) if event.source == "measured" else 0.03
        wrong = not low - margin <= event.ratio <= high + margin
        self.evidence.shrink_ratio = event.ratio if wrong else None
        self.evidence.shrink_expected = event.base if event.base is not None else low
        self.evidence.shrink_cause = event.cause or ""

    def round_trip(self, event: RoundTrip) -> None:
        e = self.evidence
        e.unclip_ratio = event.unclip_ratio
        e.round_trip_iou, e.round_trip_share = event.median_iou, event.share_matched
        e.fitting_unclip_ratio = event.fitting_unclip_ratio
        e.fitting_iou = event.fitting_median_iou
        if event.share_matched >= FITS:
            e.alerts.pop("unclip_mismatch", None)

    def examination(self, event: Examination) -> None:
        e = self.evidence
        if not e.first_facts:
            e.first_cells, e.first_facts = dict(event.cells), dict(event.facts)
            e.first_settings = {name: dict(one) for name, one in event.settings.items()}
        e.notes = {**event.notes, **e.notes}
        if event.evaluation and not e.first_val:
            e.first_val = {k: v for k, v in event.facts.items() if k.endswith(".val")}
        e.metric = event.metric
        e.cells, e.facts = dict(event.cells), dict(event.facts)
        e.settings = {name: dict(setting) for name, setting in event.settings.items()}
        known, now = e.first_cell("train_eval"), e.cells.get("model.train_eval")
        if known is not None and now is not None:
            e.lost = e.lost + 1 if known >= 0.6 and now < 0.5 * known else 0
        known, now = e.first_cell("val"), e.cells.get("model.val")
        if known is not None and now is not None:
            texts = event.images.get("val", 0) * e.facts.get("texts.val", 1.0)
            lost = known >= 0.6 and now < known - max(0.1, chance(known, now, texts))
            e.lost_val = e.lost_val + 1 if lost else 0

    def batch_figures(self, event: BatchFigures) -> None:
        for name, value in event.figures.items():
            jump = self.jumps.setdefault(name, JumpDetector(least=_LEAST.get(name, 0.25)))
            step = jump.update(value, event.global_step)
            if step is not None:
                self.evidence.jumps[name] = step

    def invariants(self, event: Invariants) -> None:
        self.evidence.invariants.update(event.figures)
        self.evidence.invariant_notes.update(event.notes)

    def findings(self, event: Findings) -> None:
        self.evidence.findings.update(event.findings)

    def data_errors(self, event: DataErrors) -> None:
        self.evidence.data_errors = max(self.evidence.data_errors, event.errors)
        lines = event.last_message.strip().splitlines()
        self.evidence.data_message = lines[-1] if lines else ""

    def alert(self, event: Alert) -> None:
        passing = event.code == "loss_not_finite" and event.severity != "critical"
        if event.code in _WEIGHED and not passing:
            self.evidence.alerts[event.code] = event.evidence

    def resolved(self, event: Resolved) -> None:
        self.evidence.alerts.pop(event.code, None)

    def repaired(self, event: Repaired) -> None:
        """What was read before the repair is no longer so."""
        if event.operator == "MakeShrinkMap":
            self._source = 0
            self.evidence.shrink_ratio = None

    def state_dict(self) -> dict[str, Any]:
        """What cannot be seen again after a resume: how the run began and was at its best."""
        e = self.evidence
        return {
            "steps": self._steps,
            "level": self.level.state_dict(),
            "evidence": {name: getattr(e, name) for name in _KEPT},
            "examined": {name: dict(getattr(e, name)) for name in _EXAMINED},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ValueError, KeyError or TypeError when the state does not fit."""
        kept = {name: state["evidence"][name] for name in _KEPT}
        if not all(v is None or isinstance(v, (int, float)) for v in kept.values()):
            raise ValueError(f"evidence cannot be {kept!r}")
        examined = {
            name: {str(k): kind(v) for k, v in (state.get("examined") or {}).get(name, {}).items()}
            for name, kind in _EXAMINED.items()
        }
        self._steps = int(state["steps"])
        self.level.load_state_dict(state["level"])
        for name, value in (*kept.items(), *examined.items()):
            setattr(self.evidence, name, value)


def _get(config: Mapping[str, Any], *path: str) -> Any:
    value: Any = config
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _transform(transforms: Any, name: str) -> Optional[Mapping[str, Any]]:
    """Options of a transform: of a list of mappings, or of one mapping (read from a log)."""
    for entry in transforms if isinstance(transforms, list) else [transforms]:
        if isinstance(entry, Mapping) and name in entry:
            options = entry[name]
            return options if isinstance(options, Mapping) else {}
    return None


def _finite(value: Any) -> Optional[float]:
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    return None


def chance(one: float, other: float, texts: float) -> float:
    """By how much two shares of so many texts may differ by chance: two standard errors of their
    difference. 0.18 for 1.00 and 0.87 of 16 lines, where two lines are 0.13."""
    mean = (one + other) / 2
    return 2 * math.sqrt(2 * mean * (1 - mean) / texts) if texts > 0 and 0 < mean < 1 else 0.0
