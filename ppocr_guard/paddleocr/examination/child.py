"""Runs a function in a forked process and hands its result back, without any trace here.

Training transforms draw from the global random numbers, and those of the training must stay
untouched; and decoding images takes time that the training thread has better uses for. PaddleOCR
forks its loader's workers at the same point, so what is safe for them is safe here.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import signal
import threading
import warnings
from typing import Any, Callable, Optional

SECONDS = 120  # after which the process ends itself


class Child:
    """``function()`` in a process of its own; its result has to be picklable."""

    def __init__(self, function: Callable[[], Any]) -> None:
        """Raises OSError where there is no fork, or none is to be had."""
        if not hasattr(os, "fork"):
            raise OSError("this system cannot fork")
        self._result: Any = None
        self._error: Optional[str] = None
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: threads and fork
            self._pid = os.fork()
        if self._pid == 0:
            _child(function, read, write)
        os.close(write)
        self._thread = threading.Thread(
            target=self._receive, args=(read,), name="ppocr_guard-examination-sample", daemon=True
        )
        self._thread.start()

    def result(self, timeout: float) -> Any:
        """What the function returned, or None while it is not there (wait up to ``timeout``).

        Raises:
            RuntimeError: the function failed, or its process died.
        """
        self._thread.join(timeout)
        if self._error is not None:
            raise RuntimeError(self._error)
        return self._result

    def end(self) -> None:
        """Kill the process if it still runs. Its result is lost."""
        if self._thread.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._thread.join(1.0)

    def _receive(self, read: int) -> None:
        with os.fdopen(read, "rb") as pipe:
            data = pipe.read()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        try:
            self._result, self._error = pickle.loads(data)
        except (EOFError, pickle.UnpicklingError):
            self._error = "its process died"


def _child(function: Callable[[], Any], read: int, write: int) -> None:
    """Never returns."""
    try:
        # PaddleOCR's own handlers kill the whole process group.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(SECONDS)
        os.close(read)
        silence = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(silence, descriptor)
        logging.disable(logging.CRITICAL)
        gc.disable()  # what the parent has on a GPU must not be freed from here
        with contextlib.suppress(OSError):
            os.nice(5)  # after the loader's workers
        _single_threaded()
        answer: tuple[Any, Optional[str]]
        try:
            answer = (function(), None)
        except Exception as error:
            answer = (None, f"{type(error).__name__}: {error}")
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(answer, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)  # no exit handlers, no flushing of what the parent has buffered


def _single_threaded() -> None:
    """OpenCV's threads do not live on in a forked process; waiting for them would take for ever."""
    import cv2

    cv2.setNumThreads(0)
