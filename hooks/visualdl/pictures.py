"""Which validation pictures are worth their place in a file that only ever grows. Pure."""

from __future__ import annotations

from typing import Generic, Optional, TypeVar

from ppocr_guard.events import EvalSample, EvalTexts

E = TypeVar("E", EvalSample, EvalTexts)


class Pictures(Generic[E]):
    """Lets the first ``cap`` evaluations pass, then half as many for each time that their number
    doubles; the latest and the best of those between are kept for the end.

    1000 evaluations with a cap of 16 are 64 pictures. By the number of the evaluation alone, so
    that a resume goes on where it was.
    """

    def __init__(self, cap: int, tag: str = "eval/sample") -> None:
        self._cap = cap
        self._tag = tag
        self._best: Optional[E] = None  # not written yet
        self._latest: Optional[E] = None  # likewise

    def offer(self, sample: E, *, best: bool) -> list[tuple[str, E]]:
        """(tag, picture) to write now; the best so far has a tag of its own."""
        if not self._cap:
            return []
        self._best = sample if best else self._best
        self._latest = sample
        return self.rest() if self.is_due(sample.evaluation) else []

    def rest(self) -> list[tuple[str, E]]:
        """What is kept back: at the end of the run."""
        kept = [(self._tag, self._latest), (f"{self._tag}_best", self._best)]
        self._latest = self._best = None
        return [(tag, sample) for tag, sample in kept if sample is not None]

    def is_due(self, evaluation: int) -> bool:
        stride = 1
        while evaluation > stride * self._cap:
            stride *= 2
        return evaluation % stride == 0
