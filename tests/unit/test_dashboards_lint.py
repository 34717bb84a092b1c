"""The rules of Grafana's dashboard-linter (github.com/grafana/dashboard-linter), restated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from test_dashboards import VALUES, nodes

from ppocr_guard.dashboards.queries import DASHBOARDS, expand, load_dashboard, panels

# Those of Grafana's unit ids that fit what we show.
UNITS = {"none", "percentunit", "s", "sci"}
NEEDS_UNIT = {"stat", "timeseries", "gauge"}


@pytest.fixture(params=DASHBOARDS)
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load_dashboard(request.param)


def variables(dashboard: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def parsed(dashboard: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    promql_parser = pytest.importorskip("promql_parser", reason="pip install ppocr-guard[test]")
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel["title"], promql_parser.parse(expand(target["expr"], VALUES))


def test_datasource_is_a_variable(dashboard: dict[str, Any]) -> None:
    source = variables(dashboard)["datasource"]
    assert (source["type"], source["query"], source["label"]) == (
        "datasource",
        "prometheus",
        "Data source",
    )
    asked = [*panels(dashboard), *dashboard["annotations"].get("list", [])]
    asked += [target for panel in panels(dashboard) for target in panel["targets"]]
    asked += [one for one in variables(dashboard).values() if one["type"] == "query"]
    assert {one["datasource"]["uid"] for one in asked} == {"${datasource}"}


@pytest.mark.parametrize(("name", "label"), [("job", "Job"), ("instance", "Instance")])
def test_job_and_instance_are_variables(dashboard: dict[str, Any], name: str, label: str) -> None:
    variable = variables(dashboard)[name]
    assert variable["type"] == "query"
    assert variable["label"] == label
    assert variable["multi"] is True
    assert variable["allValue"] == ".+"


def test_variables_reload_when_the_time_range_changes(dashboard: dict[str, Any]) -> None:
    queries = [one for one in variables(dashboard).values() if one["type"] == "query"]
    assert len(queries) == 3
    assert {one["refresh"] for one in queries} == {2}


def test_every_selector_names_job_and_instance(dashboard: dict[str, Any]) -> None:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            selectors = re.findall(r"\{([^}]*)\}", target["expr"])
            assert selectors or target["expr"] == "vector(0)", panel["title"]
            for selector in selectors:
                assert 'job=~"$job"' in selector, panel["title"]
                assert 'instance=~"$instance"' in selector, panel["title"]
    for title, query in parsed(dashboard):  # and no selector goes without braces
        for node, _ in nodes(query):
            if type(node).__name__ == "VectorSelector":
                names = {matcher.name for matcher in node.matchers.matchers}
                assert {"job", "instance"} <= names, title


def test_rates_use_the_rate_interval(dashboard: dict[str, Any]) -> None:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            ranges = re.findall(r"rate\([^\[]*\[([^\]]+)\]", target["expr"])
            assert set(ranges) <= {"$__rate_interval"}, panel["title"]


def test_counters_are_rated(dashboard: dict[str, Any]) -> None:
    for title, query in parsed(dashboard):
        for node, parents in nodes(query):
            if type(node).__name__ == "VectorSelector" and node.name.endswith("_total"):
                assert type(parents[-1]).__name__ == "MatrixSelector", title
                assert parents[-2].func.name in ("rate", "irate", "increase"), title


def test_every_panel_has_title_description_unit_and_queries(dashboard: dict[str, Any]) -> None:
    found = list(panels(dashboard))
    assert len({panel["title"] for panel in found}) == len(found)
    for panel in found:
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] in NEEDS_UNIT:
            assert defaults.get("unit") in UNITS, panel["title"]


def test_dashboard_is_not_editable(dashboard: dict[str, Any]) -> None:
    assert dashboard["editable"] is False


def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    everything = dashboard["panels"]
    ids = [panel["id"] for row in everything for panel in (row, *row.get("panels", []))]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in everything:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    rows = {y for _, y in taken}
    assert rows == set(range(len(rows))), "a gap"
