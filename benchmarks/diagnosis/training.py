"""Trains with a fault under ``ppocr-guard run`` and reads what the guard said in the journal."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from benchmarks.diagnosis.faults import Fault
from ppocr_guard.demo import configs, sources, train
from ppocr_guard.demo.dataset import Dataset, make_dataset
from ppocr_guard.demo.presets import BASE, FINE_TUNE
from ppocr_guard.events import Alert, EvalEnd, Event, RunEnd
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paths import journal_path

# Runs stop where a cause is named: at the alerts below, not at a loss that is merely degenerate.
GUARD = """
Guard:
  hooks:
    - ShrinkRatio: {repair: false}
    - HmeanTrend:
    - LossHealth:
    - AutoStop: {on: [hmean_collapse, hmean_not_learning, loss_not_finite, data_pipeline_failing]}
    - Journal:
"""
# Alerts that are themselves a cause, where no alert on hmean weighed several.
CAUSE_OF = {
    "shrink_ratio_unexpected": "shrink_ratio_wrong",
    "unclip_mismatch": "unclip_mismatch",
    "loss_not_finite": "loss_not_finite",
    "loss_diverged": "learning_rate_too_high",
    "data_pipeline_failing": "data_pipeline_failing",
    "overfitting": "overfitting",
}
SECONDS = 120  # a training that waits for data for ever is ended then


@dataclass(frozen=True)
class Outcome:
    """What the guard said of a run."""

    alerts: tuple[Alert, ...] = ()  # warning and critical, in order
    caught_after: int = 0  # evaluations before the first alert
    named_after: int = 0  # evaluations before the cause was named
    cause: str = ""  # code; empty: none was named
    confidence: Optional[float] = None
    hmean: tuple[float, ...] = ()  # by evaluation
    end: str = ""  # RunEnd.reason; empty: the run did not end by itself


def outcome(events: list[Event]) -> Outcome:
    """The cause is the one that the last alert on hmean found likeliest; else the first alert's."""
    alerts: list[Alert] = []
    values: list[float] = []
    at: list[int] = []
    end = ""
    for event in events:
        if isinstance(event, EvalEnd):
            values.append(event.value)
        elif isinstance(event, Alert) and event.severity != "info":
            alerts.append(event)
            at.append(len(values))
        elif isinstance(event, RunEnd):
            end = event.reason
    if not alerts:
        return Outcome(hmean=tuple(values), end=end)
    index, cause, confidence = _named(alerts)
    return Outcome(tuple(alerts), at[0], at[index], cause, confidence, hmean=tuple(values), end=end)


def _named(alerts: list[Alert]) -> tuple[int, str, Optional[float]]:
    weighed = [i for i, alert in enumerate(alerts) if alert.evidence.get("cause")]
    if weighed:
        evidence = alerts[weighed[-1]].evidence
        return weighed[-1], evidence["cause"], evidence["causes"][0]["confidence"]
    for i, alert in enumerate(alerts):
        if alert.evidence.get("pattern") == "no_positives":  # and no word of the ratio before
            return i, "labels_empty", None
        if alert.code in CAUSE_OF:
            return i, CAUSE_OF[alert.code], None
    return 0, "", None


class Bench:
    """The folder with the data, the base model and one folder a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.base = self.folder / "base" / "latest"

    def prepare(self, seed: int) -> Dataset:
        """Data, and the base model unless it is there."""
        data = make_dataset(self.folder / "data", val_images=30, seed=seed)
        if not self.base.with_suffix(".pdparams").is_file():
            tree = sources.compose("2.10.0")
            options = replace(BASE, guard=GUARD, num_workers=1)
            config = configs.write(self.folder / "base.yml", data, self.base.parent, options)
            self._train("base", tree, config)
            if not self.base.with_suffix(".pdparams").is_file():
                raise SystemExit(f"the base model failed; see {self.folder / 'base.log'}")
        return data

    def run(self, fault: Fault, data: Dataset) -> float:
        """Train with ``fault``; seconds it took."""
        folder = self.folder / fault.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        weights = self._weights(fault, folder)
        changes: dict[str, Any] = {"pretrained_model": weights, "num_workers": 1, **fault.options}
        options = replace(FINE_TUNE, guard=GUARD, **changes)
        config = configs.write(folder / "my.yml", fault.labels(data, folder), folder, options)
        config.write_text(fault.edit(config.read_text(encoding="utf-8")), encoding="utf-8")
        return self._train(fault.name, sources.compose(*fault.sources), config)

    def outcome(self, fault: Fault) -> Optional[Outcome]:
        """None when the run left no journal."""
        journal = journal_path(str(self.folder / fault.name))
        return outcome(list(read_journal(journal))) if journal.is_file() else None

    def _weights(self, fault: Fault, folder: Path) -> Path:
        if fault.weights is None:
            return self.base
        import paddle

        state = paddle.load(str(self.base.with_suffix(".pdparams")), return_numpy=True)
        fault.weights(state)
        broken = folder / "broken"
        paddle.save(
            {name: paddle.to_tensor(value) for name, value in state.items()},
            str(broken.with_suffix(".pdparams")),
        )
        return broken

    def _train(self, name: str, tree: Path, config: Path) -> float:
        command = [sys.executable, "-m", "ppocr_guard", "run", "--", *train.command(tree, config)]
        environment = {**train.environment(), "OMP_NUM_THREADS": "1"}
        started = time.monotonic()
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=tree,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that it can be ended with its workers
            )
            try:
                process.wait(SECONDS * (3 if name == "base" else 1))
            except subprocess.TimeoutExpired:
                pass
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return time.monotonic() - started
