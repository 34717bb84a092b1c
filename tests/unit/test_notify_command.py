"""``ppocr-guard notify --test``."""

from __future__ import annotations

from pathlib import Path

import pytest
from chinese import english_in
from receivers import RECEIVERS, SECRET, TOKEN, serving

from ppocr_guard.cli import main


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "GUARD_WEBHOOK"):
        monkeypatch.delenv(name, raising=False)


def yaml_file(folder: Path, guard: str) -> str:
    path = folder / "my.yml"
    path.write_text(f"Global: {{}}\nTrain: {{}}\n{guard}")
    return str(path)


def test_a_url_gets_a_message_that_says_it_is_a_test(capsys: pytest.CaptureFixture[str]) -> None:
    receiver = RECEIVERS["feishu"]()
    with serving(receiver) as url:
        words = ["--url", url, "--secret", SECRET, "--service", "feishu", "--language", "zh"]
        assert main(["notify", "--test", *words]) == 0
    text = receiver.accepted[0]["content"]["text"]
    assert "[测试]" in text
    assert "这是 ppocr_guard 的测试消息" in text
    out = capsys.readouterr()
    assert "Feishu (127.0.0.1:" in out.out
    assert "已发送" in out.out
    assert TOKEN not in out.out + out.err


def test_a_yaml_is_tried_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = RECEIVERS["wecom"](), RECEIVERS["wecom"]()
    with serving(good) as good_url, serving(bad) as bad_url:
        monkeypatch.setenv("GOOD", good_url)
        monkeypatch.setenv("BAD", bad_url.replace(TOKEN, "wrong-token"))
        urls = "[{url: '${GOOD}', service: wecom}, {url: '${BAD}', service: wecom}]"
        guard = f"Guard:\n  hooks:\n    - Notify: {{urls: {urls}}}\n"
        assert main(["notify", "--test", yaml_file(tmp_path, guard)]) == 1
    assert len(good.accepted) == 1
    out = capsys.readouterr()
    assert "not sent: errcode 93000: invalid webhook url" in out.err
    assert "wrong-token" not in out.out + out.err


@pytest.mark.parametrize(
    ("guard", "message"),
    [
        ("Guard:\n  hooks: [Journal]\n", "has no Notify hook"),
        ("Guard:\n  hooks:\n    - Notify: {url: x}\n", "my.yml:5: Guard.hooks.0.Notify.url"),
        ("", "GUARD_WEBHOOK is not set"),
    ],
)
def test_nothing_to_try_is_said(
    guard: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "--test", yaml_file(tmp_path, guard)]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_yaml_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "--test", "nowhere.yml"]) == 2
    assert "nowhere.yml" in capsys.readouterr().err


def test_the_test_message_is_chinese_throughout(capsys: pytest.CaptureFixture[str]) -> None:
    receiver = RECEIVERS["feishu"]()
    with serving(receiver) as url:
        words = ["--url", url, "--secret", SECRET, "--service", "feishu", "--language", "zh"]
        assert main(["notify", "--test", *words]) == 0
    text = receiver.accepted[0]["content"]["text"]
    assert "hmean 从 0.79 降到 0.20" in text
    assert "实际收缩比例 0.8096" in text
    assert english_in(text) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_where_no_receiver_is_named_the_ways_to_name_one_are(
    language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "--test", "--language", language]) == 2
    told = capsys.readouterr().err
    assert "--url" in told
    assert "GUARD_WEBHOOK" in told
    assert "urls[0]" not in told
    assert ("没有接收方" in told) == (language == "zh")
