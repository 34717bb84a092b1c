"""``ppocr-guard demo --recognition``: labels that PaddleOCR loses in silence, told beforehand."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ppocr_guard.demo.follow import DemoError, Run, follow
from ppocr_guard.demo.lines import Writing
from ppocr_guard.demo.presets import REC_BASE, REC_TRAIN, REC_VAL

RELEASE = "2.10.0"
SHOWN = 400  # characters of a line of `fix`
LEFT = ("labels_too_long", "ctc_impossible")
NEEDED = ("paddle", "cv2", "skimage", "albumentations", "rapidfuzz")
# A fifth of the texts holds a sign that the dictionary lacks, a tenth is too long for CTC, and a
# tenth longer than max_text_length.
WRITING = Writing(
    marks="€²é",
    marked=0.2,
    long=0.1,
    long_lengths=(14, 16),
    longest=0.1,
    longest_lengths=(18, 20),
)
GUARD = """
Guard:
  hooks:
    - HmeanTrend:
    - LossHealth:
    - Diagnosis:
    - VisualDL:
    - Journal:
"""
BASE = replace(REC_BASE, epoch_num=12, eval_batch_step=(0, 62), guard=GUARD)
BROKEN = replace(BASE, width=104, max_text_length=16)  # 13 time steps
# What `fix` leaves to a person, in the text of the configuration; 26 time steps then.
BY_HAND = (("max_text_length: 16", "max_text_length: 25"), ("[3, 32, 104]", "[3, 32, 208]"))


@dataclass(frozen=True)
class Result:
    """One training: what could be reached, and what was."""

    run: Run
    ceiling: dict[str, Any]  # of `check --ceiling`

    @property
    def acc(self) -> float:
        return self.run.values[-1] if self.run.values else 0.0

    @property
    def written(self) -> Optional[float]:
        """Texts that were read as they were written."""
        texts = self.run.texts
        return texts.figures.get("acc_written") if texts is not None else None


def play(console: Console, folder: Path) -> bool:
    """Whether the guard said it before the first step, and the repair helped.

    Raises:
        SourceError, CeilingError, DemoError: a step failed.
    """
    from ppocr_guard.demo import lines, recognition, sources

    started = time.monotonic()
    console.rule("ppocr_guard demo: a text recogniser, trained with PaddleOCR on this CPU")
    console.print("1. PaddleOCR's released code (from PyPI, kept in the cache) ...")
    tree = sources.compose(RELEASE)
    console.print(f"   {tree}", markup=False)
    console.print("2. Synthetic text lines, labelled as PaddleOCR wants them ...")
    try:
        data = lines.make_lines(folder / "data", REC_TRAIN, REC_VAL, WRITING)
    except ValueError as error:  # no font has the signs
        raise DemoError(str(error)) from None
    short = lines.write_dictionary(folder / "dict_without_signs.txt", WRITING.alphabet)
    console.print(f"   {data.folder}", markup=False)
    title = f"3. {WRITING.marks} are not in the dictionary; images are too narrow for long texts"
    console.print(f"{title} ...", markup=False)
    options = replace(BROKEN, dictionary=short)
    config = recognition.write(folder / "broken.yml", data, folder / "broken", options)
    broken = _train(console, tree, config)
    console.print("4. `ppocr-guard fix` on a copy of it, and by hand what it leaves ...")
    config = recognition.write(folder / "fixed.yml", data, folder / "fixed", options)
    fix(console, config)
    fixed = _train(console, tree, config)
    return _summary(console, broken, fixed, time.monotonic() - started)


def fix(console: Console, config: Path) -> None:
    """The real command, and then what a person is left to do.

    Raises:
        DemoError: it did not write the dictionary with the missing characters.
    """
    before = config.read_text("utf-8")
    command = ["fix", config.name, "--release", RELEASE]
    console.print(f"   $ ppocr-guard {' '.join(command)}", markup=False)
    done = subprocess.run(
        [sys.executable, "-m", "ppocr_guard", *command],
        cwd=config.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    _show(console, (done.stdout + done.stderr).splitlines())
    text = config.read_text("utf-8")
    if text == before or "_guard.txt" not in text:
        raise DemoError(f"`ppocr-guard fix {config}` wrote no dictionary (exit {done.returncode})")
    for old, new in BY_HAND:
        console.print(f"   by hand: {old} -> {new}", markup=False)
        text = text.replace(old, new)
    config.write_text(text, "utf-8")


def _show(console: Console, lines: list[str]) -> None:
    """What was done, and of what is left the kinds that are done by hand next."""
    shown, kinds = [], set()
    for line in lines:
        kind = next((code for code in LEFT if line.endswith(f"[{code}]")), "")
        if kind not in kinds if kind else not line.startswith("left for you"):
            shown.append(line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…")
            kinds.add(kind)
    if len(lines) > len(shown):
        shown.append(f"... and {len(lines) - len(shown)} more")
    for line in shown:
        console.print(Padding(Text(line, style="cyan"), (0, 0, 0, 5)))


def _train(console: Console, tree: Path, config: Path) -> Result:
    ceiling = _ceiling(console, config)
    return Result(follow(tree, config, config.with_suffix(""), console), ceiling)


def _ceiling(console: Console, config: Path) -> dict[str, Any]:
    """What ``ppocr-guard check --ceiling`` says, before the first step."""
    from ppocr_guard.audit.context import Context
    from ppocr_guard.audit.rec_ceiling import measure_recognition, recognition_lines
    from ppocr_guard.paddleocr.releases import behaviour_of
    from ppocr_guard.yaml_source import read_yaml

    value = measure_recognition(Context(read_yaml(str(config)), behaviour_of(RELEASE)))
    console.print(Padding("ppocr-guard check --ceiling says before the training:", (0, 0, 0, 3)))
    for line in recognition_lines(value):
        console.print(Padding(Text(line, style="cyan"), (0, 0, 0, 5)))
    return value


def _summary(console: Console, broken: Result, fixed: Result, seconds: float) -> bool:
    console.print()
    for name, one in (("before", broken), ("after the fix", fixed)):
        written = "?" if one.written is None else f"{one.written:.3f}"
        console.print(
            f"{name:14} PaddleOCR's acc {one.acc:.3f}, of the texts as written {written} "
            f"(at most {one.ceiling['acc']:.3f})",
            style="bold",
        )
    console.print(f"All of it took {seconds / 60:.1f} minutes. Look closer:")
    for one in (broken, fixed):
        journal = one.run.folder / "ppocr_guard" / "journal.jsonl"
        console.print(f"  journal   {journal}", markup=False, soft_wrap=True)
    console.print(
        f"  ppocr-guard check {broken.run.folder.with_suffix('.yml')} --ceiling",
        markup=False,
        soft_wrap=True,
    )
    told = broken.run.first_alert
    return (
        told is not None
        and told.global_step == 0
        and (fixed.written or 0.0) > (broken.written or 0.0)
    )
