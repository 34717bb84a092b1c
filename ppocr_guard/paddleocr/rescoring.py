"""Scores the predictions of an evaluation again with other unclip ratios.

If hmean comes back with another ``unclip_ratio``, the model is sound, and the training targets
or the postprocess are wrong. That takes the predictions that are there anyway, PaddleOCR's own
postprocess and metric, and no second forward pass.
"""

from __future__ import annotations

import copy
import time
from typing import Any, Optional

from ppocr_guard.paddleocr.delegate import Delegate
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.samples import Sample

UNCLIP_RATIOS = (0.2, 0.35, 0.5, 0.8, 1.1, 1.5, 2.0, 2.5)
MAX_BYTES = 64 * 2**20  # of probability maps kept, as float16; the first images of the set
MIN_IMAGES = 4
FIGURES = 16  # batches that figures are taken of
MIN_SECONDS = 0.5  # a very small set is scored again as a whole


def is_suspicious(value: float, best: Optional[float], evaluation: int) -> bool:
    """Whether an evaluation is worth a second look: well below the best, or still low."""
    if best is None or value != value:
        return False
    return value < 0.8 * best or (evaluation >= 2 and value < 0.3)


class Predictions:
    """What one evaluation predicted, up to ``MAX_BYTES``, with its labels."""

    def __init__(self, post_process: Any, metric: Any) -> None:
        self.post_process = post_process
        self.metric = metric
        self.seconds = 0.0  # that the evaluation spent in its own postprocess and metric
        self._batches: list[tuple[Any, Any, Any]] = []  # maps, shape list, labels
        self._bytes = 0
        self._pending: Optional[tuple[Any, Any]] = None
        self.sample: Optional[Sample] = None  # the first image, with all that belongs to it
        self._first_map: Any = None  # H x W
        self._pixels: list[tuple[float, float]] = []  # mean, standard deviation of an image

    @harmless
    def keep_maps(self, predicted: Any, shapes: Any) -> Any:
        """``predicted["maps"]``: N x 1 x H x W of one batch; its labels come with
        :meth:`keep_labels`. Gives ``predicted`` with the maps on the host, as DBPostProcess
        would bring them there: so the copy is made once."""
        self._pending = None
        maps = predicted["maps"]
        maps = maps.numpy() if hasattr(maps, "numpy") else maps
        if self._first_map is None:
            self._first_map = maps[0, 0]
        if self._bytes + maps.nbytes // 2 <= MAX_BYTES:
            self._pending = (maps.astype("float16"), shapes)
        return {**predicted, "maps": maps}

    @harmless
    def keep_labels(self, batch: Any) -> None:
        """``batch``: as ``DetMetric`` takes it (image, shape, polys, ignore_tags)."""
        if self._pending is not None:
            maps, shapes = self._pending
            self._bytes += maps.nbytes
            self._batches.append((maps, shapes, [None, None, *batch[2:]]))
            self._pending = None
        if len(self._pixels) < FIGURES:
            few = batch[0][:, :, ::4, ::4]
            self._pixels.append((float(few.mean()), float(few.std())))

    def figures(self) -> dict[str, float]:
        """Of the first images: mean and standard deviation of what the network was given, labels
        that count."""
        if not self._pixels or not self._batches:
            return {}
        ignored = [tags for _, _, labels in self._batches[:FIGURES] for tags in labels[3]]
        return {
            "mean.val": sum(mean for mean, _ in self._pixels) / len(self._pixels),
            "std.val": sum(std for _, std in self._pixels) / len(self._pixels),
            "texts.val": sum(sum(not tag for tag in tags) for tags in ignored) / len(ignored),
        }

    @harmless
    def keep_sample(self, result: Any, batch: Any) -> None:
        """``result``: of the postprocess, one ``{"points": boxes}`` an image. Only refers to the
        first image of the evaluation; nothing is copied."""
        if self.sample is None and self._first_map is not None:
            image, shape, polygons, ignored = (item[0] for item in batch[:4])
            self.sample = Sample(
                image, shape, polygons, ignored, result[0]["points"], self._first_map
            )

    def batches(self) -> list[tuple[Any, Any, Any]]:
        """(maps N x 1 x H x W float16, shape list, labels as ``DetMetric`` takes them) kept."""
        return self._batches

    @harmless
    def rescore(self, indicator: str) -> Optional[dict[float, float]]:
        """{unclip ratio: main indicator} over as many images as fit into the time that the
        evaluation's own postprocess took; the configured ratio is among them."""
        ratios = sorted({*UNCLIP_RATIOS, float(self.post_process.unclip_ratio)})
        scorers = {ratio: (copy.copy(self.post_process), self._new_metric()) for ratio in ratios}
        for ratio, (post_process, _) in scorers.items():
            post_process.unclip_ratio = ratio
        deadline = time.perf_counter() + max(self.seconds, MIN_SECONDS)
        done = 0
        for maps, shapes, labels in self._batches:
            if time.perf_counter() > deadline and done >= MIN_IMAGES:
                break
            predicted = {"maps": maps.astype("float32")}
            for post_process, metric in scorers.values():
                metric(post_process(predicted, shapes), labels)
            done += len(maps)
        if not done:
            return None
        return {
            ratio: float(metric.get_metric()[indicator]) for ratio, (_, metric) in scorers.items()
        }

    def _new_metric(self) -> Any:
        metric = copy.deepcopy(self.metric)
        metric.reset()
        return metric


class _Recording(Delegate):
    def __init__(self, wrapped: Any, predictions: Predictions) -> None:
        super().__init__(wrapped)
        self._predictions = predictions


class _PostProcess(_Recording):
    def __call__(self, predicted: Any, shapes: Any, *args: Any, **kwargs: Any) -> Any:
        predicted = self._predictions.keep_maps(predicted, shapes) or predicted
        started = time.perf_counter()
        result = self._wrapped(predicted, shapes, *args, **kwargs)
        self._predictions.seconds += time.perf_counter() - started
        return result


class _Metric(_Recording):
    def __call__(self, result: Any, batch: Any, *args: Any, **kwargs: Any) -> Any:
        self._predictions.keep_labels(batch)
        self._predictions.keep_sample(result, batch)
        started = time.perf_counter()
        answer = self._wrapped(result, batch, *args, **kwargs)
        self._predictions.seconds += time.perf_counter() - started
        return answer


def record_predictions(arguments: dict[str, Any]) -> Optional[Predictions]:
    """Let the ``program.eval`` that is about to get ``arguments`` keep its predictions.

    Only for DB: ``DBPostProcess`` with ``DetMetric``. None, and nothing changed, otherwise.
    """
    post_process, metric = arguments.get("post_process_class"), arguments.get("eval_class")
    names = (type(post_process).__name__, type(metric).__name__)
    if names != ("DBPostProcess", "DetMetric"):
        return None
    predictions = Predictions(post_process, metric)
    arguments["post_process_class"] = _PostProcess(post_process, predictions)
    arguments["eval_class"] = _Metric(metric, predictions)
    return predictions
