"""Each number of a run that stands in more than one place is the same number."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
import same_numbers
from played_runs import Player, collapsed, interrupted, killed_and_resumed, mended, repaired
from report_runs import write_journal
from same_numbers import report_of
from test_exporters_agree import collapse

from ppocr_guard.config import load_guard
from ppocr_guard.events import EvalEnd
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.prometheus import Prometheus
from ppocr_guard.report.text import number


def test_report_journal_visualdl_and_metrics_hold_the_same_numbers(tmp_path: Path) -> None:
    guard = Guard(load_guard({"hooks": {"Prometheus": {"port": 0, "linger_seconds": 0}}}).build())
    collapse(guard, tmp_path)
    [prometheus] = [hook for hook in guard.hooks if isinstance(hook, Prometheus)]
    assert prometheus.server is not None
    with urllib.request.urlopen(prometheus.server.url, timeout=5) as answer:
        metrics = answer.read().decode()
    guard.close(10)
    shown = same_numbers.check(tmp_path, tmp_path / "r.html", metrics)
    assert shown.state == "collapsed"


@pytest.mark.parametrize("play", [collapsed, interrupted, killed_and_resumed, mended, repaired])
def test_header_tiles_and_the_ends_of_the_curves_agree(tmp_path: Path, play: object) -> None:
    assert callable(play)
    player: Player = play()
    write_journal(tmp_path, iter(player.events))
    shown = report_of(tmp_path, tmp_path / "r.html")
    evaluations = [e for e in player.events if isinstance(e, EvalEnd)]
    last, best = evaluations[-1], max(evaluations, key=lambda e: e.value)
    assert shown.tiles["Last hmean"][0] == number(last.value)
    assert shown.tiles["Best hmean"] == [number(best.value), f"epoch {best.epoch}"]
    assert number(last.value) in shown.headline
    assert number(best.value) in shown.headline
    curve = shown.curve("metric", "hmean")
    assert curve[-1][1] == last.value
    assert max(value for _, value in curve) == best.value
    assert shown.tiles["Epoch"][1] == f"{int(curve[-1][0])} steps"
