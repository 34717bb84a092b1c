"""A dashboard in another language: what people read of its JSON, looked up in the catalogue.

Names that belong together (a column, what sorts by it, what overrides it) change together, for
all of them are looked up. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ppocr_guard.wording import format_in_language

# Of metrics, which are the same in every language.
NAMES = frozenset({"acc", "hmean", "IoU", "norm_edit_dis", "precision", "recall"})
_READ = frozenset(
    {"description", "displayName", "label", "legendFormat", "noValue", "text", "title"}
)
_READ_VALUES = frozenset({"custom.fillBelowTo", "noValue"})  # of overrides
_PLACE = ", {{instance}}"  # behind most legends
_VARIABLES = re.compile(r"(?:\{\{.*?\}\}|\$\{.*?\}|[^\w{$])*")


def in_language(dashboard: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The dashboard with every text in ``language``; as it is where there is no translation."""

    def said(text: str) -> str:
        head, tail = _parted(text)
        return format_in_language(head, language) + tail if _is_text(head) else text

    return _each(dashboard, said)


def texts(dashboard: Mapping[str, Any]) -> Iterator[str]:
    """What is looked up, in the order of the file; some of it more than once."""
    found: list[str] = []

    def kept(text: str) -> str:
        head, _ = _parted(text)
        if _is_text(head):
            found.append(head)
        return text

    _each(dashboard, kept)
    yield from found


def _parted(text: str) -> tuple[str, str]:
    head = text[: -len(_PLACE)] if text.endswith(_PLACE) else text
    return head, text[len(head) :]


def _is_text(head: str) -> bool:
    return head not in NAMES and not _VARIABLES.fullmatch(head)


def _each(dashboard: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    changed: dict[str, Any] = {
        key: value if key.startswith("__") else _changed(value, change, key)
        for key, value in dashboard.items()
    }
    for annotation in changed["annotations"].get("list", []):
        annotation["name"] = change(annotation["name"])
    return changed


def _changed(node: Any, change: Callable[[str], str], key: str = "") -> Any:
    if isinstance(node, str):
        return change(node) if key in _READ else node
    if isinstance(node, list):
        return [_changed(one, change) for one in node]
    if not isinstance(node, dict):
        return node
    if key == "renameByName":
        return {name: shown if shown == name else change(shown) for name, shown in node.items()}
    made = {name: _changed(value, change, name) for name, value in node.items()}
    if node.get("id") == "byName":
        made["options"] = change(node["options"])
    if node.get("id") in _READ_VALUES:
        made["value"] = change(node["value"])
    return made
