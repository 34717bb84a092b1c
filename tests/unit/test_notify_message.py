"""What a notification says."""

from __future__ import annotations

import json

from notify_samples import COLLAPSE, SO_FAR
from receivers import RECEIVERS, serving

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.remedies import REMEDIES
from ppocr_guard.detect.table import TABLE
from ppocr_guard.events import Alert, RunEnd, RunStart
from ppocr_guard.explain import page_url
from ppocr_guard.hooks.notify.message import (
    RunSoFar,
    alert_message,
    cut,
    run_end_message,
)
from ppocr_guard.hooks.notify.senders import make_sender
from ppocr_guard.wording import say


def test_messages_in_chinese() -> None:
    message = alert_message(COLLAPSE, SO_FAR, "zh")
    text = message.plain()
    for part in (
        "ch_PP-OCRv4: 验证指标远低于最好成绩",
        "数据: 最好 0.9526, 当前 0.2401, 占比 of best 0.2500",
        "可能原因: the ratio is 0.8096",
        "建议: 停止训练",
        "走势: hmean ▇█▄▂× NaN",
        "最好的检查点: out/best_accuracy（hmean 0.9526，第 2 轮）",
        "主机: gpu-7",
        "报告: ppocr-guard report out",
        "第 7 轮，第 700 步，第 7 次评估",
    ):
        assert part in text
    end = run_end_message(RunEnd(4600.0, 7, 700, "failed", error="boom"), SO_FAR, "zh")
    assert end.severity == "critical"
    assert "训练失败" in end.title
    assert "原因: boom" in end.plain()


def test_the_page_of_the_code_is_named() -> None:
    for language in ("en", "zh"):
        page = page_url("hmean_collapse", language)
        assert page in alert_message(COLLAPSE, SO_FAR, language).plain()
    own = Alert("my_own", "warning", "It fell.", "Look.", {})
    assert page_url("my_own") not in alert_message(own, SO_FAR, "en").plain()


def test_a_diagnosed_cause_is_told_in_the_readers_language() -> None:
    entry = next(entry for entry in TABLE if entry.code == "learning_rate_too_high")
    alert = Alert(
        "hmean_collapse",
        "critical",
        "It fell.",
        REMEDIES[entry.remedy](Evidence()).advice,
        {"cause": entry.code, "causes": [{"code": entry.code}]},
        cause=entry.code,
        because=say(entry.phrases[-1]),
    )
    chinese = alert_message(alert, SO_FAR, "zh").plain()
    assert "可能原因: 训练损失上升：步子太大。" in chinese
    assert "建议: 把学习率降到十分之一" in chinese
    english = alert_message(alert, SO_FAR, "en").plain()
    assert "Likely cause: The training loss rose: the steps are too large." in english
    assert "What to do: Divide the learning rate by 10" in english


def test_advice_without_a_translation_is_not_replaced_by_another() -> None:
    alert = Alert(
        "hmean_collapse", "critical", "It fell.", "Do this.", cause="mine", because="Mine."
    )
    assert "建议: Do this." in alert_message(alert, SO_FAR, "zh").plain()


def test_a_long_message_fits_and_keeps_whole_characters() -> None:
    long = Alert("hmean_collapse", "critical", "崩" * 5000, "溃" * 5000, time=1.0)
    for service in ("wecom", "slack"):
        receiver = RECEIVERS[service]()
        with serving(receiver) as url:
            make_sender(url, None, service).send(alert_message(long, SO_FAR, "en"))
        assert len(receiver.accepted) == 1
    assert cut("崩溃了", 8) == "崩…"
    assert cut("short", 8) == "short"


def test_a_name_can_neither_wake_a_channel_nor_break_a_line() -> None:
    start = RunStart(1.0, "<!channel>\r\n\x1b[31m", "DB", "2.8.1", {}, "out", 1)
    receiver = RECEIVERS["slack"]()
    with serving(receiver) as url:
        message = alert_message(COLLAPSE, RunSoFar(start), "en")
        make_sender(url, None, "slack").send(message)
    text = json.dumps(receiver.accepted)
    assert "<!channel>" not in receiver.accepted[0]["text"]
    assert "&lt;!channel&gt;" in text
    assert "\\u001b" not in text
    assert "\n" not in message.title
