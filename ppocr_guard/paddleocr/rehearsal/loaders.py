"""Shortened loaders: the first batches of the training set, a few images of the validation set."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Callable, Optional

from ppocr_guard.paddleocr.delegate import Delegate

HEADS = 500  # validation images whose size is looked up
LISTED = 200_000  # indices of a validation set that are looked at
SMALL = 2  # images of the first step


class FirstBatches(Delegate):
    """Stands in for the train loader; ends after ``steps`` batches, or when time is over.

    The first batch is cut to ``SMALL`` images, which shows what crashes, and how long a whole
    batch would take: the others are cut too where that is longer than ``seconds``.
    ``asked()`` is called before the first batch, ``arrived(batch, images, of, seconds)`` with
    each one, ``done(number)`` when the loop asks for the next.
    """

    def __init__(
        self,
        loader: Any,
        steps: int,
        seconds: float,
        asked: Callable[[], None],
        arrived: Callable[[Any, int, int, float], None],
        done: Callable[[int], float],
        late: Callable[[], bool],
    ) -> None:
        super().__init__(loader)
        self._steps, self._seconds = min(steps, len(loader)), seconds
        self._asked, self._arrived, self._done, self._late = asked, arrived, done, late

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[Any]:
        self._asked()
        batches = iter(self._wrapped)
        small = True
        for number in range(1, self._steps + 1):
            if number > 1 and self._late():
                return
            started = time.perf_counter()
            try:
                batch = next(batches)
            except StopIteration:
                return
            waited, size = time.perf_counter() - started, _size(batch)
            if small and size > SMALL:
                batch = [item[:SMALL] for item in batch]
            self._arrived(batch, _size(batch), size, waited)
            yield batch
            step = self._done(number)
            small = small and step * size / SMALL > self._seconds / 4


def _size(batch: Any) -> int:
    """Images of a batch; 0 for one that cannot be cut."""
    try:
        sizes = {len(item) for item in batch}
    except TypeError:
        return 0
    return sizes.pop() if len(sizes) == 1 and isinstance(batch, (list, tuple)) else 0


class FewImages(Delegate):
    """Stands in for the validation loader: batches of ``indices``, until time is over."""

    def __init__(
        self, loader: Any, indices: Sequence[Any], batch_size: int, late: Callable[[], bool]
    ) -> None:
        super().__init__(loader)
        self._late = late
        self._batches = [
            list(indices[start : start + batch_size])
            for start in range(0, len(indices), batch_size)
        ]
        self.images = 0

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Any]:
        import paddle

        few = paddle.io.DataLoader(
            dataset=self._wrapped.dataset,
            batch_sampler=self._batches,
            places=getattr(self._wrapped, "places", None),
            num_workers=0,
            return_list=True,
            collate_fn=getattr(self._wrapped, "collate_fn", None),
        )
        for batch in few:
            yield batch
            self.images += len(batch[0]) if isinstance(batch, (list, tuple)) else 1
            if self._late():
                return


def train_indices(loader: Any, count: int) -> list[Any]:
    """The first ``count`` indices that the loader's sampler gives."""
    found: list[Any] = []
    for batch in loader.batch_sampler:
        found.extend(batch)
        if len(found) >= count:
            break
    return found[:count]


def validation_indices(loader: Any, count: int) -> tuple[list[Any], Optional[tuple[Any, int, int]]]:
    """(``count`` indices evenly over the set, (index, width, height) of the largest image)."""
    every: list[Any] = []
    for batch in islice(loader.batch_sampler, LISTED):
        every.extend(batch)
    return _evenly(every, count), _largest(loader.dataset, _evenly(every, HEADS))


def _evenly(items: Sequence[Any], count: int) -> list[Any]:
    if len(items) <= count:
        return list(items)
    return [items[(2 * i + 1) * len(items) // (2 * count)] for i in range(count)]


def _largest(dataset: Any, indices: Sequence[Any]) -> Optional[tuple[Any, int, int]]:
    """Of a data set of files, by the heads of the files."""
    try:
        from PIL import Image

        best: Optional[tuple[Any, int, int]] = None
        for index in indices:
            raw = dataset.data_lines[dataset.data_idx_order_list[index]]
            name = raw.decode("utf-8").strip("\n").split(dataset.delimiter)[0]
            try:
                with Image.open(f"{dataset.data_dir}/{name}") as image:
                    width, height = image.size
            except (OSError, ValueError):
                continue
            if best is None or width * height > best[1] * best[2]:
                best = (index, width, height)
        return best
    except Exception:  # another kind of data set: then the largest is not known
        return None
