"""Reading the checked-in dashboards: their panels, queries and variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

DASHBOARDS = ("run.json", "fleet.json")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def load_dashboard(name: str) -> dict[str, Any]:
    """One of ``DASHBOARDS`` as data."""
    text = files("ppocr_guard.dashboards").joinpath(name).read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All panels that show something; rows are only headings."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$name`` and ``${name}``, as Grafana does before it sends a query.

    Raises:
        KeyError: a variable without a value.
    """
    return _VARIABLE.sub(lambda match: values[match.group(1) or match.group(2)], text)
