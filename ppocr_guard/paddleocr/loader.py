"""Stands in for PaddleOCR's train loader: tells the session when an epoch and a step begin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ppocr_guard.paddleocr.delegate import Delegate

if TYPE_CHECKING:
    from ppocr_guard.paddleocr.session import Session


class GuardedLoader(Delegate):
    """Yields the very batches of ``loader``.

    ``tools/program.py`` uses ``len``, iteration, ``.dataset`` and (3.7.0) ``.batch_sampler``;
    every other attribute is the loader's own.
    """

    def __init__(self, loader: Any, session: Session) -> None:
        super().__init__(loader)
        self._session = session

    def __len__(self) -> int:
        return len(self._wrapped)

    def __iter__(self) -> Iterator[Any]:
        session = self._session
        session.epoch_starts(self._wrapped)  # before the workers fork: a repair is to reach them
        session.waiting(True)  # forks the workers, or wakes those of the last epoch
        try:
            batches = iter(self._wrapped)
        finally:
            session.waiting(False)
        while True:
            session.step_boundary()  # may raise StopTraining: nothing of the next batch is taken
            started = time.perf_counter()
            session.waiting(True)
            try:
                batch = next(batches)
            except StopIteration:
                return
            finally:
                session.waiting(False)
            session.batch_arrived(batch, time.perf_counter() - started)
            yield batch
