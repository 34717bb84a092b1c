"""Each number of a real run is the same wherever it stands: report (header, tiles, ends of the
curves), live view, journal, train.log, VisualDL, /metrics. Three more runs: tests of the demo."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Optional

import pytest
import same_numbers
from scraped import Scraper

from ppocr_guard.demo import lines, recognition, sources, train


def guard(folder: Path, more: str = "") -> str:
    """All hooks, a port of its own, and a file that names it."""
    target = folder / "target.json"
    prometheus = f"Prometheus: {{port: 0, target_file: {json.dumps(str(target))}}}"
    return f"Guard:\n  hooks:\n    {prometheus}\n    VisualDL: {{every: 1}}\n{more}"


def served(folder: Path) -> Optional[str]:
    try:
        [entry] = json.loads((folder / "target.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return f"http://{entry['targets'][0]}/metrics"


def trained(kit: Any, folder: Path, name: str, **options: Any) -> tuple[Path, str]:
    """The folder of the run, and its last page of metrics."""
    scraper = Scraper(partial(served, folder))
    scraper.start()
    outcome = kit.run(name, **options)
    assert outcome.code == 0, outcome.output[-3000:]
    return outcome.folder, scraper.stop()[-1]


def test_of_a_run_that_was_resumed(kit: Any, tmp_path: Path) -> None:
    trained(kit, tmp_path, "resumed_numbers", guard=guard(tmp_path), epoch_num=1)
    latest = kit.folder / "resumed_numbers" / "latest"
    folder, page = trained(
        kit, tmp_path, "resumed_numbers", guard=guard(tmp_path), epoch_num=3, checkpoints=latest
    )
    shown = same_numbers.check(folder, tmp_path / "report.html", page)
    assert shown.tiles["Epoch"] == ["3 of 3", "12 steps"]


def test_of_a_run_that_the_guard_repaired(kit: Any, tmp_path: Path) -> None:
    repair = "    ShrinkRatio: {repair: true}\n"
    tree = kit.tree("2.9.0", "2.8.1")
    folder, page = trained(
        kit, tmp_path, "pinned", tree=tree, guard=guard(tmp_path, repair), total_epoch=500
    )
    shown = same_numbers.check(folder, tmp_path / "report.html", page)
    assert float(shown.tiles["Shrink ratio"][0]) == pytest.approx(0.4, abs=5e-3)


def test_of_a_recogniser(kit: Any, tmp_path: Path) -> None:
    data = lines.make_lines(tmp_path / "data", 400, 24)
    options = recognition.RecOptions(
        epoch_num=3, eval_batch_step=(0, 5), print_batch_step=1, log_smooth_window=1
    )
    config = recognition.write(
        tmp_path / "rec.yml", data, tmp_path / "rec", replace(options, guard=guard(tmp_path))
    )
    command = train.command(sources.compose("2.10.0"), config)
    _, page = trained(kit, tmp_path, "unused", command=command)
    shown = same_numbers.check(tmp_path / "rec", tmp_path / "report.html", page)
    assert "Last acc" in shown.tiles
    assert "Shrink ratio" not in shown.tiles
