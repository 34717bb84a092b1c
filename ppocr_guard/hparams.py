"""The few settings of a PaddleOCR configuration that decide how a run turns out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Union

Value = Union[str, int, float]
_PLACES: dict[str, tuple[str, ...]] = {
    "epoch_num": ("Global", "epoch_num"),
    "seed": ("Global", "seed"),
    "learning_rate": ("Optimizer", "lr", "learning_rate"),
    "schedule": ("Optimizer", "lr", "name"),
    "optimizer": ("Optimizer", "name"),
    "algorithm": ("Architecture", "algorithm"),
    "backbone": ("Architecture", "Backbone", "name"),
    "batch_size": ("Train", "loader", "batch_size_per_card"),
    "unclip_ratio": ("PostProcess", "unclip_ratio"),
}
_TRANSFORMS = ("Train", "dataset", "transforms")


def hyperparameters(config: Mapping[str, Any]) -> dict[str, Value]:
    """Name -> value; settings that the configuration does not have are left out."""
    found = {name: _at(config, path) for name, path in _PLACES.items()}
    for operator, values in _operators(_at(config, _TRANSFORMS)):
        if operator == "MakeShrinkMap":
            found["shrink_ratio"] = values.get("shrink_ratio", 0.4)  # PaddleOCR's default
            found["total_epoch"] = values.get("total_epoch")
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    }


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _operators(transforms: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in transforms if isinstance(transforms, list) else []:
        if isinstance(item, Mapping):
            for name, values in item.items():
                yield str(name), values if isinstance(values, Mapping) else {}
