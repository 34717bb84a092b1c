"""Every query of the dashboards against a real Prometheus that scrapes guarded trainings."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from chromium_pipe import Page, find_chromium
from real_servers import Stack, get, program, wait_for

from ppocr_guard.dashboards.preview import Prometheus, answers, page
from ppocr_guard.dashboards.queries import DASHBOARDS, expand, load_dashboard, panels
from ppocr_guard.dashboards.verdicts import FAULTY, VERDICT_LEVELS, overall

pytestmark = pytest.mark.servers
FOLDER = Path(__file__).parents[2] / "dashboards"
VALUES = {
    "job": "ppocr_guard",
    "instance": ".+",
    "run": "bug",
    "__rate_interval": "10s",
    "__range": "5m",
}


@pytest.fixture(scope="module")
def watched(stack: Stack) -> Stack:
    """A healthy run, one that collapses, and one of recognition, all scraped for a while."""
    stack.start_trainer("sound", "healthy")
    stack.start_trainer("bug", "collapse")
    stack.start_trainer("reads", "reads")
    collapse = 'run_code:ppocr_guard_alerts:sum{run="bug", code="hmean_collapse"} > 0'
    wait_for("the collapse in Prometheus", lambda: stack.query(collapse))
    healthy = 'ppocr_guard_verdict{run="sound", state="healthy"} == 1'
    wait_for("the healthy verdict", lambda: stack.query(healthy))
    return stack


def every_query() -> list[Any]:
    return [
        pytest.param(target, id=f"{name}: {panel['title']} {target['refId']}")
        for name in DASHBOARDS
        for panel in panels(load_dashboard(name))
        for target in panel["targets"]
    ]


# Only in recognition; the panels of detection runs have hmean beside them.
RECOGNITION = re.compile("ppocr_guard_eval_(best_main|main|acc|norm_edit_dis)_ratio")


@pytest.mark.parametrize("target", every_query())
def test_each_query_of_each_panel_finds_series(watched: Stack, target: dict[str, Any]) -> None:
    reads = RECOGNITION.search(target["expr"]) and "hmean" not in target["expr"]
    expr = expand(target["expr"], {**VALUES, "run": "reads" if reads else "bug"})
    series = watched.query(expr) if target["instant"] else watched.query_range(expr)
    assert series, expr
    # What may be empty is no label of a series.
    labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) - {"hook", "subject"}
    for one in series:
        assert labels <= set(one["metric"]), "the legend names a label that is not there"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_variables_resolve(watched: Stack, name: str) -> None:
    expected = {"job": ["ppocr_guard"], "run": ["bug", "reads", "sound"]}
    expected["instance"] = sorted(f"127.0.0.1:{one.port}" for one in watched.trainers)
    for variable in load_dashboard(name)["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = re.fullmatch(r"label_values\((.+), (\w+)\)", expand(variable["query"], VALUES))
        assert query
        assert sorted(watched.label_values(*query.groups())) == expected[variable["name"]]


def test_the_verdict_is_told_by_its_level(watched: Stack) -> None:
    panel = next(one for one in panels(load_dashboard("run.json")) if one["title"] == "Verdict")
    words = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    for run, word in (("bug", "collapsed"), ("sound", "healthy")):
        expr = expand(panel["targets"][0]["expr"], {**VALUES, "run": run})
        (series,) = watched.query(expr)
        assert words[series["value"][1]]["text"] == word


def test_a_run_that_enters_itself_is_found_at_once(watched: Stack) -> None:
    """By `target_file`, into a folder that `dashboards` has made: before Prometheus looks again."""
    file = watched.folder / "targets" / "short.json"
    file.write_text('[{"targets": ["127.0.0.1:9"]}]', "utf-8")
    url = f"{watched.prometheus}/api/v1/targets"
    try:
        wait_for("the target in Prometheus", lambda: "127.0.0.1:9" in str(get(url)), 15)
    finally:
        file.unlink()


def test_run_and_fleet_agree(watched: Stack) -> None:
    def asked(name: str, title: str, ref: str = "A") -> dict[str, str]:
        """instance -> value"""
        panel = next(one for one in panels(load_dashboard(name)) if one["title"] == title)
        target = next(one for one in panel["targets"] if one["refId"] == ref)
        found = watched.query(expand(target["expr"], VALUES), at)
        return {one["metric"]["instance"]: one["value"][1] for one in found}

    at = time.time()
    place = f"127.0.0.1:{next(one.port for one in watched.trainers if one.run == 'bug')}"
    assert asked("run.json", "State") == {place: "0"}
    assert asked("fleet.json", "Runs, worst first", "B") == {place: "0"}
    speed = asked("run.json", "Images per second")
    assert set(speed) == {place}
    assert asked("fleet.json", "Images per second by run") == speed


def test_alerts_are_marked_where_they_were_raised(watched: Stack) -> None:
    (annotation,) = load_dashboard("run.json")["annotations"]["list"]
    marks = watched.query_range(expand(annotation["expr"], VALUES), 120)
    codes = {one["metric"]["code"] for one in marks}
    assert codes == {"hmean_collapse", "shrink_ratio_unexpected"}
    assert annotation["titleFormat"] == "{{code}}"


def test_the_worst_run_is_worst_in_the_fleet(watched: Stack) -> None:
    table = next(one for one in panels(load_dashboard("fleet.json")) if one["type"] == "table")
    values = {**VALUES, "run": ".+"}
    verdicts = watched.query(expand(table["targets"][0]["expr"], values))
    level = {one["metric"]["run"]: float(one["value"][1]) for one in verdicts}
    assert level["bug"] > level["sound"]
    assert table["options"]["sortBy"][0] == {"displayName": "Verdict", "desc": True}
    # One row a run: what is 7 is no sum of others.
    assert set(level.values()) <= set(VERDICT_LEVELS.values())
    # The rows of all columns meet on the same labels.
    for target in table["targets"]:
        rows = watched.query(expand(target["expr"], values))
        assert {tuple(sorted(one["metric"])) for one in rows} == {
            ("instance", "job", "model", "run")
        }, target["refId"]


def test_promtool_finds_nothing_in_the_page(watched: Stack) -> None:
    page = get(f"http://127.0.0.1:{watched.trainers[0].port}/metrics")
    done = subprocess.run(
        [program("promtool"), "check", "metrics"], input=page, text=True, capture_output=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_sound_curve_is_not_shown_as_healthy_while_something_critical_holds(tmp_path) -> None:
    runs = {"lost_labels": (0, "critical"), "slow": (0, "warning"), "bug": (7, "critical")}
    series = [
        {"series": f'ppocr_guard_verdict_level{{job="j",instance="i",run="{run}"}}',
         "values": f"{level}x5"}
        for run, (level, _) in runs.items()
    ] + [
        {"series": f'ppocr_guard_condition{{job="j",instance="i",run="{run}",code="c",'
                   f'severity="{severity}"}}', "values": "1x5"}
        for run, (_, severity) in runs.items()
    ]  # fmt: skip
    expected = {"lost_labels": FAULTY, "slow": 0, "bug": 7}
    file = tmp_path / "overall_test.yml"
    expr = overall('job="j"', "run", "ppocr_guard_condition")
    samples = [{"labels": f'{{run="{run}"}}', "value": v} for run, v in expected.items()]
    one = {"expr": expr, "eval_time": "3m", "exp_samples": samples}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [one]}
    file.write_text(json.dumps({"tests": [test]}), "utf-8")
    command = [program("promtool"), "test", "rules", str(file)]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules_test.yml"],
        ["test", "rules", "states_test.yml"],
    ],
    ids=" ".join,
)
def test_promtool_accepts_what_we_ship(arguments: list[str]) -> None:
    done = subprocess.run(
        [program("promtool"), *arguments], cwd=FOLDER, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_panel_shows_something_in_a_browser(
    watched: Stack, name: str, tmp_path: Path
) -> None:
    """Drawn by uPlot, the library behind Grafana's own time series."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    asked = Prometheus(watched.prometheus, 60, "bug" if name == "run.json" else ".+")
    file = tmp_path / "preview.html"
    file.write_text(page(answers(load_dashboard(name), asked)), encoding="utf-8")
    browser = Page(chromium, tmp_path / "profile")
    try:
        browser.open(file, width=1400, height=2560)
        assert browser.run("document.documentElement.dataset.ready") == "1"
        empty = "[...document.querySelectorAll('.empty')].map(e => e.closest('.panel').innerText)"
        assert browser.run(empty) == []
        curves = "document.querySelectorAll('canvas').length"
        graphs = [one for one in load_dashboard(name)["panels"] if one["type"] == "timeseries"]
        assert browser.run(curves) == len(graphs)
        first = "document.querySelector('.stat').innerText"
        assert browser.run(first) == ("collapsed" if name == "run.json" else "3")
        assert browser.problems == []
        assert browser.requests == [file.resolve().as_uri()]
    finally:
        browser.close()


def test_prometheus_evaluates_all_rules(watched: Stack) -> None:
    groups = get(f"{watched.prometheus}/api/v1/rules")["data"]["groups"]
    broken = [rule["name"] for group in groups for rule in group["rules"] if rule.get("lastError")]
    assert broken == []
