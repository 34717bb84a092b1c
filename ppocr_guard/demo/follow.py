"""Runs one guarded training and shows what its journal says while it goes on."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from ppocr_guard.demo import train
from ppocr_guard.events import (
    Alert,
    EvalEnd,
    EvalTexts,
    Event,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    StopRequest,
)
from ppocr_guard.logs.journal import JournalTail
from ppocr_guard.paddleocr.launch import STOPPED
from ppocr_guard.paths import journal_path

POLL_SECONDS = 0.2
COLOURS = {"critical": "red", "warning": "yellow", "info": "cyan"}


class DemoError(RuntimeError):
    """A step of the demo failed; the message says which, and where its output is."""


@dataclass
class Run:
    """A training that has ended."""

    folder: Path
    log: Path  # all that it printed
    code: int = -1  # of `ppocr-guard run`
    values: list[float] = field(default_factory=list)  # main indicator by evaluation
    stop: Optional[StopRequest] = None
    first_alert: Optional[Alert] = None  # that is more than an info
    texts: Optional[EvalTexts] = None  # of the last evaluation of a recogniser


def follow(tree: Path, config: Path, folder: Path, console: Console, *, steps: bool = True) -> Run:
    """Train under ``ppocr-guard run``. ``steps`` False: show only the progress and hmean.

    Raises:
        DemoError: the training neither ended nor was stopped by the guard.
    """
    run = Run(folder, folder.with_suffix(".log"))
    command = [sys.executable, "-m", "ppocr_guard", "run", "--", *train.command(tree, config)]
    tail = JournalTail(journal_path(str(folder)))
    columns = (
        TextColumn("   {task.description}"),
        BarColumn(30),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with run.log.open("wb") as log, Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)
        process = subprocess.Popen(
            command, cwd=tree, env=train.environment(), stdout=log, stderr=subprocess.STDOUT
        )
        show = _Show(run, bar, task, console, steps)
        try:
            while True:
                ended = process.poll() is not None  # before reading: what it left is read, too
                for event in tail.poll():
                    show(event)
                if ended:
                    break
                time.sleep(POLL_SECONDS)
        finally:
            process.terminate()
        run.code = process.wait()
    if run.code not in (0, STOPPED):
        raise DemoError(f"training {folder.name!r} failed; its output is in {run.log}")
    return run


class _Show:
    """Prints one line for what a person wants to see of an event."""

    def __init__(
        self, run: Run, bar: Progress, task: TaskID, console: Console, steps: bool
    ) -> None:
        self._run, self._bar, self._task = run, bar, task
        self._console, self._all = console, steps
        self._said: set[str] = set()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStart):
            total = event.epoch_num * (event.steps_per_epoch or 0)
            self._bar.update(self._task, total=total or None, description="training")
        elif isinstance(event, StepEnd):
            self._bar.update(self._task, completed=event.global_step)
        elif isinstance(event, EvalEnd):
            self._run.values.append(event.value)
            bar = "█" * round(20 * event.value)
            name = event.main_indicator
            self._say(f"evaluation {event.evaluation:2}  {name} {event.value:.3f}  {bar}", "")
        elif isinstance(event, EvalTexts):
            self._run.texts = event
            written = event.figures.get("acc_written")
            if written is not None:
                self._say(f"               {written:.3f} of the texts as they were written", "dim")
        elif isinstance(event, RunEnd):
            self._run.stop = event.stop
            if event.stop is not None:
                self._say(f"stopped by the guard: {event.stop.code}", "bold red")
        elif self._all:
            self._explain(event)

    def _explain(self, event: Event) -> None:
        if isinstance(event, Alert) and event.severity != "info" and not self._run.first_alert:
            self._run.first_alert = event
        if isinstance(event, ShrinkRatio) and event.operator == "MakeShrinkMap":
            if event.epoch == 1 and event.source not in self._said:
                self._said.add(event.source)
                self._say(f"epoch 1  shrink ratio {event.ratio:.4f} ({event.source})", "")
        elif isinstance(event, RoundTrip):
            self._say(
                f"epoch 1  a perfect prediction would reach a median IoU of {event.median_iou:.2f}",
                "",
            )
        elif isinstance(event, Alert) and event.code not in self._said:  # once for both operators
            self._said.add(event.code)
            self._say(f"[{event.code}] {event.message}", COLOURS[event.severity])

    def _say(self, text: str, style: str) -> None:
        self._console.print(Padding(Text(text, style=style), (0, 0, 0, 3)))
