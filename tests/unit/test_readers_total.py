"""Readers take any input: in linear time, with one line, and without running what it names."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from report_runs import training

from ppocr_guard.cli import main
from ppocr_guard.logs.lines import clean, is_metric, metrics
from ppocr_guard.logs.reader import LogReader
from ppocr_guard.records import to_record
from ppocr_guard.yaml_source import LONG_TEXT, MAX_TEXT, YamlError, parse_yaml

P = "[2022/08/27 14:18:08] ppocr INFO: "
TRAINS = P + "epoch: [1/40], global_step: 10, lr: 0.1,"
HEAD = "Global: {epoch_num: 1}\nTrain: {}\n"
DB = (Path(__file__).parents[1] / "data/configs/db.yml").read_text("utf-8")


def seconds(work: Callable[[], Any]) -> float:
    """Of CPU: the machine may be busy."""
    started = time.process_time()
    work()
    return time.process_time() - started


@pytest.mark.parametrize(
    "line",
    ["\x1b]" * 50_000, "\x1b]0;" + "a" * 100_000, "\x1b[" + "1" * 100_000, "\x1b[1" * 30_000],
)
def test_unfinished_escapes_take_no_time_and_leave_no_escape(line: str) -> None:
    assert seconds(lambda: clean(line)) < 0.5
    assert "\x1b" not in clean(line)


def test_escapes_that_are_finished_go_altogether() -> None:
    assert clean("\x1b]0;title\x07a\x1b[31mb\x1b[0m\x1b]8;;x\x1b\\c\r\n") == "abc"


@pytest.mark.parametrize(
    "tail", ["a", "a.", "a:", "'a'", "1", "a: 1", "1e", "a: 1.", '"a" : \'', " ", "nan", "a :"]
)
def test_a_long_tail_after_a_metric_takes_no_time(tail: str) -> None:
    line = "cur metric " + tail * (100_000 // len(tail)) + "y"
    assert seconds(lambda: metrics(line, "cur metric")) < 1.0
    assert seconds(lambda: is_metric("INFO: " + line)) < 1.0


@pytest.mark.parametrize(
    "text",
    [
        TRAINS + "\n" + "x,\n" * 50_000,
        (TRAINS + "\n") * 3 + "loss: 1,\n" * 100_000,
        P + "cur metric, a:\n" * 60_000,
        "epoch: [1/40],\n" * 60_000,
        "error happened with msg" * 40_000,
        P + "x" * 900_000,
    ],
)
def test_cut_lines_take_no_time(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train.log"
    path.write_text(text)
    assert seconds(lambda: list(LogReader(path))) < 2.0


def test_numbers_without_end_are_no_failure(tmp_path: Path) -> None:
    nines = "9" * 5000
    path = tmp_path / "train.log"
    path.write_text(
        f"{P}epoch: [{nines}/40], loss: 1.0\n{P}epoch: [1/40], global_step: {nines}, loss: 1.0\n"
        f"{P}cur metric, hmean: {nines}\n{P}best metric, hmean: 1, best_epoch: 1e400\n"
        f"{P}best metric, hmean: 1, best_epoch: nan\nTest iter: {nines}, metrics:{{'hmean': 1}}\n"
    )
    assert list(LogReader(path))


ALIASES = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
MERGES = "b0: &b0 {k: 1}\n" + "".join(
    f"b{i}: &b{i} {{<<: [{', '.join([f'*b{i - 1}'] * 9)}], k{i}: 1}}\n" for i in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x: {[1]: 2}\n", ":3: "),
        ("x: " + "9" * 5000 + "\n", ":3: "),
        ("x: !!bool maybe\n", ":3: 'maybe' is no bool"),
        ("x: !!int ''\n", ":3: '' is no int"),
        ("x: !!float ''\n", ":3: '' is no float"),
        ("x: !!timestamp ''\n", ":3: '' is no timestamp"),
        ("x: 2024-13-45\n", ":3: '2024-13-45' is no timestamp"),
        ("x: " + "[" * 5000 + "]" * 5000 + "\n", "recursion"),
        (ALIASES, "values, counted with those that aliases name"),
        (MERGES, "values, counted with those that aliases name"),
        ("x: !!python/object/apply:os.system [id]\n", "is not loaded"),
        ("Global: {epoch_num: .inf}\n", ":3: Global.epoch_num: inf is no number of epochs"),
        ("Global: {epoch_num: .nan}\n", ":3: Global.epoch_num: nan is no number of epochs"),
        ("x: \x1b[31m\n", "no YAML"),
    ],
)
def test_a_configuration_that_is_none_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    path = tmp_path / "my.yml"
    path.write_text(HEAD + text)
    assert seconds(lambda: main(["check", str(path), "--no-data", "--json"])) < 5.0
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert words in err
    assert len(err) < 800
    assert "\x1b" not in err


# By how many parts it has.
LONG: dict[str, Callable[[int], str]] = {
    "comments": lambda n: "# x\n" * n,
    "a list": lambda n: "X: [" + "1, " * 2 * n + "1]\n",
    "keys": lambda n: "".join(f"K{i}: {{a: 1, b: [1, 2]}}\n" for i in range(n // 5)),
    "a string": lambda n: 'X: "' + "a b " * 2 * n + '"\n',
    "an error at the end": lambda n: "".join(f"K{i}: 1\n" for i in range(n // 2)) + " : :\n",
    "merges": lambda n: "A: &a {x: 1}\nX:\n" + "  - {<<: *a}\n" * (n // 2),
    "one key": lambda n: "X: 1\n" * n,
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_configuration_takes_time_in_proportion(kind: str) -> None:
    """Against one a third as long, in one run: a square would take 12 times as long."""
    short, long = (HEAD + LONG[kind](n) for n in (35_000, 120_000))
    assert LONG_TEXT < len(short) < len(long) <= MAX_TEXT
    assert fastest(long) < 8 * fastest(short) + 0.5


def fastest(text: str) -> float:
    return min(seconds(lambda: parse(text)) for _ in range(2))


def parse(text: str) -> None:
    with contextlib.suppress(YamlError):
        parse_yaml(text, "my.yml")


def read(text: str) -> Any:
    """The configuration and the lines of its keys, or what is said of it."""
    try:
        source = parse_yaml(text, "my.yml")
    except YamlError as error:
        return str(error)
    lines = {path: source.line(path) for path in _paths(source.config)}
    return source.config, lines


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, (dict, list)):
            yield from _paths(item, (*path, key))
        else:
            yield (*path, key)


@pytest.mark.parametrize(
    "text",
    [
        DB,
        HEAD + "x: {a: [on, 010, 1e-4, 1.0e-4, ~, '', \"\\u00e9\", 2001-01-01, 1_0, 0x1F]}\n",
        HEAD + "a: &a {k: 1}\nb: {<<: *a, j: 2}\nc: |\n  x\n  y\nd: >-\n  x\n  y\n? e\n: f\n",
        HEAD + "x: {[1]: 2}\n",
        HEAD + "x: !!bool maybe\n",
        HEAD + "x: !!python/object/apply:os.system [id]\n",
        HEAD + "x: 2024-13-45\n",
    ],
)
def test_long_and_short_configurations_are_read_alike(text: str) -> None:
    """Above ``LONG_TEXT`` another parser reads."""
    assert read(text + "# x\n" * LONG_TEXT) == read(text)


@pytest.mark.parametrize("value", ["!!int ''", "{[1]: 2}", "9" * 5000, "!!bool maybe", "[" * 3000])
def test_an_override_that_is_none_is_one_line(value: str) -> None:
    with pytest.raises(YamlError, match=r"-o Global\.x=") as refused:
        parse_yaml(HEAD, "my.yml", [f"Global.x={value}"])
    assert "\n" not in str(refused.value)


ODD = [".inf", "-.inf", ".nan", "1.0e+300", "-1", "0", "[]", "{}", "''", "text", "null", "true"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_anywhere_are_judged_without_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], odd: str
) -> None:
    source = (Path(__file__).parents[1] / "data/configs/db.yml").read_text(encoding="utf-8")
    lines = source.splitlines()
    places = [i for i, line in enumerate(lines) if ": " in line and "&" not in line][::6]
    path = tmp_path / "my.yml"
    for place in places:
        key = lines[place].partition(": ")[0]
        changed = [*lines[:place], f"{key}: {odd}", *lines[place + 1 :]]
        path.write_text("\n".join(changed), encoding="utf-8")
        assert main(["check", str(path), "--no-data", "--json"]) in (0, 1, 2)
    assert "Traceback" not in capsys.readouterr().err


EVIL = "import sys\nprint('imported')\nsys.modules['evil_was_here'] = sys\n"


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "evil_hook.py").write_text(EVIL)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("evil_hook", "evil_was_here"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_a_report_imports_nothing_that_a_journal_names(evil: Path) -> None:
    guard = {"hooks": ["evil_hook.Evil"]}
    records = [to_record(event) for event in training("healthy")]
    records[0]["config"] = {"Global": {}, "Train": {}, "Guard": guard}
    journal = evil / "journal.jsonl"
    journal.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert main(["report", str(journal), "-o", str(evil / "report.html")]) == 0
    assert main(["replay", str(journal)]) in (0, 1)
    assert main(["watch", "--once", str(journal)]) == 0
    assert "evil_was_here" not in sys.modules


def test_check_imports_a_hook_only_when_told_to(
    evil: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evil / "my.yml"
    path.write_text(HEAD + "Guard: {hooks: [evil_hook.Evil]}\n")
    main(["check", str(path), "--no-data", "--json"])
    assert "evil_was_here" not in sys.modules
    codes = [found["code"] for found in json.loads(capsys.readouterr().out)["problems"]]
    assert "guard_section" not in codes
    main(["check", str(path), "--no-data", "--json", "--hooks"])
    assert "evil_was_here" in sys.modules
    out, err = capsys.readouterr()
    assert "imported" in err
    codes = [found["code"] for found in json.loads(out)["problems"]]
    assert "guard_section" in codes  # the module has no such class


@pytest.mark.parametrize("name", ["Evill", "a..B", ".B", "a.b c", "https://x.y/z"])
def test_a_name_that_no_hook_can_have_is_told_without_importing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / "my.yml"
    path.write_text(HEAD + f"Guard: {{hooks: ['{name}']}}\n")
    assert main(["check", str(path), "--no-data", "--json"]) == 1
    codes = [found["code"] for found in json.loads(capsys.readouterr().out)["problems"]]
    assert "guard_section" in codes


def test_no_escape_of_a_file_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my.yml"
    path.write_text(
        HEAD + 'Guard: {"\\e[31mkey": 1, hooks: ["\\e]0;t\\a", "\\x9b1m"]}\n"\\e[2JGlobel": {}\n'
        'Optimizer: {lr: {name: "\\e[31mCosine"}, name: "\\e[31m"}\nMetric: {name: "\\e[1mDet"}\n'
    )
    for form in ("text", "github", "json", "sarif"):
        main(["check", str(path), "--no-data", "--format", form])
    log = tmp_path / "train.log"
    log.write_text(
        TRAINS + f" loss: \x1b[31mnan\n{P}Global : \n{P}    save_model_dir : \x1b]0;a\x07\x1b[2J\n"
        f"{P}cur metric, \x1b[31mhmean: 0.5\n"
    )
    main(["replay", str(log)])
    main(["replay", str(log), "--json"])
    out, err = capsys.readouterr()
    assert not {"\x1b", "\x07", "\x9b"} & set(out + err)
