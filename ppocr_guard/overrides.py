"""``-o Guard.hooks.X.y=z`` of PaddleOCR's command line, applied to any ``Guard:`` section.

PaddleOCR's ``merge_config`` (tools/program.py) sets only what the file names already; where the
section is missing, empty, a list, or does not name the hook, it fails with a KeyError, a TypeError
or an AssertionError. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ppocr_guard.wording import say

GUARD = "Guard"
_WORDS = {True: "on", False: "off"}


class OverrideError(ValueError):
    """The option cannot be set there; the message says why."""


def is_guards(name: str) -> bool:
    """Whether the key of an ``-o KEY=VALUE`` is the guard's own."""
    return name.partition(".")[0] == GUARD


def key_text(key: Any) -> str:
    """An option's name. PaddleOCR reads YAML 1.1, in which the key ``on`` is the boolean true."""
    return _WORDS[key] if isinstance(key, bool) else str(key)


def set_option(config: dict[str, Any], name: str, value: Any) -> None:
    """Set ``Guard...`` in a configuration; what is missing on the way is made.

    Raises:
        OverrideError: something on the way is neither a mapping nor empty.
    """
    keys = name.split(".")
    if not all(keys):
        raise OverrideError(say("a name between two dots is missing"))
    section = config.get(GUARD)
    if len(keys) == 1:
        if isinstance(value, Mapping) and isinstance(section, Mapping):
            value = {**section, **value}
        config[GUARD] = value
        return
    section = _mapping(section, GUARD)
    config[GUARD] = section
    if keys[1] != "hooks" or len(keys) == 2:
        _set(section, keys[1:], value, GUARD)
        return
    hooks = section.get("hooks")
    if isinstance(hooks, list):
        section["hooks"] = _set_in_list(hooks, keys[2:], value)
        return
    section["hooks"] = hooks = _mapping(hooks, "Guard.hooks")
    _set_hook(hooks, *_hook_name(hooks, keys[2:]), value)


def with_text_keys(value: Any) -> Any:
    """A copy of the section that PaddleOCR can print: ``print_dict`` sorts the keys of each
    mapping, and fails where a boolean (``on``) stands beside texts."""
    return _with_text_keys(value, {})


def _with_text_keys(value: Any, made: dict[int, Any]) -> Any:
    if not isinstance(value, (dict, list)):
        return value
    if id(value) in made:  # an alias: one value in several places, perhaps in itself
        return made[id(value)]
    copy: Any = {} if isinstance(value, dict) else []
    made[id(value)] = copy
    if isinstance(value, dict):
        copy.update({key_text(key): _with_text_keys(item, made) for key, item in value.items()})
    else:
        copy.extend(_with_text_keys(item, made) for item in value)
    return copy


def _set_in_list(hooks: list[Any], keys: Sequence[str], value: Any) -> list[Any]:
    """Written with colons throughout: PaddleOCR cannot print a list of both forms."""
    entries = [{item: None} if isinstance(item, str) else item for item in hooks]
    named = {str(name): entry for entry in entries if isinstance(entry, dict) for name in entry}
    name, rest = _hook_name(named, keys)
    if name not in named:
        entries.append({})
        named[name] = entries[-1]
    _set_hook(named[name], name, rest, value)
    return entries


def _set_hook(hooks: dict[Any, Any], name: str, rest: Sequence[str], value: Any) -> None:
    if not rest:
        hooks[name] = value
        return
    options = hooks.get(name)
    if options is False:
        raise OverrideError(
            say(
                "{hook} is switched off in the file; switch it on there, or write {instead}",
                hook=name,
                instead=f"Guard.hooks.{name}={{{rest[0]}: ...}}",
            )
        )
    hooks[name] = options = _mapping(None if options is True else options, f"Guard.hooks.{name}")
    _set(options, rest, value, f"Guard.hooks.{name}")


def _hook_name(hooks: Mapping[Any, Any], keys: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The hook's name and what follows it: that of a user's hook has dots itself."""
    for end in range(len(keys), 1, -1):
        if ".".join(keys[:end]) in hooks:
            return ".".join(keys[:end]), keys[end:]
    return keys[0], keys[1:]


def _set(target: dict[Any, Any], keys: Sequence[str], value: Any, place: str) -> None:
    for key in keys[:-1]:
        place = f"{place}.{key}"
        target[key] = target = _mapping(target.get(key), place)
    for key in [key for key in target if key_text(key) == keys[-1]]:
        del target[key]
    target[keys[-1]] = value


def _mapping(value: Any, place: str) -> dict[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise OverrideError(say("{section} is no mapping", section=place))
    return value
