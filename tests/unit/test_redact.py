"""What must not be written down, and what may."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ppocr_guard.changes import trained_on
from ppocr_guard.config import GuardConfigError, load_guard
from ppocr_guard.hooks.notify import Target
from ppocr_guard.hooks.notify.senders import make_sender
from ppocr_guard.hooks.notify.senders.webhook import Webhook
from ppocr_guard.redact import redacted, redacted_text, scrubbed

RANDOM = "k3Jx9QpZ7mWb2VtY"
FEISHU = f"https://open.feishu.cn/open-apis/bot/v2/hook/{RANDOM}"


@pytest.mark.parametrize(
    "section",
    [
        {"hooks": {"Notify": "https://hooks.slack.com/services/T/B/KEY"}},
        {"hooks": {"Notify": ["https://hooks.slack.com/services/T/B/KEY"]}},
        {"hooks": [{"Notify": "https://hooks.slack.com/services/T/B/KEY"}]},
        {"hooks": [{"Notify": ["KEY"]}]},
        {"hooks": "https://hooks.slack.com/services/T/B/KEY"},
        {"hooks": ["https://hooks.slack.com/services/T/B/KEY"]},
        {"hooks": {"https://hooks.slack.com/services/T/B/KEY": None}},
        {"hooks": ["Journal", ["KEY"]]},
        {"hooks": ["Journal", {"Notify": None, "KEY": 1}]},
        {"run_name": ["KEY"]},
        {"enabled": "KEY"},
        "https://hooks.slack.com/services/T/B/KEY",
        ["KEY"],
    ],
)
def test_a_refused_section_does_not_show_what_may_be_a_key(section: Any) -> None:
    with pytest.raises(GuardConfigError) as refused:
        load_guard(section)
    assert "KEY" not in str(refused.value)


def test_a_scalar_url_is_told_the_way_out() -> None:
    with pytest.raises(GuardConfigError, match=r"write \{urls: \[\.\.\.\]\}"):
        load_guard({"hooks": {"Notify": FEISHU}})


@pytest.mark.parametrize(
    "config",
    [
        {"Guard": {"hooks": {"Notify": "https://hooks.slack.com/services/T/B/KEY"}}},
        {"Guard": {"hooks": {"Notify": ["KEY", {"url": "KEY"}]}}},
        {"Guard": {"hooks": [{"Notify": {"urls": ["tgram://KEY/1", "KEY", "${X}/KEY"]}}]}},
        {"Guard": {"hooks": {"Notify": {"urls": [{"url": "${X}", "secret": "KEY${Y}"}]}}}},
        {"Guard": {"hooks": {"mine.Hook": {"where": "KEY", "n": [{"a": "KEY"}], "KEYS": {}}}}},
        {"Guard": {"hooks": {"mine.Hook": {"pin": 4711, "deep": {"er": ["KEY"]}}}}},
        {"Guard": {"hooks": [{"mine.Hook": "KEY"}, {"other.Hook": ["KEY"]}]}},
        {"Guard": {"hooks": {"Prometheus": {"pushgateway": "http://u:KEY@h/KEY"}}}},
        {"Guard": ["KEY"]},
        {"Guard": "https://h/KEY"},
        {"pwd": "KEY"},
        {"pwd": 4711},
        {"auth": "KEY"},
        {"AK": "KEY", "SK": "KEY"},
        {"Train": {"dataset": {"access_key_id": "KEY", "secretAccessKey": "KEY"}}},
        {"oss": {"credentials": {"id": "KEY", "list": ["KEY", ["KEY"]]}}},
        {"tokens": ["KEY", "KEY"]},
        {"api_keys": {"a": "KEY"}},
        {"password": [{"deep": "KEY"}]},
        {"headers": [{"name": "Authorization", "value": "KEY"}]},
        {"header": "Authorization: Bearer KEY"},
        {"note": "login with password=KEY"},
        {"where": "${X}/KEY"},
        {"where": "s3://a:KEY@bucket/x.txt?sig=KEY"},
        {"where": "tgram://KEY/1"},
        {"where": "open.feishu.cn/open-apis/bot/v2/hook/KEY"},
        {"Global": {"report": "https://open.feishu.cn/open-apis/bot/v2/hook/KEY"}},
        {"https://hooks.slack.com/services/KEY": "#channel"},
        {"where": f"see {RANDOM} there", "hex": "9f86d081884c7d659a2feaa0c55ad015"},
        {"uuid": "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb", "telegram": f"12345678:{RANDOM}_{RANDOM}"},
    ],
)
def test_no_secret_is_written(config: Any) -> None:
    text = json.dumps(redacted(config))
    for secret in ("KEY", "4711", RANDOM, "9f86d081", "1b4e28ba"):
        assert secret not in text.replace('"KEYS"', "")
    assert json.loads(text) == redacted(json.loads(text))  # once more changes nothing
    if "Guard" not in config:
        assert "KEY" not in json.dumps(trained_on({"Train": config}, "3.2.0"))


@pytest.mark.parametrize(
    "config",
    [
        {"Global": {"pretrained_model": "https://h.org/PP-OCRv4/ch_PP-OCRv4_det_train.pdparams"}},
        {"Global": {"save_model_dir": "./output/ch_PP-OCRv3_det_student_20240101_123456"}},
        {"Train": {"dataset": {"label_file_list": ["./train_data/icdar2015/train2015icdar.txt"]}}},
        {"transforms": [{"VQATokenPad": {"max_seq_len": 512}}, {"KeepKeys": {"keep_keys": ["a"]}}]},
        {"bos_token_id": 1, "max_tokens": 100, "author": "me", "key": "maps", "shortcut": "x"},
        {"name": "DistributedCurriculumLengthSampler", "collate_fn": "LaTeXOCRCollator"},
        {"Guard": {"hooks": {"AutoStop": {"on": ["hmean_collapse"], "exit_code": 3}}}},
        {"Guard": {"hooks": ["Journal", "mine.Hook"], "run_name": "first"}},
        {"Guard": {"hooks": {"mine.Hook": {"on": True, "url": "${MINE}"}}, "enabled": False}},
        {"Guard": {"hooks": {"Notify": {"urls": ["${GUARD_WEBHOOK}"], "language": "zh"}}}},
        {"Guard": {"hooks": {"ShrinkRatio": {"repair": True, "tolerance": "1e-3"}}}},
    ],
)
def test_what_is_no_secret_stays(config: Any) -> None:
    assert redacted(config) == config


def test_configurations_of_paddleocr_stay_as_they_are() -> None:
    files = sorted((Path(__file__).parents[1] / "data" / "configs").rglob("*.y*ml"))
    assert files
    for file in files:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
        config.pop("Guard", None)
        assert redacted(config) == config


def test_a_configuration_that_holds_itself_is_cut() -> None:
    config: dict[str, Any] = {"a": [1]}
    config["a"].append(config)
    config["Guard"] = {"hooks": config, "me": config}
    config["pwd"] = config
    assert json.dumps(redacted(config))


_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_KEYS = st.text() | st.sampled_from(["Guard", "hooks", "Notify", "urls", "pwd", "name", "value"])


@given(st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner)))
def test_any_value_can_be_redacted_and_twice_is_as_once(value: Any) -> None:
    once = redacted(value)
    assert repr(redacted(once)) == repr(once)


@pytest.mark.parametrize(
    "piece", ["a", "a1B", "a.b://", "feishu.cn", "password =", "${", "1:", "-"]
)
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    started = time.process_time()
    redacted_text(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 2.0


def test_common_words_of_an_answer_are_not_eaten() -> None:
    dingtalk = make_sender("https://oapi.dingtalk.com/robot/send?access_token=KEY12345")
    reason = "send too fast, robot: sending KEY12345 failed"
    assert scrubbed(reason, dingtalk._secrets()) == "send too fast, robot: sending *** failed"
    hook = Webhook("https://me:hunter@example.org/api/v1/hooks/KEY12345?type=text", "s3cr")
    reason = "hooks: text of api v1 is no type for hunter at /api/v1/hooks/KEY12345 with s3cr"
    assert scrubbed(reason, hook._secrets()) == (
        "hooks: text of api v1 is no type for *** at *** with ***"
    )


def test_telegram_is_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("apprise")
    url = "tgram://123456789:AAF8kJx9QpZ7mWb2VtYcR5nD3hGfLs0uEiQ/-100200300"
    assert str(make_sender(url)) == "apprise (tgram)"
    monkeypatch.setenv("TELEGRAM", url)
    [_, options] = load_guard({"hooks": [{"Notify": {"urls": ["${TELEGRAM}"]}}]}).hooks[0]
    assert str(options.urls[0].sender()) == "apprise (tgram)"


@pytest.mark.parametrize("url", ["://x", "9://x", "tgram://", "//h/x", "h:1"])
def test_what_is_no_url_at_all_is_said(url: str) -> None:
    with pytest.raises(ValueError, match=r"is no|must be|cannot use"):
        make_sender(url)


def test_a_key_beside_a_variable_is_written_out() -> None:
    assert Target(url="https://hooks.slack.com/services/${X}/KEY").is_written_out()
    assert Target(url="${X}", secret="KEY${Y}").is_written_out()
    assert not Target(url="${X}", secret="${Y}").is_written_out()
