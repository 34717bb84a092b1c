"""The shrink ratio that a PaddleOCR release really trains with, from its config alone.

Three things decide it: which epoch the release hands to the operators (the random seed, in
2.7.1 and 2.7.4 to 2.8.1), whether a ``ratio_list`` entry below 1 makes it refresh that epoch,
and the data set class. Restated from ``tools/train.py``, ``tools/program.py``,
``ppocr/data/simple_dataset.py`` and ``ppocr/data/imaug/make_{shrink,border}_map.py`` of each
release, and compared with the real classes in tests/train/test_schedule_real.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from ppocr_guard.paddleocr.releases import OPERATORS, Behaviour
from ppocr_guard.wording import mark, say

DEFAULT_SHRINK_RATIO = 0.4  # of both operators' constructors, in every release
DEFAULT_SEED = 1024  # tools/train.py
RAMP = 0.2  # what the dynamic shrink ratio adds over total_epoch epochs
SIMPLE_DATASETS = frozenset({"SimpleDataSet", "TextDetDataset", "TextRecDataset", "KieDataset"})
MULTI_SCALE_DATASETS = frozenset({"MultiScaleDataSet", "MSTextRecDataset"})
_ORIGINS = {  # of the epoch that an operator sees
    "seed": mark(
        "PaddleOCR {release} takes the random seed {epoch:g} for the epoch, always (issues 13669, "
        "13527; removed by #13783 in 2.9.0)"
    ),
    "epoch": mark("the dynamic shrink ratio grows with the epoch"),
    "start": mark(
        "PaddleOCR {release} tells the operators of a new epoch only if an entry of ratio_list is "
        "below 1, so for them it is always the start"
    ),
    "config": mark("the config gives the operator the epoch {epoch:g}"),
}
_FIXED_POSITION = {"MakeBorderMap": 5, "MakeShrinkMap": 6}


class ScheduleError(ValueError):
    """The config has a value with which the release could not build the operator."""


def shrink_options(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Parameters of each shrink operator in ``Train.dataset.transforms``, by operator name.

    PaddleOCR merges all of ``Global`` over them (``create_operators``), and so does this.
    """
    found: dict[str, dict[str, Any]] = {}
    for transform in _transforms(config):
        for name in OPERATORS:
            if isinstance(transform, Mapping) and name in transform and name not in found:
                found[name] = {**_mapping(transform[name]), **_global(config)}
    return found


def scheduled_ratio(
    behaviour: Behaviour, config: Mapping[str, Any], operator: str, epoch: int
) -> float:
    """Shrink ratio of ``operator`` while epoch ``epoch`` (from 1) trains.

    A resume at epoch k gives what epoch k gives without one, in every release.

    Raises:
        LookupError: the operator is not in ``Train.dataset.transforms``.
        ScheduleError: ``shrink_ratio``, ``total_epoch`` or ``seed`` is no usable number.
    """
    parameters = _parameters(config, operator)
    base = _number(parameters, "shrink_ratio", DEFAULT_SHRINK_RATIO)
    if "total_epoch" not in parameters:
        return base
    seen = _epoch_seen(behaviour, config, operator, epoch)
    return base if seen is None else base + RAMP * seen.value / _total_epoch(parameters)


def expected_band(
    config: Mapping[str, Any], operator: str, epoch: Optional[int] = None
) -> tuple[float, float]:
    """(low, high) of the ratio that the config means: the base, and what is due in ``epoch`` where
    the release lets the ratio grow with it (without an epoch: at most, in all of the run).

    Raises:
        LookupError: the operator is not in ``Train.dataset.transforms``.
        ScheduleError: ``shrink_ratio`` is no number, or ``total_epoch`` no usable one.
    """
    parameters = _parameters(config, operator)
    base = _number(parameters, "shrink_ratio", DEFAULT_SHRINK_RATIO)
    if "total_epoch" not in parameters:
        return base, base
    due = 1.0 if epoch is None else min(1.0, max(0.0, epoch / _total_epoch(parameters)))
    return base, base + RAMP * due


def base_ratio(config: Mapping[str, Any], operator: str) -> float:
    """``shrink_ratio`` as the config writes it, or PaddleOCR's default."""
    return expected_band(config, operator)[0]


def cause(
    behaviour: Behaviour, config: Mapping[str, Any], operator: str, epoch: int = 1
) -> Optional[str]:
    """Why the ratio in ``epoch`` is what it is; None without ``total_epoch``: it is as written.

    Raises: as :func:`scheduled_ratio`.
    """
    parameters = _parameters(config, operator)
    if "total_epoch" not in parameters:
        return None
    seen = _epoch_seen(behaviour, config, operator, epoch)
    if seen is None:
        return say(
            "total_epoch has no effect in this release: the ratio stays as shrink_ratio says"
        )
    ratio = scheduled_ratio(behaviour, config, operator, epoch)
    base, total = base_ratio(config, operator), parameters["total_epoch"]
    return say(
        "{why}: {base:g} + {ramp} * {epoch:g} / {total} = {ratio:.4f}",
        why=say(_ORIGINS[seen.origin], release=behaviour.title, epoch=seen.value),
        base=base,
        ramp=RAMP,
        epoch=seen.value,
        total=total,
        ratio=ratio,
    )


