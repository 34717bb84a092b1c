"""Says what the effective shrink ratio is, and raises an alert when it is not what was meant."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Optional

from pydantic import Field

from ppocr_guard.events import (
    Alert,
    EpochStart,
    Reaction,
    RepairRequest,
    RoundTrip,
    RunEnd,
)
from ppocr_guard.events import (
    ShrinkRatio as ShrinkRatioEvent,
)
from ppocr_guard.hook import Hook, HookOptions, Reactions

_log = logging.getLogger("ppocr_guard")
REMEDY = (
    "Delete total_epoch from MakeShrinkMap and MakeBorderMap (`ppocr-guard fix YAML`), or set "
    "ShrinkRatio: {repair: true}."
)


class ShrinkRatio(Hook):
    """Logs the effective shrink ratio of every epoch by operator and source.

    Alerts: ``shrink_ratio_unexpected`` when a ratio is outside what the config means,
    ``shrink_ratio_mismatch`` when two sources or the two operators disagree, and
    ``unclip_mismatch`` when even a perfect prediction of the training maps comes out of the
    postprocess as boxes that miss the texts.
    """

    every_rank = True

    class Options(HookOptions):
        repair: bool = Field(
            default=False,
            description="pin the ratio to the config's shrink_ratio before the first batch",
        )
        tolerance: float = Field(
            default=0.01, gt=0, description="a ratio this far outside what the config means passes"
        )
        measured_tolerance: float = Field(
            default=0.05,
            gt=0,
            description="the same for a measured ratio, beside its own uncertainty",
        )
        min_share_matched: float = Field(
            default=0.8,
            ge=0,
            le=1,
            description="share of perfectly predicted boxes that must reach an IoU of 0.5",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._epoch = 0
        self._ratios: dict[tuple[str, str], ShrinkRatioEvent] = {}  # (operator, source)
        self._raised: set[tuple[str, str]] = set()
        self._logged = ""
        self._told: Optional[str] = None  # cause in the last alert

    def on_epoch_start(self, event: EpochStart) -> Reactions:
        self._log_ratios()
        self._epoch = event.epoch
        self._ratios.clear()
        return None

    def on_run_end(self, event: RunEnd) -> Reactions:
        self._log_ratios()
        return None

    def on_shrink_ratio(self, event: ShrinkRatioEvent) -> Reactions:
        self._ratios[event.operator, event.source] = event
        reactions: list[Reaction] = []
        reactions += self._unexpected(event)
        reactions += self._mismatch(event)
        if event.source == "measured" and self._all_measured():
            self._log_ratios()
        return reactions

    def _unexpected(self, event: ShrinkRatioEvent) -> Iterator[Reaction]:
        low, high = event.expected_low, event.expected_high
        if low is None or high is None:
            return
        tolerance = self._tolerance(event)
        if low - tolerance <= event.ratio <= high + tolerance:
            return
        base = event.base if event.base is not None else low
        if self.options.repair and event.source != "measured":
            yield RepairRequest({event.operator: base}, f"{event.ratio:.4f} is not {base:g}")
        if not self._first("shrink_ratio_unexpected", event.operator):
            return
        meant = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        why = f": {event.cause}" if event.cause else ""
        if event.cause and event.cause == self._told:
            why = ", for the same reason"
        self._told = event.cause
        yield Alert(
            code="shrink_ratio_unexpected",
            severity="critical",
            message=f"{event.operator} shrinks by {event.ratio:.4f} ({event.source}), the config "
            f"means {meant}{why}.",
            advice="Pinned to the config's value for this run (repair)."
            if self.options.repair
            else REMEDY,
            evidence={
                "operator": event.operator,
                "source": event.source,
                "ratio": event.ratio,
                "expected_low": low,
                "expected_high": high,
                "cause": event.cause,
            },
            epoch=event.epoch,
            global_step=event.global_step,
            time=event.time,
        )

    def _mismatch(self, event: ShrinkRatioEvent) -> Iterator[Reaction]:
        """Against the other sources of this operator, and this source of the other operator."""
        for (operator, source), other in self._ratios.items():
            same_operator, same_source = operator == event.operator, source == event.source
            if same_operator == same_source:  # itself, or nothing in common
                continue
            allowed = self._tolerance(event) + self._tolerance(other)
            if abs(other.ratio - event.ratio) <= allowed:
                continue
            if not self._first(
                "shrink_ratio_mismatch", "/".join(sorted({operator, event.operator}))
            ):
                continue
            yield Alert(
                code="shrink_ratio_mismatch",
                severity="warning",
                message=f"{event.operator} has shrink ratio {event.ratio:.4f} ({event.source}), "
                f"but {operator} has {other.ratio:.4f} ({source}).",
                advice="Write the same shrink_ratio and total_epoch into MakeShrinkMap and "
                "MakeBorderMap."
                if same_source
                else "The maps that the loss sees are not those of this config: look for a "
                "transform that changes or replaces them.",
                evidence={
                    "ratios": {
                        f"{event.operator} {event.source}": event.ratio,
                        f"{operator} {source}": other.ratio,
                    }
                },
                epoch=event.epoch,
                global_step=event.global_step,
                time=event.time,
            )

    def on_round_trip(self, event: RoundTrip) -> Reactions:
        if event.share_matched >= self.options.min_share_matched:
            return None
        if not self._first("unclip_mismatch", ""):
            return None
        return [
            Alert(
                code="unclip_mismatch",
                severity="critical",
                message=f"Even a perfect prediction of the training maps fails: through "
                f"PostProcess.unclip_ratio {event.unclip_ratio:g} its boxes have a median IoU of "
                f"{event.median_iou:.2f}, and {event.share_matched:.0%} reach 0.5.",
                advice=f"unclip_ratio {event.fitting_unclip_ratio:.2f} would fit these maps "
                f"(median IoU {event.fitting_median_iou:.2f}); or bring the shrink ratio back to "
                f"what unclip_ratio {event.unclip_ratio:g} is made for.",
                evidence={
                    "unclip_ratio": event.unclip_ratio,
                    "median_iou": event.median_iou,
                    "share_matched": event.share_matched,
                    "fitting_unclip_ratio": event.fitting_unclip_ratio,
                    "fitting_median_iou": event.fitting_median_iou,
                    "regions": event.regions,
                },
                epoch=event.epoch,
                global_step=event.global_step,
                time=event.time,
            )
        ]

    def _tolerance(self, event: ShrinkRatioEvent) -> float:
        if event.source == "measured":
            return float(self.options.measured_tolerance + (event.uncertainty or 0.0))
        return float(self.options.tolerance)

    def _first(self, code: str, operator: str) -> bool:
        """True once for each code and operator: an alert each epoch would hide the others."""
        key = (code, operator)
        first = key not in self._raised
        self._raised.add(key)
        return first

    def _all_measured(self) -> bool:
        read = {operator for operator, source in self._ratios if source == "live"}
        return read <= {operator for operator, source in self._ratios if source == "measured"}

    def _log_ratios(self) -> None:
        """One line an epoch: as soon as all is known, else when the epoch is over."""
        operators: dict[str, list[str]] = {}
        for (operator, source), event in sorted(self._ratios.items()):
            sure = f" ±{event.uncertainty:.3f}" if event.uncertainty is not None else ""
            operators.setdefault(operator, []).append(f"{source} {event.ratio:.4f}{sure}")
        if operators:
            text = "; ".join(f"{name}: {', '.join(parts)}" for name, parts in operators.items())
            line = f"epoch {self._epoch}: effective shrink ratio of {text}"
            if line != self._logged:
                _log.info("%s", line)
            self._logged = line
