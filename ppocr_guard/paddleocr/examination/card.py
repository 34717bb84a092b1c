"""What an examination fills in, and what it needs to know of the kind of model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ppocr_guard.paddleocr.examination.building import Built
from ppocr_guard.paddleocr.examination.forward import Evaluate
from ppocr_guard.paddleocr.rescoring import Predictions


@dataclass
class Card:
    """Cells and figures of one examination; see :class:`ppocr_guard.events.Examination`."""

    cells: dict[str, float] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    settings: dict[str, dict[str, float]] = field(default_factory=dict)

    def take_labels(self, other: Card, column: str) -> None:
        """Cells and settings of the labels of one column."""
        for row in ("labels", "labels_best"):
            name = f"{row}.{column}"
            if name in other.cells:
                self.cells[name] = other.cells[name]
            if name in other.settings:
                self.settings[name] = other.settings[name]


class Subject(ABC):
    """A kind of model that can be examined."""

    asks_validation = True  # whether validation images are to be asked at each examination

    @abstractmethod
    def prepare(self) -> None:
        """In this process, before :meth:`build` runs in a forked one."""

    @abstractmethod
    def build(self, train: Any, evaluation: Any) -> Built:
        """Samples of PaddleOCR's data sets (either may be None); runs in a forked process."""

    def know(self, built: Built) -> None:
        """What :meth:`build` gave, back in this process."""
        return None

    def of_batches(self, batches: Any) -> dict[str, float]:
        """Figures of the training batches so far
        (:class:`ppocr_guard.paddleocr.batches.BatchWatch`)."""
        return {}

    @abstractmethod
    def ask(
        self,
        evaluate: Evaluate,
        arguments: Mapping[str, Any],
        samples: Sequence[Any],
        seconds: float,
    ) -> tuple[list[Any], float]:
        """(an answer for each sample that fitted into the time, seconds taken)."""

    @abstractmethod
    def validation(self, predictions: Predictions, known: Sequence[Any]) -> tuple[Built, list[Any]]:
        """Samples and answers of the evaluation itself; where :attr:`asks_validation` is False."""

    @abstractmethod
    def score(
        self,
        samples: Mapping[str, Sequence[Any]],
        answers: Mapping[str, Sequence[Any]],
        first: bool,
    ) -> Card:
        """Fill in a card; on the background thread. ``first``: before the first step."""
