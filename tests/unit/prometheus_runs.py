"""A short run for the Prometheus hook, and what a scrape of it gives."""

from __future__ import annotations

import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families as parse

from ppocr_guard.events import (
    Alert,
    EvalEnd,
    RoundTrip,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hooks.prometheus import Prometheus

LOSSES = {"loss": 3.0, "loss_shrink_maps": 1.5, "loss_threshold_maps": 1.0, "loss_binary_maps": 0.5}

CONFIG = {
    "Global": {"epoch_num": 500},
    "Optimizer": {"name": "Adam", "lr": {"name": "Cosine", "learning_rate": 0.001}},
    "Train": {"dataset": {"transforms": [{"MakeShrinkMap": {"total_epoch": 500}}]}},
    "PostProcess": {"unclip_ratio": 1.5},
}


def run_start(run: str = "ch_PP-OCRv4") -> RunStart:
    return RunStart(1000.0, run, "DB/MobileNetV3", "2.8.1", CONFIG, "out", 500)


def step(number: int, loss: float = 3.0) -> StepEnd:
    return StepEnd(
        1000.0 + number,
        1,
        number,
        {**LOSSES, "loss": loss},
        learning_rate=0.001,
        images=8,
        step_seconds=0.4,
        data_seconds=0.05,
    )


def feed(hook: Prometheus) -> None:
    """A short run that collapses."""
    hook.on_run_start(run_start())
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        for source in ("scheduled", "live", "measured"):
            hook.on_shrink_ratio(ShrinkRatio(1001.0, 1, 0, operator, source, 0.8096, 0.4, 0.6))
    hook.on_round_trip(RoundTrip(1001.0, 1, 0, 1.5, 0.51, 0.59, 0.43, 0.87, 40))
    for number in range(1, 41):
        hook.on_step(step(number))
    metrics = {"hmean": 0.24, "precision": 0.25, "recall": 0.23, "fps": 10.0}
    hook.on_eval(EvalEnd(1041.0, 1, 40, 1, metrics, "hmean", 0.24, 0.79, 1, 12.5))
    hook.on_verdict(Verdict(1041.0, 1, 40, 1, "collapsed"))
    hook.on_alert(Alert("hmean_collapse", "critical", "m", "a", time=1041.5))


def scrape(hook: Prometheus, accept: str = "", path: str = "") -> tuple[str, str]:
    assert hook.server is not None
    url = hook.server.url.replace("/metrics", path) if path else hook.server.url
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=5) as response:
        return response.read().decode(), response.headers["Content-Type"]


def values(text: str) -> dict[tuple[str, ...], float]:
    """(name, values of the labels beyond run and model) -> value."""
    found = {}
    for family in parse(text):
        for sample in family.samples:
            assert sample.labels["run"] == "ch_PP-OCRv4"
            assert sample.labels["model"] == "DB/MobileNetV3"
            rest = [v for k, v in sorted(sample.labels.items()) if k not in ("run", "model")]
            found[(sample.name.replace("ppocr_guard_", ""), *rest)] = sample.value
    return found
