"""``ppocr-guard demo``: PaddleOCR's shrink-ratio bug in a real training, caught by the guard."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ppocr_guard.demo import reading
from ppocr_guard.demo.follow import DemoError, Run, follow
from ppocr_guard.demo.presets import BASE, FINE_TUNE, TOTAL_EPOCH
from ppocr_guard.wording import say

# What 2.7.1 to 2.8.1 ship: train.py passes the seed on, SimpleDataSet takes it for the epoch.
BUG = ("2.9.0", "2.8.1")  # tools of one release over ppocr.data of the other
GUARD = """
Guard:
  hooks:
    - ShrinkRatio: {repair: false}
    - HmeanTrend:
    - LossHealth:
    - AutoStop:
    - VisualDL:
    - Prometheus: {port: 0}
    - Journal:
"""
NEEDED = ("paddle", "cv2", "shapely", "pyclipper", "skimage", "albumentations", "plotext")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = say(
        "Fine-tunes a small text detector with real PaddleOCR code, first with the shrink-ratio "
        "bug of 2.7.1 to 2.8.1 (issue 13669), which the guard catches and stops, then with the "
        "fix. Exit code 0 when it was caught and the fixed run held."
    )
    parser.add_argument(
        "--recognition",
        action="store_true",
        help=say("a text recogniser instead: labels that PaddleOCR loses without a word"),
    )
    parser.add_argument(
        "--dir",
        type=Path,
        default=Path("ppocr_guard_demo"),
        help=say("where data and runs go (default: %(default)s; what is there is replaced)"),
    )


def run(args: argparse.Namespace) -> int:
    console = Console(highlight=False)
    needed = reading.NEEDED if args.recognition else NEEDED
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        console.print(
            f"ppocr-guard demo needs {', '.join(missing)}: pip install 'ppocr-guard[demo]'",
            style="red",
            markup=False,
        )
        return 2
    folder: Path = args.dir
    if not _own(folder):
        console.print(f"{folder} holds other files; name another folder with --dir", style="red")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # its training ends on the way out
    if args.recognition:
        return _recognition(console, folder)
    started = time.monotonic()
    try:
        bug, fixed = _play(console, folder)
    except DemoError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    _chart(console, bug, fixed)
    _summary(console, folder, bug, fixed, time.monotonic() - started)
    caught = bug.stop is not None and fixed.stop is None and fixed.code == 0
    return 0 if caught else 1


def _recognition(console: Console, folder: Path) -> int:
    from ppocr_guard.audit.ceiling import CeilingError
    from ppocr_guard.demo.sources import SourceError

    try:
        return 0 if reading.play(console, folder) else 1
    except (SourceError, CeilingError, DemoError) as error:
        console.print(str(error), style="red", markup=False)
        return 1


MARK = ".ppocr_guard_demo"  # in a folder that the demo made, and may empty


def _own(folder: Path) -> bool:
    """Empty a folder of an earlier demo; False when it holds something else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            return False
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return True


def _play(console: Console, folder: Path) -> tuple[Run, Run]:
    from dataclasses import replace

    from ppocr_guard.demo import configs, dataset, sources

    console.rule("ppocr_guard demo: a text detector, fine-tuned with PaddleOCR on this CPU")
    console.print("1. PaddleOCR's released code (from PyPI, kept in the cache) ...")
    try:
        tree = sources.compose(*BUG)
    except sources.SourceError as error:
        raise DemoError(str(error)) from None
    console.print(f"   {tree}")
    console.print("2. Synthetic text images, labelled as PaddleOCR wants them ...")
    data = dataset.make_dataset(folder / "data")
    console.print(f"   {data.folder}")
    runs: dict[str, Run] = {}
    steps = (
        ("base", "3. A base model to fine-tune, shrink ratio 0.4 as written", BASE, None),
        (
            "bug",
            f"4. Fine-tune it with the stock config: total_epoch: {TOTAL_EPOCH}",
            FINE_TUNE,
            TOTAL_EPOCH,
        ),
        (
            "fixed",
            "5. The same with the fix (`ppocr-guard fix`): total_epoch deleted",
            FINE_TUNE,
            None,
        ),
    )
    for name, title, options, total_epoch in steps:
        console.print(f"{title} ...", markup=False)
        base = None if name == "base" else runs["base"].folder / "latest"
        options = replace(options, total_epoch=total_epoch, pretrained_model=base, guard=GUARD)
        config = configs.write(folder / f"{name}.yml", data, folder / name, options)
        runs[name] = follow(tree, config, folder / name, console, steps=name != "base")
    return runs["bug"], runs["fixed"]


def _chart(console: Console, bug: Run, fixed: Run) -> None:
    import plotext

    most = max(len(bug.values), len(fixed.values))
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(78, 16)
    plotext.title("hmean by evaluation")
    for run, label, marker in ((fixed, "with the fix", "dot"), (bug, "with the bug", "x")):
        plotext.plot(range(1, len(run.values) + 1), run.values, label=label, marker=marker)
    plotext.ylim(0, 1)
    plotext.xticks(range(1, most + 1, max(1, most // 10)))
    console.print(Text.from_ansi(plotext.build()))


def _summary(console: Console, folder: Path, bug: Run, fixed: Run, seconds: float) -> None:
    console.print()
    if bug.stop is not None:
        console.print(
            f"Caught: stopped at evaluation {len(bug.values)} ({bug.stop.code}).", style="bold"
        )
        console.print(Padding(Text(bug.stop.reason), (0, 0, 0, 2)))
    else:
        console.print("Not caught: the run with the bug was not stopped.", style="bold red")
    console.print(
        f"With the fix hmean held: {fixed.values[-1]:.2f} after {len(fixed.values)} evaluations."
        if fixed.stop is None and fixed.values
        else "The run with the fix did not hold."
    )
    console.print(f"All of it took {seconds / 60:.1f} minutes. Look closer:")
    for run in (bug, fixed):
        guard = run.folder / "ppocr_guard"
        console.print(f"  journal   {guard / 'journal.jsonl'}", markup=False, soft_wrap=True)
        console.print(f"  VisualDL  {guard / 'vdl'}", markup=False, soft_wrap=True)
    vdl = bug.folder / "ppocr_guard" / "vdl"
    for words in (
        f"{_program('visualdl')} --logdir {vdl} --disable-telemetry",
        f"{_program('ppocr-guard')} report {bug.folder} {fixed.folder}",
        f"{_program('ppocr-guard')} check {folder / 'bug.yml'} --release 2.8.1",
    ):
        console.print(f"  {words}", markup=False, soft_wrap=True)


def _program(name: str) -> str:
    """How to call a command of this environment from this folder, on the PATH or not."""
    if shutil.which(name):
        return name
    path = Path(sys.executable).parent / name
    return os.path.relpath(path) if path.exists() else name
