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
    ``program.eval``; loader, postprocess and metric are ours. Model mode and random numbers are
    afterwards what they were.
    """
    started = time.perf_counter()
    maps = _Maps()
    values = {
        **arguments,
        "valid_dataloader": _Images(images, started + seconds),
        "post_process_class": maps,
        "eval_class": _NoMetric(),
    }
    with untouched(arguments["model"]), _silent(evaluate):
        evaluate(**values)
    return maps.found, time.perf_counter() - started


def eval_arguments(evaluate: Evaluate, train: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for ``program.eval`` before any evaluation: those of ``program.train`` that it
    has as well, under the same names in every release."""
    known = inspect.signature(evaluate).parameters
    values = {name: train[name] for name in known if name in train}
    values["model_type"] = train["config"]["Architecture"].get("model_type")
    return values


class _Images:
    """A loader of single images."""

    def __init__(self, images: Sequence[Any], deadline: float) -> None:
        self._images = images
        self._deadline = deadline

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[list[Any]]:
        import paddle

        for image in self._images:
            if time.perf_counter() > self._deadline:
                return
            yield [paddle.to_tensor(image[None].astype("float32")), None]


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
