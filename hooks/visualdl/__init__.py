"""Writes curves, alerts and hyper-parameters for VisualDL."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Literal, Optional, Union

from pydantic import Field

from ppocr_guard.background import Background
from ppocr_guard.events import (
    Alert,
    DataErrors,
    EvalEnd,
    EvalSample,
    EvalTexts,
    Resolved,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hook import Hook, HookOptions
from ppocr_guard.hooks.visualdl.pictures import Pictures
from ppocr_guard.hooks.visualdl.worst import worst_table
from ppocr_guard.hooks.visualdl.writers import FILE_NAME, Writers
from ppocr_guard.hparams import hyperparameters
from ppocr_guard.language import pick_language
from ppocr_guard.paths import guard_dir
from ppocr_guard.saying import alert_sentence
from ppocr_guard.steps import MOST_STEPS, StepFilter
from ppocr_guard.verdict import number
from ppocr_guard.wording import in_language, join

TEXTS = 16  # tables of texts, where there are no images: as many as of those by default
CAPACITY = 4096  # writes that wait
REMIND_SECONDS = 600.0
_log = logging.getLogger("ppocr_guard")
_Write = Callable[[Writers], None]
__all__ = ["FILE_NAME", "VisualDL"]


class VisualDL(Hook):
    """Curves under ``train/``, ``eval/``, ``shrink_ratio/`` (one chart an operator) and
    ``guard/``; what holds as text; at evaluations a validation image with its true and predicted
    texts and shrink map, or the ten lines that a recogniser read worst: a table, and their images
    in its order.

    Everything goes to ``<save_model_dir>/ppocr_guard/vdl``; look at it with
    ``visualdl --logdir <save_model_dir> --disable-telemetry``, or compare all runs below a folder:
    ``--logdir`` of that folder. All launches of a run share one file, for VisualDL shows only the
    newest one of a folder. Needs the extra ``ppocr-guard[visualdl]``.
    """

    class Options(HookOptions):
        every: Optional[int] = Field(
            default=None,
            ge=1,
            description="write one step in so many; default: Global.print_batch_step. It "
            "doubles after each 20,000 steps written",
        )
        language: Literal["auto", "en", "zh"] = Field(
            default="auto", description="of its texts; auto: as LC_ALL, LC_MESSAGES or LANG say"
        )
        images: int = Field(
            default=16,
            ge=0,
            description="validation images: of the first so many evaluations, then half as many "
            "for each doubling of their number; the best and the last always. 0: none",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue: Optional[Background[_Write]] = None
        self._writers: Optional[Writers] = None
        self._steps = StepFilter(self.options.every, MOST_STEPS)
        self._offset = 0  # makes the steps of a resumed run go on where they were
        self._pid = 0
        self._pictures: Pictures[EvalSample] = Pictures(self.options.images)
        self._texts: Pictures[EvalTexts] = Pictures(self.options.images or TEXTS, "eval/worst")
        self._best_evaluation = 0
        self._left_out = 0  # step records
        self._told_left_out = -math.inf  # monotonic seconds
        if self.options.images:  # else nobody has to draw them
            self.on_eval_sample = self._sample  # type: ignore[method-assign]

    def on_run_start(self, event: RunStart) -> None:
        self._steps.run_starts(event.config)
        if event.resumed and event.steps_per_epoch:
            self._offset = (event.start_epoch - 1) * event.steps_per_epoch - event.global_step
        try:
            # On this thread, before the loader forks its workers: a fork in the middle of an
            # import leaves the child with locks that nobody will ever release.
            import visualdl
        except ImportError as error:
            _log.info(
                "VisualDL: no curves are written (%s). `pip install ppocr-guard[visualdl]`.", error
            )
            return
        folder = guard_dir(event.save_model_dir) / "vdl"
        try:
            self._writers = Writers(visualdl, folder, _display_name(event))
        except OSError as error:
            _log.warning(
                "VisualDL: cannot write %s (%s). Training goes on without its curves.",
                folder,
                error.strerror or error,
            )
            return
        self._pid = os.getpid()
        self._queue = Background(self._consume, name="VisualDL", capacity=CAPACITY)
        if self._writers.is_new:
            values = hyperparameters(event.config)
            # Its table shows the last value of each: the final one.
            tags = [f"eval/{event.main_indicator}", "eval/best", "guard/verdict"]
            self._put(lambda writers: writers.main.add_hparams(values, tags))

    def on_step(self, event: StepEnd) -> None:
        if not self._steps.wants(event) or not self._has_room():
            return
        values: dict[str, Optional[float]] = dict(event.losses)
        values["learning_rate"] = event.learning_rate
        values["step_seconds"] = event.step_seconds
        values["data_wait_seconds"] = event.data_seconds
        if event.images and event.step_seconds:
            values["images_per_second"] = event.images / event.step_seconds
        self._scalars("train", values, event.global_step + self._offset, event.time)
        guard = {
            "overhead_seconds": self.health.overhead_seconds,
            "hook_errors": sum(self.health.hook_errors.values()),
            "data_errors": event.data_errors,
        }
        self._scalars("guard", guard, event.global_step + self._offset, event.time)

    def on_eval(self, event: EvalEnd) -> None:
        values = {**event.metrics, "best": event.best, "duration_seconds": event.duration_seconds}
        step = event.global_step + self._offset
        if event.value >= event.best:
            self._best_evaluation = event.evaluation
        self._scalars("eval", values, step, event.time)
        if event.rescored:
            best_ratio = max(event.rescored, key=lambda ratio: event.rescored[ratio])  # type: ignore[index]
            rescored = {
                "best_rescored": event.rescored[best_ratio],
                "best_unclip_ratio": best_ratio,
            }
            self._scalars("eval", rescored, step, event.time)

    def _sample(self, event: EvalSample) -> None:
        is_best = event.evaluation == self._best_evaluation
        for tag, sample in self._pictures.offer(event, best=is_best):
            self._image(tag, sample, sample.png)

    def on_eval_texts(self, event: EvalTexts) -> None:
        is_best = event.evaluation == self._best_evaluation
        for tag, texts in self._texts.offer(event, best=is_best):
            self._worst(tag, texts)

    def _worst(self, tag: str, event: EvalTexts) -> None:
        """VisualDL mixes up an image and a text of the same name."""
        language = pick_language(self.options.language)
        step = event.global_step + self._offset
        self._text(f"{tag}_texts", worst_table(event, language), step, event.time)
        if event.sheet and self.options.images:
            self._image(f"{tag}_images", event, event.sheet)

    def _image(self, tag: str, event: Union[EvalSample, EvalTexts], png: bytes) -> None:
        step, milliseconds = event.global_step + self._offset, round(event.time * 1000)

        def write(writers: Writers) -> None:
            import numpy as np
            from PIL import Image  # VisualDL depends on it, and not on OpenCV

            with Image.open(io.BytesIO(png)) as image:
                pixels = np.array(image.convert("RGB"))  # VisualDL may write to it
            writers.main.add_image(tag, pixels, int(step), milliseconds)

        self._put(write)

    def on_shrink_ratio(self, event: ShrinkRatio) -> None:
        """All of an operator in one chart."""
        tag = f"shrink_ratio/{event.operator}".replace("%", "percent")
        lines = {
            event.source: event.ratio,
            "expected low": event.expected_low,
            "expected high": event.expected_high,
        }
        epoch, milliseconds = int(event.epoch), round(event.time * 1000)

        def write(writers: Writers) -> None:
            for name, value in lines.items():
                if value is not None:
                    writers.line(name).add_scalar(tag, value, epoch, milliseconds)

        self._put(write)

    def on_round_trip(self, event: RoundTrip) -> None:
        values = {
            "round_trip_median_iou": event.median_iou,
            "fitting_unclip_ratio": event.fitting_unclip_ratio,
        }
        self._scalars("guard", values, event.global_step + self._offset, event.time)

    def on_data_errors(self, event: DataErrors) -> None:
        values = {"data_errors": event.errors, "waiting_seconds": event.waiting_seconds}
        self._scalars("guard", values, event.global_step + self._offset, event.time)

    def on_verdict(self, event: Verdict) -> None:
        step = event.global_step + self._offset
        open_now = [condition.severity for condition in event.conditions]
        values = {
            "verdict": number(event.state),
            "open_critical": open_now.count("critical"),
            "open_warning": open_now.count("warning"),
        }
        self._scalars("guard", values, step, event.time)
        held = "".join(
            f"\n[{c.severity}] {c.code}: {self._said(c.message)}" for c in event.conditions
        )
        # VisualDL mixes up a text and a curve of the same name.
        text = f"{event.state}: {self._said(event.message)}{held}"
        self._text("guard/verdict_text", text, step, event.time)

    def on_alert(self, event: Alert) -> None:
        said = self._said(join(alert_sentence(event), event.advice))
        text = f"[{event.severity}] {event.code}: {said}"
        self._text("guard/alerts", text, event.global_step + self._offset, event.time)

    def on_resolved(self, event: Resolved) -> None:
        text = f"[over] {event.code}: {self._said(event.message)}"
        self._text("guard/alerts", text, event.global_step + self._offset, event.time)

    def on_run_end(self, event: RunEnd) -> None:
        for tag, sample in self._pictures.rest():
            self._image(tag, sample, sample.png)
        for tag, texts in self._texts.rest():
            self._worst(tag, texts)
        why = self._said(event.stop.reason) if event.stop else event.error or ""
        step = event.global_step + self._offset
        self._text("guard/run_end", f"{event.reason}. {why}".strip(), step, event.time)

    def _said(self, text: str) -> str:
        return in_language(text, pick_language(self.options.language))

    def close(self, deadline: float) -> None:
        queue, self._queue = self._queue, None
        if queue is None:
            return
        queue.put(lambda writers: writers.close())
        if not queue.close(max(0.0, deadline - time.monotonic())):
            _log.warning("VisualDL: the last records were not written in time.")
        if self._left_out or queue.dropped:
            _log.warning(
                "VisualDL: of this launch %d steps and %d other records were left out; they came "
                "faster than VisualDL writes. `VisualDL: {every: N}` writes fewer.",
                self._left_out,
                queue.dropped,
            )

    def _has_room(self) -> bool:
        """Steps give way: evaluations and what holds must not be lost for them."""
        if self._queue is None:  # VisualDL is not there
            return False
        if self._queue.waiting < CAPACITY // 2:
            return True
        self._left_out += 1
        now = time.monotonic()
        if now - self._told_left_out > REMIND_SECONDS:
            self._told_left_out = now
            _log.warning(
                "VisualDL: steps come faster than VisualDL writes; %d left out so far. "
                "Evaluations are all there. `VisualDL: {every: N}` writes fewer.",
                self._left_out,
            )
        return False

    def _consume(self, batch: list[_Write]) -> None:
        """On the queue's thread, the only one that touches the writer once it is open.

        VisualDL has a queue and a thread of its own, which lose about 120 records when the process
        ends without `flush`: hence one after each batch.
        """
        assert self._writers is not None
        for write in batch:
            write(self._writers)
        with contextlib.suppress(OSError):  # "Writer is closed", after the last batch
            self._writers.flush()

    def _scalars(
        self, group: str, values: Mapping[str, Optional[float]], step: int, seconds: float
    ) -> None:
        # Float steps and "%" in a tag raise inside VisualDL.
        tagged = {f"{group}/{k}".replace("%", "percent"): v for k, v in values.items()}
        milliseconds = round(seconds * 1000)

        def write(writers: Writers) -> None:
            for tag, value in tagged.items():
                if value is not None:
                    writers.main.add_scalar(tag, value, int(step), milliseconds)

        self._put(write)

    def _text(self, tag: str, text: str, step: int, seconds: float) -> None:
        milliseconds = round((seconds or time.time()) * 1000)
        self._put(lambda writers: writers.main.add_text(tag, text, int(step), milliseconds))

    def _put(self, write: _Write) -> None:
        # A forked child has neither our thread nor VisualDL's: its writes would block for ever.
        if self._queue is not None and os.getpid() == self._pid:
            self._queue.put(write)


def _display_name(event: RunStart) -> str:
    """What VisualDL calls the run. Two runs of one name hide each other there, and a run is named
    after its folder: then with the folder above."""
    folder = Path(os.path.abspath(event.save_model_dir))
    return f"{folder.parent.name}/{event.run}" if event.run == folder.name else event.run
