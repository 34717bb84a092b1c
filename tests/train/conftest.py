"""Real PaddleOCR trainings on a CPU, through the kit: one call a run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import played
import pytest

from ppocr_guard.demo import configs, dataset, sources, train

HERE = Path(__file__).parent
TINY = configs.RunOptions(
    epoch_num=2,
    eval_batch_step=(0, 4),
    batch_size=8,
    num_workers=2,
    print_batch_step=1,
    log_smooth_window=1,
    backbone_scale=0.5,
    neck_channels=16,
    warmup_epoch=0,
)


@dataclass
class Outcome:
    """What became of a training."""

    code: int
    output: str
    folder: Path  # save_model_dir

    def lines(self, *words: str) -> list[str]:
        """Lines of the output that hold all words."""
        return [line for line in self.output.splitlines() if all(word in line for word in words)]


class Kit:
    """Runs PaddleOCR's tools/train.py in a composed tree."""

    def __init__(self, folder: Path, data: dataset.Dataset) -> None:
        self.folder = folder
        self.data = data

    def tree(self, tools: str = "2.10.0", data: Optional[str] = None) -> Path:
        return sources.compose(tools, data)

    def run(
        self,
        name: str,
        *,
        tree: Optional[Path] = None,
        guard: Optional[str] = "Guard: {hooks: [ShrinkRatio, HmeanTrend, LossHealth, Journal]}\n",
        command: Optional[list[str]] = None,
        prefix: tuple[str, ...] = (sys.executable, "-m", "ppocr_guard", "run", "--"),
        data: Optional[dataset.Dataset] = None,
        env: Optional[dict[str, str]] = None,
        timeout: float = 300,
        options: configs.RunOptions = TINY,
        **changes: Any,
    ) -> Outcome:
        """Train; ``guard`` None: without a ``Guard:`` section; ``prefix`` (): not under `run`."""
        tree = tree or self.tree()
        folder = self.folder / name
        options = replace(options, guard=guard or "", **changes)
        config = configs.write(self.folder / f"{name}.yml", data or self.data, folder, options)
        words = command or train.command(tree, config)
        environment = {**train.environment(), "PYTHONPATH": str(HERE.parents[1]), **(env or {})}
        environment["OMP_NUM_THREADS"] = "1"
        done = subprocess.run(
            [*prefix, *(word.replace("{config}", str(config)) for word in words)],
            cwd=tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode("utf-8", "replace"), folder)


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    pytest.importorskip("paddle", reason="needs `pip install ppocr-guard[demo,test]`")
    folder = tmp_path_factory.mktemp("kit")
    data = dataset.make_dataset(folder / "data", train_images=32, val_images=6, size=160, seed=1)
    return Kit(folder, data)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> played.Played:
    pytest.importorskip("paddle", reason="needs `pip install ppocr-guard[demo,test]`")
    return played.play(tmp_path_factory)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in Path(str(item.fspath)).parents:
            item.add_marker(pytest.mark.train)
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
