"""Stops a run at a step boundary, on every rank together, and leaves it resumable."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping
from typing import Any, Optional

from ppocr_guard.events import StopRequest
from ppocr_guard.paddleocr.harmless import GuardSignal
from ppocr_guard.paddleocr.loop import Loop

# Ranks that are not at an evaluation boundary agree on a stop this often (a NaN on another rank).
SYNC_EVERY_STEPS = 100
_CAUSE = re.compile(r"\s+(?=(?:Likely cause|Cause) \(\d+%\):)")


class StopTraining(GuardSignal):
    """Ends ``program.train`` from inside the loader; caught around it."""

    def __init__(self, exit_code: int = 0) -> None:
        super().__init__("ppocr_guard stops the run")
        self.exit_code = exit_code


class StopAgreement:
    """Decides at each step boundary whether this rank stops now.

    One rank may have asked for a stop; a rank that left alone would abort or hang the others in
    their next collective. So with several ranks all of them meet in one all-reduce of an integer
    at boundaries that each can compute by itself: before the first step of an epoch, before the
    step after an evaluation, and every ``SYNC_EVERY_STEPS`` steps.
    """

    def __init__(self, loop: Loop) -> None:
        self._alone = loop.world_size == 1
        self._start, self._every = loop.evaluation_schedule()
        self._epoch_starts = True

    def epoch_starts(self) -> None:
        self._epoch_starts = True

    def exit_code(self, global_step: int, stop: Optional[StopRequest]) -> Optional[int]:
        """None: go on. A number: stop, with this exit code of the process."""
        if self._alone:
            return stop.exit_code if stop else None
        if not self._boundary(global_step):
            return None
        import paddle
        import paddle.distributed as dist

        vote = paddle.to_tensor([0 if stop is None else 1 + stop.exit_code], dtype="int32")
        dist.all_reduce(vote, op=dist.ReduceOp.MAX)
        agreed = int(vote.item())
        return agreed - 1 if agreed else None

    def _boundary(self, global_step: int) -> bool:
        first, self._epoch_starts = self._epoch_starts, False
        if first or global_step % SYNC_EVERY_STEPS == 0:
            return True
        return (
            self._every is not None
            and global_step > self._start
            and (global_step - self._start) % self._every == 0
        )


def save_latest(
    save_model: Any, loop: Loop, best: Mapping[str, Any], epoch: int, global_step: int
) -> str:
    """Save the state as PaddleOCR saves ``latest`` after an epoch; returns its path prefix.

    As ``tools/program.py`` does: with ``uniform_output_enabled`` in a folder of its own, and in
    3.7.0 with the EMA weights in the model and the training weights beside them. Resuming from
    it (``Global.checkpoints``) goes on with the next epoch.
    """
    model = loop.arguments["model"]
    uniform = bool(loop.settings.get("uniform_output_enabled", False))
    folder = os.path.join(loop.save_model_dir, "latest") if uniform else loop.save_model_dir
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
            prefix="latest",
            best_model_dict=dict(best),
            epoch=epoch,
            global_step=global_step,
            **extra,
        )
    finally:
        if trained is not None:
            model.set_state_dict(trained)
    return os.path.join(folder, "latest")


def closing_lines(stop: StopRequest, *, latest: Optional[str], best: Optional[str]) -> list[str]:
    """What a stopped run says last: rule, numbers, cause, what to do, where things are."""
    alert = stop.alert
    at = f"epoch {stop.epoch}, global step {stop.global_step}"
    if stop.evaluation is not None:
        at += f", evaluation {stop.evaluation}"
    # An alert's sentence may end with its diagnosis: "... Cause (97%): ..."
    why, *cause = _CAUSE.split(stop.reason, maxsplit=1)
    lines = [f"The guard stopped this run ({stop.code}) at {at}.", f"  why:    {why}"]
    lines += [f"  cause:  {text}" for text in cause]
    if alert and alert.advice:
        lines.append(f"  do:     {alert.advice}")
    lines.append(f"  best:   {best or 'no checkpoint was better than 0'}")
    if latest:
        lines.append(f"  latest: {latest} (resume with -o Global.checkpoints={latest})")
    return lines
