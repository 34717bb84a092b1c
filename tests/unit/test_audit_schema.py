"""``ppocr-guard schema``, and the Guard: section in a check."""

from __future__ import annotations

import json

import jsonschema
import pytest
from audit_data import CONFIGS

from ppocr_guard.cli import main


@pytest.fixture
def validator(capsys):
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    "guard",
    [
        None,
        {},
        {"hooks": None},
        {"hooks": [{"ShrinkRatio": {"repair": True}}, {"HmeanTrend": None}, "Journal"]},
        {"hooks": {"ShrinkRatio": {"repair": True}, "VisualDL": False}},
        {"hooks": [{"my.module.Hook": {"anything": 1}}]},
    ],
)
def test_what_the_schema_accepts(validator, guard):
    validator.validate({"Global": {}, "Guard": guard})


@pytest.mark.parametrize(
    "guard",
    [
        {"hook": []},
        {"hooks": [{"ShrinkRatio": {"repairs": True}}]},
        {"hooks": [{"ShrinkRatio": {"repair": "perhaps"}}]},
        {"hooks": {"ShrinkRatio": {"repairs": True}}},
    ],
)
def test_what_the_schema_refuses(validator, guard):
    assert not validator.is_valid({"Guard": guard})


def test_a_wrong_guard_section_is_found_with_its_line(tmp_path, capsys):
    path = tmp_path / "my.yml"
    text = (CONFIGS / "db.yml").read_text(encoding="utf-8")
    path.write_text(
        f"{text}\nGuard:\n  hooks:\n    - ShrinkRatio:\n        repairs: true\n", encoding="utf-8"
    )
    arguments = ["check", str(path), "--no-data", "--release", "2.10.0", "--json"]
    assert main(arguments) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["code"] == "guard_section"
    assert problem["line"] == len(path.read_text(encoding="utf-8").splitlines())
    assert "did you mean 'repair'?" in problem["message"]
    path.write_text(text + "\nGuard:\n  hooks: [{ShrinkRatio: {repair: true}}]\n", encoding="utf-8")
    assert main(arguments) == 0
