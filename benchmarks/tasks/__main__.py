"""``python -m benchmarks.tasks --paddleocr CLONE``; see :mod:`benchmarks.tasks`."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import yaml

import benchmarks.tasks
from benchmarks.launch import launched
from benchmarks.machine import machine
from benchmarks.tasks.configs import TASKS, Task
from ppocr_guard.events import Alert, EvalEnd, EvalTexts, RunEnd, RunStart
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paddleocr.releases import recognise
from ppocr_guard.paths import journal_path

HERE = Path(__file__).parent
SECONDS = 900  # of one training
EVALUATIONS = 5
ANYTHING = """\
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {})
"""
HEAD = "| task | stock configuration | indicator | first / best / last | alerts | ended | wrong |"


@dataclass
class Seen:
    """What the journal has of one training."""

    indicator: str = "-"
    values: list[float] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    texts: Optional[EvalTexts] = None
    end: str = "no end"
    wrong: list[str] = field(default_factory=list)


def train(task: Task, clone: Path, folder: Path) -> Seen:
    """Train it; what was seen, with what is wrong about that."""
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = yaml.safe_load((clone / task.stock).read_text("utf-8"))
    task.change(config, folder)
    steps = _cut(config, folder, task.epochs)
    path = folder / "my.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    if task.imports:
        _stand_in(folder / "modules", task.imports)
    expired = contextlib.suppress(subprocess.TimeoutExpired)
    with launched(clone, path, folder / "train.log") as process, expired:
        process.wait(SECONDS)
    seen = judged(task, folder)
    if len(seen.values) < EVALUATIONS - 1:
        seen.wrong.append(f"{len(seen.values)} evaluations in {steps} steps")
    return seen


def judged(task: Task, folder: Path) -> Seen:
    """What the training in ``folder`` has left, with what is wrong about that."""
    seen = look(folder)
    if seen.indicator != task.indicator:
        seen.wrong.append(f"follows {seen.indicator}, not {task.indicator}")
    if task.texts and (seen.texts is None or seen.texts.texts != task.texts):
        seen.wrong.append("the texts of an evaluation were not read")
    return seen


def _stand_in(folder: Path, module: str) -> None:
    """A module of that name, with whatever is imported from it, for what this process starts."""
    if importlib.util.find_spec(module.split(".")[0]) is not None:
        return
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ANYTHING, "utf-8")
    known = [os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else []
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *known])


def _cut(config: dict[str, Any], folder: Path, epochs: int) -> int:
    """One short run on CPU; the steps that it takes, as far as that is known here."""
    lines = len(Path(config["Train"]["dataset"]["label_file_list"][0]).read_text().splitlines())
    batch = config["Train"]["loader"]["batch_size_per_card"]
    steps = epochs * (lines // batch)
    config["Global"].update(
        use_gpu=False, distributed=False, epoch_num=epochs, save_epoch_step=1000, debug=False,
        print_batch_step=5, eval_batch_step=[0, max(1, steps // EVALUATIONS)],
        save_model_dir=str(folder / "run"), save_inference_dir=None, cal_metric_during_train=False,
        pretrained_model=None, checkpoints=None, use_sync_bn=False,
    )  # fmt: skip
    config["Optimizer"]["lr"] = {"name": "Const", "learning_rate": 0.001}
    config["Guard"] = None
    return steps


def look(folder: Path) -> Seen:
    seen = Seen()
    journal = journal_path(str(folder / "run"))
    if not journal.is_file():
        seen.wrong.append("no journal")
        return seen
    for event in read_journal(journal):
        if isinstance(event, RunStart):
            seen.indicator = event.main_indicator
        elif isinstance(event, EvalEnd):
            seen.values.append(event.value)
            if event.value != event.metrics.get(event.main_indicator):
                seen.wrong.append(f"evaluation {event.evaluation}: {event.value} is not its metric")
        elif isinstance(event, EvalTexts):
            seen.texts = event
        elif isinstance(event, Alert):
            seen.alerts.append(f"{event.code} ({event.severity})")
            # A run that is too short to learn anything is rightly told that it did not.
            true = event.code == "hmean_not_learning" and not any(seen.values)
            if event.severity != "info" and not true:
                seen.wrong.append(f"{event.code}: {event.message}")
        elif isinstance(event, RunEnd):
            seen.end = event.reason
    if seen.end != "finished":
        seen.wrong.append(f"ended: {seen.end}")
    return seen


def table(rows: dict[str, Seen]) -> Iterator[str]:
    yield HEAD
    yield re.sub(r"[^|]+", " --- ", HEAD)
    for name, seen in rows.items():
        values = seen.values or [float("nan")]
        shown = " / ".join(f"{v:.2f}" for v in (values[0], max(values), values[-1]))
        yield (
            f"| {name} | {TASKS[name].stock} | {seen.indicator} | {shown} | "
            f"{', '.join(seen.alerts) or '-'} | {seen.end} | {'; '.join(seen.wrong) or '-'} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tasks", description=benchmarks.tasks.__doc__
    )
    parser.add_argument("--paddleocr", type=Path, required=True, help="a whole PaddleOCR")
    parser.add_argument(
        "--only",
        nargs="*",
        metavar="TASK",
        default=list(TASKS),
        help=f"train these ({', '.join(TASKS)}), and take the others as they are",
    )
    parser.add_argument("--dir", type=Path, default=Path("task_runs"), help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md", help="(%(default)s)")
    args = parser.parse_args()
    clone, rows, started = args.paddleocr.absolute(), {}, time.monotonic()
    for name, task in TASKS.items():
        began, folder = time.monotonic(), args.dir.absolute() / name
        rows[name] = train(task, clone, folder) if name in args.only else judged(task, folder)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    lines = list(table(rows))
    print("\n".join(lines))
    minutes = f"{(time.monotonic() - started) / 60:.0f} minutes"
    release = recognise(clone).release
    head = (
        "# Tasks beside detection and CTC\n\n"
        f"{datetime.date.today()}, `python -m benchmarks.tasks`, PaddleOCR {release}, "
        f"{machine('paddlepaddle')} on CPU, "
        f"{minutes if len(args.only) == len(TASKS) else 'trained in several calls'}.\n\n"
        "Each is the stock configuration with small synthetic data, a short run; what is "
        "too short to learn anything is rightly told so. *wrong*: another "
        "indicator, a word above info of a sound run, or no proper end.\n\n"
    )
    args.out.write_text(head + "\n".join(lines) + "\n", "utf-8")
    return 1 if any(seen.wrong for seen in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
