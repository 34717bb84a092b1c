"""``ppocr-guard check`` as a command: output, exit codes, input that cannot be used."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from io import StringIO

import pytest
from audit_data import CONFIGS, Project, line, text
from rich.console import Console

from ppocr_guard.audit import audit
from ppocr_guard.audit.labels import read_label_file
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.report import Report
from ppocr_guard.audit.rules.shrink import Curve
from ppocr_guard.audit.text import chart, print_report
from ppocr_guard.cli import main
from ppocr_guard.command_line import Options, read_options
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.yaml_source import guard_lines, read_yaml

DB = CONFIGS / "db.yml"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture
def trapped(project):
    """The configuration as it is in the repository: with total_epoch; and with its data."""
    (project.folder / "my.yml").write_bytes(DB.read_bytes())
    return project


def check(capsys, *arguments):
    code = main(["check", *map(str, arguments)])
    return code, capsys.readouterr()


def test_json_is_the_contract(trapped, capsys):
    code, output = check(capsys, "my.yml", "--release", "2.8.1", "--json")
    assert code == 1
    answer = json.loads(output.out)
    assert answer["config"] == "my.yml"
    assert answer["release"] == "2.8.1"
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        series = answer["shrink_ratio"][operator]
        assert [item["epoch"] for item in series] == list(range(1, 501))
        assert all(item["ratio"] == pytest.approx(0.8096) for item in series)
    shrink = [p for p in answer["problems"] if p["code"] == "shrink_ratio_unexpected"]
    assert {p["path"] for p in shrink} == {
        "Train.dataset.transforms[4].MakeBorderMap.total_epoch",
        "Train.dataset.transforms[5].MakeShrinkMap.total_epoch",
    }
    assert all(p["severity"] == "critical" and p["fixable"] for p in shrink)
    lines = DB.read_text(encoding="utf-8").splitlines()
    for problem in shrink:
        assert "total_epoch" in lines[problem["line"] - 1]


def test_clean_is_0(trapped, capsys):
    code, output = check(capsys, "my.yml", "--release", "2.10.0")
    assert code == 0
    assert "No problem found." in output.out
    assert "0.4000" in output.out


def test_text_says_what_where_why_and_what_to_do(trapped, capsys):
    code, output = check(capsys, "my.yml", "--release", "2.8.1")
    assert code == 1
    text = output.out
    for part in ("my.yml:67", "0.8096", "1024", "why:", "do:", "13669", "ppocr-guard fix my.yml"):
        assert part in text
    assert "unclip_ratio that undoes it: 0.42 (square)" in text
    assert "  0.81 |*****" in text


def test_in_chinese(trapped, capsys):
    _, output = check(capsys, "my.yml", "--release", "2.8.1", "--no-data", "--language", "zh")
    out = output.out
    assert "各轮的实际收缩比例" in out
    assert "能还原它的 unclip_ratio" in out
    assert "可由 ppocr-guard fix 完成" in out


def test_the_ramp_is_drawn(trapped, capsys):
    text = DB.read_text(encoding="utf-8").replace("[1.0]", "[0.9]")
    (trapped.folder / "my.yml").write_text(text, encoding="utf-8")
    code, output = check(capsys, "my.yml", "--release", "3.7.0")
    assert code == 0
    assert "0.4004 to 0.6000" in output.out


def test_without_a_release_the_trap_is_a_warning(trapped, capsys):
    code, output = check(capsys, "my.yml", "--json")
    answer = json.loads(output.out)
    assert code == 1
    assert answer["release"] is None
    assert answer["problems"][0]["severity"] == "warning"
    assert "--release" in answer["problems"][0]["advice"]


def test_the_release_is_that_of_the_clone_around_the_yaml(trapped, capsys):
    root = trapped.folder
    for path, content in {
        "tools/train.py": 'def main(seed):\n    build_dataloader(c, "Train", d, l, seed)\n',
        "tools/program.py": "def train():\n    if d.need_reset:\n        build_dataloader()\n",
        "ppocr/data/__init__.py": "",
        "ppocr/data/simple_dataset.py": "class SimpleDataSet:\n    def __init__(self):\n"
        "        self.set_epoch_as_seed()\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    for name in ("shrink", "border"):
        operator = root / "ppocr" / "data" / "imaug" / f"make_{name}_map.py"
        operator.parent.mkdir(exist_ok=True)
        operator.write_text(
            f"class Make{name.title()}Map:\n    def __init__(self, **kwargs):\n"
            "        kwargs['epoch'] / kwargs['total_epoch']\n"
        )
    _, output = check(capsys, "my.yml", "--json")
    assert json.loads(output.out)["release"] == "2.7.1, 2.7.4 to 2.8.1"
    _, output = check(capsys, DB, "--paddleocr", root, "--json", "--no-data")
    assert json.loads(output.out)["release"] == "2.7.1, 2.7.4 to 2.8.1"


def test_sarif(trapped, capsys):
    code, output = check(capsys, "my.yml", "--release", "2.8.1", "--format", "sarif")
    assert code == 1
    log = json.loads(output.out)
    assert log["version"] == "2.1.0"
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "my.yml"
        assert location["region"]["startLine"] >= 1
        assert result["level"] in ("error", "warning", "note")


def test_github_annotations(trapped, capsys):
    code, output = check(capsys, "my.yml", "--release", "2.8.1", "--format", "github")
    assert code == 1
    first = output.out.splitlines()[0]
    assert first.startswith("::error file=my.yml,line=67,title=shrink_ratio_unexpected::")
    assert "\n" not in first


def test_no_data_reads_no_data(trapped, capsys):
    (trapped.folder / "train.txt").unlink()
    assert check(capsys, "my.yml", "--release", "2.10.0")[0] == 1
    assert check(capsys, "my.yml", "--release", "2.10.0", "--no-data")[0] == 0


def test_overrides_as_paddleocr_takes_them(trapped, capsys):
    _, output = check(
        capsys,
        "my.yml",
        "--release",
        "2.8.1",
        "--json",
        "-o",
        "Global.seed=7",
        "Global.epoch_num=50",
    )
    answer = json.loads(output.out)
    assert len(answer["shrink_ratio"]["MakeShrinkMap"]) == 50
    assert answer["shrink_ratio"]["MakeShrinkMap"][0]["ratio"] == pytest.approx(0.4028)
    assert {p["code"] for p in answer["problems"]} == {"total_epoch_mismatch"}


def test_hints_alone_are_no_failure(project, capsys):
    project.config["Global"].update(checkpoints="./best", pretrained_model="./other")
    project.context()
    (project.folder / "best.pdparams").write_bytes(b"")
    code, output = check(capsys, "my.yml", "--release", "2.10.0", "--json", "--no-data")
    assert [p["severity"] for p in json.loads(output.out)["problems"]] == ["info"]
    assert code == 0


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"Global: [1, 2\nTrain: {}\n", "my.yml:2: "),
        (b"- a\n- b\n", "no mapping"),
        (b"", "no mapping"),
        (b"name: x\nversion: 1\n", "no Global and no Train"),
        (b"Global: {}\n", "has no Train"),
        (
            b"Global: {a: !!python/object/apply:os.system ['touch pwned']}\nTrain: {}\n",
            "plain YAML",
        ),
        (b"Global:\n  a: !!python/name:os.system\nTrain: {}\n", "my.yml:2: "),
        ("Global: {a: 训练}\nTrain: {}\n".encode("gbk"), "my.yml:1: not UTF-8"),
        (b"Global: {a: *missing}\nTrain: {}\n", "undefined alias"),
        (b"Global:\n\ta: 1\nTrain: {}\n", "my.yml:2"),
        (b"Global: {a: \x00}\nTrain: {}\n", "no YAML"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8"),
    ],
)
def test_unusable_files_get_one_line_and_2(tmp_path, monkeypatch, capsys, content, word):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yml").write_bytes(content)
    for command in ("check", "fix"):
        assert main([command, "my.yml"]) == 2
        error = capsys.readouterr().err
        assert word in error
        assert error.count("\n") == 1
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["missing.yml"], "missing.yml: cannot be read: No such file"),
        (["."], "cannot be read"),
        (["my.yml", "--release", "latest"], "no PaddleOCR release"),
        (["my.yml", "--paddleocr", "."], "no PaddleOCR"),
        (["my.yml", "-o", "Globl.seed=7"], "has no 'Globl'"),
        (["my.yml", "-o", "seed"], "key=value"),
        (["my.yml", "-o", "Global.a=[1"], "no YAML"),
        (["my.yml", "-o", "Global.pretrained_model=http://x/?a=1"], "the value holds another one"),
    ],
)
def test_unusable_arguments_get_one_line_and_2(trapped, capsys, arguments, word):
    code, output = check(capsys, *arguments)
    assert code == 2
    assert word in output.err
    assert output.err.count("\n") == 1


def test_of_several_o_the_last_one_counts(trapped, capsys):
    """As ArgsParser of PaddleOCR's tools/program.py, shown in tests/train/test_bad_input.py."""
    words = ["-o", "PostProcess.unclip_ratio=9", "Global.seed=1", "-o", "Global.seed=2"]
    _, output = check(capsys, "my.yml", *words, "--json")
    found = {problem["code"]: problem for problem in json.loads(output.out)["problems"]}
    assert "PostProcess.unclip_ratio of the command line" in found["overrides_lost"]["message"]
    assert "Global.seed" not in found["overrides_lost"]["message"]
    assert found["overrides_lost"]["path"] == "PostProcess.unclip_ratio"
    assert "9" not in found.get("unclip_mismatch", {}).get("message", "")
    _, output = check(capsys, "my.yml", "-o", "Global.seed=1", "PostProcess.unclip_ratio=9")
    assert "overrides_lost" not in output.out


