"""Takes samples of a data set one by one, and sees in which operator they fail or hang.

``__getitem__`` of every PaddleOCR data set catches what an operator raises and calls itself with
another index, for ever if all fail. Here that second call ends the try: an attribute of the
instance stands in for it, and the class's own method is called directly.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Optional

from ppocr_guard.paddleocr.rehearsal.channel import Channel

SAMPLE_SECONDS = 10.0  # for one sample; slow disks take one


class _NextSample(BaseException):
    """PaddleOCR gave the sample up and would try another."""


class SampleTimeoutError(Exception):
    """The time limit of one sample is over."""


class Watch:
    """What happened to the sample at hand."""

    def __init__(self, begins: Callable[[str], None]) -> None:
        self.begins = begins  # told the name of each operator
        self.failed: Optional[tuple[int, str, str]] = None  # position, operator, what
        self.logged = ""

    def error(self, message: Any, *_: Any) -> None:
        """As the data set's logger."""
        self.logged = str(message)

    def __getattr__(self, name: str) -> Any:  # info, warning, debug of a logger
        if name in ("info", "warning", "debug", "critical", "exception"):
            return lambda *_args, **_kwargs: None
        raise AttributeError(name)


class Watched:
    """An operator that says when it begins, fails, or gives nothing."""

    def __init__(self, operator: Any, position: int, watch: Watch) -> None:
        self._operator, self._position, self._watch = operator, position, watch
        self._name = type(operator).__name__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._operator, name)

    def __call__(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        watch = self._watch
        watch.begins(self._name)
        try:
            result = self._operator(data, *args, **kwargs)
        except BaseException as error:
            if watch.failed is None:
                text = str(error).strip() or type(error).__name__
                what = (
                    "timeout"
                    if isinstance(error, SampleTimeoutError)
                    else f"{type(error).__name__}: {text}"
                )
                watch.failed = (self._position, self._name, what)
            raise
        if result is None and watch.failed is None:
            watch.failed = (self._position, self._name, "none")
        return result


class Sampled:
    """``samples``: those that came out; ``seconds``: of each that did."""

    def __init__(self) -> None:
        self.samples: list[Any] = []
        self.seconds: list[float] = []
        self.tried = 0


def take(
    dataset: Any, indices: Sequence[Any], mode: str, channel: Channel, seconds: float
) -> Sampled:
    """Take the samples at ``indices``, as many as fit into ``seconds``; tells a fact of it."""
    found, failures, started = Sampled(), [], time.monotonic()

    def begins(operator: str) -> None:
        channel.stage("sample", mode=mode, number=found.tried, of=len(indices), operator=operator)

    with _watched(dataset, begins) as watch:
        for index in indices:
            if found.tried and time.monotonic() - started > seconds:
                break
            found.tried += 1
            begins("")
            watch.failed, watch.logged = None, ""
            before = time.monotonic()
            sample = _one(dataset, index)
            if sample is None:
                failures.append({"index": index, **_failure(watch)})
                line = _line(dataset, index)
                if line is not None:
                    failures[-1]["line"] = line
            else:
                found.samples.append(sample)
                found.seconds.append(time.monotonic() - before)
    channel.fact(
        "samples",
        mode=mode,
        size=len(dataset),
        tried=found.tried,
        failures=failures[:8],
        failed=len(failures),
        operators=[type(op).__name__ for op in getattr(dataset, "ops", None) or ()],
        seconds=found.seconds,
    )
    return found


def _one(dataset: Any, index: Any) -> Any:
    try:
        with _limit(SAMPLE_SECONDS):
            return type(dataset).__getitem__(dataset, index)
    except (_NextSample, SampleTimeoutError):
        return None
    except Exception as error:  # outside of PaddleOCR's own try: it would end the training
        return _raised(dataset, error)


def _raised(dataset: Any, error: Exception) -> None:
    watch = dataset.logger
    if watch.failed is None:
        watch.failed = (-1, "", f"{type(error).__name__}: {error}")


def _failure(watch: Watch) -> dict[str, Any]:
    if watch.failed is not None:
        position, operator, what = watch.failed
        return {"position": position, "operator": operator, "what": what[:500]}
    lines = [line.strip() for line in watch.logged.splitlines() if line.strip()]
    what = lines[-1] if lines else "none"
    return {
        "position": -1,
        "operator": "",
        "what": "timeout" if "SampleTimeoutError" in what else what[:500],
    }


def _line(dataset: Any, index: Any) -> Optional[str]:
    """The line of the label file, as far as the data set keeps its lines."""
    try:
        if isinstance(index, (list, tuple)):  # of MultiScaleSampler: width, height, index
            index = index[2]
        raw = dataset.data_lines[dataset.data_idx_order_list[index]]
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    except Exception:
        return None


@contextmanager
def _watched(dataset: Any, begins: Callable[[str], None]) -> Iterator[Watch]:
    watch = Watch(begins)
    operators, logger = getattr(dataset, "ops", None), getattr(dataset, "logger", None)

    def give_up(*_: Any) -> None:
        raise _NextSample

    if isinstance(operators, list):
        dataset.ops = [Watched(op, position, watch) for position, op in enumerate(operators)]
    dataset.logger = watch
    dataset.__getitem__ = give_up
    try:
        yield watch
    finally:
        del dataset.__getitem__
        dataset.logger = logger
        if isinstance(operators, list):
            dataset.ops = operators


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise in the main thread after ``seconds``; no limit where there is no SIGALRM."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: Any) -> None:
        raise SampleTimeoutError(f"not done after {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, ring)
    # Again and again: PaddleOCR's bare `except:` inside a loop would swallow a single one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
