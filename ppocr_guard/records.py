"""Events as JSON-ready data and back: what the journal holds."""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Callable

from ppocr_guard.events import (
    KINDS,
    Alert,
    Condition,
    Event,
    Moment,
    ReadText,
    StopRequest,
    kind,
)
from ppocr_guard.wording import Sentence

MADE_OF = "_of"  # beside a sentence "message" stands "message_of": its template and values


def to_record(event: Event) -> dict[str, Any]:
    """The event as JSON-ready data: ``{"event": kind, ...fields}``.

    NaN and the infinities become the strings "nan", "inf", "-inf", which JSON can carry;
    bytes become base64. A sentence that knows its template keeps it in a field of its own.
    """
    return {"event": kind(event), **_fields(event)}


def from_record(record: Mapping[str, Any]) -> Event:
    """Inverse of :func:`to_record`. Unknown fields are ignored (a newer guard wrote them).

    Raises:
        ValueError: no known ``event`` name, or a field is missing or of a wrong kind.
    """
    cls = KINDS.get(str(record.get("event")))
    if cls is None:
        raise ValueError(f"not an event record: {record.get('event')!r}")
    try:
        event: Event = _object(cls, record)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"incomplete {record.get('event')} record: {error}") from None
    return event


def plain(value: Any) -> Any:
    """``value`` as JSON-ready data, as in :func:`to_record`."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if hasattr(value, "item"):  # a numpy scalar
        return plain(value.item())
    return str(value)


def _fields(instance: Any) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for f in dataclasses.fields(instance):
        value = getattr(instance, f.name)
        record[f.name] = plain(value)
        if isinstance(value, Sentence):
            record[f.name] = str(value)
            record[f.name + MADE_OF] = plain(value.to_record())
    return record


_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _restore(value: Any) -> Any:
    if isinstance(value, str):
        return _SPECIAL.get(value, value)
    if isinstance(value, dict):
        return {k: _restore(v) for k, v in value.items()}
    return value


def _object(cls: type, record: Mapping[str, Any]) -> Any:
    values: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        if f.name not in record:
            continue
        value = record[f.name]
        made = _MAKERS.get(f.name)
        values[f.name] = made(value) if made and value is not None else _restore(value)
        if isinstance(value, str) and f.name + MADE_OF in record:
            values[f.name] = _sentence(value, record[f.name + MADE_OF])
    return cls(**values)


def _sentence(text: str, made_of: Any) -> str:
    try:
        return Sentence.from_record(_restore(made_of))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return text


def condition_from(record: Mapping[str, Any]) -> Condition:
    """Raises ValueError, TypeError or KeyError on data that is no condition."""
    condition: Condition = _object(Condition, record)
    return condition


# How fields that are more than plain data come back, by their name.
_MAKERS: dict[str, Callable[[Any], Any]] = {
    "stop": lambda value: _object(StopRequest, value),
    "alert": lambda value: _object(Alert, value),
    "since": lambda value: _object(Moment, value),
    "conditions": lambda value: tuple(_object(Condition, item) for item in value),
    "changed": lambda value: tuple(str(item) for item in value),
    "gpus": lambda value: tuple(str(item) for item in value),
    "local_changes": lambda value: tuple(str(item) for item in value),
    "rescored": lambda value: {float(k): _restore(v) for k, v in value.items()},
    "worst": lambda value: tuple(_object(ReadText, item) for item in value),
    "png": base64.b64decode,
    "sheet": base64.b64decode,
}
