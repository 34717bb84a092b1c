"""What a YAML can name in a PaddleOCR: its own source where it is at hand, else a learned table.

The table (``components.json``) holds what :mod:`~ppocr_guard.paddleocr.signatures` read in
several releases; ``python -m benchmarks.mistakes.learn`` makes it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.paddleocr.bounds import Bound, Look, bounds_of
from ppocr_guard.paddleocr.signatures import Component, Components, read_components

TABLE = Path(__file__).with_name("components.json")


class Vocabulary:
    """The components of one PaddleOCR, by kind and name.

    ``certain(kind)``: what is not in it does not exist. Otherwise the release is unknown, or not
    one that was read, and a name may be of a later one or of the user's own.
    """

    def __init__(self, components: Components, certain: frozenset[str], bounds: Look) -> None:
        self._components = components
        self._certain = certain
        self._bounds = bounds

    def of(self, kind: str) -> Mapping[str, Component]:
        return self._components.get(kind, {})

    def find(self, kind: str, name: str) -> Optional[Component]:
        return self.of(kind).get(name)

    def bounds(self, kind: str, name: str) -> Mapping[str, Bound]:
        """What the options of a class can be, as its source shows."""
        return self._bounds(kind, name)

    def certain(self, kind: str) -> bool:
        return kind in self._certain


def vocabulary(release: Optional[str] = None, tree: Optional[Path] = None) -> Vocabulary:
    """The words of the PaddleOCR in ``tree``; else of ``release``; else of all that were read."""
    everything = _table()
    own = read_components(tree) if tree is not None else {}
    number = _number(release)
    components: Components = {}
    certain = set()
    for kind, entries in everything.items():
        if kind in own:
            components[kind] = own[kind]
            certain.add(kind)
            continue
        chosen = {
            name: component
            for name, (component, releases) in entries.items()
            if number is None or _holds(releases, number, kind)
        }
        components[kind] = chosen
        if tree is None and number is not None and number[:2] <= _last(kind)[:2]:
            certain.add(kind)
    return Vocabulary(components, frozenset(certain), bounds_of(number, tree))


def _number(release: Optional[str]) -> Optional[tuple[int, ...]]:
    match = re.match(r"(\d+(?:\.\d+)+)(?= |$)", release or "")
    if match is None or " to " in str(release) or "," in str(release):
        return None
    return tuple(int(part) for part in match.group(1).split("."))


def _holds(releases: tuple[int, ...], number: tuple[int, ...], kind: str) -> bool:
    """Whether a release has what these releases (by their index) have: as one beside it does."""
    read = [(index, r) for index, r in enumerate(_releases()) if kind in _kinds()[index]]
    before = [index for index, r in read if r <= number][-1:]
    after = [index for index, r in read if r >= number][:1]
    return bool(set(before + after) & set(releases))


def _last(kind: str) -> tuple[int, ...]:
    return max(r for index, r in enumerate(_releases()) if kind in _kinds()[index])


@functools.lru_cache(maxsize=1)
def _raw() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return value


def _releases() -> list[tuple[int, ...]]:
    return [tuple(int(part) for part in r.split(".")) for r in _raw()["releases"]]


def _kinds() -> list[frozenset[str]]:
    return [frozenset(kinds) for kinds in _raw()["kinds"]]


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, tuple[Component, tuple[int, ...]]]]:
    return {
        kind: {name: (_component(entry), tuple(entry["in"])) for name, entry in entries.items()}
        for kind, entries in _raw()["components"].items()
    }


def _component(entry: Mapping[str, Any]) -> Component:
    return Component(
        dict(entry.get("options", {})),
        frozenset(entry.get("required", ())),
        "strict" in entry,
        "open" in entry,
        frozenset(entry.get("reads", ())),
        frozenset(entry.get("writes", ())),
    )


def packed(trees: Mapping[str, Path]) -> dict[str, Any]:
    """The table's value, read from the trees of releases ("2.8.1": folder), the oldest first."""
    found: dict[str, dict[str, Component]] = {}
    where: dict[tuple[str, str], list[int]] = {}
    kinds = []
    for index, tree in enumerate(trees.values()):
        components = read_components(tree)
        kinds.append(sorted(components))
        for kind, entries in components.items():
            for name, component in entries.items():
                known = found.setdefault(kind, {})
                known[name] = known[name].merged(component) if name in known else component
                where.setdefault((kind, name), []).append(index)
    return {
        "releases": list(trees),
        "kinds": kinds,
        "components": {
            kind: {
                name: {"in": where[kind, name], **_packed(component)}
                for name, component in sorted(entries.items())
            }
            for kind, entries in sorted(found.items())
        },
    }


def _packed(component: Component) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "options": component.options,
        "required": sorted(component.required),
        "reads": sorted(component.reads),
        "writes": sorted(name for name in component.writes if name.isidentifier()),
        "strict": component.strict,
        "open": component.open,
    }
    return {key: value for key, value in entry.items() if value}
