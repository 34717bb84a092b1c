"""``-o Guard....`` of the command line, the key ``on``, and lines that are right or absent."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest
import yaml

from ppocr_guard.config import GuardConfigError, load_guard
from ppocr_guard.hook import HookOptions
from ppocr_guard.overrides import OverrideError, set_option, with_text_keys
from ppocr_guard.paddleocr.attach import attach
from ppocr_guard.registry import BUILT_IN, find_hook
from ppocr_guard.yaml_source import YamlError, read_yaml

HEAD = "Global: {epoch_num: 1}\nTrain: {}\n"
SECTIONS = ["", "Guard:\n", "Guard: {}\n", "Guard: {hooks: }\n", "Guard: {hooks: {AutoStop: }}\n"]


def merge_config(config: dict[str, Any], opts: dict[str, Any]) -> dict[str, Any]:
    """What PaddleOCR's own does with names that the file has, and with others."""
    for name, value in opts.items():
        first, *rest = name.split(".")
        assert first in config
        target = config
        for key in (first, *rest)[:-1]:
            target = target[key]
        target[(first, *rest)[-1]] = value
    return config


def merged(text: str, **opts: Any) -> Any:
    """Through the wrapper that replaces PaddleOCR's function."""
    names = ("train", "eval", "save_model", "build_dataloader", "TrainingStats", "preprocess")
    program = types.ModuleType("program")
    for name in names:
        setattr(program, name, lambda *_: None)
    program.merge_config = merge_config  # type: ignore[attr-defined]
    assert attach(program)
    options = {name.replace("__", "."): value for name, value in opts.items()}
    return program.merge_config(yaml.safe_load(text), options)["Guard"]


@pytest.mark.parametrize("section", SECTIONS)
def test_an_option_of_a_hook_that_the_file_does_not_name(section: str, tmp_path: Path) -> None:
    options = {"Guard__hooks__ShrinkRatio__repair": True, "Global__epoch_num": 2}
    guard = merged(HEAD + section, **options)
    assert guard["hooks"]["ShrinkRatio"] == {"repair": True}
    assert load_guard(guard).hooks[0][1].repair is True
    file = tmp_path / "my.yml"
    file.write_text(HEAD + section)
    source = read_yaml(file, ["Guard.hooks.ShrinkRatio.repair=True"])  # check and fix, too
    assert source.config["Guard"] == guard


def test_an_option_of_a_list_of_hooks() -> None:
    section = "Guard: {hooks: [Journal, AutoStop]}\n"
    guard = merged(HEAD + section, Guard__hooks__Journal__every=5, Guard__hooks__LossHealth=None)
    # no bare names: PaddleOCR cannot print a list of both forms
    assert guard["hooks"] == [{"Journal": {"every": 5}}, {"AutoStop": None}, {"LossHealth": None}]


@pytest.mark.parametrize(
    ("section", "name", "value", "result"),
    [
        (None, "Guard", {"enabled": False}, {"enabled": False}),
        ({"run_name": "a"}, "Guard", {"enabled": False}, {"run_name": "a", "enabled": False}),
        ({"run_name": "a"}, "Guard", None, None),
        (None, "Guard.enabled", False, {"enabled": False}),
        ({"hooks": {"A": True}}, "Guard.hooks.A.x.y", 1, {"hooks": {"A": {"x": {"y": 1}}}}),
        ({"hooks": {"A": {}}}, "Guard.hooks.A", False, {"hooks": {"A": False}}),
        ({"hooks": {"m.H": {}}}, "Guard.hooks.m.H.x", 1, {"hooks": {"m.H": {"x": 1}}}),
        (
            {"hooks": {"AutoStop": {True: ["a"], "exit_code": 1}}},
            "Guard.hooks.AutoStop.on",
            ["b"],
            {"hooks": {"AutoStop": {"exit_code": 1, "on": ["b"]}}},
        ),
    ],
)
def test_what_is_missing_on_the_way_is_made(
    section: Any, name: str, value: Any, result: Any
) -> None:
    config = {"Guard": section}
    set_option(config, name, value)
    assert config["Guard"] == result


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ([1], "Guard.enabled"),
        ({"hooks": 3}, "Guard.hooks.A.x"),
        ({"hooks": {"A": "text"}}, "Guard.hooks.A.x"),
        ({"hooks": {"A": False}}, "Guard.hooks.A.x"),
        ({}, "Guard.hooks."),
    ],
)
def test_what_cannot_be_set_is_said_in_one_line(section: Any, name: str, tmp_path: Path) -> None:
    with pytest.raises(OverrideError):
        set_option({"Guard": section}, name, 1)
    file = tmp_path / "my.yml"
    file.write_text(HEAD + yaml.safe_dump({"Guard": section}))
    with pytest.raises(YamlError, match=f"-o {name}: ") as refused:
        read_yaml(file, [f"{name}=1"])
    assert "\n" not in str(refused.value)
    with pytest.raises(SystemExit) as end:
        merged(file.read_text(), **{name.replace(".", "__"): 1})
    assert end.value.code == 2


