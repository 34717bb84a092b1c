"""Pydantic models of the records of a journal, made from the event classes.

A journal may come from another machine, a crashed disk or a person with an editor: each record is
checked before it is believed. What is wrong with one is one sentence; the reader counts it and
goes on.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import string
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Optional, Union

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.types import Strict

from ppocr_guard.events import KINDS, REASONS, SEVERITIES, VERDICTS, RunEnd
from ppocr_guard.printable import printable

MAX_DEPTH = 64  # of nested data; a configuration has some 8
_LIMIT = 2**53  # integers up to here are exact as floats, too
_LATEST = 2e11  # Unix seconds: the year 8307; datetime ends soon after
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

_Int = Annotated[int, Strict(), Field(ge=-_LIMIT, le=_LIMIT)]
_Float = Annotated[float, Strict()]
_Time = Annotated[float, Strict(), Field(ge=0, le=_LATEST)]
_TIMES = ("time",)


def checked(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its special numbers restored and its texts printable.

    Raises:
        ValueError: it is no record of a known event, a field is missing or of a wrong kind.
    """
    name = record.get("event")
    cls = KINDS.get(name) if isinstance(name, str) else None
    if cls is None:
        raise ValueError(f"not an event record: {printable(str(name))[:60]!r}")
    cleaned: dict[str, Any] = cleaned_data(record)
    try:
        model_of(cls).model_validate(cleaned)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{name} record: {place}: {first['msg']}") from None
    return cleaned


def cleaned_data(value: Any, depth: int = 0) -> Any:
    """Decoded JSON with "nan" and "inf" as numbers and nothing unprintable in its texts.

    Raises:
        ValueError: nested deeper than ``MAX_DEPTH``.
    """
    if isinstance(value, str):
        return _SPECIAL[value] if value in _SPECIAL else printable(value)
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        if "template" in value and not _harmless_template(value["template"]):
            return None
        return {printable(str(key)): cleaned_data(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned_data(item, depth + 1) for item in value]
    return value


def _harmless_template(template: Any) -> bool:
    """A sentence's template may name values and format numbers. It may not reach into objects,
    nor ask for a text of a million blanks."""
    if not isinstance(template, str):
        return False
    try:
        for _, name, spec, _ in string.Formatter().parse(template):
            if name is not None and not name.isidentifier():
                return False
            if spec and (len(spec) > 8 or re.search(r"\d{3}|[{}]", spec)):
                return False
    except ValueError:
        return False
    return True


@functools.cache
def model_of(cls: type) -> type[BaseModel]:
    """The model of a dataclass's record: its fields, strictly typed; others are ignored."""
    hints = typing.get_type_hints(cls)
    fields: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        needed = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        hint = _Time if f.name in _TIMES and hints[f.name] is float else _hint(hints[f.name])
        if f.name == "severity":
            hint = _one_of(SEVERITIES)
        elif f.name == "state":
            hint = _one_of(VERDICTS)
        elif cls is RunEnd and f.name == "reason":
            hint = _one_of(REASONS)
        fields[f.name] = (hint, ... if needed else None)
    config = ConfigDict(extra="ignore", protected_namespaces=())
    model: type[BaseModel] = create_model(cls.__name__ + "Record", __config__=config, **fields)
    return model


def _one_of(words: tuple[str, ...]) -> Any:
    return Annotated[str, Field(pattern=f"^({'|'.join(words)})$")]


def _hint(hint: Any) -> Any:
    """The type that a field of a record must have, by the type of the event's field."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if dataclasses.is_dataclass(hint):
        return model_of(typing.cast(type, hint))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union:
        return Optional[_hint(next(a for a in arguments if a is not type(None)))]
    if origin is tuple:
        return list[_hint(arguments[0])]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key = Annotated[float, Strict(False)] if arguments[0] is float else str
        return dict[key, _hint(arguments[1])]  # type: ignore[misc,valid-type]
    return Any


_PLAIN: dict[Any, Any] = {
    int: _Int,
    float: _Float,
    bool: Annotated[bool, Strict()],
    str: Annotated[str, Strict()],
    bytes: str,
}
