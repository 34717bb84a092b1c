"""Checkpoints of a guarded run: PaddleOCR's, and what the guard keeps beside them.

PaddleOCR writes ``latest`` after each epoch and ``best_accuracy`` after a good evaluation. Beside
each the guard writes what it must know to go on from there (:mod:`state`), and of the best it
keeps a copy (:mod:`best`). A stop saves ``latest`` once more.
"""

from __future__ import annotations

import copy
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

from ppocr_guard.changes import differences, trained_on
from ppocr_guard.events import CheckpointSaved, RunStart
from ppocr_guard.guard import Guard
from ppocr_guard.paddleocr import state
from ppocr_guard.paddleocr.best import NAME, WAIT_SECONDS, BestKeeper
from ppocr_guard.paddleocr.loop import Loop, number
from ppocr_guard.paths import told_path
from ppocr_guard.wording import say

STOPPED_NAN = "stopped_nan"  # prefix of weights that must not replace `latest`
_log = logging.getLogger("ppocr_guard")


@dataclass(frozen=True)
class Latest:
    """PaddleOCR's ``latest`` as it was saved last, and what the guard knew then."""

    global_step: int
    path: str
    progress: state.Progress
    guard_state: Mapping[str, Any]


class Checkpoints:
    """Of one run, on one rank. PaddleOCR saves on rank 0 only, and so does the guard."""

    def __init__(self, loop: Loop, guard: Guard, *, keep_best: bool = True) -> None:
        """``keep_best``: copy the best one to where PaddleOCR does not overwrite it."""
        self.progress = state.Progress(best=number(loop.carried_over.get(loop.main_indicator)))
        self.latest: Optional[Latest] = None
        self._loop = loop
        self._guard = guard
        # PaddleOCR's own notes of its best, which every checkpoint of it holds.
        self._best_model_dict: Mapping[str, Any] = {loop.main_indicator: 0, **loop.carried_over}
        self._best_accuracy: Optional[tuple[str, float]] = None  # PaddleOCR's: path, its metric
        self._copies = BestKeeper(loop.save_model_dir, loop.main_indicator, enabled=keep_best)
        self._writer = state.StateWriter()
        self._trained_on: Mapping[str, Any] = {}

    def resume(self, start: RunStart, release: str) -> RunStart:
        """Take back what was saved with the checkpoint that is resumed from, if any, and keep
        what the new run could overwrite. Returns ``start`` with what is known of before."""
        self._trained_on = trained_on(start.config, release)
        announced = told_path(self._loop.save_model_dir)
        if self._loop.checkpoints:
            saved = state.load(self._loop.checkpoints)
            if saved is not None:
                self.progress = saved.progress_so_far
                self._guard.load_state_dict(saved.guard)
                self._guard.announced = state.load_told(announced)
                changed = differences(saved.trained_on, self._trained_on)
                start = replace(
                    start,
                    stopped_for=saved.stopped_for,
                    changed=changed if saved.trained_on else (),
                )
        if self.progress.best is not None:  # PaddleOCR may have forgotten its own (acc, 2.9.0)
            start = replace(start, best=self.progress.best)
        if self._loop.rank == 0:
            self._guard.on_change = lambda: self._writer.save_told(announced, self._guard.announced)
            self._keep_earlier_best()
        return start

    def _keep_earlier_best(self) -> None:
        """Before the first evaluation can overwrite it. A new run forgets what another kept."""
        if not self._loop.checkpoints:
            self._copies.forget()
            return
        folder = self._loop.save_model_dir
        for place in (folder, os.path.join(folder, NAME)):
            path = os.path.join(place, NAME)
            if os.path.exists(path + ".pdparams"):
                saved = state.load(path)
                if saved is not None and saved.progress.best is not None:
                    best = saved.progress_so_far
                    self._best_accuracy = path, best.best or 0.0
                    self._copies.keep(path, best.best or 0.0, best.best_epoch)

    def evaluated(self, value: float, epoch: int) -> state.Progress:
        """The main indicator of one more evaluation; all evaluations so far."""
        self.progress = self.progress.evaluated(value, epoch)
        return self.progress

    def saving(self, values: Mapping[str, Any]) -> None:
        """``program.save_model`` is about to write; ``values`` are its arguments. A best that is
        being copied must not be overwritten by a worse one; a better one may (the copy is made
        again)."""
        if values.get("is_best") and self._value_of(values) < (self.progress.best or 0.0):
            self._copies.wait(WAIT_SECONDS)

    def saved(self, values: Mapping[str, Any], epoch: int, global_step: int) -> CheckpointSaved:
        """``program.save_model`` has written; the event of it."""
        prefix = str(values.get("prefix", "ppocr"))
        path = os.path.join(str(values["model_path"]), prefix)
        epoch = int(values.get("epoch", epoch))
        if values.get("best_model_dict") is not None:
            self._best_model_dict = values["best_model_dict"]
        is_best = bool(values.get("is_best"))
        if is_best:
            self._best_was_saved(path, self._value_of(values), epoch)
        return CheckpointSaved(time.time(), epoch, global_step, path, prefix, is_best)

    def save_state(self, checkpoint: CheckpointSaved) -> None:
        """Write what the guard knows now beside a checkpoint (rank 0)."""
        if self._loop.rank != 0:
            return
        guard_state = self._guard.state_dict()
        if checkpoint.kind == "latest":
            self.latest = Latest(
                checkpoint.global_step, checkpoint.path, self.progress, guard_state
            )
        self._write_state(checkpoint.path, self.progress, guard_state)

    def _write_state(
        self, path: str, progress: state.Progress, guard_state: Mapping[str, Any]
    ) -> None:
        stopped_for = self._guard.stop.code if self._guard.stop else None
        self._writer.save(path, progress, guard_state, self._trained_on, stopped_for)

    def _value_of(self, values: Mapping[str, Any]) -> float:
        """The metric that PaddleOCR saves a model with."""
        best = values.get("best_model_dict") or {}
        return number(best.get(self._loop.main_indicator)) or 0.0

    def _best_was_saved(self, path: str, value: float, epoch: int) -> None:
        self._best_accuracy = path, value
        best = self.progress.best or 0.0
        if value >= best:
            self._copies.keep(path, value, epoch)
            return
        kept = self._copies.kept
        where = say("; the guard has kept the better one: {path}", path=kept.path) if kept else ""
        _log.warning(
            "PaddleOCR has replaced its best_accuracy (%s %.4f) by a worse model (%.4f)%s",
            self._loop.main_indicator,
            best,
            value,
            where,
        )

    def save_at_stop(
        self, save_model: Callable[..., Any], epoch: int, global_step: int, *, finite: bool
    ) -> tuple[Optional[str], Optional[str]]:
        """Save the run where it is stopped (rank 0). ``save_model``: PaddleOCR's, as it is
        wrapped; ``finite``: the loss of the last step.

        Returns the paths of ``latest``, and of weights that are not finite, which do not replace
        it.
        """
        before, stop = self.latest, self._guard.stop
        lost: Optional[str] = None

        def save(prefix: str) -> str:
            best = self._best_model_dict
            return save_as(prefix, save_model, self._loop, best, epoch, global_step)

        if stop is not None and stop.code == "loss_not_finite" and not finite:
            lost = save(STOPPED_NAN)
        elif before is None or before.global_step != global_step:
            return save("latest"), None
        if before is None:
            return None, lost
        # The checkpoint is that of before, but whoever resumes from it must know.
        guard_state = {**before.guard_state, "conditions": self._guard.conditions.state()}
        self._write_state(before.path, before.progress, guard_state)
        return before.path, lost

    def best(self) -> Optional[str]:
        """The best checkpoint with its value, or None: a file whose metric is the one stated."""
        best, metric = self.progress.best, self._loop.main_indicator
        if not best:
            return None
        epoch = self.progress.best_epoch
        if self._best_accuracy is not None and self._best_accuracy[1] >= best:
            return _described(self._best_accuracy[0], metric, best, epoch)
        kept = self._copies.kept
        if kept is not None and kept.value >= best:
            return _described(kept.path, metric, best, epoch)
        if kept is not None:
            return _described(kept.path, metric, kept.value, kept.epoch)
        return None

    def close(self, seconds: float) -> None:
        """Finish writing; a copy of the best gets so many seconds."""
        self._writer.close()
        self._copies.close(seconds)