def test_a_key_that_stands_twice(trapped, capsys):
    content = DB.read_text(encoding="utf-8")
    for key, expected in (("  unclip_ratio: 1.5\n", []), ("  unclip_ratio: 1.7\n", [41])):
        twice = content.replace("  unclip_ratio: 1.5\n", "  unclip_ratio: 1.5\n" + key)
        (trapped.folder / "my.yml").write_text(twice, encoding="utf-8")
        _, output = check(capsys, "my.yml", "--release", "2.10.0", "--json")
        problems = json.loads(output.out)["problems"]
        assert [p["line"] for p in problems if p["code"] == "duplicate_key"] == expected


def test_the_name_must_end_in_yml(trapped, capsys):
    (trapped.folder / "my.yml").rename(trapped.folder / "my.txt")
    _, output = check(capsys, "my.txt", "--release", "2.10.0", "--json")
    assert [p["code"] for p in json.loads(output.out)["problems"]] == ["file_name"]


def test_a_deep_or_recursive_yaml_ends(tmp_path, capsys):
    path = tmp_path / "deep.yml"
    path.write_text("Global: " + "[" * 500 + "]" * 500 + "\nTrain: {}\n")
    assert main(["check", str(path)]) == 2
    path.write_text("Global: &g {epoch_num: 1, self: *g}\nTrain: {}\n")
    assert main(["check", str(path), "--json"]) == 1


