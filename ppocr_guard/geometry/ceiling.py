"""The hmean that a perfect model could reach on given labels under given settings.

Each image's polygons go through the resize of the evaluation and the shrink map; the map itself,
taken for the model's prediction, goes through the postprocess and the metric. What is lost then is
lost to the settings: no training can bring it back.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Any, Callable, NamedTuple, Optional

import cv2
import numpy as np
import shapely

from ppocr_guard.geometry.metric import Counts, match
from ppocr_guard.geometry.postprocess import Candidate, Postprocess, candidates, to_image, unclip
from ppocr_guard.geometry.regions import Floats
from ppocr_guard.geometry.target import Resize, shrink_map
from ppocr_guard.geometry.unclip import fitting_unclip_band
from ppocr_guard.wording import say

SIZES = (0, 8, 16, 32, 64)  # lower bounds of the classes, px of the original image's short side
# Why a text is lost, in the order of the pipeline.
REASONS = ("min_text_size", "resize", "shrink", "too_small", "box_thresh", "merged", "unclip")

_CHUNK = 16  # images a task
_FEW = 64  # images for which no process is started
_SEARCHED = 3000  # texts on which unclip ratios are compared
_STEPS = 9
_TIE = 0.002  # of hmean


class Sample(NamedTuple):
    """One labelled image."""

    width: int
    height: int
    polygons: Sequence[Floats]  # each n x 2, (x, y) in pixels
    ignore: Sequence[bool]


@dataclass(frozen=True)
class CeilingSettings:
    """What the configuration says; see the classes for the single options."""

    shrink_ratio: float = 0.4  # the effective one
    min_text_size: int = 8
    resize: Resize = field(default_factory=Resize)
    postprocess: Postprocess = field(default_factory=Postprocess)
    workers: Optional[int] = None  # processes; None: one a core


@dataclass(frozen=True)
class SizeClass:
    """Texts whose short side has ``low`` to ``high`` pixels in the original image."""

    low: int
    high: Optional[int]
    texts: int
    matched: int
    lost: Mapping[str, int]  # by reason, of REASONS


@dataclass(frozen=True)
class CeilingResult:
    """``best_unclip_ratio`` is the configured one where no other does better."""

    hmean: float
    precision: float
    recall: float
    unclip_ratio: float
    best_unclip_ratio: float
    best_hmean: float
    images: int
    texts: int  # that are not ignored
    by_size: tuple[SizeClass, ...]

    @property
    def lost(self) -> dict[str, int]:
        """Texts lost, by reason; the most frequent first."""
        total: Counter[str] = Counter()
        for one in self.by_size:
            total.update(one.lost)
        return dict(total.most_common())


def ceiling(
    samples: Iterable[Sample],
    settings: CeilingSettings,
    progress: Optional[Callable[[int], None]] = None,
) -> CeilingResult:
    """Score perfect predictions of ``samples``.

    ``progress`` is called with the number of images done so far. The unclip ratios are compared
    on up to 3000 texts spread over the samples; the best one is then scored on all.

    Raises:
        ValueError: no samples, or none has a text that is not ignored.
    """
    todo = list(samples)
    texts = sum(len(s.ignore) - sum(map(bool, s.ignore)) for s in todo)
    if not texts:
        raise ValueError(
            say("no text to score: {images} images, all of their texts ignored", images=len(todo))
        )
    ratios = _unclip_ratios(settings)
    every = max(1, -(-texts // _SEARCHED))
    searched = [ratios if i % every == 0 else ratios[:1] for i in range(len(todo))]
    total = _Tally()
    with _mapper(settings, len(todo)) as run:
        for done, tally in enumerate(run(todo, searched), 1):
            total.add(tally)
            if progress is not None:
                progress(done)
        best = _best(total.searched, ratios[0])
        best_hmean = total.counts.hmean if best == ratios[0] else total.searched[best].hmean
        if best != ratios[0] and every > 1:
            rescored = _Tally()
            for tally in run(todo, [(best,)] * len(todo)):
                rescored.add(tally)
            best_hmean = rescored.counts.hmean
    return CeilingResult(
        total.counts.hmean,
        total.counts.precision,
        total.counts.recall,
        ratios[0],
        best,
        best_hmean,
        len(todo),
        total.counts.labels,
        total.by_size(),
    )


def _best(searched: Mapping[float, Counts], configured: float) -> float:
    """The configured ratio if no other does clearly better, else the middle of the best."""
    scores = {ratio: counts.hmean for ratio, counts in searched.items()}
    good = [u for u, hmean in scores.items() if hmean >= max(scores.values()) - _TIE]
    return configured if configured in good or not good else sorted(good)[len(good) // 2]


class _Tally:
    """Sums over images."""

    def __init__(self) -> None:
        self.counts = Counts()  # under the first unclip ratio
        self.searched: dict[float, Counts] = {}
        self.fates: Counter[tuple[int, str]] = Counter()  # (size class, reason or "")

    def add(self, other: _Tally) -> None:
        self.counts = self.counts.plus(other.counts)
        self.fates.update(other.fates)
        for ratio, counts in other.searched.items():
            self.searched[ratio] = self.searched.get(ratio, Counts()).plus(counts)

    def by_size(self) -> tuple[SizeClass, ...]:
        classes = []
        for number, low in enumerate(SIZES):
            fates = {why: n for (size, why), n in self.fates.items() if size == number}
            lost = {why: fates[why] for why in REASONS if why in fates}
            high = SIZES[number + 1] if number + 1 < len(SIZES) else None
            classes.append(SizeClass(low, high, sum(fates.values()), fates.get("", 0), lost))
        return tuple(classes)


_Run = Callable[[Sequence[Sample], Sequence[Sequence[float]]], Iterator[_Tally]]


class _mapper:  # noqa: N801 (a context manager used like a function)
    """Gives ``run(samples, unclip ratios of each)``, over processes when it pays."""

    def __init__(self, settings: CeilingSettings, images: int) -> None:
        self._score = partial(_score, settings)
        workers = settings.workers or os.cpu_count() or 1
        alone = workers == 1 or images <= _FEW
        # Not forked: a fork of a process whose OpenCV has threads may wait for them for ever.
        self._pool = (
            None
            if alone
            else ProcessPoolExecutor(workers, get_context("spawn"), initializer=_one_thread)
        )

    def __enter__(self) -> _Run:
        return self._run

    def _run(
        self, samples: Sequence[Sample], ratios: Sequence[Sequence[float]]
    ) -> Iterator[_Tally]:
        if self._pool is None:
            return map(self._score, samples, ratios)
        return self._pool.map(self._score, samples, ratios, chunksize=_CHUNK)

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _unclip_ratios(settings: CeilingSettings) -> tuple[float, ...]:
    """The configured ratio, then those that fit boxes from square to long."""
    configured = settings.postprocess.unclip_ratio
    if not 0 < settings.shrink_ratio < 1:
        return (configured,)
    square, long = fitting_unclip_band(settings.shrink_ratio)
    # A little beyond: whole pixels make small shrunk boxes smaller or larger still.
    tried = np.geomspace(0.6 * square, 1.1 * min(long, 4 * square), _STEPS)
    return (configured, *(round(float(u), 2) for u in tried))


def perfect_map(
    settings: CeilingSettings, sample: Sample
) -> tuple[Floats, list[str], list[Floats]]:
    """(what a perfect model would predict, H x W; each text's fate as :func:`shrink_map` has it;
    the polygons as resized)."""
    width, height = settings.resize.size(sample.width, sample.height)
    scale = np.array([width / sample.width, height / sample.height])
    scaled = [np.asarray(polygon, dtype=np.float64) * scale for polygon in sample.polygons]
    target, fates = shrink_map(
        scaled, width, height, settings.shrink_ratio, settings.min_text_size, sample.ignore
    )
    return target, fates, scaled


def _score(settings: CeilingSettings, sample: Sample, ratios: Sequence[float]) -> _Tally:
    """One image under several unclip ratios; the texts' fates are those of the first."""
    polygons = [np.asarray(polygon, dtype=np.float64) for polygon in sample.polygons]
    target, fates, scaled = perfect_map(settings, sample)
    found = candidates(target, settings.postprocess)
    labels = [shapely.Polygon(polygon) for polygon in polygons]
    tally = _Tally()
    for ratio in dict.fromkeys(ratios):
        boxes = [_box(one, ratio, sample, target.shape, settings.postprocess) for one in found]
        result = match(labels, sample.ignore, [box for box in boxes if box is not None])
        if len(ratios) > 1:
            tally.searched[ratio] = result.counts
        if ratio != ratios[0]:
            continue
        tally.counts = result.counts
        where = _Found(found, boxes, scaled, settings)
        for number, polygon in enumerate(polygons):
            if not sample.ignore[number] and labels[number].is_valid:
                side = float(min(cv2.minAreaRect(polygon.astype(np.float32))[1]))
                size = sum(side >= low for low in SIZES[1:])
                fits = bool(np.ptp(polygon, axis=0).min() >= settings.min_text_size)
                hit = result.label_matched[number]
                why = "" if hit else where.reason(number, fates[number], fits)
                tally.fates[size, why] += 1
    return tally


