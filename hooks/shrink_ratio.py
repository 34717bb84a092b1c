"""Says what the effective shrink ratio is, and raises an alert when it is not what was meant."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Optional, Union

from pydantic import Field

from ppocr_guard.events import (
    Condition,
    EpochStart,
    Over,
    Reaction,
    Repaired,
    RepairRequest,
    RoundTrip,
    RunEnd,
)
from ppocr_guard.events import (
    ShrinkRatio as ShrinkRatioEvent,
)
from ppocr_guard.hook import Hook, HookOptions, Reactions
from ppocr_guard.wording import join, mark, say

_log = logging.getLogger("ppocr_guard")
UNEXPECTED, NO_POSITIVES = "shrink_ratio_unexpected", "no_positives"
MISMATCH, UNCLIP = "shrink_ratio_mismatch", "unclip_mismatch"
REMEDY = mark(
    "Delete total_epoch from MakeShrinkMap and MakeBorderMap (`ppocr-guard fix YAML`), or set "
    "ShrinkRatio: {{repair: true}}."
)
SOURCES = {"scheduled": mark("scheduled"), "live": mark("live"), "measured": mark("measured")}
RIGHT = mark("The shrink ratio of {operator} is {ratio:.4f}, as the config means.")

PRECISION = 0.01  # of a ratio that is read off an operator or a schedule


class ShrinkRatio(Hook):
    """Logs the effective shrink ratio of every epoch by operator and source.

    Conditions: ``shrink_ratio_unexpected`` while a ratio is outside what the config means,
    ``no_positives`` when it is 1 or more and is not repaired,
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
        # 0.4205 and 0.4256 trained as well as 0.4; 0.6048 from the first epoch on did not.
        tolerance: float = Field(
            default=0.03, gt=0, description="a ratio this far outside what the config means passes"
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
        self._logged: dict[tuple[str, str], float] = {}  # what the log has
        self._asked: dict[str, int] = {}  # operator -> epoch in which a repair was asked for

    def on_epoch_start(self, event: EpochStart) -> Reactions:
        self._log_ratios()
        self._epoch = event.epoch
        self._ratios.clear()
        return None

    def on_run_end(self, event: RunEnd) -> Reactions:
        self._log_ratios()
        return None

    def on_repaired(self, event: Repaired) -> Reactions:
        """What was read before the pin is no longer so."""
        for key in [key for key in self._ratios if key[0] == event.operator]:
            del self._ratios[key]
        self._asked.pop(event.operator, None)
        over = say(
            "Repaired: {operator} shrinks by {ratio:g} now, it was {was:.4f}.",
            operator=event.operator,
            ratio=event.ratio,
            was=event.was,
        )
        return [Over(code, event.operator, over) for code in (UNEXPECTED, NO_POSITIVES)]

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
            if event.source != "scheduled":  # what is read or measured shows that it is over
                right = say(RIGHT, operator=event.operator, ratio=event.ratio)
                yield Over(UNEXPECTED, event.operator, right)
                yield Over(NO_POSITIVES, event.operator, right)
            return
        base = event.base if event.base is not None else low
        if self.options.repair and event.source != "measured":
            asked = self._asked.setdefault(event.operator, event.epoch)
            yield RepairRequest({event.operator: base}, f"{event.ratio:.4f} is not {base:g}")
            if asked == event.epoch:  # the seam answers before the first batch of this epoch
                return
        yield self._wrong(event, low, high)
        if event.ratio >= 1 and not self.options.repair:
            yield self._no_positives(event)

    def _wrong(self, event: ShrinkRatioEvent, low: float, high: float) -> Condition:
        span = say("{low:g} to {high:.4g}", low=low, high=high)
        meant = f"{low:g}" if low == high else span
        return self._condition(
            event,
            code=UNEXPECTED,
            severity="critical",
            message=say(
                "{operator} shrinks by {ratio:.4f} ({source}), the config means {meant}.",
                operator=event.operator,
                ratio=event.ratio,
                source=_source(event.source),
                meant=meant,
            ),
            advice=say(REMEDY),
            cause="shrink_ratio_wrong" if event.cause else None,
            because=event.cause or "",
            evidence={
                "operator": event.operator,
                "source": event.source,
                "ratio": event.ratio,
                "expected_low": low,
                "expected_high": high,
                "cause": event.cause,
            },
        )

    def _no_positives(self, event: ShrinkRatioEvent) -> Condition:
        """ppocr/data/imaug/make_shrink_map.py, all releases: with a ratio of 1 and more
        `np.arange(r, 1, r)` is empty; above about 1.41 draw_border_map fails (issue 13527)."""
        return self._condition(
            event,
            code=NO_POSITIVES,
            severity="critical",
            message=say(
                "{operator} shrinks by {ratio:.4f}: with a ratio of 1 or more no map holds any "
                "text, and training cannot learn from it.",
                operator=event.operator,
                ratio=event.ratio,
            ),
            advice=say(REMEDY),
            cause="shrink_ratio_wrong" if event.cause else None,
            because=event.cause or "",
            evidence={"operator": event.operator, "ratio": event.ratio},
        )

    def _mismatch(self, event: ShrinkRatioEvent) -> Iterator[Reaction]:
        """Against the other sources of this operator, and this source of the other operator."""
        for (operator, source), other in self._ratios.items():
            same_operator, same_source = operator == event.operator, source == event.source
            if same_operator == same_source:  # itself, or nothing in common
                continue
            allowed = self._precision(event) + self._precision(other)
            subject = "/".join(sorted({operator, event.operator}))
            if same_operator:
                subject = f"{operator} {'/'.join(sorted({source, event.source}))}"
            if abs(other.ratio - event.ratio) <= allowed:
                yield Over(MISMATCH, subject, say("The shrink ratios of {of} agree.", of=subject))
                continue
            yield self._condition(
                event,
                code=MISMATCH,
                subject=subject,
                severity="warning",
                message=say(
                    "{operator} has shrink ratio {ratio:.4f} ({source}), but {other} has "
                    "{other_ratio:.4f} ({other_source}).",
                    operator=event.operator,
                    ratio=event.ratio,
                    source=_source(event.source),
                    other=operator,
                    other_ratio=other.ratio,
                    other_source=_source(source),
                ),
                advice=say(
                    "Write the same shrink_ratio and total_epoch into MakeShrinkMap and "
                    "MakeBorderMap."
                )
                if same_source
                else say(
                    "The maps that the loss sees are not those of this config: look for a "
                    "transform that changes or replaces them."
                ),
                evidence={
                    "ratios": {
                        f"{event.operator} {event.source}": event.ratio,
                        f"{operator} {source}": other.ratio,
                    }
                },
            )

    def on_round_trip(self, event: RoundTrip) -> Reactions:
        if event.share_matched >= self.options.min_share_matched:
            return [Over(UNCLIP, message=say("A perfect prediction comes out right."))]
        ratio = self.conditions.get(UNEXPECTED, "MakeShrinkMap")
        fits = say(
            "unclip_ratio {ratio:.2f} would fit these maps (median IoU {iou:.2f})",
            ratio=event.fitting_unclip_ratio,
            iou=event.fitting_median_iou,
        )
        if ratio is not None:  # one cause, one remedy; the other way round is the second best
            advice = join(ratio.advice, say("The second best: {fits}.", fits=fits))
        elif event.fitting_median_iou > event.median_iou + 0.05:
            advice = say(
                "{fits}; or bring the shrink ratio to what unclip_ratio {now:g} is made for.",
                fits=fits,
                now=event.unclip_ratio,
            )
        else:  # no unclip_ratio brings the boxes back
            advice = say(
                "No unclip_ratio brings them back: look at the other settings of PostProcess "
                "(box_thresh, thresh, max_candidates), and at the labels."
            )
        return [
            self._condition(
                event,
                code=UNCLIP,
                severity="critical",
                message=say(
                    "Even a perfect prediction of the training maps fails: through "
                    "PostProcess.unclip_ratio {unclip:g} its boxes have a median IoU of {iou:.2f}, "
                    "and {share:.0%} reach 0.5.",
                    unclip=event.unclip_ratio,
                    iou=event.median_iou,
                    share=event.share_matched,
                ),
                advice=advice,
                cause=ratio.cause if ratio is not None else None,
                because=ratio.because if ratio is not None else "",
                evidence={
                    "unclip_ratio": event.unclip_ratio,
                    "median_iou": event.median_iou,
                    "share_matched": event.share_matched,
                    "fitting_unclip_ratio": event.fitting_unclip_ratio,
                    "fitting_median_iou": event.fitting_median_iou,
                    "regions": event.regions,
                },
            )
        ]

    def _condition(
        self,
        event: Union[ShrinkRatioEvent, RoundTrip],
        *,
        subject: Optional[str] = None,
        **values: Any,
    ) -> Condition:
        if subject is None:
            subject = event.operator if isinstance(event, ShrinkRatioEvent) else ""
        return Condition(
            epoch=event.epoch,
            global_step=event.global_step,
            time=event.time,
            subject=subject,
            **values,
        )

    def _precision(self, event: ShrinkRatioEvent) -> float:
        """How far two readings of one ratio may be apart."""
        return self._tolerance(event) if event.source == "measured" else PRECISION

    def _tolerance(self, event: ShrinkRatioEvent) -> float:
        if event.source == "measured":
            return float(self.options.measured_tolerance + (event.uncertainty or 0.0))
        return float(self.options.tolerance)

    def _all_measured(self) -> bool:
        read = {operator for operator, source in self._ratios if source == "live"}
        return read <= {operator for operator, source in self._ratios if source == "measured"}

    def _log_ratios(self) -> None:
        """One line, as soon as all is known, and again when a ratio has moved by more than its
        uncertainty."""
        moved = False
        operators: dict[str, list[str]] = {}
        for key, event in sorted(self._ratios.items()):
            before = self._logged.get(key)
            allowed = self._tolerance(event) if event.source == "measured" else 5e-5
            moved = moved or before is None or abs(event.ratio - before) > allowed
            sure = f" ±{event.uncertainty:.3f}" if event.uncertainty is not None else ""
            operators.setdefault(key[0], []).append(f"{key[1]} {event.ratio:.4f}{sure}")
        if not moved:
            return
        self._logged = {key: event.ratio for key, event in self._ratios.items()}
        text = "; ".join(f"{name}: {', '.join(parts)}" for name, parts in operators.items())
        _log.info("epoch %d: effective shrink ratio of %s", self._epoch, text)


def _source(source: str) -> str:
    return say(SOURCES[source]) if source in SOURCES else source
