"""Tables of our dashboards. Build-time only: needs grafana-foundation-sdk."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import common as common_builder
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard

from ppocr_guard.dashboards.rules import RUNBOOKS
from ppocr_guard.dashboards.style import (
    OVERALL_NAMES,
    RUN_UID,
    SEVERITY_NAMES,
    STATE_NAMES,
    override,
)

BACKGROUND = {"type": "color-background", "mode": "basic"}


def organize(
    names: dict[str, str], hidden: tuple[str, ...] = ()
) -> dashboard.DataTransformerConfig:
    """Columns renamed, in this order; ``hidden`` ones left out."""
    return dashboard.DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {name: index for index, name in enumerate(names)},
            "renameByName": names,
        },
    )


def merge() -> dashboard.DataTransformerConfig:
    """One row for each set of labels, one value column for each query."""
    return dashboard.DataTransformerConfig(id_val="merge", options={})


def _words(names: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    options = {
        word: {"text": text, "color": color, "index": index}
        for index, (word, (text, color)) in enumerate(names.items())
    }
    return [{"type": "value", "options": options}]


def sorted_by(panel: table.Panel, *columns: str) -> table.Panel:
    """Largest first."""
    order = common_builder.TableSortByFieldState
    return panel.sort_by([order().display_name(column).desc(True) for column in columns])


def conditions_table() -> table.Panel:
    """Columns: condition (linked to its page), severity, subject, instance. Worst first."""
    panel = sorted_by(table.Panel().no_value("Nothing"), "Severity")
    columns = {
        "code": "Condition",
        "Value": "Severity",
        "subject": "Subject",
        "instance": "Instance",
    }
    panel.with_transformation(organize(columns, ("Time", "job", "run")))
    panel.override_by_name("Subject", override(noValue="-"))
    levels = {str(level): name for level, name in SEVERITY_NAMES.items()}
    panel.override_by_name(
        "Severity", override(mappings=_words(levels), custom__cellOptions=BACKGROUND)
    )
    page = {
        "title": "What it means, and what to do",
        "url": f"{RUNBOOKS}codes/${{__value.raw}}.md",
        "targetBlank": True,
    }
    return panel.override_by_name("Condition", override(links=[page]))


def info_table() -> table.Panel:
    """The labels of the info metrics, one column each."""
    panel = table.Panel().no_value("-")
    hidden = ("Time", "Value #A", "Value #B", "__name__", "job", "guarded_run")
    return panel.with_transformation(merge()).with_transformation(
        organize({"run": "run", "model": "model", "instance": "instance"}, hidden)
    )


def fleet_table() -> table.Panel:
    """Queries A to H: see ``columns``."""
    columns = {
        "run": "Run",
        "Value #A": "Verdict",
        "Value #B": "State",
        "Value #C": "hmean",
        "Value #D": "Best",
        "Value #E": "Shrink ratio",
        "Value #F": "Epoch",
        "Value #G": "Conditions",
        "Value #H": "Last sign of life",
        "model": "Model",
        "instance": "Instance",
        "job": "Job",
    }
    panel = sorted_by(table.Panel().no_value("-"), "Verdict", "State")
    panel.with_transformation(merge()).with_transformation(organize(columns, ("Time",)))
    levels = {str(level): name for level, name in OVERALL_NAMES.items()}
    states = {str(state): name for state, name in STATE_NAMES.items()}
    panel.override_by_name(
        "Verdict", override(mappings=_words(levels), custom__cellOptions=BACKGROUND)
    )
    panel.override_by_name(
        "State", override(mappings=_words(states), custom__cellOptions={"type": "color-text"})
    )
    # All three, for another machine may have a run of this name. Grafana encodes the values. By the
    # names of the labels, not of the columns, which are in the language of the reader.
    place = (
        "var-job=${__data.fields.job}&var-instance=${__data.fields.instance}&var-run=${__value.raw}"
    )
    run = {"title": "Open this run", "url": f"/d/{RUN_UID}?{place}&${{__url_time_range}}"}
    panel.override_by_name("Run", override(links=[run]))
    for ratio in ("hmean", "Best", "Shrink ratio"):
        panel.override_by_name(ratio, override(decimals=3))
    panel.override_by_name("Last sign of life", override(unit="s", decimals=0))
    return panel
