"""The checked-in dashboards and rules: up to date, well formed, and about metrics that exist."""

from __future__ import annotations

import json
import os
import re
import typing
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from ppocr_guard.codes import ALERT_CODES
from ppocr_guard.dashboards import preview
from ppocr_guard.dashboards.queries import DASHBOARDS, expand, load_dashboard, panels
from ppocr_guard.dashboards.rules import RUNBOOKS
from ppocr_guard.dashboards.translate import in_language
from ppocr_guard.dashboards.verdicts import VERDICT_LEVELS
from ppocr_guard.events import (
    VERDICTS,
    Condition,
    EvalEnd,
    Event,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.prometheus import Prometheus
from ppocr_guard.wording import LANGUAGES

FOLDER = files("ppocr_guard.dashboards")
SHARED = ("__inputs", "__elements", "__requires")  # for grafana.com
VALUES = {
    "datasource": "prometheus",
    "job": "ppocr_guard",
    "instance": ".+",
    "run": "a",
    "__rate_interval": "1m",
    "__range": "6h",
}


def rules() -> list[dict[str, Any]]:
    data = YAML(typ="safe").load(FOLDER.joinpath("rules.yml").read_text(encoding="utf-8"))
    return [rule for group in data["groups"] for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every dashboard, variable, annotation and rule."""
    for name in DASHBOARDS:
        dashboard = load_dashboard(name)
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", expand(target["expr"], VALUES)
        for annotation in dashboard["annotations"].get("list", []):
            yield f"{name}: {annotation['name']}", expand(annotation["expr"], VALUES)
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                series = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"])
                assert series, variable["query"]
                yield f"{name}: {variable['name']}", expand(series.group(1), VALUES)
    for rule in rules():
        yield str(rule.get("record") or rule["alert"]), rule["expr"]


def nodes(node: Any, parents: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every node of a parsed query, with its ancestors from the root down."""
    yield node, parents
    for attribute in ("expr", "lhs", "rhs", "param", "vector_selector", "args"):
        child = getattr(node, attribute, None)
        for one in child if isinstance(child, list) else [child]:
            if one is not None:
                yield from nodes(one, (*parents, node))


@pytest.mark.parametrize("name", ["run.json", "fleet.json", "rules.yml"])
def test_what_is_checked_in_is_what_the_code_builds(name: str) -> None:
    pytest.importorskip("grafana_foundation_sdk", reason="pip install ppocr-guard[dashboards]")
    from ppocr_guard.dashboards.build import generated

    assert FOLDER.joinpath(name).read_text(encoding="utf-8") == generated()[name], (
        "run `python -m ppocr_guard.dashboards.build`"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_conforms_to_the_types_of_grafana(name: str, language: str) -> None:
    """No field that Grafana 11.6 does not know, and every value of the declared type."""
    pytest.importorskip("grafana_foundation_sdk", reason="pip install ppocr-guard[dashboards]")
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    data = in_language(load_dashboard(name), language)
    for only_in_files in SHARED:
        del data[only_in_files]
    for annotation in data["annotations"].get("list", []):
        # In the JSON Schema of the SDK's main branch, not in the types of its 11.6 track.
        for later in ("titleFormat", "tagKeys"):
            del annotation[later]
    parsed = Dashboard.from_json(data)
    for panel in panels(data):  # the SDK fills in what Grafana takes for absent settings
        panel["fieldConfig"]["defaults"].setdefault("custom", {"align": "auto", "inspect": False})
    again = json.loads(json.dumps(parsed, cls=JSONEncoder))
    for panel in panels(again):
        panel["fieldConfig"]["defaults"].setdefault("custom", {"align": "auto", "inspect": False})
    assert again == data
    assert list(wrong_types(parsed, "dashboard")) == []


def wrong_types(value: Any, where: str) -> Iterator[str]:
    """Fields of an SDK object, at any depth, whose value is not of the declared type."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from wrong_types(item, f"{where}[{index}]")
    elif type(value).__module__.startswith("grafana_foundation_sdk.models"):
        for field, hint in typing.get_type_hints(type(value)).items():
            inner = getattr(value, field)
            if not fits(inner, hint):
                yield f"{where}.{field}: {inner!r} is no {hint}"
            yield from wrong_types(inner, f"{where}.{field}")


def fits(value: Any, hint: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is object:
        return True
    if origin is typing.Union:
        return any(fits(value, one) for one in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is list:
        return isinstance(value, list) and all(fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict)
    if isinstance(hint, type) and issubclass(hint, (str, int)) and hasattr(hint, "__members__"):
        return value in [member.value for member in hint.__members__.values()]
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(hint, type):
        # from_json leaves some nested objects (links, transformations) as plain data.
        return isinstance(value, (hint, dict))
    return False


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_is_classic_and_fit_for_upload(name: str) -> None:
    """File provisioning takes no v2 (Grafana 13 refuses it); grafana.com wants what is required."""
    data = load_dashboard(name)
    assert isinstance(data["schemaVersion"], int)
    assert isinstance(data["panels"], list)
    assert not {"apiVersion", "kind", "metadata", "spec", "elements", "layout"} & set(data)
    required = {(one["type"], one["id"]) for one in data["__requires"]}
    types = {("panel", panel["type"]) for panel in panels(data)}
    assert required == types | {("grafana", "grafana"), ("datasource", "prometheus")}
    text = json.dumps(data)
    for one in data["__inputs"]:  # whoever provisions the file is not asked for them
        assert f"${{{one['name']}}}" not in text
    assert "${DS_" not in text


def panel(name: str, title: str) -> dict[str, Any]:
    return next(one for one in panels(load_dashboard(name)) if one["title"].startswith(title))


def test_run_and_fleet_show_one_state_and_one_speed() -> None:
    fleet_state = next(
        target for target in panel("fleet.json", "Runs, worst")["targets"] if target["refId"] == "B"
    )
    pairs = [
        (panel("run.json", "State")["targets"][0], fleet_state),
        (panel("run.json", "Images")["targets"][0], panel("fleet.json", "Images")["targets"][0]),
    ]
    for one, other in pairs:
        series = [re.sub(r"max by \([\w, ]+\) ", "", each["expr"]) for each in (one, other)]
        assert series[0] == series[1]
    words = [
        one["fieldConfig"]["defaults"]["mappings"][0]["options"]
        for one in (panel("run.json", "State"),)
    ]
    (column,) = (
        one["properties"][0]["value"][0]["options"]
        for one in panel("fleet.json", "Runs, worst")["fieldConfig"]["overrides"]
        if one["matcher"]["options"] == "State"
    )
    assert {k: v["text"] for k, v in words[0].items()} == {k: v["text"] for k, v in column.items()}
    assert {v["text"] for v in column.values()} == {"running", "ended", "vanished", "elsewhere"}


def test_links_between_dashboards_carry_job_instance_and_run() -> None:
    run = load_dashboard("run.json")
    to_fleet = next(one["url"] for one in run["links"] if "This run" in one["title"])
    table = panel("fleet.json", "Runs, worst")
    (to_run,) = (
        value["url"]
        for one in table["fieldConfig"]["overrides"]
        for change in one["properties"]
        if change["id"] == "links"
        for value in change["value"]
    )
    for url in (to_fleet, to_run):
        for name in ("job", "instance", "run"):
            assert f"var-{name}=$" in url
    # A link of a cell names another by its label, whatever the column is called, unless hidden.
    (organize,) = (one for one in table["transformations"] if one["id"] == "organize")
    for label in ("job", "instance"):
        assert f"${{__data.fields.{label}}}" in to_run
        assert label in organize["options"]["renameByName"]
    assert not {"job", "instance"} & set(organize["options"]["excludeByName"])


def test_the_run_links_to_its_report() -> None:
    report = panel("run.json", "Report")
    (change,) = report["fieldConfig"]["overrides"][0]["properties"]
    # Raw: the hook has encoded the name of the run already.
    assert [one["url"] for one in change["value"]] == ["${__field.labels.report_url:raw}"]
    assert "ppocr_guard_report_info" in report["targets"][0]["expr"]


def test_the_expected_ratio_is_seen_where_it_is_one_number() -> None:
    looks = {
        one["matcher"]["options"]: {p["id"]: p["value"] for p in one["properties"]}
        for one in panel("run.json", "Effective shrink ratio")["fieldConfig"]["overrides"]
    }
    for bound in ("expected, low", "expected, high"):
        assert looks[bound]["custom.lineWidth"] > 0


def test_types_are_really_checked() -> None:
    pytest.importorskip("grafana_foundation_sdk", reason="pip install ppocr-guard[dashboards]")
    from grafana_foundation_sdk.models.dashboard import Dashboard

    data = load_dashboard("run.json")
    data["editable"] = "no"
    data["graphTooltip"] = 7
    data["panels"][0]["gridPos"]["w"] = "wide"
    found = "\n".join(wrong_types(Dashboard.from_json(data), "dashboard"))
    assert "editable" in found
    assert "graph_tooltip" in found
    assert "grid_pos.w" in found


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_follows_the_json_schema(name: str) -> None:
    path = os.environ.get("GRAFANA_DASHBOARD_SCHEMA")
    if not path:
        pytest.skip(
            "set GRAFANA_DASHBOARD_SCHEMA to jsonschema/dashboard.jsonschema.json of "
            "github.com/grafana/grafana-foundation-sdk"
        )
    import jsonschema

    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    # Both hold anything ("any" in Grafana's own kinds); the schema generator wrote "object".
    schema["definitions"]["MatcherConfig"]["properties"]["options"] = {}
    schema["definitions"]["DynamicConfigValue"]["properties"]["value"] = {}
    data = load_dashboard(name)
    for only_in_files in SHARED:
        del data[only_in_files]
    jsonschema.Draft7Validator(schema).validate(data)


def test_every_query_parses() -> None:
    promql_parser = pytest.importorskip("promql_parser", reason="pip install ppocr-guard[test]")
    found = dict(expressions())
    assert len(found) > 40
    for where, expr in found.items():
        try:
            promql_parser.parse(expr)
        except ValueError as error:
            pytest.fail(f"{where}: {error}\n{expr}")


def test_every_metric_is_exported_or_recorded(exported: set[str]) -> None:
    promql_parser = pytest.importorskip("promql_parser", reason="pip install ppocr-guard[test]")
    known = exported | {rule["record"] for rule in rules() if "record" in rule}
    for where, expr in expressions():
        for node, _ in nodes(promql_parser.parse(expr)):
            if type(node).__name__ == "VectorSelector":
                assert node.name in known, where
    for rule in rules():
        for metric in re.findall(r"ppocr_guard_\w+(?=\{)", json.dumps(rule.get("annotations"))):
            assert metric in exported, rule["alert"]


REPORT = "https://files.example.org/{run}.html"


class Judge(Hook):
    def on_eval(self, event: EvalEnd) -> Condition:
        return Condition("hmean_collapse", "critical", "m", subject="val")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of all samples that the Prometheus hook exposes over a run, in detection or not."""
    folder = tmp_path_factory.mktemp("metrics")
    names = set()
    for indicator in ("hmean", "acc"):
        page = folder / f"{indicator}.prom"
        guard = Guard([Judge(), Prometheus(port=None, textfile=str(page), report_url=REPORT)])
        guard.health.hook_errors["VisualDL"] = 1
        for event in events_of_a_run(indicator):
            guard.dispatch(event)
        guard.close(timeout=10)
        for family in text_string_to_metric_families(page.read_text()):
            names |= {sample.name for sample in family.samples}
    return names


def events_of_a_run(indicator: str) -> list[Event]:
    metrics = {indicator: 0.8, "precision": 0.8, "recall": 0.8, "norm_edit_dis": 0.8}
    return [
        RunStart(1.0, "a", "DB", "2.10.0", {}, "./output", 5),
        ShrinkRatio(1.0, 1, 0, "MakeShrinkMap", "live", 0.4, 0.4, 0.6),
        RoundTrip(1.0, 1, 0, 1.5, 0.87, 0.99, 1.8, 0.88, 64),
        StepEnd(2.0, 1, 1, {"loss": 1.0}, 0.001, 8, 0.5, 0.1),
        EvalEnd(3.0, 1, 1, 1, metrics, indicator, 0.8, 0.8, 1, 2.0),
        RunEnd(4.0, 1, 1, "finished"),
    ]


def test_each_alert_code_has_a_rule_with_its_meaning() -> None:
    found = {
        re.search(r'code="(\w+)"', rule["expr"]).group(1): rule  # type: ignore[union-attr]
        for rule in rules()
        if 'code="' in rule["expr"]
    }
    assert set(found) == set(ALERT_CODES)
    for code, rule in found.items():
        assert ALERT_CODES[code] in rule["annotations"]["summary"]
        assert len(rule["annotations"]["description"]) > 20
    others = next(rule for rule in rules() if rule.get("alert") == "PpocrGuardOwnHook")
    assert all(code in others["expr"] for code in ALERT_CODES)


def test_alert_rules_read_states_of_one_run_on_one_machine() -> None:
    """No window of time after an event, no number of another run of that name."""
    for rule in rules():
        if "alert" not in rule:
            continue
        told = rule["annotations"]
        if 'code="' in rule["expr"]:
            assert rule["expr"].startswith("run_code:ppocr_guard_condition:held{"), rule["alert"]
        for name in ("job", "instance", "run"):
            assert f"var-{name}={{{{ $labels.{name} | urlquery }}}}" in told["dashboard"]
        for selector in re.findall(r"ppocr_guard_\w+\{(.*?)\}", told["description"]):
            assert selector.startswith("job=%q, instance=%q, run=%q, model=%q"), rule["alert"]
    assert "unknown" not in FOLDER.joinpath("rules.yml").read_text(encoding="utf-8")


def test_each_rule_names_its_runbook() -> None:
    pages = {}
    for rule in rules():
        if "alert" in rule:
            base, _, page = rule["annotations"]["runbook_url"].partition(RUNBOOKS)
            assert base == ""
            pages[rule["alert"]] = page
    assert len(set(pages.values())) == len(pages)
    ours = Path(__file__).parents[2].joinpath("docs", "alerts.md").read_text(encoding="utf-8")
    headings = {line.lstrip("# ").lower() for line in ours.splitlines() if line.startswith("## ")}
    for alert, page in pages.items():
        if page.startswith("codes/"):
            assert page[len("codes/") : -len(".md")] in ALERT_CODES
        else:
            assert page == f"alerts.md#{alert.lower()}"
            assert alert.lower() in headings


def test_levels_are_never_summed() -> None:
    """The sum of a healthy and a collapsed run would be a third verdict."""
    promql_parser = pytest.importorskip("promql_parser", reason="pip install ppocr-guard[test]")
    for where, expr in expressions():
        for node, parents in nodes(promql_parser.parse(expr)):
            if type(node).__name__ == "VectorSelector" and "level" in str(node.name):
                used = [str(parent.op) for parent in parents if hasattr(parent, "op")]
                assert "sum" not in " ".join(used).lower(), where


def test_each_verdict_has_a_level() -> None:
    assert set(VERDICT_LEVELS) == set(VERDICTS)


def test_folded_rows_are_opened_for_a_preview() -> None:
    folded, opened = load_dashboard("run.json"), preview.unfolded(load_dashboard("run.json"))
    assert any(one.get("collapsed") for one in folded["panels"])
    assert not any(one.get("collapsed") for one in opened["panels"])
    assert [one["id"] for one in panels(opened)] == [one["id"] for one in panels(folded)]
    taken = [
        (x, y)
        for one in opened["panels"]
        for x in range(one["gridPos"]["x"], one["gridPos"]["x"] + one["gridPos"]["w"])
        for y in range(one["gridPos"]["y"], one["gridPos"]["y"] + one["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)  # none lies over another
    rows = sorted({y for _, y in taken})
    assert rows == list(range(rows[-1] + 1))  # and there is no gap


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:9090", "give the URL of Prometheus"),
        ("file:///etc/hostname", "give the URL of Prometheus"),
        ("http://127.0.0.1:1", "no Prometheus answers at http://127.0.0.1:1"),
    ],
)
def test_a_preview_of_nothing_is_one_line(
    url: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = tmp_path / "run.html"
    monkeypatch.setattr("sys.argv", ["preview", url, "run.json", "-o", str(page)])
    try:
        code: object = preview.main()
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert words in capsys.readouterr().err
    assert not page.exists()
