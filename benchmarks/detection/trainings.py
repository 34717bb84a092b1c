"""``python -m benchmarks.detection.trainings --dir runs``: curves of PaddleOCR's own code.

Public hmean collapses are rare: people delete such runs. So this trains small DB detectors (the
demo's kit and data) that do fall, and as many that fall and come back, or stay well, and writes
their figures as ``tests/data/corpus/trained.jsonl``. Half an hour on two cores. What a recipe
does is known, so is its label, but for the evaluation at which a collapse is over: from there on
no value reaches 60 % of the best again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from benchmarks.diagnosis.faults.fault import LabelChange, of_others
from benchmarks.launch import launched
from ppocr_guard.demo import configs, dataset, sources
from ppocr_guard.demo.configs import RunOptions
from ppocr_guard.demo.dataset import Dataset, Label, make_dataset
from ppocr_guard.demo.presets import BASE
from ppocr_guard.events import EvalEnd, StepEnd
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paths import journal_path

OUT = Path(__file__).parents[2] / "tests" / "data" / "corpus" / "trained.jsonl"
GUARD = "Guard:\n  hooks:\n    - Journal: {every: 1}\n"
SECONDS = 600  # more than any of them takes
LOST = 0.6  # share of the best that a collapse does not reach again
WORSE = 0.9  # share of the best under which a run that is no collapse ends worse than it was
# Going on from the base model: 25 steps an epoch, an evaluation every 5.
FINE_TUNE = RunOptions(
    epoch_num=8,
    learning_rate=0.001,
    warmup_epoch=2,
    eval_batch_step=(0, 5),
    print_batch_step=5,
    num_workers=1,
    guard=GUARD,
)


@dataclass(frozen=True)
class Recipe:
    """One training. ``options``: changes to FINE_TUNE; ``edits``: (old, new) in the config."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    edits: tuple[tuple[str, str], ...] = ()
    labels: Optional[LabelChange] = None  # of the training set
    release: tuple[str, Optional[str]] = ("2.10.0", None)
    scratch: bool = False
    few: bool = False  # evaluates on four images
    report: bool = False  # not to be looked at before the end


def _shift(labels: list[Label]) -> list[Label]:
    return dataset.shift(labels, 14, 9)


def _half_shifted(labels: list[Label]) -> list[Label]:
    return [b if i % 2 else a for i, (a, b) in enumerate(zip(labels, _shift(labels)))]


def _scale(labels: list[Label]) -> list[Label]:
    return dataset.scale(labels, 0.75)


def _shift_up(labels: list[Label]) -> list[Label]:
    return dataset.shift(labels, -9, -12)


def _enlarge(labels: list[Label]) -> list[Label]:
    return dataset.scale(labels, 1.3)


def _some_of_others(labels: list[Label]) -> list[Label]:
    return [b if i % 3 else a for i, (a, b) in enumerate(zip(labels, of_others()(labels)))]


def _no_first_text(labels: list[Label]) -> list[Label]:
    return [label._replace(texts=label.texts[1:] or label.texts) for label in labels]


def _first_text(labels: list[Label]) -> list[Label]:
    """One text of each image is labelled; the others are background."""
    return [label._replace(texts=label.texts[:1]) for label in labels]


def _rate(rate: float, warmup: float = 2, schedule: str = "Cosine", **more: Any) -> dict[str, Any]:
    return {"learning_rate": rate, "warmup_epoch": warmup, "schedule": schedule, **more}


_DECAY = (("factor: 5.0e-05", "factor: 10.0"),)
RECIPES: tuple[Recipe, ...] = (
    Recipe("healthy"),
    Recipe("healthy, few", few=True),
    Recipe("rate 0.1 cosine", _rate(0.1)),
    Recipe("rate 0.1 const", _rate(0.1, 1, "Const")),
    Recipe("rate 0.05 const", _rate(0.05, 4, "Const")),
    Recipe("rate 1 cosine", _rate(1.0)),
    Recipe("rate 0.03 cosine", _rate(0.03, 0)),
    Recipe("rate 0.05 cosine", _rate(0.05, 1)),
    Recipe("rate 0.02 cosine, few", _rate(0.02, 1), few=True),
    Recipe("rate 0.05 short warm-up", _rate(0.05, 0)),
    Recipe("shifted", labels=_shift),
    Recipe("half shifted", labels=_half_shifted),
    Recipe("scaled", labels=_scale),
    Recipe("of others", labels=of_others()),
    Recipe("first text only", labels=_first_text),
    Recipe("seed as epoch", {"total_epoch": 500}, release=("2.9.0", "2.8.1")),
    Recipe("seed as epoch, 1000", {"total_epoch": 1000}, release=("2.9.0", "2.8.1")),
    Recipe("shrink 0.7", {"shrink_ratio": 0.7}),
    Recipe("shrink 0.9, few", {"shrink_ratio": 0.9}, few=True),
    Recipe("weight decay 10", edits=_DECAY),
    Recipe("scratch", _rate(0.005, 1, epoch_num=10), scratch=True),
    Recipe("scratch, long warm-up", _rate(0.005, 8, epoch_num=12), scratch=True),
    Recipe("scratch, rate 0.05", _rate(0.05, 1, epoch_num=10), scratch=True),
    # Other strengths and other faults, to be looked at once.
    *(
        replace(recipe, name=f"report: {recipe.name}", report=True)
        for recipe in (
            Recipe("healthy", _rate(0.002)),
            Recipe("rate 0.2 const", _rate(0.2, 1, "Const")),
            Recipe("rate 0.3 cosine", _rate(0.3)),
            Recipe("rate 0.04 cosine", _rate(0.04, 1)),
            Recipe("rate 0.01 no warm-up", _rate(0.01, 0)),
            Recipe("shifted up", labels=_shift_up),
            Recipe("enlarged", labels=_enlarge),
            Recipe("enlarged, few", labels=_enlarge, few=True),
            Recipe("some of others", labels=_some_of_others),
            Recipe("without the first text", labels=_no_first_text),
            Recipe("seed as epoch, 450", {"total_epoch": 450}, release=("2.9.0", "2.8.1")),
            Recipe("shrink 0.8", {"shrink_ratio": 0.8}),
            Recipe("shrink 0.65, rate 0.005", {"shrink_ratio": 0.65, "learning_rate": 0.005}),
            Recipe("scratch, rate 0.02", _rate(0.02, 1, epoch_num=10), scratch=True),
            Recipe("scratch, shifted", _rate(0.005, 1), labels=_shift, scratch=True),
        )
    ),
)


