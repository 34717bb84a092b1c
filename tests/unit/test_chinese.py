"""What people read in Chinese holds no English sentence, and lines break as in Chinese."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from audit_data import CONFIGS, Project, line, text
from chinese import english_in, is_chinese
from rich.cells import cell_len
from rich.console import Console, Group

from ppocr_guard.cli import main
from ppocr_guard.detect.propositions.asking import PROPOSITIONS, text_of
from ppocr_guard.explain.catalog import explanations
from ppocr_guard.explain.page import markdown
from ppocr_guard.prose import Prose, breaks

ROOT = Path(__file__).parents[2]
# What is made with sentences that people read. Of errors, those that commands print.
MADE = {
    "Finding", "Found", "Snag", "CeilingError", "CloneError", "DictionaryError", "OverrideError",
    "RehearsalError", "ReleaseError", "ScheduleError", "UnusableInputError", "UsageError",
    "WeightsError", "YamlError",
}  # fmt: skip


def test_english_is_found_and_names_are_not_taken_for_it() -> None:
    assert english_in("配置 my.yml 有问题：the loss is gone。") == ["the loss is gone"]
    assert not english_in("`run it with care`，'a b c d'，ppocr/data/x.py，DBLoss，lr: 1")
    assert not english_in("Global.epoch_num 为 [0, 500]，MakeShrinkMap 和 MakeBorderMap")
    assert not english_in(f"无法读取（{os.strerror(2)}）")
    assert not is_chinese("a plain text")


def _bare(call: ast.Call) -> Iterator[str]:
    """Arguments that are texts with a blank in them and not said: these have no translation."""
    for argument in [*call.args, *(word.value for word in call.keywords)]:
        branches = (
            [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        )
        for branch in branches:
            parts = branch.values if isinstance(branch, ast.JoinedStr) else [branch]
            written = "".join(
                part.value
                for part in parts
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
            if " " in written.strip():
                yield written


@pytest.mark.parametrize("folder", ["ppocr_guard", "hooks", "dashboards"])
def test_what_is_told_is_said(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {bare}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE
        for bare in _bare(node)
    ]
    assert not found, "write say(...)"


@pytest.mark.parametrize("code", explanations())
def test_an_explanation_is_chinese(code: str) -> None:
    told = explanations()[code]
    page = re.sub(r"```.*?```", "", markdown(told, "zh"), flags=re.DOTALL)
    assert not english_in(page)
    assert not english_in(told.title("zh"))
    if told.example is not None:
        assert is_chinese(told.example["message"])
        assert is_chinese(told.example["advice"])


@pytest.mark.parametrize("name", PROPOSITIONS)
def test_a_fact_is_chinese(name: str) -> None:
    for fact in (name, f"not {name}", f"unless {name}"):
        assert is_chinese(text_of(fact))


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    made.write("eval.txt", [line(made.image(f"e{n}.png"), text(), text()) for n in range(5)])
    (tmp_path / "my.yml").write_bytes((CONFIGS / "db.yml").read_bytes())
    return made


@pytest.mark.parametrize("more", [[], ["--ceiling"]], ids=["check", "ceiling"])
@pytest.mark.parametrize("release", [["--release", "2.8.1"], []], ids=["2.8.1", "unknown"])
def test_check_is_chinese(project, capsys, more, release) -> None:
    main(["check", "my.yml", "--language", "zh", *more, *release])
    out = capsys.readouterr().out
    assert not english_in(out)
    for word in ("critical", "warning", "texts", " to "):
        assert word not in out
    assert ("严重" if release else "警告") in out
    assert bool(more) == ("完美的模型" in out)


def test_the_locale_decides_for_people_and_a_wish_for_programs(
    project, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    arguments = ["check", "my.yml", "--release", "2.8.1", "--no-data", "--json"]

    def told(*more: str) -> dict[str, str]:
        main([*arguments, *more])
        problem: dict[str, str] = json.loads(capsys.readouterr().out)["problems"][0]
        return problem

    assert told()["message"].startswith("MakeBorderMap will shrink by")
    chinese = told("--language", "zh")
    assert "将按 0.8096 收缩" in chinese["message"]
    assert chinese["severity"] == "critical"  # a code
    main(arguments[:-1])
    assert "将按 0.8096 收缩" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["fix", "my.yml", "--release", "2.8.1"],
        ["fix", "my.yml", "--release", "2.8.1", "--diff"],
        ["check", "none.yml"],
        ["check", "my.yml", "--release", "x"],
        ["check", "my.yml", "-o", "Global.nothing.x=1"],
        ["check", "my.yml", "--rehearse"],
        ["replay", "my.yml"],
        ["explain", "hmean_colapse"],
        ["explain", "--all"],
        ["doctor"],
        ["report", "nowhere"],
        ["watch", "my.yml"],
    ],
    ids=" ".join,
)
def test_commands_are_chinese(project, capsys, words) -> None:
    main([*words, "--language", "zh"])
    output = capsys.readouterr()
    changes = [x for x in output.out.splitlines() if not x.startswith((" ", "+", "-", "@"))]
    assert not english_in("\n".join([*changes, output.err]))
    assert re.search("[\u4e00-\u9fff]", output.out + output.err)


SENTENCE = (
    "查看的 20 处文本中有 12 处在 640 x 640 的裁剪中小于 min_text_size 8：它们会被忽略（见标注）。"
    "把图像切成小块，用更大的裁剪训练，或减小 min_text_size。"
)


@pytest.mark.parametrize("width", [20, 33, 40, 60, 80])
def test_chinese_fills_its_lines(width: int) -> None:
    out = StringIO()
    Console(file=out, width=width, force_terminal=True, color_system=None).print(
        Group(Prose(SENTENCE))
    )
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "".join(lines).replace(" ", "") == SENTENCE.replace(" ", "")
    for one in lines[:-1]:
        assert cell_len(one) >= width - len("min_text_size。") - 1  # only a name leaves a gap
        assert one[-1] not in "（《“"
    for one in lines[1:]:
        assert one[0] not in "，。、；：）》”"


def test_words_stay_whole_and_what_is_wider_than_a_line_is_cut() -> None:
    assert breaks("one two three", 8) == [8]
    assert breaks("a /very/long/path", 8) == [2, 10]
    assert breaks("", 8) == []
