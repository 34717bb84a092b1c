"""The facts of one ``tools.program.train`` call that the guard needs, read off its arguments."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ppocr_guard.events import RunStart


@dataclass
class Loop:
    """Arguments of ``program.train`` by name, whatever their order in this release."""

    arguments: Mapping[str, Any]
    rank: int
    world_size: int

    @property
    def config(self) -> Mapping[str, Any]:
        return self.arguments["config"]  # type: ignore[no-any-return]

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.config["Global"]  # type: ignore[no-any-return]

    @property
    def save_model_dir(self) -> str:
        return str(self.settings["save_model_dir"])

    @property
    def main_indicator(self) -> str:
        return str(getattr(self.arguments["eval_class"], "main_indicator", "hmean"))

    @property
    def carried_over(self) -> Mapping[str, Any]:
        """``pre_best_model_dict``: what a resume brings along; empty otherwise."""
        return self.arguments.get("pre_best_model_dict") or {}

    @property
    def checkpoints(self) -> Optional[str]:
        """Prefix of the checkpoint that is resumed from, without ``.pdparams``."""
        value = self.settings.get("checkpoints")
        return str(value).removesuffix(".pdparams") if value else None

    @property
    def first_epoch(self) -> int:
        return int(self.carried_over.get("start_epoch", 1))

    @property
    def first_global_step(self) -> int:
        return int(self.carried_over.get("global_step", 0))

    def evaluation_schedule(self) -> tuple[float, Optional[int]]:
        """(start, every): an evaluation follows each step with ``(step - start) % every == 0``
        and ``step > start``, as in ``tools/program.py`` ``train``. (inf, None): never."""
        every: Any = self.settings.get("eval_batch_step")
        by_epoch = self.settings.get("eval_batch_epoch")
        start: float = 0
        if isinstance(every, (list, tuple)) and len(every) >= 2:
            start = 0 if by_epoch else every[0]
            steps = self.arguments.get("step_pre_epoch") or len(self.arguments["train_dataloader"])
            every = steps * by_epoch if by_epoch else every[1]
            valid = self.arguments.get("valid_dataloader")
            if valid is None or len(valid) == 0:
                return float("inf"), None
        return start, int(every) if every else None

    def run_start(self, release: str, run_name: Optional[str]) -> RunStart:
        """The event for the start of this run."""
        start, every = self.evaluation_schedule()
        best = self.carried_over.get(self.main_indicator)
        architecture = self.config.get("Architecture", {})
        backbone = (architecture.get("Backbone") or {}).get("name")
        return RunStart(
            time=time.time(),
            run=run_name or os.path.basename(os.path.normpath(self.save_model_dir)) or "run",
            model="/".join(str(p) for p in (architecture.get("algorithm"), backbone) if p),
            release=release,
            config=plain(self.config),
            save_model_dir=self.save_model_dir,
            epoch_num=int(self.settings["epoch_num"]),
            start_epoch=self.first_epoch,
            global_step=self.first_global_step,
            steps_per_epoch=len(self.arguments["train_dataloader"]),
            eval_start_step=start,
            eval_every_steps=every,
            main_indicator=self.main_indicator,
            best=float(best) if isinstance(best, (int, float)) else None,
            resumed=self.checkpoints is not None,
            rank=self.rank,
            world_size=self.world_size,
        )


def plain(value: Any) -> Any:
    """A copy of a configuration that holds plain data only."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return str(value)


def number(value: Any) -> Optional[float]:
    """A metric as float; DetFCEMetric's are strings, which are no numbers for us."""
    if isinstance(value, (bool, str)):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
