"""The Guard: section: what it accepts, and what it says to the rest."""

from __future__ import annotations

import jsonschema
import pytest
import yaml

from ppocr_guard.config import GuardConfigError, guard_schema, load_guard
from ppocr_guard.registry import BUILT_IN, find_hook


def names(section: object) -> list[str]:
    return [cls.__name__ for cls, _ in load_guard(section).hooks]


def test_an_empty_section_means_all_hooks() -> None:
    assert names(None) == names({}) == list(BUILT_IN)


def test_a_list_means_exactly_these_in_this_order() -> None:
    section = {"hooks": [{"Journal": None}, {"AutoStop": {"on": []}}, {"HmeanTrend": None}]}
    assert names(section) == ["Journal", "AutoStop", "HmeanTrend"]
    assert names({"hooks": ["Journal", "AutoStop"]}) == ["Journal", "AutoStop"]


def test_a_mapping_adjusts_the_defaults() -> None:
    loaded = load_guard({"hooks": {"ShrinkRatio": {"repair": True}, "VisualDL": False}})
    assert [cls.__name__ for cls, _ in loaded.hooks] == [n for n in BUILT_IN if n != "VisualDL"]
    assert loaded.hooks[0][1].repair is True


def test_the_key_on_is_what_yaml_1_1_makes_of_it() -> None:
    section = yaml.safe_load("hooks:\n- AutoStop: {on: [loss_not_finite]}\n")
    assert section["hooks"][0]["AutoStop"] == {True: ["loss_not_finite"]}
    assert load_guard(section).hooks[0][1].on == ["loss_not_finite"]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"hook": []}, ["Guard.hook", "'hooks'"]),
        ({"hooks": ["HmeanTrends"]}, ["'HmeanTrends'", "'HmeanTrend'"]),
        ({"hooks": [{"AutoStop": {"onn": []}}]}, ["AutoStop.onn", "'on'"]),
        ({"hooks": [{"AutoStop": {"on": ["hmean_colapse"]}}]}, ["hmean_colapse", "hmean_collapse"]),
        ({"hooks": [{"AutoStop": {"exit_code": 900}}]}, ["exit_code", "125", "900"]),
        ({"hooks": [{"AutoStop": [1]}]}, ["AutoStop", "mapping"]),
        ({"hooks": ["Journal", "Journal"]}, ["Journal", "twice"]),
        ({"hooks": ["Journal", {"AutoStop": None}]}, ["hooks.0", "`- Journal:`", "PaddleOCR"]),
        ({"hooks": "Journal"}, ["Guard.hooks", "list"]),
        (["Journal"], ["Guard", "mapping"]),
        ({"hooks": ["no.such.module.Hook"]}, ["no.such.module", "import"]),
        ({"hooks": ["json.dumps"]}, ["json.dumps", "subclass"]),
    ],
)
def test_problems_name_the_key_and_the_way_out(section: object, words: list[str]) -> None:
    with pytest.raises(GuardConfigError) as error:
        load_guard(section, file="my.yml", line_of=lambda path: 7)
    (problem,) = error.value.problems
    assert problem.startswith("my.yml:7: Guard")
    for word in words:
        assert word in problem


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(GuardConfigError) as error:
        load_guard({"nope": 1, "hooks": [{"Nope": None}, {"AutoStop": {"x": 1}}]})
    assert len(error.value.problems) == 3


def test_a_hook_with_a_misspelt_method_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    from ppocr_guard.hook import Hook

    class Bad(Hook):
        def on_evaluation(self, event):
            return None

    module = types.ModuleType("user_hooks")
    module.Bad = Bad
    monkeypatch.setitem(sys.modules, "user_hooks", module)
    with pytest.raises(LookupError, match="on_evaluation"):
        find_hook("user_hooks.Bad")


def test_a_hook_module_that_fails_is_said_in_one_line(tmp_path, monkeypatch) -> None:
    (tmp_path / "broken_hooks.py").write_text("class Mine(:\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(GuardConfigError) as error:
        load_guard({"hooks": ["broken_hooks.Mine"]})
    (problem,) = error.value.problems
    assert "cannot import 'broken_hooks' (SyntaxError" in problem


def test_the_schema_agrees_with_the_loader() -> None:
    schema = guard_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for section in (None, {}, {"hooks": ["Journal", {"AutoStop": {"on": []}}, {"my.Hook": None}]}):
        assert validator.is_valid({"Guard": section})
    for section in ({"hook": []}, {"hooks": [{"AutoStop": {"onn": []}}]}, {"hooks": 3}):
        assert not validator.is_valid({"Guard": section})


def test_a_hook_whose_package_is_broken_is_off_and_the_others_run(monkeypatch, caplog):
    import sys

    for name in [n for n in sys.modules if n.startswith("ppocr_guard.hooks.prometheus")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)  # importing it raises
    loaded = load_guard({"hooks": ["HmeanTrend", "Prometheus"]})
    assert [hook.name for hook in loaded.build()] == ["HmeanTrend"]
    assert "hook Prometheus is off: it cannot be imported" in caplog.text
