"""Python's garbage collector is left as it was found."""

from __future__ import annotations

import gc

import pytest

from ppocr_guard.paddleocr.garbage import no_collection


@pytest.fixture(autouse=True)
def _as_it_was():
    enabled = gc.isenabled()
    yield
    gc.enable() if enabled else gc.disable()


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_rests_and_is_left_as_it_was_found(enabled: bool) -> None:
    gc.enable() if enabled else gc.disable()
    with no_collection():
        assert not gc.isenabled()
    assert gc.isenabled() == enabled


def test_one_within_another_does_not_wake_it() -> None:
    gc.enable()

    @no_collection()
    def inner() -> None:
        assert not gc.isenabled()

    with no_collection():
        inner()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_wakes_it() -> None:
    gc.enable()
    with pytest.raises(ValueError, match="x"), no_collection():
        raise ValueError("x")
    assert gc.isenabled()
