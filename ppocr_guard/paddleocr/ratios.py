"""The effective shrink ratio of a running training: scheduled, live, and measured."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ppocr_guard.background import Background
from ppocr_guard.events import Event, Repaired, RepairRequest, RoundTrip, ShrinkRatio
from ppocr_guard.paddleocr import schedule
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.measuring import Measurement, run_jobs, warm_up
from ppocr_guard.paddleocr.operators import MAP_KEYS, live_ratios, map_indices, pin
from ppocr_guard.paddleocr.releases import Behaviour

BATCHES = 4  # of each epoch that are measured at most; fewer when these say enough


class RatioReader:
    """Reads ratios at the start of each epoch, and has them measured in its first batches.

    Reading is attribute access. A batch to be measured is only referred to: the copy to the host
    and the geometry happen on a background thread, on rank 0 only.
    """

    def __init__(self, loop: Loop, behaviour: Behaviour, post: Callable[[Event], None]) -> None:
        """``post`` takes events from any thread (:meth:`ppocr_guard.guard.Guard.post`)."""
        self._config = loop.config
        self._behaviour = behaviour
        self._post = post
        self._indices = map_indices(loop.config) if loop.rank == 0 else None
        self._pinned: dict[str, float] = {}
        self._measurement: Optional[Measurement] = None
        self._tripped = False  # the round trip is made once a run
        self._queue: Background[Callable[[], None]] = Background(
            run_jobs, name="measurement of the shrink ratio", capacity=BATCHES
        )
        if self._indices is not None:
            self._queue.put(warm_up)

    def epoch_starts(self, dataset: Any, epoch: int, global_step: int) -> list[Event]:
        """Scheduled and live ratio of each operator; what was pinned before is pinned again."""
        pin(dataset, self._pinned)  # to 3.6 the loader may have been rebuilt
        live = live_ratios(dataset)
        events: list[Event] = []
        for operator, ratio in live.items():
            events.append(self._event("live", operator, ratio, epoch, global_step))
            if operator not in self._pinned:
                due = schedule.scheduled_ratio(self._behaviour, self._config, operator, epoch)
                events.append(self._event("scheduled", operator, due, epoch, global_step))
        if live and self._indices is not None:
            self._measurement = self._new_measurement(epoch, global_step)
        return events

    def repair(
        self, request: RepairRequest, dataset: Any, epoch: int, global_step: int
    ) -> list[Event]:
        """Pin what is asked for, once; the ratios that are in force from now on."""
        if request.ratios.items() <= self._pinned.items():
            return []
        before = live_ratios(dataset)
        self._pinned.update(request.ratios)
        repaired: list[Event] = [
            Repaired(
                time.time(), epoch, global_step, operator, before[operator], ratio, request.reason
            )
            for operator, ratio in request.ratios.items()
            if operator in before
        ]
        return repaired + self.epoch_starts(dataset, epoch, global_step)

    def batch_arrived(self, batch: Any) -> None:
        """Have a batch measured while this epoch's ratio is not known well."""
        measurement, indices = self._measurement, self._indices
        if measurement is not None and indices is not None and measurement.wants_batch:
            measurement.add([batch[indices[key]] for key in MAP_KEYS])

    def close(self) -> None:
        self._queue.close(5.0)

    def _new_measurement(self, epoch: int, global_step: int) -> Measurement:
        def ratios(estimates: Mapping[str, Any]) -> None:
            for operator, found in estimates.items():
                if found.ratio is not None:
                    sure = {"uncertainty": found.uncertainty, "regions": found.regions}
                    self._post(
                        self._event("measured", operator, found.ratio, epoch, global_step, **sure)
                    )

        def round_trip(found: Any) -> None:
            self._tripped = True
            values = dataclasses.asdict(found)
            self._post(RoundTrip(time.time(), epoch, global_step, **values))

        return Measurement(
            self._config,
            self._queue,
            ratios,
            None if self._tripped else round_trip,
            batches=BATCHES,
        )

    def _event(
        self, source: str, operator: str, ratio: float, epoch: int, global_step: int, **more: Any
    ) -> ShrinkRatio:
        low, high = schedule.expected_band(self._config, operator, epoch)
        cause = None
        if operator not in self._pinned:
            cause = schedule.cause(self._behaviour, self._config, operator, epoch)
        return ShrinkRatio(
            time=time.time(),
            epoch=epoch,
            global_step=global_step,
            operator=operator,
            source=source,
            ratio=ratio,
            expected_low=low,
            expected_high=high,
            base=low,
            cause=cause,
            **more,
        )
