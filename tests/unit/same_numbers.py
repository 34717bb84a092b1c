"""Reads the numbers of one run wherever they stand, and compares them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Optional

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from ppocr_guard.cli import main
from ppocr_guard.events import EvalEnd, Event, RunStart, ShrinkRatio, StepEnd, Verdict
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.report.text import number
from ppocr_guard.report.watch import View, Watched
from ppocr_guard.verdict import LEVELS


class Shown(HTMLParser):
    """What a report shows: headline, tiles by their label, and the data of its curves."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headline = ""
        self.state = ""
        self.tiles: dict[str, list[str]] = {}
        self._in = ""
        self._label = ""
        self.feed(html)
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
        assert found
        [self.run] = json.loads(found.group(1))["runs"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        named = dict(attrs)
        self.state = named.get("data-verdict") or self.state
        if tag == "p" and named.get("class") == "why":
            self._in = "why"
        elif tag in ("dt", "dd"):
            self._in = tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "why":
            self.headline += data
        elif self._in == "dt":
            self._label = data
        elif self._in == "dd":
            self.tiles.setdefault(self._label, []).append(data)

    def curve(self, chart: str, label: str) -> list[tuple[float, float]]:
        found = self.run["charts"][chart]
        [values] = [s["values"] for s in found["series"] if s["label"] == label]
        return list(zip(found["x"], values))


def _steps_of_all_launches(events: Iterable[Event]) -> dict[int, int]:
    """id of an event -> its step; PaddleOCR begins to count anew when it resumes."""
    found: dict[int, int] = {}
    offset = 0
    for event in events:
        if isinstance(event, RunStart):
            offset = max(found.values(), default=0) - event.global_step
        elif isinstance(event, (StepEnd, EvalEnd)):
            found[id(event)] = event.global_step + offset
    return found


def report_of(folder: Path, page: Path) -> Shown:
    assert main(["report", str(folder), "-o", str(page), "--language", "en"]) == 0
    return Shown(page.read_text(encoding="utf-8"))


def check(folder: Path, page: Path, metrics: str = "") -> Shown:
    """Compare the report of the run in ``folder`` with its journal, its ``train.log`` and
    VisualDL file where there are, and with a page of ``/metrics`` scraped at its end."""
    shown = report_of(folder, page)
    events = list(read_journal(folder / "ppocr_guard" / "journal.jsonl"))
    at = _steps_of_all_launches(events)
    evaluations = [e for e in events if isinstance(e, EvalEnd)]
    steps = [e for e in events if isinstance(e, StepEnd)]
    verdict = [e for e in events if isinstance(e, Verdict)][-1]
    last = evaluations[-1]
    name = last.main_indicator
    best = max(e.value for e in evaluations)

    assert shown.state == verdict.state
    assert shown.tiles[f"Best {name}"] == [number(best), f"epoch {last.best_epoch}"]
    assert shown.tiles[f"Last {name}"][0] == number(last.value)
    assert shown.tiles["Epoch"][1] == f"{max(at.values())} steps"
    told = set(re.findall(r"\d\.\d{4}", shown.headline))
    thresholds = {
        number(v) for c in verdict.conditions for v in c.evidence.values() if isinstance(v, float)
    }
    assert told <= {number(best), number(last.value)} | thresholds, shown.headline
    assert number(last.value) in told

    curve = shown.curve("metric", name)
    assert curve == [(at[id(e)], pytest.approx(e.value, rel=1e-5)) for e in evaluations]
    losses = shown.curve("loss", "loss")
    assert losses[-1][1] == pytest.approx(steps[-1].losses["loss"], rel=1e-5)
    ratios = [
        e
        for e in events
        if isinstance(e, ShrinkRatio) and e.source == "live" and "Shr" in e.operator
    ]
    if ratios:
        assert float(shown.tiles["Shrink ratio"][0]) == pytest.approx(ratios[-1].ratio, abs=5e-5)
        drawn = [s for s in shown.run["charts"]["ratio"]["series"] if "live" in s["label"]]
        assert drawn[-1]["values"][-1] == pytest.approx(ratios[-1].ratio, rel=1e-5)

    start = next(e for e in events if isinstance(e, RunStart))
    window = start.config["Global"].get("log_smooth_window", 20)
    _train_log(folder / "train.log", evaluations, steps, best, window)
    _watch(folder, shown, last, best, steps[-1])
    records = folder / "ppocr_guard" / "vdl" / "vdlrecords.guard.log"
    _visualdl(records, evaluations, steps, verdict, at)
    if metrics:
        _exposition(metrics, shown, last, best, steps, verdict, ratios)
    return shown


def _train_log(
    path: Path, evaluations: Iterable[EvalEnd], steps: Iterable[StepEnd], best: float, window: int
) -> None:
    if not path.exists():
        return
    log = path.read_text(encoding="utf-8")
    printed_metrics = re.findall(r"cur metric, (.+)", log)
    assert len(printed_metrics) == len(evaluations)
    for line, event in zip(printed_metrics, evaluations):
        metrics = {name: float(value) for name, value in re.findall(r"(\w+): ([\d.e-]+)", line)}
        assert metrics.items() >= {event.main_indicator: event.value, **event.metrics}.items()
    indicator = evaluations[-1].main_indicator
    assert float(re.findall(rf"best metric, {indicator}: ([\d.e-]+)", log)[-1]) == best
    if window != 1:  # PaddleOCR prints medians over it
        return
    found = re.findall(r"global_step: (\d+), lr: ([\d.]+), loss: ([\d.]+)", log)
    printed = {step: (lr, loss) for step, lr, loss in found}
    compared = [e for e in steps if str(e.global_step) in printed]
    assert compared
    for event in compared:
        lr, loss = map(float, printed[str(event.global_step)])
        assert event.learning_rate == pytest.approx(lr, abs=1e-6)
        assert event.losses["loss"] == pytest.approx(loss, abs=1e-6)


def _watch(folder: Path, shown: Shown, last: EvalEnd, best: float, step: StepEnd) -> None:
    """The live view, of a terminal that is wide enough for all numbers."""
    console = Console(width=140, record=True, file=io.StringIO())
    watched = Watched([folder])
    assert watched.poll()
    console.print(View(watched, "en").render())
    frame = console.export_text()
    assert re.search(rf"{last.main_indicator} +{re.escape(number(last.value))} ", frame)
    assert f"★ {number(best)} (epoch {last.best_epoch})" in frame
    assert re.search(rf"loss +{re.escape(number(step.losses['loss'], 3))} ", frame)
    assert f"lr {number(step.learning_rate, 6)} " in frame
    assert f"· step {shown.tiles['Epoch'][1].split()[0]} " in frame
    assert shown.tiles["Throughput"][0] in frame
    if "Shrink ratio" in shown.tiles:
        assert re.search(rf"[Ss]hrink ratio +{re.escape(shown.tiles['Shrink ratio'][0])} ", frame)


def _visualdl(
    path: Path,
    evaluations: list[EvalEnd],
    steps: list[StepEnd],
    verdict: Verdict,
    at: dict[int, int],
) -> None:
    if not path.exists():
        return
    visualdl = pytest.importorskip("visualdl")
    reader = visualdl.LogReader(file_path=str(path))

    def curve(tag: str) -> list[tuple[int, float]]:
        return [(r.id, r.value) for r in reader.get_data("scalar", tag)]

    name = evaluations[-1].main_indicator
    approx = pytest.approx
    assert curve(f"eval/{name}") == [(at[id(e)], approx(e.value)) for e in evaluations]
    assert curve("eval/best")[-1][1] == approx(evaluations[-1].best)
    latest = at[id(steps[-1])]
    assert curve("train/loss")[-1] == (latest, approx(steps[-1].losses["loss"]))
    assert curve("train/learning_rate")[-1] == (latest, approx(steps[-1].learning_rate))
    assert curve("guard/verdict")[-1][1] == LEVELS[verdict.state]


def _exposition(
    text: str,
    shown: Shown,
    last: EvalEnd,
    best: float,
    steps: list[StepEnd],
    verdict: Verdict,
    ratios: list[ShrinkRatio],
) -> None:
    samples = [s for f in text_string_to_metric_families(text) for s in f.samples]

    def one(name: str, **labels: str) -> Any:
        [found] = [
            s.value
            for s in samples
            if s.name == f"ppocr_guard_{name}" and labels.items() <= s.labels.items()
        ]
        return found

    metric = last.main_indicator
    assert one(f"eval_{metric}_ratio") == last.value
    best_name = "eval_best_hmean_ratio" if metric == "hmean" else "eval_best_main_ratio"
    assert one(best_name) == best
    for component, value in steps[-1].losses.items():
        assert one("loss", component=component) == value
    assert one("learning_rate") == steps[-1].learning_rate
    assert one("epoch") == int(shown.tiles["Epoch"][0].split()[0])
    launch = [e for e in steps if e.time >= one("launch_timestamp_seconds")]
    if len(launch) == one("steps_total"):  # the journal leaves none out
        shown_rate, unit = shown.tiles["Throughput"][0].split()
        assert (float(shown_rate), unit) == (round(one("images_per_second"), 1), "img/s")
    assert one("verdict", state=verdict.state) == 1
    if ratios:
        shrink = one("effective_shrink_ratio", op="MakeShrinkMap", source="live")
        assert shrink == ratios[-1].ratio
    held = {
        (s.labels["code"], s.labels["subject"])
        for s in samples
        if s.name == "ppocr_guard_condition" and s.value == 1
    }
    assert held == {(c.code, c.subject) for c in verdict.conditions}