def _box(
    one: Candidate, ratio: float, sample: Sample, shape: tuple[int, ...], options: Postprocess
) -> Optional[Any]:
    """The final box in the image; None when the postprocess drops it."""
    if one.score < options.box_thresh:
        return None
    box = unclip(one.points, ratio, options.box_type)
    if box is None:
        return None
    return to_image(box, shape, sample.width, sample.height)


class _Found:
    """Which candidate belongs to which text, asked for texts that were lost."""

    def __init__(
        self,
        found: list[Candidate],
        boxes: list[Optional[Any]],
        scaled: list[Floats],
        settings: CeilingSettings,
    ) -> None:
        self._found, self._boxes, self._settings = found, boxes, settings
        self._scaled = [np.round(polygon).astype(np.float32) for polygon in scaled]

    def reason(self, number: int, fate: str, fits: bool) -> str:
        """``fits``: the text was large enough for ``min_text_size`` before the resize."""
        if fate == "min_text_size":
            return "resize" if fits else fate
        if fate:
            return "shrink"
        centre = self._scaled[number].mean(axis=0)
        own = [i for i, one in enumerate(self._found) if _within(one.points, centre)]
        if not own:
            return "too_small"
        if all(self._found[i].score < self._settings.postprocess.box_thresh for i in own):
            return "box_thresh"
        if all(self._boxes[i] is None for i in own):
            return "too_small"
        held = sum(_within(self._found[own[0]].points, p.mean(axis=0)) for p in self._scaled)
        return "merged" if held > 1 else "unclip"


def _within(outline: Any, point: Floats) -> bool:
    where = (float(point[0]), float(point[1]))
    return bool(cv2.pointPolygonTest(outline.astype(np.float32), where, True) >= -1)
