"""What differs between two launches of a run in what training depends on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ppocr_guard.redact import redacted

MOST = 8  # differences that are told
# Sections that decide on what is trained and how it is judged; of Global only what reaches them.
SECTIONS = ("Architecture", "Loss", "Optimizer", "PostProcess", "Metric", "Train", "Eval")
GLOBAL = (
    "seed", "use_amp", "amp_level", "scale_loss", "use_dynamic_loss_scaling", "max_text_length",
    "character_dict_path", "use_space_char", "d2s_train_image_shape", "algorithm",
)  # fmt: skip
_ABSENT = "(absent)"


def trained_on(config: Mapping[str, Any], release: str) -> dict[str, Any]:
    """The part of a configuration that training depends on, with the release and the guard's own
    repair of the shrink ratio, as JSON-ready data."""
    settings = config.get("Global")
    found: dict[str, Any] = {
        name: config[name] for name in SECTIONS if isinstance(config.get(name), Mapping)
    }
    if isinstance(settings, Mapping):
        found["Global"] = {name: settings[name] for name in GLOBAL if name in settings}
    found["PaddleOCR"] = release
    own = {"repair": _repairs(config.get("Guard"))}
    return {**redacted(found), "Guard": own}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Each as ``path: old -> new``, at most ``MOST`` of them."""
    found: list[str] = []
    for text in _compare("", old, new):
        if len(found) == MOST:
            found.append("...")
            break
        found.append(text)
    return tuple(found)


def _repairs(section: Any) -> bool:
    hooks = section.get("hooks") if isinstance(section, Mapping) else None
    entries = hooks if isinstance(hooks, list) else [hooks]
    for entry in entries:
        options = entry.get("ShrinkRatio") if isinstance(entry, Mapping) else None
        if isinstance(options, Mapping) and options.get("repair") is True:
            return True
    return False


def _compare(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            here = f"{path}.{key}" if path else str(key)
            yield from _compare(here, old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new)):
            yield from _compare(f"{path}[{index}]", one, other)
    elif old != new:
        yield f"{path}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
