"""One guarded ``program.train`` call: turns what the loop does into events.

Every method is called by a wrapper of :mod:`ppocr_guard.paddleocr.attach` or by the guarded
loader, on the training thread. None of them may disturb it, hence :func:`harmless`.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

from ppocr_guard.changes import differences, trained_on
from ppocr_guard.events import (
    Baseline,
    CheckpointSaved,
    DataErrors,
    EpochStart,
    EvalEnd,
    Hang,
    RunEnd,
    StepEnd,
    StopRequest,
)
from ppocr_guard.guard import Guard
from ppocr_guard.paddleocr import state, status
from ppocr_guard.paddleocr.best import NAME, WAIT_SECONDS, BestKeeper
from ppocr_guard.paddleocr.data_errors import DataErrorCounter
from ppocr_guard.paddleocr.examination import Examiner
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.invariants import InvariantWatch
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.machine import MachineWatch
from ppocr_guard.paddleocr.ratios import RatioReader
from ppocr_guard.paddleocr.rescoring import Predictions, is_suspicious
from ppocr_guard.paddleocr.samples import SampleDrawer
from ppocr_guard.paddleocr.self_check import Uncounted
from ppocr_guard.paddleocr.stopping import (
    Decision,
    StopAgreement,
    StopTraining,
    closing_lines,
    known_cause,
    leave,
    save_latest,
)
from ppocr_guard.paddleocr.texts import TextReader, Texts
from ppocr_guard.paddleocr.watchdog import BATCH, STEP, Hung, Watchdog
from ppocr_guard.paths import told_path
from ppocr_guard.saying import closing_line, opening_line
from ppocr_guard.wording import say

CLOSE_SECONDS = 10.0  # all hooks together, to flush at the end of a run
_log = logging.getLogger("ppocr_guard")


class Session:
    """State of a guarded run on one rank."""

    def __init__(
        self,
        loop: Loop,
        guard: Guard,
        ratios: RatioReader,
        examiner: Optional[Examiner] = None,
        baseline: Optional[Callable[[], Optional[Baseline]]] = None,
        agreement: Optional[StopAgreement] = None,
        invariants: Optional[InvariantWatch] = None,
        *,
        keep_best: bool = True,
    ) -> None:
        self.loop = loop
        self.guard = guard
        self.epoch = loop.first_epoch - 1
        self.global_step = loop.first_global_step
        self.best_model_dict: Mapping[str, Any] = {loop.main_indicator: 0, **loop.carried_over}
        self._ratios = ratios
        self._examiner = examiner
        self._baseline = baseline  # asked once, before the first step
        self._agreement = agreement or StopAgreement(loop)
        self._invariants = invariants or InvariantWatch(loop, guard.post, None)
        self._decision: Optional[Decision] = None
        self._writer = state.StateWriter()
        self._progress = state.Progress(best=_number(loop.carried_over.get(loop.main_indicator)))
        self._data_errors = DataErrorCounter()
        self._watchdog = Watchdog(self._stalled, self._hung, watch_steps=loop.rank == 0)
        self._leaving = threading.Lock()  # held for good by the thread that ends the process
        self._samples = SampleDrawer(loop.config, guard.post)
        self._machine = MachineWatch(guard.post, lambda: (self.epoch, self.global_step))
        self._texts = TextReader(guard.post)
        self._step_started = time.perf_counter()
        self._data_seconds = 0.0
        self._images: Optional[int] = None
        self._best_saved: Optional[tuple[str, float]] = None  # PaddleOCR's: path, its metric
        self._keeper = BestKeeper(loop.save_model_dir, loop.main_indicator, enabled=keep_best)
        self._latest: Optional[_Latest] = None
        self._finite = True  # the loss of the last step
        self._trained_on: Mapping[str, Any] = {}
        self._uncounted = Uncounted()

    @harmless
    def start(self, release: str, run_name: Optional[str]) -> None:
        """Take back what a checkpoint knew, and tell the hooks that the run begins."""
        self.loop.arguments["logger"].addHandler(self._data_errors)
        event = self.loop.run_start(release, run_name)
        self._trained_on = trained_on(event.config, release)
        told = told_path(self.loop.save_model_dir)
        if self.loop.checkpoints:
            restored = state.load(self.loop.checkpoints)
            if restored is not None:
                self._progress = restored.progress_so_far
                self.guard.load_state_dict(restored.guard)
                self.guard.announced = state.load_told(told)
                changed = differences(restored.trained_on, self._trained_on)
                event = replace(
                    event,
                    stopped_for=restored.stopped_for,
                    changed=changed if restored.trained_on else (),
                )
        if self._progress.best is not None:  # PaddleOCR may have forgotten its own (acc, 2.9.0)
            event = replace(event, best=self._progress.best)
        if self.loop.rank == 0:
            self.guard.on_change = lambda: self._writer.save_told(told, self.guard.announced)
            self._keep_earlier_best()
            status.running(event.run)
            _log.info("%s", opening_line(event, self.guard.hooks))
        self.guard.dispatch(event)
        if self.loop.rank == 0:
            self._machine.start()

    def _keep_earlier_best(self) -> None:
        """Before the first evaluation can overwrite it. A new run forgets what another kept."""
        if not self.loop.checkpoints:
            self._keeper.forget()
            return
        for folder in (self.loop.save_model_dir, os.path.join(self.loop.save_model_dir, NAME)):
            path = os.path.join(folder, NAME)
            if os.path.exists(path + ".pdparams"):
                saved = state.load(path)
                if saved is not None and saved.progress.best is not None:
                    best = saved.progress_so_far
                    self._best_saved = path, best.best or 0.0
                    self._keeper.keep(path, best.best or 0.0, best.best_epoch)

    @harmless
    def epoch_starts(self, loader: Any) -> None:
        self.epoch += 1
        self.guard.drain()
        self.guard.dispatch(
            EpochStart(time.time(), self.epoch, self.global_step, steps=len(loader))
        )
        for event in self._ratios.epoch_starts(loader.dataset, self.epoch, self.global_step):
            self.guard.dispatch(event)
        if self.guard.repair is not None:
            for event in self._ratios.repair(
                self.guard.repair, loader.dataset, self.epoch, self.global_step
            ):
                self.guard.dispatch(event)
        if self._examiner is not None:
            self._examiner.epoch_starts(loader.dataset)
        self._invariants.epoch_starts(self.epoch, self.global_step)
        self._score_before_training()

    @harmless
    def _score_before_training(self) -> None:
        """Before the loader is iterated: with ``num_workers: 0`` a thread of it then draws random
        numbers, which the evaluation would take back."""
        if self._baseline is None:
            return
        ask, self._baseline = self._baseline, None
        score = ask()
        if score is not None:
            self.guard.dispatch(score)

    def step_boundary(self) -> None:
        """Between two steps: hand on what came meanwhile, and stop here if that is agreed.

        Raises:
            StopTraining: this rank stops now, as do all others.
        """
        self._drain()
        decision = self._agreement.decide(self.global_step, self.guard.stop)
        if decision is not None:
            self._accept(decision)
            raise StopTraining(decision.exit_code, end_process=not decision.together)

    @harmless
    def _accept(self, decision: Decision) -> None:
        """What stops the run is the same on all ranks, whichever asked for it."""
        self._decision = decision
        alert = decision.stop.alert
        if self.guard.stop is None and alert is not None:
            self.guard.dispatch(alert)  # another rank's: hooks that run here only do not know it
        self.guard.stop = decision.stop

    @harmless
    def _drain(self) -> None:
        self.guard.drain()

    def waiting(self, waits: bool) -> None:
        """The loop asks the loader for a batch, or has got it (or its last)."""
        self._watchdog.enter(BATCH if waits else None)
        if not waits:
            with self._leaving:  # if the watchdog ends the process, it ends here
                pass

    @harmless
    def batch_arrived(self, batch: Any, data_seconds: float) -> None:
        if self._examiner is not None:
            self._examiner.batch_arrived(batch, self.epoch, self.global_step)
        self._invariants.batch_arrived(self.epoch, self.global_step)
        self._step_started = time.perf_counter() - data_seconds
        self._data_seconds = data_seconds
        self._images = len(batch[0]) if isinstance(batch, (list, tuple)) and batch else None
        self._ratios.batch_arrived(batch)
        self._uncounted.batch()
        self._watchdog.enter(STEP)

    @harmless
    def stats(self, values: Mapping[str, Any]) -> None:
        """``TrainingStats.update`` got a step's numbers (already on the host)."""
        if "lr" not in values:  # metrics of the training batch: no step of their own
            return
        self.global_step += 1
        self._uncounted.step()
        self._watchdog.enter(None)
        losses = {k: float(v) for k, v in values.items() if k not in ("lr", "wd")}
        self._finite = all(map(math.isfinite, losses.values()))
        self.guard.dispatch(
            StepEnd(
                time=time.time(),
                epoch=self.epoch,
                global_step=self.global_step,
                losses=losses,
                learning_rate=float(values["lr"]),
                images=self._images,
                step_seconds=time.perf_counter() - self._step_started,
                data_seconds=self._data_seconds,
                data_errors=self._data_errors.count,
            )
        )

    @harmless
    def evaluated(
        self,
        metrics: Mapping[str, Any],
        seconds: float,
        predictions: Optional[Predictions] = None,
        arguments: Optional[Mapping[str, Any]] = None,
        texts: Optional[Texts] = None,
    ) -> None:
        """``program.eval``, called with ``arguments``, returned its metric dict."""
        indicator = self.loop.main_indicator
        numbers = {k: n for k, v in metrics.items() if (n := _number(v)) is not None}
        value = numbers.get(indicator, math.nan)
        self._progress = self._progress.evaluated(value, self.epoch)
        progress = self._progress
        rescored = None
        if predictions is not None and is_suspicious(value, progress.best, progress.evaluations):
            rescored = predictions.rescore(indicator)
        self.guard.dispatch(
            EvalEnd(
                time=time.time(),
                epoch=self.epoch,
                global_step=self.global_step,
                evaluation=progress.evaluations,
                metrics=numbers,
                main_indicator=indicator,
                value=value,
                best=progress.best if progress.best is not None else math.nan,
                best_epoch=progress.best_epoch,
                duration_seconds=seconds,
                # DetMetric leaves the int 0 when there was not one predicted box.
                no_boxes=(type(metrics["precision"]) is int) if "precision" in metrics else None,
                rescored=rescored,
            )
        )
        self._invariants.compare()
        wanted = self.guard.handlers
        if predictions is not None and predictions.sample and wanted("eval_sample"):
            self._samples.draw(
                predictions.sample, self.epoch, self.global_step, progress.evaluations
            )
        if texts is not None and self.loop.rank == 0 and wanted("eval_texts"):
            self._texts.read(texts, self.epoch, self.global_step, progress.evaluations)
        if self._examiner is not None and arguments is not None:
            self._examiner.evaluated(
                arguments,
                predictions,
                seconds,
                self.epoch,
                self.global_step,
                progress.evaluations,
            )

    @harmless
    def saving(self, values: Mapping[str, Any]) -> None:
        """``program.save_model`` is about to write. A best that is being copied must not be
        overwritten by a worse one; a better one may (the copy is made again)."""
        if values.get("is_best") and self._saved_value(values) < (self._progress.best or 0.0):
            self._keeper.wait(WAIT_SECONDS)

    def _saved_value(self, values: Mapping[str, Any]) -> float:
        best = values.get("best_model_dict") or {}
        return _number(best.get(self.loop.main_indicator)) or 0.0

    @harmless
    def saved(self, values: Mapping[str, Any]) -> None:
        """``program.save_model`` has written a checkpoint; ``values`` are its arguments."""
        prefix = str(values.get("prefix", "ppocr"))
        path = os.path.join(str(values["model_path"]), prefix)
        epoch = int(values.get("epoch", self.epoch))
        if values.get("best_model_dict") is not None:
            self.best_model_dict = values["best_model_dict"]
        if values.get("is_best"):
            self._best_was_saved(path, self._saved_value(values), epoch)
        self.guard.dispatch(
            CheckpointSaved(
                time.time(), epoch, self.global_step, path, prefix, bool(values.get("is_best"))
            )
        )
        if self.loop.rank == 0:
            kept = self.guard.state_dict()
            if prefix == "latest":
                self._latest = _Latest(self.global_step, epoch, path, self._progress, kept)
            self._save_state(path, self._progress, kept)

    def _save_state(self, path: str, progress: state.Progress, kept: Mapping[str, Any]) -> None:
        stop = self.guard.stop
        self._writer.save(path, progress, kept, self._trained_on, stop.code if stop else None)

    def _best_was_saved(self, path: str, value: float, epoch: int) -> None:
        self._best_saved = path, value
        best = self._progress.best or 0.0
        if value >= best:
            self._keeper.keep(path, value, epoch)
            return
        kept = self._keeper.kept
        where = say("; the guard has kept the better one: {path}", path=kept.path) if kept else ""
        _log.warning(
            "PaddleOCR has replaced its best_accuracy (%s %.4f) by a worse model (%.4f)%s",
            self.loop.main_indicator,
            best,
            value,
            where,
        )

    def _stalled(self, seconds: float) -> None:
        """The watchdog's thread: the training thread sits in the loader, so hooks are free."""
        self.guard.dispatch(
            DataErrors(
                time=time.time(),
                epoch=self.epoch,
                global_step=self.global_step,
                errors=self._data_errors.count,
                waiting_seconds=seconds,
                last_message=self._data_errors.last_message,
            )
        )
        if self.guard.stop is not None:
            self._stop_from_outside(self.guard.stop)

    def _stop_from_outside(self, stop: StopRequest) -> None:
        """The loop will not come to its next step boundary by itself: end the process, with the
        state that was saved last. The other ranks end by the launcher."""
        with self._leaving:
            if not self._watchdog.waits_for_batch:
                return  # the batch has come after all: the next boundary stops the run
            try:
                self._say_stopped(self._latest.path if self._latest else None, in_order=False)
                self.end("stopped")
            finally:
                leave(stop.exit_code if self.loop.world_size == 1 else stop.exit_code or 1)

    @harmless
    def _hung(self, hung: Hung) -> None:
        """The watchdog's thread: a batch or a step takes far longer than usual."""
        usual = hung.usual_seconds
        usually = say(" (usually {seconds:.2g} s)", seconds=usual) if usual else ""
        what = say("waits for a batch") if hung.phase == BATCH else say("is in one step")
        others = ""
        if hung.phase == STEP and self.loop.world_size > 1:
            others = say(" It may wait for another rank: see that one's log.")
        _log.error(
            "The training %s since %.0f s%s. It stands at %s.%s",
            what,
            hung.seconds,
            usually,
            hung.where,
            others,
        )
        self.guard.dispatch(Hang(time.time(), self.epoch, self.global_step, **vars(hung)))

    @harmless
    def stopped(self, save_model: Callable[..., Any]) -> None:
        """After the loop was left by a stop: what PaddleOCR would have done at its end."""
        stop = self.guard.stop
        latest: Optional[str] = None
        lost: Optional[str] = None
        if self.loop.rank == 0:
            before = self._latest
            if stop is not None and stop.code == "loss_not_finite" and not self._finite:
                lost = self._save("stopped_nan", save_model)
            elif before is None or before.global_step != self.global_step:
                latest, before = self._save("latest", save_model), None
            if before is not None:
                # The checkpoint is that of before, but whoever resumes from it must know.
                latest = before.path
                held = {**before.guard, "conditions": self.guard.conditions.state()}
                self._save_state(before.path, before.progress, held)
            writer = self.loop.arguments.get("log_writer")
            if writer is not None:
                writer.close()
        self._say_stopped(latest, lost=lost)
        self._agreement.wait_for_others(CLOSE_SECONDS)

    @harmless
    def _say_stopped(
        self, latest: Optional[str], *, lost: Optional[str] = None, in_order: bool = True
    ) -> None:
        """The last lines, and the word to ``ppocr-guard run``."""
        stop = self.guard.stop
        if stop is None:
            return
        status.stopped(stop)
        asked = self._decision.rank if self._decision is not None else self.loop.rank
        failing = stop.code == "data_pipeline_failing"
        lines = closing_lines(
            stop,
            latest=latest,
            best=self._best(),
            lost=lost,
            rank=asked,
            cause=known_cause(self.guard.conditions) if failing else None,
            saved_step=None if in_order else (self._latest.global_step if self._latest else 0),
        )
        if self.loop.rank == 0:
            for line in lines:
                _log.warning("%s", line)
        else:
            _log.error("%s Rank 0's log says more.", lines[0])

    def _save(self, prefix: str, save_model: Callable[..., Any]) -> str:
        return save_latest(
            save_model,
            self.loop,
            self.best_model_dict,
            self.epoch,
            self.global_step,
            prefix=prefix,
        )

    def _best(self) -> Optional[str]:
        """The best checkpoint with its value, or None: a file whose metric is the one stated."""
        best, metric = self._progress.best, self.loop.main_indicator
        if not best:
            return None
        epoch = self._progress.best_epoch
        if self._best_saved is not None and self._best_saved[1] >= best:
            return _checkpoint(self._best_saved[0], metric, best, epoch)
        kept = self._keeper.kept
        if kept is not None and kept.value >= best:
            return _checkpoint(kept.path, metric, best, epoch)
        if kept is not None:
            return _checkpoint(kept.path, metric, kept.value, kept.epoch)
        return None

    @harmless
    def end(self, reason: str, error: Optional[str] = None) -> None:
        """Tell the hooks, let them flush, and let go of PaddleOCR's logger."""
        self._watchdog.close()
        self._machine.close()
        self._ratios.close()
        self._invariants.close()
        self._samples.close()
        self._texts.close()
        if self._examiner is not None:
            self._examiner.close()
        self.guard.drain()
        self.guard.dispatch(
            RunEnd(time.time(), self.epoch, self.global_step, reason, self.guard.stop, error)
        )
        if self.loop.rank == 0 and reason != "stopped":
            _log.info("%s", closing_line(reason, self.guard.verdict, self._best()))
        self.guard.close(CLOSE_SECONDS)
        self._writer.close()
        self._keeper.close(CLOSE_SECONDS)
        self.loop.arguments["logger"].removeHandler(self._data_errors)


@dataclass(frozen=True)
class _Latest:
    """PaddleOCR's ``latest`` as it was saved last, and what the guard knew then."""

    global_step: int
    epoch: int
    path: str
    progress: state.Progress
    guard: Mapping[str, Any]


def _checkpoint(path: str, metric: str, value: float, epoch: Optional[int]) -> str:
    return say(
        "{path} ({metric} {value:.4f} at epoch {epoch})",
        path=path,
        metric=metric,
        value=value,
        epoch=epoch,
    )


def _number(value: Any) -> Optional[float]:
    """A metric as float; DetFCEMetric's are strings, which are no numbers for us."""
    if isinstance(value, (bool, str)):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