def test_keys_that_yaml_reads_as_booleans_can_be_printed() -> None:
    section = yaml.safe_load("hooks: [AutoStop: &a {on: [x], exit_code: 3, 2: 2}, B: *a]")
    text = with_text_keys(section)
    assert sorted(text["hooks"][0]["AutoStop"]) == ["2", "exit_code", "on"]  # as print_dict does
    assert text["hooks"][1]["B"] is text["hooks"][0]["AutoStop"]
    endless: dict[str, Any] = {}
    endless["me"] = endless
    assert with_text_keys(endless)["me"]["me"] is not None


def _numbers() -> list[tuple[str, str]]:
    found = []
    for hook in BUILT_IN:
        schema = find_hook(hook).Options.model_json_schema()
        for name, about in schema["properties"].items():
            types_ = {one.get("type") for one in about.get("anyOf", [about])}
            if types_ & {"integer", "number"} and "boolean" not in types_:
                found.append((hook, name))
    return found


@pytest.mark.parametrize(("hook", "name"), _numbers())
@pytest.mark.parametrize("value", ["true", ".inf", ".nan", "1e400", "1.0e+400", "-.inf", "[1]"])
def test_a_number_is_a_number(hook: str, name: str, value: str) -> None:
    section = yaml.safe_load(f"hooks:\n- {hook}:\n    {name}: {value}\n")
    with pytest.raises(GuardConfigError) as refused:
        load_guard(section)
    [problem] = refused.value.problems
    assert f"{hook}.{name}" in problem


@pytest.mark.skipif(not hasattr(types, "UnionType"), reason="X | Y is of Python 3.10")
def test_a_users_hook_may_take_a_switch() -> None:
    class Options(HookOptions):
        both: object = None
        either: "int | bool" = 1  # noqa: UP037

    assert Options(both=True, either=True).either is True


LINES = """\
Global: {epoch_num: 1}
Train: {}
Mine: &mine
  every: 0
Guard:
  run_name: 5
  enabled: perhaps
  hooks:
    ShrinkRatio:
      repair: sometimes
    AutoStop:
      on: [no_such_code]
      exit_code: 900
    Journal: *mine
    VisualDL:
      <<: *mine
    Prometheus:
      port: 1
      port: true
    "LossHealth": {no_such: 1}
    ? HmeanTrend
    : 3
    json.dumps:
"""


def test_lines_are_those_of_the_keys(tmp_path: Path) -> None:
    file = tmp_path / "my.yml"
    file.write_text(LINES)
    source = read_yaml(file)
    with pytest.raises(GuardConfigError) as refused:
        load_guard(source.config["Guard"], file="my.yml", line_of=source.guard_line)
    lines = LINES.splitlines()
    told = set()
    for problem in refused.value.problems:
        place, path, _ = problem.split(": ", 2)
        number = int(place.partition(":")[2])
        told.add(number)
        last = path.split(".")[-1] if "json" not in path else "json.dumps"
        last = path.split(".")[-2] if last.isdigit() else last
        assert last in lines[number - 1], problem
    assert len(told) == len(refused.value.problems) - 1  # *mine is wrong for two hooks


def test_what_the_command_line_has_set_has_no_line(tmp_path: Path) -> None:
    file = tmp_path / "my.yml"
    file.write_text(LINES[: LINES.index("Guard:")] + "Guard: {hooks: {Journal: {every: 3}}}\n")
    source = read_yaml(file, ["Guard.hooks.Journal.every=0", "Guard.hooks.VisualDL.x=1"])
    with pytest.raises(GuardConfigError) as refused:
        load_guard(source.config["Guard"], file="my.yml", line_of=source.guard_line)
    assert [text.partition(": ")[0] for text in refused.value.problems] == ["my.yml with -o"] * 2
