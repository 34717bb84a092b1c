"""Slower judgements on a validation metric: not learning, plateau, unstable, overfitting."""

from __future__ import annotations

import math
from typing import Any, Optional

from ppocr_guard.detect.base import Detector


class LossMarks(Detector):
    """Whether the training loss still falls, in O(1) memory.

    Marks the loss at evaluations 1, 2, 4, 8 ... and compares with the mark before the last: as it
    was when the run was a quarter to a half as long.
    """

    FARTHER = 2
    STATE = ("evaluations", "marked_at", "marked", "older", "loss")

    def __init__(self, share: float = 0.9) -> None:
        self.share = share
        self.evaluations = 0
        self.marked_at = 0
        self.marked: Optional[float] = None
        self.older: Optional[float] = None
        self.loss: Optional[float] = None

    def update(self, loss: Optional[float]) -> None:
        """``loss``: level of the training loss around this evaluation, None if not known."""
        self.evaluations += 1
        self.loss = loss if loss is not None and math.isfinite(loss) else None
        if self.loss is not None and self.evaluations >= self.FARTHER * self.marked_at:
            self.older, self.marked, self.marked_at = self.marked, self.loss, self.evaluations

    @property
    def known(self) -> bool:
        """There is a loss, and an older one to compare it with."""
        return self.loss is not None and self.older is not None

    @property
    def falling(self) -> bool:
        """The loss is under ``share`` of what it was; not when that is unknown, or it is 0."""
        return None not in (self.loss, self.older) and 0 < self.loss < self.share * self.older  # type: ignore[operator]


