"""The demo's look at a training: one that the guard stopped is no failed one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rich.console import Console

from ppocr_guard.demo import follow
from ppocr_guard.paddleocr.launch import STOPPED

STOPS = (
    "from ppocr_guard.events import StopRequest; from ppocr_guard.paddleocr import status;"
    "status.stopped(StopRequest('hmean_collapse', 'it fell', 1, 1))"
)


def _train(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> follow.Run:
    """Follow what ``script`` does in place of a training, under a real `ppocr-guard run`."""
    monkeypatch.setattr(follow.train, "command", lambda *_: [sys.executable, "-c", script])
    console = Console(record=True, width=100)
    return follow.follow(folder, folder / "bug.yml", folder / "bug", console)


def test_a_run_that_the_guard_stopped_has_not_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _train(STOPS, tmp_path, monkeypatch).code == STOPPED
    assert _train("", tmp_path, monkeypatch).code == 0


def test_one_that_failed_is_named_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(follow.DemoError, match=r"'bug' failed.*bug\.log"):
        _train("raise SystemExit(1)", tmp_path, monkeypatch)
