"""Finds a hook by its name: built in, an entry point, or a dotted path."""

from __future__ import annotations

import difflib
import importlib
import inspect
from importlib.metadata import entry_points
from typing import Any

from ppocr_guard.events import KINDS
from ppocr_guard.hook import Hook
from ppocr_guard.wording import say

ENTRY_POINT_GROUP = "ppocr_guard.hooks"
# In the order in which they run: those that judge first, then AutoStop, then those that tell.
BUILT_IN = {
    "ShrinkRatio": "ppocr_guard.hooks.shrink_ratio",
    "HmeanTrend": "ppocr_guard.hooks.hmean_trend",
    "LossHealth": "ppocr_guard.hooks.loss_health",
    "Diagnosis": "ppocr_guard.hooks.diagnosis",
    "Pace": "ppocr_guard.hooks.pace",
    "AutoStop": "ppocr_guard.hooks.auto_stop",
    "Notify": "ppocr_guard.hooks.notify",
    "VisualDL": "ppocr_guard.hooks.visualdl",
    "Prometheus": "ppocr_guard.hooks.prometheus",
    "Journal": "ppocr_guard.hooks.journal",
}


class UnavailableError(Exception):
    """A hook of ours stands on a package that does not import here."""


def find_hook(name: str) -> type[Hook]:
    """The hook class called ``name``.

    Raises:
        UnavailableError: a hook of ours that cannot be imported here.
        LookupError: no such hook, or what was found is no proper hook; the message says which
            name is nearest or what is wrong.
    """
    if name in BUILT_IN:
        try:
            found: Any = getattr(importlib.import_module(BUILT_IN[name]), name)
        except Exception as error:  # a package that is broken, or of another Python
            raise UnavailableError(f"{type(error).__name__}: {error}") from None
        return found  # type: ignore[no-any-return]
    found = _from_path(name) if "." in name else _from_entry_point(name)
    _check(name, found)
    return found  # type: ignore[no-any-return]


def check_name(name: str) -> None:
    """As :func:`find_hook`, without importing anything that is not the guard's own.

    Raises:
        LookupError: there can be no such hook.
    """
    if name in BUILT_IN:
        return
    if "." in name:
        if not all(part.isidentifier() for part in name.split(".")):
            raise LookupError(say("hook {hook!r}: that is no dotted path of a class", hook=name))
    elif name not in (found := [point.name for point in _points()]):
        raise _unknown(name, found)


def _from_path(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    try:
        imported = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a user's module may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise LookupError(
            say(
                "hook {hook!r}: cannot import {module!r} ({reason})",
                hook=name,
                module=module,
                reason=reason,
            )
        ) from None
    try:
        return getattr(imported, attribute)
    except AttributeError:
        raise LookupError(
            say(
                "hook {hook!r}: module {module!r} has no {name!r}",
                hook=name,
                module=module,
                name=attribute,
            )
        ) from None


def _points() -> list[Any]:
    points: Any = entry_points()
    if hasattr(points, "select"):
        return list(points.select(group=ENTRY_POINT_GROUP))
    return list(points.get(ENTRY_POINT_GROUP, []))  # Python 3.9


def _from_entry_point(name: str) -> Any:
    group = _points()
    for point in group:
        if point.name == name:
            try:
                return point.load()
            except (Exception, SystemExit) as error:
                raise LookupError(
                    say(
                        "hook {hook!r} from {place}: {error}",
                        hook=name,
                        place=point.value,
                        error=str(error),
                    )
                ) from None
    raise _unknown(name, [point.name for point in group])


def _unknown(name: str, others: list[str]) -> LookupError:
    near = difflib.get_close_matches(name[:100], [*BUILT_IN, *others], n=1, cutoff=0.5)
    if near:
        return LookupError(
            say("there is no hook {hook!r}; did you mean {near!r}?", hook=name[:100], near=near[0])
        )
    return LookupError(
        say(
            "there is no hook {hook!r}; there are {names}",
            hook=name[:100],
            names=", ".join(BUILT_IN),
        )
    )


def _check(name: str, found: Any) -> None:
    if not (inspect.isclass(found) and issubclass(found, Hook)):
        raise LookupError(say("hook {hook!r} is not a subclass of ppocr_guard.Hook", hook=name))
    known = {"on_" + kind for kind in KINDS}
    for attribute in dir(found):
        if not attribute.startswith("on_") or not callable(getattr(found, attribute)):
            continue
        if attribute not in known:
            near = difflib.get_close_matches(attribute, known, n=1)
            hint = say("; did you mean {near!r}?", near=near[0]) if near else ""
            raise LookupError(
                say(
                    "hook {hook!r}: there is no event for its {name!r}{hint}",
                    hook=name,
                    name=attribute,
                    hint=hint,
                )
            )
        try:
            inspect.signature(getattr(found, attribute)).bind(None, None)
        except TypeError:
            raise LookupError(
                say("hook {hook!r}: {name!r} must take one event", hook=name, name=attribute)
            ) from None
