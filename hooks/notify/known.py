"""What messages tell of a run beside their event, gathered from the events so far."""

from __future__ import annotations

import math
import os
import socket
from collections import deque
from typing import Any, Optional

from ppocr_guard.events import CheckpointSaved, EvalEnd, RunStart, Verdict
from ppocr_guard.hooks.notify.message import TREND, RunSoFar
from ppocr_guard.paddleocr.best import read_kept
from ppocr_guard.paths import best_dir, page_of


class Known:
    """The latest of everything: verdict, trend, and the best checkpoint with its own metric."""

    def __init__(
        self, report_url: Optional[str] = None, dashboard_url: Optional[str] = None
    ) -> None:
        self.verdict: Optional[Verdict] = None
        self._report_url = report_url
        self._dashboard_url = dashboard_url or ""
        self._start: Optional[RunStart] = None
        self._values: deque[float] = deque(maxlen=TREND)
        self._best: Optional[float] = None
        self._best_epoch: Optional[int] = None
        self._saved: Optional[tuple[str, float]] = None  # PaddleOCR's best: path, its metric

    def run_starts(self, event: RunStart) -> None:
        self._start = event

    def evaluated(self, event: EvalEnd) -> None:
        self._values.append(event.value)
        self._best, self._best_epoch = event.best, event.best_epoch

    def saved(self, event: CheckpointSaved) -> None:
        """PaddleOCR saves its best right after the evaluation that it is the best of."""
        if event.is_best and self._values:
            self._saved = os.path.abspath(event.path), self._values[-1]

    def so_far(self) -> RunSoFar:
        assert self._start is not None
        return RunSoFar(
            start=self._start,
            values=tuple(self._values),
            best=self._best,
            best_epoch=self._best_epoch,
            best_path=self._best_path(self._start),
            verdict=self.verdict,
            host=socket.gethostname(),
            report=self._report(self._start),
            dashboard=page_of(self._start.run, self._dashboard_url),
        )

    def _best_path(self, start: RunStart) -> str:
        """Of a file whose metric is the best; empty where none is known to be."""
        if self._best is None or not math.isfinite(self._best) or self._saved is None:
            return ""
        path, value = self._saved
        if value >= self._best:
            return path
        # PaddleOCR has overwritten it with a worse one; the guard keeps a copy.
        kept = read_kept(best_dir(start.save_model_dir), start.main_indicator)
        return os.path.abspath(kept.path) if kept and kept.value >= self._best else ""

    def _report(self, start: RunStart) -> str:
        if self._report_url:
            return page_of(start.run, self._report_url)
        return f"ppocr-guard report {os.path.abspath(start.save_model_dir)}"

    def state_dict(self) -> dict[str, Any]:
        """The values of the trend picture, and which file is the best."""
        values = [v if math.isfinite(v) else None for v in self._values]
        return {
            "values": values,
            "best": [self._best, self._best_epoch] if math.isfinite(self._best or 0.0) else None,
            "saved": list(self._saved) if self._saved and math.isfinite(self._saved[1]) else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        values = [math.nan if v is None else float(v) for v in state["values"]]
        best, saved = state.get("best"), state.get("saved")
        self._values.extend(values)
        if best:
            self._best, self._best_epoch = best
        if saved:
            self._saved = str(saved[0]), float(saved[1])