def needs_reset(config: Mapping[str, Any]) -> bool:
    """Whether an entry of ``Train.dataset.ratio_list`` (or the number there) is below 1."""
    ratios = _dataset(config).get("ratio_list", 1.0)
    if not isinstance(ratios, (list, tuple)):
        ratios = [ratios]
    return any(isinstance(ratio, (int, float)) and ratio < 1 for ratio in ratios)


def seed(config: Mapping[str, Any]) -> Any:
    """``Global.seed``, or what tools/train.py takes without one."""
    return _global(config).get("seed", DEFAULT_SEED)


class _Seen(NamedTuple):
    """What an operator takes for the epoch, and where it comes from."""

    value: float
    origin: str  # "epoch", "seed", "start" (0 for ever) or "config"


def _epoch_seen(
    behaviour: Behaviour, config: Mapping[str, Any], operator: str, epoch: int
) -> Optional[_Seen]:
    """None: the operator uses no epoch."""
    dataset = _dataset(config).get("name")
    if operator in behaviour.ramp_per_sample:
        # MultiScaleDataSet has a __getitem__ of its own, which sets no data["epoch"].
        if not behaviour.shared_epoch or dataset not in SIMPLE_DATASETS:
            return None
        return _dataset_epoch(behaviour, config, epoch)
    if operator not in behaviour.ramp_at_construction:
        return None
    if "epoch" not in _global(config) and (
        behaviour.epoch_from_seed
        and dataset in SIMPLE_DATASETS | MULTI_SCALE_DATASETS
        and _is_found(behaviour, config, operator)
    ):
        return _dataset_epoch(behaviour, config, epoch)
    parameters = _parameters(config, operator)
    if parameters.get("epoch", "None") == "None":
        return None
    return _Seen(_number(parameters, "epoch", 0), "config")


def _dataset_epoch(behaviour: Behaviour, config: Mapping[str, Any], epoch: int) -> _Seen:
    """The ``seed`` with which the data set of this epoch was built, or last reset."""
    if needs_reset(config) and (behaviour.rebuilds_loader or behaviour.resets_in_place):
        return _Seen(epoch, "epoch")
    given = seed(config) if behaviour.seed_passed else None
    return (
        _Seen(0, "start") if given is None else _Seen(_number({"seed": given}, "seed", 0), "seed")
    )


_ABSENT = object()


def _is_found(behaviour: Behaviour, config: Mapping[str, Any], operator: str) -> bool:
    """Whether ``set_epoch_as_seed`` reaches the operator: it does MakeBorderMap first, and gives
    up at the first thing that it misses."""
    border = _entry(behaviour, config, "MakeBorderMap")
    shrink = _entry(behaviour, config, "MakeShrinkMap")
    if shrink is _ABSENT and not behaviour.fixed_positions:
        return False  # by name, it looks for both before it writes to either
    needed = [border] if operator == "MakeBorderMap" else [border, shrink]
    return all(isinstance(parameters, Mapping) for parameters in needed)


def _entry(behaviour: Behaviour, config: Mapping[str, Any], name: str) -> Any:
    transforms = _transforms(config)
    if behaviour.fixed_positions:
        transforms = transforms[_FIXED_POSITION[name] :][:1]
    for transform in transforms:
        if isinstance(transform, Mapping) and name in transform:
            return transform[name]
    return _ABSENT


def _parameters(config: Mapping[str, Any], operator: str) -> dict[str, Any]:
    found = shrink_options(config)
    if operator not in found:
        raise LookupError(f"{operator} is not in Train.dataset.transforms")
    return found[operator]


def _total_epoch(parameters: Mapping[str, Any]) -> float:
    total = _number(parameters, "total_epoch", 0)
    if total == 0:
        raise ScheduleError(say("total_epoch must not be 0"))
    return total


def _number(values: Mapping[str, Any], key: str, default: float) -> float:
    value = values.get(key, default)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ScheduleError(
            say("{key} must be a number, not {value}", key=key, value=repr(value))
        ) from None


def _transforms(config: Mapping[str, Any]) -> list[Any]:
    transforms = _dataset(config).get("transforms")
    return transforms if isinstance(transforms, list) else []


def _dataset(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(config.get("Train")).get("dataset"))


def _global(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(config.get("Global"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
