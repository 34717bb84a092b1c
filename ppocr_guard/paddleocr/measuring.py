"""Measures the shrink ratio of an epoch from its first batches, on a background thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ppocr_guard.background import Background
from ppocr_guard.paddleocr import schedule

ENOUGH = 0.01  # uncertainty at which no further batch of the epoch is measured


class Measurement:
    """Of one epoch; both reports are called on the background thread.

    ``report_ratios`` gets ``{operator: geometry.measure.Estimate}`` once: when the ratios are
    known well, or when ``batches`` were looked at. ``report_round_trip``, if given, gets the
    ``geometry.roundtrip.RoundTripResult`` of the first batch that has one.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        queue: Background[Callable[[], None]],
        report_ratios: Callable[[Mapping[str, Any]], None],
        report_round_trip: Optional[Callable[[Any], None]] = None,
        *,
        batches: int,
    ) -> None:
        self._config = config
        self._queue = queue
        self._report_ratios = report_ratios
        self._report_round_trip = report_round_trip
        self._left = batches
        self._estimator: Any = None
        self._done = False

    @property
    def wants_batch(self) -> bool:
        return self._left > 0 and not self._done

    def add(self, maps: Sequence[Any]) -> None:
        """Take the four maps of a batch (paddle tensors), N x H x W. Nothing is copied here."""
        self._left -= 1
        last = self._left == 0
        self._queue.put(lambda: self._measure(maps, last))

    def _measure(self, tensors: Sequence[Any], last: bool) -> None:
        if self._done:
            return
        from ppocr_guard.geometry.measure import RatioEstimator
        from ppocr_guard.geometry.regions import as_maps, find_regions

        sampling = _sampling(self._config)
        if self._estimator is None:
            self._estimator = RatioEstimator(sampling)
        maps = as_maps([_host(tensor)[: sampling.max_images] for tensor in tensors])
        regions = find_regions(maps, sampling)
        if self._report_round_trip is not None:
            trip = self._perfect_prediction(maps, regions)
            if trip is not None:
                self._report_round_trip(trip)
                self._report_round_trip = None
        self._estimator.add(maps, regions)
        estimates = self._estimator.estimate()
        if last or all((e.uncertainty or 1) < ENOUGH for e in estimates.values()):
            self._done = True
            self._report_ratios(estimates)

    def _perfect_prediction(self, maps: Any, regions: Any) -> Any:
        """RoundTripResult, or None where the postprocess is not DB's."""
        from ppocr_guard.geometry.postprocess import Postprocess
        from ppocr_guard.geometry.roundtrip import round_trip

        settings = self._config.get("PostProcess") or {}
        if "DBPostProcess" not in str(settings.get("name")):
            return None
        known = {f.name for f in dataclasses.fields(Postprocess)}
        options = Postprocess(**{k: v for k, v in settings.items() if k in known})
        return round_trip(maps, options, _sampling(self._config), regions)


def warm_up() -> None:
    """Import what a measurement needs, before the first batch: OpenCV and shapely take a second."""
    import ppocr_guard.geometry.labelling
    import ppocr_guard.geometry.measure
    import ppocr_guard.geometry.roundtrip  # noqa: F401


def run_jobs(jobs: list[Callable[[], None]]) -> None:
    """Consumer of the background queue."""
    for job in jobs:
        job()


def _host(tensor: Any) -> Any:
    return tensor.numpy() if hasattr(tensor, "numpy") else tensor


def _sampling(config: Mapping[str, Any]) -> Any:
    from ppocr_guard.geometry.regions import Sampling

    found = schedule.shrink_options(config)
    border, shrink = found.get("MakeBorderMap", {}), found.get("MakeShrinkMap", {})
    return Sampling(
        thresh_min=float(border.get("thresh_min", 0.3)),
        thresh_max=float(border.get("thresh_max", 0.7)),
        min_text_size=int(shrink.get("min_text_size", 8)),
    )
