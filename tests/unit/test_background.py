"""The bounded queue: order, drops, errors, flush."""

from __future__ import annotations

import threading

from ppocr_guard.background import Background


def test_items_arrive_in_order_and_flush_waits_for_them() -> None:
    got: list[int] = []
    background: Background[int] = Background(got.extend, name="test")
    for number in range(100):
        background.put(number)
    assert background.flush(5)
    assert got == list(range(100))


def test_when_full_the_oldest_is_dropped_and_put_does_not_wait() -> None:
    started, release = threading.Event(), threading.Event()
    got: list[int] = []

    def consume(items: list[int]) -> None:
        started.set()
        release.wait(5)
        got.extend(items)

    background: Background[int] = Background(consume, name="test", capacity=3)
    background.put(0)
    assert started.wait(5)
    for number in range(1, 6):
        background.put(number)
    assert background.dropped == 2
    assert not background.flush(0.01)
    release.set()
    assert background.flush(5)
    assert got == [0, 3, 4, 5]


def test_an_error_is_counted_and_the_thread_goes_on() -> None:
    got: list[int] = []

    def consume(items: list[int]) -> None:
        if 1 in items:
            raise OSError("disk full")
        got.extend(items)

    background: Background[int] = Background(consume, name="test")
    background.put(1)
    assert background.flush(5)
    background.put(2)
    assert background.close(5)
    assert (background.errors, got) == (1, [2])
    assert "disk full" in str(background.last_error)
    background.put(3)  # after close: ignored
    assert got == [2]
