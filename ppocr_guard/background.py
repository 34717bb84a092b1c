"""A bounded queue with one daemon thread: where hooks put what may wait on disk or network."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Callable, Generic, Optional, TypeVar

T = TypeVar("T")
_log = logging.getLogger("ppocr_guard")


class Background(Generic[T]):
    """Hands items to ``consume`` in batches, in order, on a daemon thread of its own.

    ``put`` never blocks: when ``capacity`` items wait, the oldest is dropped and counted in
    ``dropped``. An exception in ``consume`` is counted in ``errors``, kept in ``last_error``,
    logged once, and the batch is lost; the thread goes on. The thread starts with the first
    item, so a process that is forked before then inherits none.
    """

    def __init__(
        self, consume: Callable[[list[T]], None], *, name: str, capacity: int = 4096
    ) -> None:
        self.dropped = 0
        self.errors = 0
        self.last_error: Optional[BaseException] = None
        self._consume = consume
        self._name = name
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._wake = threading.Condition()
        self._busy = False
        self._closed = False
        self._thread: Optional[threading.Thread] = None

    def put(self, item: T) -> None:
        with self._wake:
            if self._closed:
                return
            if len(self._items) >= self._capacity:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name=f"ppocr_guard-{self._name}", daemon=True
                )
                self._thread.start()
            self._wake.notify()

    @property
    def waiting(self) -> int:
        """How many items wait."""
        return len(self._items)

    def flush(self, timeout: float) -> bool:
        """Wait until all that was put is consumed; False when ``timeout`` seconds ran out."""
        deadline = time.monotonic() + timeout
        with self._wake:
            while self._items or self._busy:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._wake.wait(left)
        return True

    def close(self, timeout: float) -> bool:
        """Flush, then end the thread: what could not be done in time is dropped.

        A thread that is still inside a C++ library when Python ends would abort the process.
        """
        done = self.flush(timeout)
        with self._wake:
            self._closed = True
            self.dropped += len(self._items)
            self._items.clear()
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(max(0.0, min(timeout, 1.0)))
        return done

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._items and not self._closed:
                    self._wake.wait()
                if not self._items:
                    return
                batch = list(self._items)
                self._items.clear()
                self._busy = True
            try:
                self._consume(batch)
            except Exception as error:
                self.errors += 1
                self.last_error = error
                if self.errors == 1:
                    _log.warning("%s failed: %s", self._name, error)
            finally:
                with self._wake:
                    self._busy = False
                    self._wake.notify_all()
