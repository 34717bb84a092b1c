"""All exporters behind one guard, with the hooks that judge: they tell the same story."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse
from receivers import RECEIVERS, SECRET, serving

from ppocr_guard.config import load_guard
from ppocr_guard.events import (
    Alert,
    EpochStart,
    EvalEnd,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.prometheus import Prometheus
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paths import guard_dir, journal_path

HMEAN = (0.79, 0.60, 0.26, 0.22, 0.20, 0.24, 0.23, 0.24)  # of a real run with the bug of 2.7.1
STEPS = 10


def collapse(guard: Guard, folder: Path) -> None:
    now = time.time()
    config = {"Global": {"print_batch_step": 1}}
    guard.dispatch(
        RunStart(
            now,
            "collapse",
            "DB/MobileNetV3",
            "2.8.1",
            config,
            str(folder),
            epoch_num=500,
            steps_per_epoch=STEPS,
            eval_every_steps=STEPS,
        )
    )
    for epoch, value in enumerate(HMEAN, 1):
        first = (epoch - 1) * STEPS
        guard.dispatch(EpochStart(now, epoch, first, STEPS))
        guard.dispatch(
            ShrinkRatio(now, epoch, first, "MakeShrinkMap", "live", 0.8096, 0.4, 0.4, 0.4)
        )
        for step in range(first + 1, first + STEPS + 1):
            loss = 1.4 + 2 / step
            guard.dispatch(StepEnd(now + step, epoch, step, {"loss": loss}, 0.001, 8, 0.4, 0.02))
        metrics = {"hmean": value, "precision": value, "recall": value}
        step = epoch * STEPS
        guard.dispatch(EvalEnd(now + step, epoch, step, epoch, metrics, "hmean", value, 0.79, 1))
        if guard.stop is not None:
            break
    guard.dispatch(RunEnd(now + step, epoch, step, "stopped", guard.stop))


def test_journal_visualdl_prometheus_and_chat_hold_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visualdl = pytest.importorskip("visualdl")
    receiver = RECEIVERS["feishu"]()
    with serving(receiver) as url:
        monkeypatch.setenv("U", url)
        monkeypatch.setenv("S", SECRET)
        target = {"url": "${U}", "secret": "${S}", "service": "feishu"}
        hooks: dict[str, Any] = {
            "Notify": {"urls": [target], "language": "en"},
            "Prometheus": {"port": 0, "linger_seconds": 0},
        }
        guard = Guard(load_guard({"hooks": hooks}).build())
        collapse(guard, tmp_path)
        [prometheus] = [hook for hook in guard.hooks if isinstance(hook, Prometheus)]
        assert prometheus.server is not None
        with urllib.request.urlopen(prometheus.server.url, timeout=5) as response:
            samples = [s for f in parse(response.read().decode()) for s in f.samples]
        guard.close(10)
    assert guard.health.hook_errors == {}

    def metric(name: str, *labels: str) -> float:
        wanted = {"DB/MobileNetV3", "collapse", *labels}
        [value] = [
            s.value
            for s in samples
            if s.name == f"ppocr_guard_{name}" and set(s.labels.values()) == wanted
        ]
        return value

    events = list(read_journal(journal_path(str(tmp_path))))
    evaluations = [e for e in events if isinstance(e, EvalEnd)]
    steps = [e for e in events if isinstance(e, StepEnd)]
    alerts = [e for e in events if isinstance(e, Alert)]
    verdicts = [e for e in events if isinstance(e, Verdict)]
    reader = visualdl.LogReader(
        file_path=str(guard_dir(str(tmp_path)) / "vdl" / "vdlrecords.guard.log")
    )

    assert isinstance(events[-1], RunEnd)
    assert events[-1].stop is not None
    assert events[-1].stop.code == "hmean_collapse"
    curve = [(r.id, r.value) for r in reader.get_data("scalar", "eval/hmean")]
    assert curve == [(e.global_step, pytest.approx(e.value)) for e in evaluations]
    losses = [(r.id, r.value) for r in reader.get_data("scalar", "train/loss")]
    assert losses == [(e.global_step, pytest.approx(e.losses["loss"])) for e in steps]
    assert metric("eval_hmean_ratio") == evaluations[-1].value
    assert metric("steps_total") == len(steps)
    assert metric("loss", "loss") == steps[-1].losses["loss"]
    assert metric("verdict", "collapsed") == 1
    assert verdicts[-1].state == "collapsed"
    assert {a.code for a in alerts} >= {"shrink_ratio_unexpected", "hmean_collapse"}
    for alert in alerts:
        assert metric("alerts_total", alert.code, alert.severity) == 1
    texts = [message["content"]["text"] for message in receiver.accepted]
    assert len(texts) == len(alerts) + 1
    for alert in alerts:
        assert any(" ".join(alert.message.split()) in text for text in texts)
    assert "The guard stopped the training" in texts[-1]