def _described(path: str, metric: str, value: float, epoch: Optional[int]) -> str:
    return say(
        "{path} ({metric} {value:.4f} at epoch {epoch})",
        path=path,
        metric=metric,
        value=value,
        epoch=epoch,
    )


def save_as(
    prefix: str,
    save_model: Callable[..., Any],
    loop: Loop,
    best: Mapping[str, Any],
    epoch: int,
    global_step: int,
) -> str:
    """Save the state as PaddleOCR saves ``latest`` after an epoch; returns its path prefix.
    ``prefix``: the name it gets. ``best``: PaddleOCR's ``best_model_dict``.

    As ``tools/program.py`` does: with ``uniform_output_enabled`` in a folder of its own, and in
    3.7.0 with the EMA weights in the model and the training weights beside them. Resuming from
    it (``Global.checkpoints``) goes on with the next epoch.
    """
    model = loop.arguments["model"]
    uniform = bool(loop.settings.get("uniform_output_enabled", False))
    folder = os.path.join(loop.save_model_dir, prefix) if uniform else loop.save_model_dir
    extra: dict[str, Any] = {}
    if uniform:
        extra["save_model_info"] = {"epoch": epoch, "metric": dict(best)}
    ema = loop.arguments.get("ema")
    trained = None
    if ema is not None:
        trained = copy.deepcopy(model.state_dict())
        extra.update(ema=ema, train_state=trained)
    try:
        if ema is not None:
            model.set_state_dict(ema.apply())
        save_model(
            model,
            loop.arguments["optimizer"],
            folder,
            loop.arguments["logger"],
            loop.config,
            is_best=False,
            prefix=prefix,
            best_model_dict=dict(best),
            epoch=epoch,
            global_step=global_step,
            **extra,
        )
    finally:
        if trained is not None:
            model.set_state_dict(trained)
    return os.path.join(folder, prefix)