class ProgressDetector(Detector):
    """Not learning and plateau: both are about how long ago the best last moved.

    Args:
        patience: evaluations without progress that make a plateau. A long run gets more: a
            third of its length, since gains come ever slower.
        min_delta: gain of the best that counts as progress.
        worthless: best value below which a run has learnt nothing of use. Detectors from scratch
            spend their first evaluations at 0, so judging begins after a quarter of the run and
            asks that the best has stood still for half of the evaluations, that the learning
            rate is past its warm-up and that the loss no longer falls (a detector's maps get
            better long before a box passes its threshold); in the last quarter it asks only
            that the loss no longer falls, and in the last tenth that the best is worthless.
            Where no loss is known it may be falling.
        not_learning_after: evaluations after the warm-up before a run can be called not learning;
            twice as many where the length of the run is not known, four times while the loss falls.
            In the last tenth of a run whose length is known, FEW are enough: of 200 public runs
            thinned out to 4 to 9 evaluations, none was worthless there and became something.
    """

    FEW = 4
    LATE, LAST = 0.75, 0.9  # share of the run
    STATE = ("evaluations", "warm", "reference", "since_progress", "done", "warming")

    def __init__(
        self,
        patience: int = 15,
        min_delta: float = 0.005,
        worthless: float = 0.15,
        not_learning_after: int = 10,
    ) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self.worthless = worthless
        self.not_learning_after = not_learning_after
        self.evaluations = 0
        self.warm = 0  # of these, after the warm-up of the learning rate
        self.reference = 0.0  # best at the last progress
        self.since_progress = 0
        self.done: Optional[float] = None
        self.warming = False
        self.loss = LossMarks()

    def update(
        self,
        value: float,
        done: Optional[float] = None,
        *,
        loss: Optional[float] = None,
        warming: bool = False,
    ) -> None:
        """One evaluation.

        Args:
            value: the metric, 0..1.
            done: share of the run that is over, 0..1, where it is known.
            loss: level of the training loss around this evaluation, where it is known.
            warming: the learning rate still rises to its peak.
        """
        self.evaluations += 1
        self.done = done
        self.warming = warming
        if warming:
            self.loss = LossMarks()  # what it did at a small learning rate tells nothing
        self.warm += not warming
        self.loss.update(loss)
        if math.isfinite(value) and value > self.reference + self.min_delta:
            self.reference, self.since_progress = value, 0
        else:
            self.since_progress += 1

    @property
    def not_learning(self) -> bool:
        if self.reference >= self.worthless:
            return False
        falling = self.loss.falling or not self.loss.known
        unsure = falling or self.warm < self.not_learning_after
        if self.done is not None and self.done >= (self.LAST if unsure else self.LATE):
            return self.evaluations >= self.FEW
        if self.since_progress < self.evaluations / 2 or self.warming:
            return False
        if self.done is None:
            return self.warm >= (4 if falling else 2) * self.not_learning_after
        return self.done >= 0.25 and self.warm >= self.not_learning_after and not falling

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "loss": self.loss.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave; raises ValueError, and changes nothing."""
        own = dict(state) if isinstance(state, dict) else {}
        marks = LossMarks()
        marks.load_state_dict(own.pop("loss", {}))
        super().load_state_dict(own)
        self.loss = marks

    @property
    def plateau(self) -> bool:
        return self.reference >= self.worthless and self.since_progress >= max(
            self.patience, self.evaluations / 3
        )


class StabilityDetector(Detector):
    """Unstable: the metric fell below half of its best and came back.

    Args:
        depth: share of the best that must be lost.
        floor: best value below which falls are only noise of a run that has learnt little.
    """

    STATE = ("best", "low", "lowest", "falls")

    def __init__(self, depth: float = 0.5, floor: float = 0.2) -> None:
        self.depth = depth
        self.floor = floor
        self.best = 0.0
        self.low = False
        self.lowest = 1.0  # of the present or last fall
        self.falls = 0  # that were recovered from

    def update(self, value: float) -> bool:
        """True when this evaluation came back from a fall."""
        value = value if math.isfinite(value) else 0.0
        limit = (1 - self.depth) * self.best
        if self.best >= self.floor and value < limit:
            self.lowest = min(self.lowest, value) if self.low else value
            self.low = True
            return False
        came_back = self.low and value >= limit + 0.5 * (self.best - limit)
        if came_back:
            self.low = False
            self.falls += 1
        self.best = max(self.best, value)
        return came_back


class OverfittingDetector(Detector):
    """The training loss goes on falling while the metric has turned down.

    Compares with the evaluation of the best metric. Not valid when the targets are wrong: there
    the same picture has another cause, so callers must not ask then.

    Args:
        patience: evaluations in a row that must be below the best by `decline`, and by twice the
            run's own noise (mean change from one evaluation to the next).
        decline: share of the best that is lost.
        loss_gain: share by which the loss must be below what it was at the best.
        floor: best value below which there is nothing to overfit yet.
    """

    STATE = ("best", "loss_at_best", "count", "previous", "noise")

    def __init__(
        self,
        patience: int = 8,
        decline: float = 0.03,
        loss_gain: float = 0.2,
        floor: float = 0.3,
    ) -> None:
        self.patience = patience
        self.decline = decline
        self.loss_gain = loss_gain
        self.floor = floor
        self.best = 0.0
        self.loss_at_best: Optional[float] = None
        self.count = 0
        self.previous: Optional[float] = None
        self.noise = 0.0

    def update(self, value: float, loss: Optional[float]) -> bool:
        """``loss``: level of the training loss around this evaluation, None if not known."""
        if not math.isfinite(value) or loss is None or not math.isfinite(loss):
            return False
        if self.previous is not None:
            self.noise = 0.9 * self.noise + 0.1 * abs(value - self.previous)
        self.previous = value
        if self.loss_at_best is None or value >= self.best:
            self.best, self.loss_at_best, self.count = value, loss, 0
            return False
        falls = value < self.best - max(self.decline * self.best, 2 * self.noise)
        gains = 0 < loss < (1 - self.loss_gain) * self.loss_at_best
        self.count = self.count + 1 if falls and gains and self.best >= self.floor else 0
        return self.count >= self.patience
