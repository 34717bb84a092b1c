"""The Chinese dashboards and rules: all texts, and nothing but the texts, are translated."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from chinese import english_in

from ppocr_guard.cli import main
from ppocr_guard.dashboards.queries import DASHBOARDS, load_dashboard, panels
from ppocr_guard.dashboards.rules import rule_file
from ppocr_guard.dashboards.translate import in_language, texts
from ppocr_guard.wording import format_in_language

CHINESE = re.compile("[\u4e00-\u9fff]")
NAMES = {"epoch", "hmean", "acc"}  # of metrics, of which a title may consist


@pytest.fixture(params=DASHBOARDS)
def english(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load_dashboard(request.param)


@pytest.fixture
def chinese(english: dict[str, Any]) -> dict[str, Any]:
    return in_language(english, "zh")


def test_every_text_is_chinese(english: dict[str, Any], chinese: dict[str, Any]) -> None:
    for text in texts(english):
        assert CHINESE.search(format_in_language(text, "zh")), text
    for panel in panels(chinese):
        assert CHINESE.search(panel["description"])
        assert CHINESE.search(panel["title"]) or panel["title"] in NAMES
        assert not english_in(panel["title"] + "。" + panel["description"])
    for place in (chinese, *chinese.get("links", [])):
        assert CHINESE.search(place["title"])


def differences(one: Any, two: Any, where: str = "") -> list[str]:
    if isinstance(one, dict):
        assert list(one) == list(two), where
        return [place for key in one for place in differences(one[key], two[key], f"{where}.{key}")]
    if isinstance(one, list):
        assert len(one) == len(two), where
        return [place for a, b in zip(one, two) for place in differences(a, b, where)]
    return [] if one == two else [where]


def test_nothing_but_texts_is_changed(english: dict[str, Any], chinese: dict[str, Any]) -> None:
    keys = {place.rpartition(".")[2] for place in differences(english, chinese)}
    columns = {
        name
        for panel in panels(english)
        for one in panel.get("transformations", [])
        for name in one["options"].get("renameByName", {})
    }
    assert keys - columns <= {
        "title", "description", "label", "legendFormat", "text", "noValue", "displayName", "name",
        "options", "value",
    }  # fmt: skip
    again = in_language(english, "en")
    assert again == english


def test_names_that_belong_together_change_together(
    english: dict[str, Any], chinese: dict[str, Any]
) -> None:
    """What an override or a sort names is a column or a legend there, in either language."""
    for dashboard in (english, chinese):
        for panel in panels(dashboard):
            shown = {target["legendFormat"] for target in panel["targets"]}
            for change in panel.get("transformations", []):
                shown |= set(change["options"].get("renameByName", {}).values())
            named = {
                one["matcher"]["options"]
                for one in panel["fieldConfig"]["overrides"]
                if one["matcher"]["id"] == "byName"
            }
            named |= {
                value["value"]
                for one in panel["fieldConfig"]["overrides"]
                for value in one["properties"]
                if value["id"] == "custom.fillBelowTo"
            }
            named |= {one["displayName"] for one in panel.get("options", {}).get("sortBy", [])}
            assert named <= shown, panel["title"]


def test_no_override_looks_for_english_words() -> None:
    """A regular expression is not translated: it may look for names of metrics and labels only."""
    found = {
        one["matcher"]["options"]
        for name in DASHBOARDS
        for panel in panels(load_dashboard(name))
        for one in panel["fieldConfig"]["overrides"]
        if one["matcher"]["id"] == "byRegexp"
    }
    names = {"acc", "hmean", "live", "measured", "norm_edit_dis", "precision", "recall"}
    names |= {"scheduled", "MakeShrinkMap", "MakeBorderMap"}
    assert {word for one in found for word in re.findall(r"\w+", one)} <= names


def rules(folder: Path) -> list[dict[str, Any]]:
    data = yaml.safe_load((folder / "rules.yml").read_text(encoding="utf-8"))
    return list(data["groups"][0]["rules"])


def test_chinese_files_are_written_and_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dashboards", str(tmp_path), "--language", "zh"]) == 0
    assert not english_in(capsys.readouterr().out.replace("docker compose up -d", ""))
    for name in DASHBOARDS:
        assert json.loads((tmp_path / name).read_text("utf-8")) == in_language(
            load_dashboard(name), "zh"
        )
    assert main(["dashboards", str(tmp_path), "--force", "--grafana-port", "3131"]) == 0
    assert CHINESE.search(json.loads((tmp_path / "run.json").read_text("utf-8"))["title"])
    assert "127.0.0.1:3131/d/" in (tmp_path / "rules.yml").read_text("utf-8")
    english = rule_file()["groups"][0]["rules"]
    assert len(english) == len(rules(tmp_path))
    for one, said in zip(english, rules(tmp_path)):
        assert one["expr"] == said["expr"]
        if "alert" not in one:
            continue
        for text in ("summary", "description"):
            told = re.sub(r"\{\{.*?\}\}", "·", said["annotations"][text])
            if (one["alert"], text) != ("PpocrGuardOwnHook", "summary"):  # a code, no text
                assert CHINESE.search(told)
            assert not english_in(told)
            fields = re.compile(r"\{\{.*?\}\}")
            assert fields.findall(one["annotations"][text]) == fields.findall(
                said["annotations"][text]
            )
    assert main(["dashboards", str(tmp_path), "--force", "--language", "en"]) == 0
    assert json.loads((tmp_path / "run.json").read_text("utf-8")) == load_dashboard("run.json")


def test_the_locale_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["dashboards", str(tmp_path)]) == 0
    assert "微调" in json.loads((tmp_path / "fleet.json").read_text("utf-8"))["title"]


@pytest.mark.parametrize(
    "words",
    [
        ["--grafana-port", "0"],
        ["--grafana-port", "9090"],
        ["--target", "x"],
        ["--target", "127.0.0.1:9090"],
        ["--webhook", "x"],
        ["-c", "none.yml"],
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_told_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["dashboards", str(tmp_path), "--language", "zh", *words]) == 2
    said = capsys.readouterr().err
    assert CHINESE.search(said)
    assert not english_in(said)


def test_promtool_takes_the_chinese_rules(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool (Debian package prometheus)")
    assert main(["dashboards", str(tmp_path), "--language", "zh"]) == 0
    done = subprocess.run(
        [promtool, "check", "rules", str(tmp_path / "rules.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