def read(recipe: Recipe, journal: Path) -> dict[str, Any]:
    """The figures of a run: one entry an evaluation, the mean loss of the steps before it."""
    record: dict[str, Any] = {"value": [], "precision": [], "recall": [], "loss": []}
    losses: list[float] = []
    for event in read_journal(journal):
        if isinstance(event, StepEnd):
            losses.append(event.losses.get("loss", math.nan))
        elif isinstance(event, EvalEnd):
            record["value"].append(round(event.value, 5))
            for name in ("precision", "recall"):
                record[name].append(round(event.metrics[name], 5))
            record["loss"].append(_mean(losses))
            losses.clear()
    at = lost_at(record["value"])
    label = "collapse" if at else _label(record["value"])
    head = {"id": f"trained: {recipe.name}", "label": label, "unsure": False, "collapse_at": at}
    return {**head, "task": "det", "metric": "hmean", "codebase": "PaddleOCR",
            "source": f"trained:{recipe.name}", **record}  # fmt: skip


def _mean(losses: Sequence[float]) -> Any:
    if not losses:
        return None
    mean = sum(losses) / len(losses)
    return round(mean, 5) if math.isfinite(mean) else "nan"


def lost_at(values: Sequence[float], least: int = 4) -> Optional[int]:
    """First evaluation (from 1) from which on none reaches LOST of the best before it; None when
    fewer than ``least`` follow, or there was nothing to lose."""
    for i in range(1, len(values) - least + 1):
        best = max(values[:i])
        if best >= 0.3 and max(values[i:]) < LOST * best:
            return i + 1
    return None


def _label(values: Sequence[float]) -> str:
    best, unstable = 0.0, False
    for value in values:
        unstable = unstable or (best >= 0.2 and value < 0.5 * best)
        best = max(best, value)
    if best < 0.15:
        return "never_learns"
    if max(values[-5:]) < WORSE * best:
        return "declined"
    return "unstable" if unstable else "healthy"


def _train(tree: Path, config: Path, log: Path) -> None:
    with launched(tree, config, log) as process, contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS)


def run(recipe: Recipe, data: Dataset, folder: Path, base: Path) -> None:
    """Train into ``folder``; the journal is left there."""
    folder.mkdir(parents=True)
    if recipe.labels is not None:
        labels = folder / "train.txt"
        dataset.write_labels(labels, recipe.labels(dataset.read_labels(data.train_labels)))
        data = data._replace(train_labels=labels)
    if recipe.few:
        labels = folder / "val.txt"
        dataset.write_labels(labels, dataset.read_labels(data.val_labels)[:4])
        data = data._replace(val_labels=labels)
    weights = None if recipe.scratch else base
    options = replace(FINE_TUNE, pretrained_model=weights, **recipe.options)
    config = configs.write(folder / "my.yml", data, folder, options)
    text = config.read_text(encoding="utf-8")
    for old, new in recipe.edits:
        if old not in text:
            raise ValueError(f"{recipe.name}: the config holds no {old!r}")
        text = text.replace(old, new)
    config.write_text(text, encoding="utf-8")
    _train(sources.compose(*recipe.release), config, folder / "console.log")


def _folder(recipe: Recipe) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in recipe.name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path("curve_runs"), help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="of the data")
    parser.add_argument("--part", choices=("seen", "report"), help="only these recipes")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    folder: Path = args.dir.absolute()
    data = make_dataset(folder / "data", val_images=30, seed=args.seed)
    base = folder / "base" / "latest"
    if not base.with_suffix(".pdparams").is_file():
        options = replace(BASE, guard=GUARD, num_workers=1)
        config = configs.write(folder / "base.yml", data, base.parent, options)
        _train(sources.compose("2.10.0"), config, folder / "base.log")
        if not base.with_suffix(".pdparams").is_file():
            raise SystemExit(f"the base model failed; see {folder / 'base.log'}")
    recipes = list(RECIPES)
    random.Random(args.seed).shuffle(recipes)  # one that is interrupted has some of each kind
    for recipe in recipes:
        if args.part is not None and recipe.report != (args.part == "report"):
            continue
        target = folder / _folder(recipe)
        if not target.exists():
            run(recipe, data, target, base)
    with args.out.open("w", encoding="utf-8") as out:
        for recipe in RECIPES:
            target = folder / _folder(recipe)
            journal = journal_path(str(target))
            if journal.is_file():
                out.write(json.dumps(read(recipe, journal)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
