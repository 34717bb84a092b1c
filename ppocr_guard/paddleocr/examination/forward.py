"""Asks the network through PaddleOCR's own ``program.eval``: mixed precision, model types and
arguments are what they are in an evaluation of this release."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, Optional

from ppocr_guard.paddleocr.evaluating import untouched

Evaluate = Callable[..., Any]


def predict(
    evaluate: Evaluate, arguments: Mapping[str, Any], images: Sequence[Any], seconds: float
) -> tuple[list[Any], float]:
    """(probability maps, H x W float32, in order; seconds taken).

    Images (C x H x W) that do not fit into ``seconds`` have no map. ``arguments``: of
    ``program.eval``; loader, postprocess and metric are ours.
    """
    maps = _Maps()
    values = {**arguments, "post_process_class": maps, "eval_class": _NoMetric()}
    deadline = time.perf_counter() + seconds
    taken = run(evaluate, values, [[image, None] for image in images], deadline)
    return maps.found, taken


def run(
    evaluate: Evaluate,
    arguments: Mapping[str, Any],
    samples: Sequence[Sequence[Any]],
    deadline: float,
) -> float:
    """Seconds that ``program.eval`` took on ``samples``, one after the other until ``deadline``
    (:func:`time.perf_counter`). A sample is what KeepKeys gives: the image first. Model mode and
    paddle's random numbers are afterwards what they were; a network in evaluation mode, our
    loader, postprocess and metric draw no others."""
    started = time.perf_counter()
    values = {**arguments, "valid_dataloader": _Samples(samples, deadline)}
    with untouched(arguments["model"], draws=False), _silent(evaluate):
        evaluate(**values)
    return time.perf_counter() - started


class _Samples:
    """A loader of single samples."""

    def __init__(self, samples: Sequence[Sequence[Any]], deadline: float) -> None:
        self._samples = samples
        self._deadline = deadline

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[list[Any]]:
        for sample in self._samples:
            if time.perf_counter() > self._deadline:
                return
            yield [_tensor(value) for value in sample]


def _tensor(value: Any) -> Any:
    """A batch of one; images kept as float16 go in as float32."""
    import numpy as np
    import paddle

    if value is None:
        return None
    array = np.asarray(value)
    array = array.astype(np.float32) if array.dtype == np.float16 else array
    return paddle.to_tensor(array[None])


class _Maps:
    """In the place of DBPostProcess."""

    def __init__(self) -> None:
        self.found: list[Any] = []

    def __call__(self, predicted: Any, *_: Any, **__: Any) -> list[Any]:
        maps = predicted["maps"]
        maps = maps.numpy() if hasattr(maps, "numpy") else maps
        self.found.append(maps[0, 0].astype("float32"))
        return []


class _NoMetric:
    def __call__(self, *_: Any, **__: Any) -> None:
        return None

    def get_metric(self) -> dict[str, float]:
        return {}


@contextlib.contextmanager
def _silent(evaluate: Evaluate) -> Iterator[None]:
    """No progress bar: ``program.eval`` looks ``tqdm`` up in its module when it is called."""
    names: Optional[dict[str, Any]] = getattr(inspect.unwrap(evaluate), "__globals__", None)
    original = (names or {}).get("tqdm")
    if names is None or original is None:
        yield
        return
    names["tqdm"] = _NoBar
    try:
        yield
    finally:
        names["tqdm"] = original


class _NoBar:
    def __init__(self, *_: Any, **__: Any) -> None: ...

    def update(self, *_: Any) -> None: ...

    def close(self) -> None: ...
