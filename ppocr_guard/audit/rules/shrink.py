"""Shrink ratio, total_epoch and unclip ratio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.geometry.unclip import fitting_unclip_ratio, perfect_iou
from ppocr_guard.paddleocr import schedule
from ppocr_guard.paddleocr.releases import LINES, OPERATORS, Behaviour
from ppocr_guard.wording import join, said_by, say
from ppocr_guard.yaml_source import YamlPath

TOLERANCE = 0.03  # 0.4205 trains as well as 0.4; 0.6048 from the first epoch on does not
MOST_EPOCHS = 100_000  # to look at; no real run has as many
ASPECTS = (1, 2, 3, 4)  # width to height of the boxes by which an unclip ratio is judged
# Below it, most boxes of a perfect model miss DetMetric's IoU of 0.5 once a pixel is off.
LEAST_IOU = 0.55


class Curve(NamedTuple):
    """The ratio of one operator over the epochs, with what the config means by it."""

    operator: str
    behaviour: Behaviour
    ratios: list[float]  # of epoch 1, 2, ...
    low: float
    highs: list[float]  # what is due in epoch 1, 2, ...

    @property
    def high(self) -> float:
        return max(self.highs)

    @property
    def worst_epoch(self) -> int:
        """The epoch (from 1) whose ratio is furthest outside what the config means."""
        return 1 + max(range(len(self.ratios)), key=self._outside)

    @property
    def outside(self) -> float:
        return max(self._outside(index) for index in range(len(self.ratios)))

    def _outside(self, index: int) -> float:
        ratio = self.ratios[index]
        return max(self.low - ratio, ratio - self.highs[index], 0.0)


def curves(ctx: Context) -> list[Curve]:
    """Of both operators; if the release is not known, of the one that does worst.

    Raises:
        ScheduleError: a value that no release could use.
    """
    candidates = [ctx.behaviour] if ctx.behaviour is not None else list(LINES)
    found = [
        [_curve(ctx, b, name) for name in schedule.shrink_options(ctx.config)] for b in candidates
    ]
    return max(found, key=lambda curves: max((c.outside for c in curves), default=0.0))


def _curve(ctx: Context, behaviour: Behaviour, operator: str) -> Curve:
    epochs = min(max(1, int(ctx.number("Global", "epoch_num") or 1)), MOST_EPOCHS)
    values = [
        schedule.scheduled_ratio(behaviour, ctx.config, operator, epoch)
        for epoch in ([1] if not schedule.needs_reset(ctx.config) else range(1, epochs + 1))
    ]
    values += values[-1:] * (epochs - len(values))
    low, first = schedule.expected_band(ctx.config, operator, 1)
    _, last = schedule.expected_band(ctx.config, operator, epochs)
    highs = [min(last, low + (first - low) * epoch) for epoch in range(1, epochs + 1)]
    return Curve(operator, behaviour, values, low, highs)


def _entry(ctx: Context, operator: str, key: Optional[str] = None) -> YamlPath:
    transform = ctx.transform("Train", operator)
    assert transform is not None
    here: YamlPath = transform.path
    if key is None:
        return here
    return (*here, key) if key in transform.parameters else ("Global", key)


def _without_total_epoch(ctx: Context) -> tuple[Edit, ...]:
    paths = [_entry(ctx, name, "total_epoch") for name in schedule.shrink_options(ctx.config)]
    return tuple(Edit(path) for path in paths if ctx.source.line(path) is not None)


@rule(
    "shrink_ratio_unexpected",
    "critical",
    "boxes come out too large for this ratio, and hmean collapses while the loss looks fine; "
    "2.7.1 and 2.7.4 to 2.8.1 do it (set_epoch_as_seed in ppocr/data/simple_dataset.py)",
    live=False,
)
def shrink_ratio_unexpected(ctx: Context) -> Iterator[Finding]:
    try:
        found = [curve for curve in curves(ctx) if curve.outside > TOLERANCE]
    except schedule.ScheduleError as error:
        path = _entry(ctx, next(iter(schedule.shrink_options(ctx.config))))
        message = say("{error}.", error=said_by(error))
        yield Finding(path, message, say("Correct it, or delete the key."))
        return
    for curve in found:
        epoch = curve.worst_epoch
        ratio = curve.ratios[epoch - 1]
        high = curve.highs[epoch - 1]
        meant: str = say("{low:g} to {high:.4g}", low=curve.low, high=high)
        if curve.low == high:
            meant = f"{curve.low:g}"
        cause = schedule.cause(curve.behaviour, ctx.config, curve.operator, epoch)
        unsure = ctx.behaviour is None
        yield Finding(
            _entry(ctx, curve.operator, "total_epoch"),
            say(
                "{operator} will shrink by {ratio:.4f}{where}, not by {meant}: {cause}.{then}",
                operator=curve.operator,
                ratio=ratio,
                where=say(" in some releases") if unsure else "",
                meant=meant,
                cause=cause,
                then=_consequence(ratio),
            ),
            join(
                say("Delete total_epoch from both operators (or set both to 10000)."),
                say("Say which PaddleOCR you have: --paddleocr DIR or --release X.Y.Z.")
                if unsure
                else "",
            ),
            _without_total_epoch(ctx),
            severity="warning" if unsure else "critical",
        )


def _consequence(ratio: float) -> str:
    if ratio >= 1.4:
        return say(" Above about 1.41 drawing the border map fails, and loading data never ends.")
    if ratio >= 1:
        return say(" From 1 on no pixel is text: there is nothing to learn.")
    return ""


@rule(
    "shrink_ratio_mismatch",
    "warning",
    "MakeShrinkMap and MakeBorderMap draw one text from both sides and must agree on its border "
    "(DBNet, section 3.4)",
)
def shrink_ratio_mismatch(ctx: Context) -> Iterator[Finding]:
    by_name = schedule.shrink_options(ctx.config)
    if len(by_name) < len(OPERATORS):
        return
    shrink, border = by_name["MakeShrinkMap"], by_name["MakeBorderMap"]
    for key, default in (("shrink_ratio", schedule.DEFAULT_SHRINK_RATIO), ("total_epoch", None)):
        one, other = shrink.get(key, default), border.get(key, default)
        if one == other:
            continue
        if key == "total_epoch" and ctx.behaviour is not None and not _ramps(ctx, ctx.behaviour):
            continue
        yield Finding(
            (*_entry(ctx, "MakeBorderMap"), key),
            say(
                "{key} of MakeBorderMap is {border}, of MakeShrinkMap {shrink}.",
                key=key,
                border=_or_none(other),
                shrink=_or_none(one),
            ),
            say("Give both the same {key}.", key=key),
        )


def _or_none(value: Any) -> str:
    return say("not set") if value is None else str(value)


def _ramps(ctx: Context, behaviour: Behaviour) -> bool:
    """Whether total_epoch changes anything here."""
    try:
        return any(
            schedule.scheduled_ratio(behaviour, ctx.config, name, 1)
            != schedule.base_ratio(ctx.config, name)
            for name in schedule.shrink_options(ctx.config)
        )
    except schedule.ScheduleError:
        return False


@rule(
    "total_epoch_mismatch",
    "warning",
    "the dynamic shrink ratio is meant to reach its base plus 0.2 in the last epoch "
    "(ppocr/data/imaug/make_shrink_map.py); an anchor is filled in before -o overrides are applied",
    live=False,
)
def total_epoch_mismatch(ctx: Context) -> Iterator[Finding]:
    epochs = ctx.number("Global", "epoch_num")
    overridden = ("Global", "epoch_num") in ctx.source.overridden
    candidates = [ctx.behaviour] if ctx.behaviour is not None else LINES if overridden else []
    if epochs is None or not any(_ramps(ctx, behaviour) for behaviour in candidates):
        return
    for name, parameters in schedule.shrink_options(ctx.config).items():
        total = parameters.get("total_epoch")
        if isinstance(total, str) or total in (None, epochs, 10000):  # 10000: the known remedy
            continue  # of a text shrink_ratio_unexpected says that it is no number
        path = _entry(ctx, name, "total_epoch")
        node = ctx.source.node(path)
        anchored = node is not None and node is ctx.source.node(("Global", "epoch_num"))
        if anchored and overridden:
            message = say(
                "-o Global.epoch_num={epochs:g} does not reach {operator}: its total_epoch was "
                "filled from the anchor before, with {total}.",
                epochs=epochs,
                operator=name,
                total=total,
            )
        else:
            message = say(
                "total_epoch of {operator} is {total}, but epoch_num is {epochs:g}.",
                operator=name,
                total=total,
                epochs=epochs,
            )
        yield Finding(path, message, say("Write the number of epochs into the file, for both."))


@rule(
    "unclip_mismatch",
    "warning",
    "training shrinks texts by shrink_ratio, and DBPostProcess must grow them back by unclip_ratio "
    "(issue 12117: hmean 0.1 became 0.96 with another unclip_ratio)",
    live=False,
)
def unclip_mismatch(ctx: Context) -> Iterator[Finding]:
    unclip = ctx.number("PostProcess", "unclip_ratio")
    if unclip is None or unclip < 0 or (ctx.behaviour is None and not ctx.is_db):
        return
    try:
        curve = next((c for c in curves(ctx) if c.operator == "MakeShrinkMap"), None)
    except schedule.ScheduleError:
        return
    if curve is None or (ctx.behaviour is None and curve.outside > TOLERANCE):
        return  # shrink_ratio_unexpected has said so, for the releases concerned
    ratio = curve.ratios[-1]
    if not 0 < ratio < 1:
        return
    worst = min(perfect_iou(ratio, unclip, aspect, 1) for aspect in ASPECTS)
    if worst >= LEAST_IOU:
        return
    low, high = (fitting_unclip_ratio(ratio, aspect, 1) for aspect in (ASPECTS[0], ASPECTS[-1]))
    yield Finding(
        ("PostProcess", "unclip_ratio"),
        say(
            "unclip_ratio {unclip:g} does not undo shrink ratio {ratio:.4g}: boxes of a perfect "
            "model would have an IoU of {worst:.2f}.",
            unclip=unclip,
            ratio=ratio,
            worst=worst,
        ),
        say(
            "Shrink ratio {ratio:.4g} needs unclip_ratio {low:.2f} (square) to {high:.2f} (1:4)"
            "{better}.",
            ratio=ratio,
            low=low,
            high=high,
            better=say("; better, bring the shrink ratio back to {base:g}", base=curve.low)
            if curve.outside > TOLERANCE
            else "",
        ),
    )
