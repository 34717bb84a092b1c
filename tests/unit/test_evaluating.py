"""What is asked of the network in mid-run leaves the training as it was."""

from __future__ import annotations

import random
import sys
import types
from typing import Any

import numpy as np
import pytest

from ppocr_guard.paddleocr.evaluating import untouched


class Layer:
    training = True

    def sublayers(self, include_self: bool = False) -> list[Any]:
        return [self]


@pytest.fixture(autouse=True)
def paddle(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Its random numbers are a counter here."""
    module = types.ModuleType("paddle")
    module.state = 0  # type: ignore[attr-defined]
    module.get_rng_state = lambda: module.state  # type: ignore[attr-defined]
    module.set_rng_state = lambda value: setattr(module, "state", value)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "paddle", module)
    return module


def test_modes_and_random_numbers_are_put_back(paddle: Any) -> None:
    layer = Layer()
    random.seed(1)
    np.random.seed(1)
    with untouched(layer):
        layer.training = False
        paddle.state = 7
        random.random()
        np.random.rand()
    assert layer.training
    assert paddle.state == 0
    assert (random.random(), np.random.rand()) == (random.Random(1).random(), 0.417022004702574)


def test_what_a_loader_in_this_process_draws_meanwhile_is_not_taken_back(paddle: Any) -> None:
    """`num_workers: 0`: the next batches are augmented on a thread while the network is asked."""
    np.random.seed(1)
    expected = np.random.rand(4)
    np.random.seed(1)
    drawn = [np.random.rand()]
    with untouched(Layer(), draws=False):
        paddle.state = 7
        drawn += [np.random.rand(), np.random.rand()]  # the loader's thread
    drawn.append(np.random.rand())
    assert drawn == list(expected)
    assert paddle.state == 0
