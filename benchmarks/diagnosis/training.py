"""Trains with a fault under ``ppocr-guard run`` and reads what the guard said in the journal."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

import yaml

from benchmarks.diagnosis.faults.fault import Fault, change_images
from benchmarks.diagnosis.outcome import Outcome, outcome
from benchmarks.launch import launched
from ppocr_guard.demo import configs, sources
from ppocr_guard.demo.dataset import Dataset, make_dataset
from ppocr_guard.demo.presets import BASE, FINE_TUNE
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paths import journal_path

# Nothing stops a run but the guard's own judgement of hmean, so that causes have time to show.
GUARD = """
Guard:
  hooks:
    - ShrinkRatio: {repair: false}
    - HmeanTrend:
    - LossHealth:
    - Diagnosis:
    - AutoStop: {on: [hmean_collapse, hmean_not_learning, loss_not_finite, data_pipeline_failing]}
    - Journal:
"""
# An epoch of 25 steps, an evaluation every 3.
SHORT: dict[str, Any] = {
    "epoch_num": 1, "warmup_epoch": 0.2, "num_workers": 1, "eval_batch_step": (0, 3),
}  # fmt: skip
SECONDS = 900  # of one run, on a busy machine
PRELUDE = "prelude.py"


class Bench:
    """The folder with the data, the base model and one folder a run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder.absolute()
        self.seed = seed
        self.base = self.folder / "base" / "latest"

    def prepare(self) -> Dataset:
        """Data, and the base model unless it is there."""
        folder = self.folder / "data"
        data = Dataset(folder, folder / "train.txt", folder / "val.txt")
        if not data.val_labels.is_file():  # another process may be training on it
            data = make_dataset(folder, val_images=30, seed=self.seed)
        if not self.base.with_suffix(".pdparams").is_file():
            options = replace(BASE, guard="", num_workers=1)
            config = configs.write(self.folder / "base.yml", data, self.base.parent, options)
            self.train_base(config)
        return data

    def run(self, fault: Fault, data: Dataset) -> float:
        """Train with ``fault``; seconds it took."""
        folder = self.new_folder(fault)
        changes: dict[str, Any] = {**SHORT, "pretrained_model": self.weights(fault)}
        if fault.scratch:
            changes["eval_batch_step"] = (0, 2)  # what is learned from nothing takes its time
        changes.update(fault.options)
        options = replace(FINE_TUNE, guard=GUARD, **changes)
        changed = fault.data(data, folder)
        return self.train(fault, configs.render(changed, folder, options), changed)

    def outcome(self, fault: Fault) -> Optional[Outcome]:
        """None when the run left no journal."""
        journal = journal_path(str(self.folder / fault.name))
        return outcome(list(read_journal(journal))) if journal.is_file() else None

    def train_base(self, config: Path) -> None:
        """Raises SystemExit when there is no base model afterwards."""
        self._train("base", sources.compose("2.10.0"), config)
        if not self.base.with_suffix(".pdparams").is_file():
            raise SystemExit(f"the base model failed; see {self.folder / 'base.log'}")

    def new_folder(self, fault: Fault) -> Path:
        """Of a run with ``fault``, empty."""
        folder = self.folder / fault.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def train(self, fault: Fault, config: str, data: Optional[Dataset] = None) -> float:
        """Train with what ``fault`` makes of ``config`` (YAML), in its folder; seconds it took.

        ``data``: what changes in mid-run, where the fault has that.
        """
        folder = self.folder / fault.name
        path = folder / "my.yml"
        changed = fault.configure(yaml.safe_load(config))
        path.write_text(yaml.safe_dump(changed, sort_keys=False), "utf-8")
        if fault.prelude:
            (folder / PRELUDE).write_text(fault.prelude, "utf-8")
        return self._train(fault.name, sources.compose(*fault.sources), path, fault, data)

    def weights(self, fault: Fault) -> Optional[Path]:
        """The base model with what ``fault`` does to it; None: it trains from scratch."""
        if fault.scratch:
            return None
        if fault.weights is None:
            return self.base
        import paddle

        state = paddle.load(str(self.base.with_suffix(".pdparams")), return_numpy=True)
        fault.weights(state)
        broken = self.folder / fault.name / "broken"
        paddle.save(
            {name: paddle.to_tensor(value) for name, value in state.items()},
            str(broken.with_suffix(".pdparams")),
        )
        return broken

    def _train(
        self,
        name: str,
        tree: Path,
        config: Path,
        fault: Optional[Fault] = None,
        data: Optional[Dataset] = None,
    ) -> float:
        prelude = config.parent / PRELUDE
        script = None
        if prelude.is_file():
            script = _with_prelude(prelude, tree.absolute() / "tools" / "train.py")
        started = time.monotonic()
        log = self.folder / f"{name}.log"
        with launched(tree, config, log, script) as process:
            if fault is not None and fault.during is not None and data is not None:
                self._interfere(fault, data, process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS)
        return time.monotonic() - started

    def _interfere(self, fault: Fault, data: Dataset, process: subprocess.Popen[bytes]) -> None:
        """Do what the fault does in mid-run, once its evaluation is in the journal."""
        assert fault.during is not None
        number, split, change = fault.during
        journal = journal_path(str(self.folder / fault.name))
        while process.poll() is None:
            if journal.is_file() and _evaluations(journal) >= number:
                change_images(data.folder / split, change)
                return
            time.sleep(0.1)


def _evaluations(journal: Path) -> int:
    count = 0
    for line in journal.read_text("utf-8").splitlines():
        with contextlib.suppress(ValueError):
            count += json.loads(line).get("event") == "eval"
    return count


def _with_prelude(prelude: Path, script: Path) -> Path:
    """A script that runs ``prelude`` and then ``script`` as the main program."""
    together = prelude.with_name("train.py")
    together.write_text(
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(script.parent.parent)!r})\n"
        f"exec(open({str(prelude)!r}).read())\n"
        f"sys.argv[0] = {str(script)!r}\n"
        f"runpy.run_path({str(script)!r}, run_name='__main__')\n",
        "utf-8",
    )
    return together
