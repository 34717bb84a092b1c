"""Help and usage errors of all commands, in the language of the reader."""

from __future__ import annotations

import argparse
import gettext
import importlib
import os
from collections.abc import Iterator

import pytest
from chinese import english_in, is_chinese

from ppocr_guard.cli import COMMANDS, main
from ppocr_guard.parsing import asked_language
from ppocr_guard.wording import in_language, say


@pytest.fixture(params=COMMANDS)
def parser(request: pytest.FixtureRequest) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(request.param, add_help=False)
    importlib.import_module(COMMANDS[request.param][0]).configure(made)
    return made


def _texts(parser: argparse.ArgumentParser) -> Iterator[tuple[str, object]]:
    yield from ((name, getattr(parser, name)) for name in ("description", "epilog"))
    for action in parser._actions:
        yield action.metavar or action.dest, action.help or "no help"


def test_every_help_is_chinese(parser: argparse.ArgumentParser) -> None:
    wrong = [name for name, text in _texts(parser) if text is not None and not is_chinese(text)]
    assert not wrong


def test_what_a_command_does_is_chinese() -> None:
    for _, text in COMMANDS.values():
        assert is_chinese(say(text))


def shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main(words)
    output = capsys.readouterr()
    return output.out + output.err


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_a_page_of_help_is_in_one_language(command, capsys, monkeypatch) -> None:
    words = [command, "--help"] if command else ["--help"]
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    chinese = shown(words, capsys)
    assert "用法：" in chinese
    assert "usage:" not in chinese
    assert "options:" not in chinese
    assert not english_in(chinese)
    monkeypatch.setenv("LC_ALL", "C")
    english = shown(words, capsys)
    assert english.startswith("usage: ")
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in english)
    assert shown(["--language", "zh", *words], capsys) == chinese


def test_lines_of_chinese_help_fill_a_terminal(capsys, monkeypatch) -> None:
    """Wrapped by cells: argparse counts signs, of which a Chinese one takes two."""
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "80")
    page = shown(["--language", "zh", "run", "--help"], capsys)
    width = max(cell_len(line) for line in page.partition("\n\n")[2].splitlines())
    assert 70 < width <= 80


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check"], "缺少参数：YAML"),
        (["check", "a.yml", "--cards", "x"], "参数 --cards：必须是不小于 1 的整数"),
        (["check", "a.yml", "--cards", "0"], "参数 --cards：必须是不小于 1 的整数"),
        (["check", "a.yml", "--format"], "需要一个值"),
        (["check", "a.yml", "--release", "2.8.1", "--paddleocr", "x"], "不能与参数 --release 同时"),
        (["watch", ".", "--interval", "0"], "必须在 0.05 至 3600 秒之间"),
        (["report", ".", "--nothing"], "无法识别的参数：--nothing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_usage_error_is_chinese(words, said, capsys) -> None:
    page = shown([*words, "--language=zh"], capsys)
    assert "：错误：" in page
    assert said in page


def test_what_argparse_asks_is_put_back(capsys, monkeypatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    shown(["--language", "zh", "--help"], capsys)
    assert os.environ["LANGUAGE"] == "de"
    monkeypatch.delenv("LANGUAGE")
    shown(["--language", "zh", "--help"], capsys)
    assert "LANGUAGE" not in os.environ
    assert gettext.textdomain() == "messages"


def test_a_language_before_the_command_is_that_of_the_command(capsys) -> None:
    main(["--language", "zh", "report", "nowhere"])
    before = capsys.readouterr().err
    assert not english_in(before)
    main(["report", "nowhere", "--language", "zh"])
    assert capsys.readouterr().err == before
    main(["--language", "zh", "report", "nowhere", "--language", "en"])
    assert english_in(capsys.readouterr().err)


@pytest.mark.parametrize(
    ("words", "language", "rest"),
    [
        (["check", "a", "--language", "zh"], "zh", ["check", "a"]),
        (["--language=en", "check"], "en", ["check"]),
        (["check", "--language"], "", ["check"]),
        (["run", "--", "x", "--language", "zh"], "", ["run", "--", "x", "--language", "zh"]),
        ([], "", []),
    ],
)
def test_the_language_asked_for(words, language, rest) -> None:
    assert asked_language(words) == (language, rest)


def test_a_default_is_said_with_its_number() -> None:
    made = argparse.ArgumentParser()
    importlib.import_module(COMMANDS["dashboards"][0]).configure(made)
    told = [action.help for action in made._actions if action.dest == "grafana_port"]
    assert [in_language(text or "", "zh") for text in told] == ["默认：3000"]
