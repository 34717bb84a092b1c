"""One guarded ``program.train`` call: turns what the loop does into events.

Every method is called by a wrapper of :mod:`ppocr_guard.paddleocr.attach` or by the guarded
loader, on the training thread. None of them may disturb it, hence :func:`harmless`.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ppocr_guard.events import (
    Baseline,
    DataErrors,
    EpochStart,
    EvalEnd,
    Hang,
    RunEnd,
    StepEnd,
    StopRequest,
)
from ppocr_guard.guard import Guard
from ppocr_guard.paddleocr import status
from ppocr_guard.paddleocr.agreement import Decision, StopAgreement
from ppocr_guard.paddleocr.checkpoints import Checkpoints
from ppocr_guard.paddleocr.data_errors import DataErrorCounter
from ppocr_guard.paddleocr.examination import Examiner
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.invariants import InvariantWatch
from ppocr_guard.paddleocr.loop import Loop, number
from ppocr_guard.paddleocr.machine import MachineWatch
from ppocr_guard.paddleocr.ratios import RatioReader
from ppocr_guard.paddleocr.rescoring import Predictions, is_suspicious
from ppocr_guard.paddleocr.samples import SampleDrawer
from ppocr_guard.paddleocr.self_check import Uncounted
from ppocr_guard.paddleocr.stopping import StopTraining, closing_lines, known_cause, leave
from ppocr_guard.paddleocr.texts import TextReader, Texts
from ppocr_guard.paddleocr.watchdog import BATCH, STEP, Hung, Watchdog
from ppocr_guard.saying import closing_line, opening_line
from ppocr_guard.wording import say

CLOSE_SECONDS = 10.0  # all hooks together, to flush at the end of a run
_log = logging.getLogger("ppocr_guard")


class Session:
    """A guarded run on one rank, in the order in which the loop calls: start, then in each epoch
    ``epoch_starts``, the steps, evaluations and checkpoints, at last ``stopped``, if the guard
    stops it, and ``end``."""

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
        self._ratios = ratios
        self._examiner = examiner
        self._baseline = baseline  # asked once, before the first step
        self._agreement = agreement or StopAgreement(loop)
        self._invariants = invariants or InvariantWatch(loop, guard.post, None)
        self._decision: Optional[Decision] = None  # to stop, as the ranks agreed on it
        self._checkpoints = Checkpoints(loop, guard, keep_best=keep_best)
        self._data_errors = DataErrorCounter()
        self._watchdog = Watchdog(self._stalled, self._hung, watch_steps=loop.rank == 0)
        self._leaving = threading.Lock()  # held for good by the thread that ends the process
        self._samples = SampleDrawer(loop.config, guard.post)
        self._machine = MachineWatch(guard.post, lambda: (self.epoch, self.global_step))
        self._texts = TextReader(guard.post)
        self._uncounted = Uncounted()
        # Of the step that runs.
        self._step_started = time.perf_counter()
        self._data_seconds = 0.0
        self._images: Optional[int] = None
        self._loss_is_finite = True  # of the last step

    @harmless
    def start(self, release: str, run_name: Optional[str]) -> None:
        """Take back what a checkpoint knew, and tell the hooks that the run begins."""
        self.loop.arguments["logger"].addHandler(self._data_errors)
        event = self._checkpoints.resume(self.loop.run_start(release, run_name), release)
        if self.loop.rank == 0:
            status.running(event.run)
            _log.info("%s", opening_line(event, self.guard.hooks))
        self.guard.dispatch(event)
        if self.loop.rank == 0:
            self._machine.start()

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
    def step_ended(self, values: Mapping[str, Any]) -> None:
        """``TrainingStats.update`` got a step's numbers (already on the host)."""
        if "lr" not in values:  # metrics of the training batch: no step of their own
            return
        self.global_step += 1
        self._uncounted.step()
        self._watchdog.enter(None)
        losses = {k: float(v) for k, v in values.items() if k not in ("lr", "wd")}
        self._loss_is_finite = all(map(math.isfinite, losses.values()))
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
        event = self._evaluation(metrics, seconds, predictions)
        self.guard.dispatch(event)
        self._invariants.compare()
        wanted, at = self.guard.handlers, (self.epoch, self.global_step, event.evaluation)
        if predictions is not None and predictions.sample and wanted("eval_sample"):
            self._samples.draw(predictions.sample, *at)
        if texts is not None and self.loop.rank == 0 and wanted("eval_texts"):
            self._texts.read(texts, *at)
        if self._examiner is not None and arguments is not None:
            self._examiner.evaluated(arguments, predictions, seconds, *at)

    def _evaluation(
        self, metrics: Mapping[str, Any], seconds: float, predictions: Optional[Predictions]
    ) -> EvalEnd:
        indicator = self.loop.main_indicator
        numbers = {k: n for k, v in metrics.items() if (n := number(v)) is not None}
        value = numbers.get(indicator, math.nan)
        progress = self._checkpoints.evaluated(value, self.epoch)
        rescored = None
        if predictions is not None and is_suspicious(value, progress.best, progress.evaluations):
            rescored = predictions.rescore(indicator)
        return EvalEnd(
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

    @harmless
    def saving(self, values: Mapping[str, Any]) -> None:
        """``program.save_model`` is about to write a checkpoint; ``values`` are its arguments."""
        self._checkpoints.saving(values)

    @harmless
    def saved(self, values: Mapping[str, Any]) -> None:
        """``program.save_model`` has written it."""
        checkpoint = self._checkpoints.saved(values, self.epoch, self.global_step)
        self.guard.dispatch(checkpoint)
        self._checkpoints.save_state(checkpoint)

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
                latest = self._checkpoints.latest
                self._say_stopped(latest.path if latest else None, in_order=False)
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
        latest: Optional[str] = None
        lost: Optional[str] = None
        if self.loop.rank == 0:
            latest, lost = self._checkpoints.save_at_stop(
                save_model, self.epoch, self.global_step, finite=self._loss_is_finite
            )
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
        saved = self._checkpoints.latest
        failing = stop.code == "data_pipeline_failing"
        lines = closing_lines(
            stop,
            latest=latest,
            best=self._checkpoints.best(),
            lost=lost,
            rank=asked,
            cause=known_cause(self.guard.conditions) if failing else None,
            saved_step=None if in_order else (saved.global_step if saved else 0),
        )
        if self.loop.rank == 0:
            for line in lines:
                _log.warning("%s", line)
        else:
            _log.error("%s Rank 0's log says more.", lines[0])

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
            _log.info("%s", closing_line(reason, self.guard.verdict, self._checkpoints.best()))
        self.guard.close(CLOSE_SECONDS)
        self._checkpoints.close(CLOSE_SECONDS)
        self.loop.arguments["logger"].removeHandler(self._data_errors)