def test_odd_values_are_no_traceback(project):
    ctx = project.context("2.8.1")
    config = ctx.source.config
    sections = [config, *(config[name] for name in ("Global", "Train", "Eval", "PostProcess"))]
    sections += [config[mode][part] for mode in ("Train", "Eval") for part in ("dataset", "loader")]
    sections += [config["Optimizer"], config["Optimizer"]["lr"], project.options("MakeShrinkMap")]
    for section in sections:
        for key, kept in list(section.items()):
            for value in (None, 7, "text", [None], {"a": {}}, 1e300):
                section[key] = value
                audit(dataclasses.replace(ctx, _labels={}), data=value is None)
            section[key] = kept
    assert audit(ctx) == []


def test_places_of_keys_aliases_and_items():
    source = read_yaml(DB)
    written = DB.read_text(encoding="utf-8").splitlines()
    for path, word in (
        (("Global", "epoch_num"), "epoch_num: &epochs 500"),
        (("Train", "dataset", "transforms", 4, "MakeBorderMap", "total_epoch"), "# the trap"),
        (("Train", "dataset", "label_file_list", 0), "- ./train.txt"),
        (("Eval", "loader", "batch_size_per_card"), "loader: {shuffle: false"),
    ):
        assert word in written[source.line(path) - 1]
    assert source.line(("Global", "nothing")) is None
    assert source.nearest_line(("Global", "nothing", "at", "all")) == source.line(("Global",))


def test_command_line_of_paddleocr(trapped):
    assert read_options(["-c", "my.yml", "-o", "a=1"]) == Options("my.yml", ("a=1",))
    assert read_options(["--config=my.yml"]) == Options("my.yml")
    assert read_options(["-o"]) == read_options([]) == Options()
    file, line_of = guard_lines(["tools/train.py", "-c", "my.yml"])
    assert (file, line_of(("Global",))) == ("my.yml", 2)
    file, line_of = guard_lines(["tools/train.py", "-c", "missing.yml"])
    assert (file, line_of(("Global",))) == ("missing.yml", None)
    assert guard_lines(["x"])[1](("Global",)) is None


def test_label_file_of_100_000_lines(tmp_path):
    one = line("images/0.png", *[text() for _ in range(8)])
    (tmp_path / "big.txt").write_text((one + "\n") * 100_000, encoding="utf-8")
    started = time.process_time()
    found = read_label_file(tmp_path / "big.txt")
    assert time.process_time() - started < 10
    assert (found.lines, found.boxes, found.broken.count) == (100_000, 800_000, 0)
    assert 0 < len(found.samples) <= 400


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_terminal_breaks_no_word(width: int) -> None:
    sentence = "MakeBorderMap will shrink by 0.8096 in some releases, not by 0.4 to 0.4004."
    code = "shrink_ratio_unexpected"
    problem = Problem(code, "warning", "x", "Train.dataset", 81, sentence, sentence, sentence)
    report = Report("x.yml", "2.8.1", [], [problem])
    shown = {}
    for terminal in (True, False):
        out = StringIO()
        print_report(report, Console(file=out, width=width, force_terminal=terminal, no_color=True))
        shown[terminal] = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).split("\n")
    assert max(map(len, shown[True])) <= width
    assert " ".join(" ".join(shown[True]).split()) == " ".join(" ".join(shown[False]).split())
    assert f"  {sentence}" in shown[False]  # whole, for grep
    # The lines that follow stand below the text, not below its label.
    follows = shown[True][next(n for n, x in enumerate(shown[True]) if "why: " in x) + 1]
    assert width == 120 or follows.startswith("       ")


@pytest.mark.parametrize(("ratio", "row"), [(0.4, "0.40"), (0.4205, "0.42"), (0.6, "0.60")])
def test_the_chart_draws_a_ratio_that_stays_at_its_own_value(ratio, row):
    curve = Curve("MakeShrinkMap", behaviour_of("2.10.0"), [ratio] * 3, ratio, [ratio] * 3)
    drawn = [line for line in chart(curve) if "*" in line and "|" in line]
    assert [line.split("|")[0].strip() for line in drawn] == [row]
