"""Calls ``tools.program.eval`` the way the training loop does, before the loop does.

Which arguments a release's ``eval`` takes and what its loop makes of them (``extra_input`` from a
list of algorithms, AMP levels ...) is the loop's own knowledge: they are taken, by name, from the
local variables of the ``program.train`` that is asking for its first batch.
"""

from __future__ import annotations

import contextlib
import inspect
import random
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, Callable, Optional


def loop_locals(name: str = "train") -> Optional[Mapping[str, Any]]:
    """Local variables of the nearest caller named ``name`` that has a ``model``."""
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == name and "model" in frame.f_locals:
            return dict(frame.f_locals)
        frame = frame.f_back
    return None


def eval_arguments(
    evaluate: Callable[..., Any], values: Mapping[str, Any]
) -> Optional[dict[str, Any]]:
    """Arguments for ``evaluate`` out of ``values``; None when a needed one is missing."""
    arguments = {}
    for name, parameter in inspect.signature(evaluate).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if name in values:
            arguments[name] = values[name]
        elif parameter.default is parameter.empty:
            return None
    return arguments


@contextlib.contextmanager
def untouched(model: Any, *, draws: bool = True) -> Iterator[None]:
    """Restores the mode of each layer and all random numbers.

    ``draws`` False: what is done inside takes none of Python's and numpy's random numbers, and
    those stay as they are. With ``num_workers: 0`` paddle's loader is a thread of this process that
    augments the next batches meanwhile; its draws must not be taken back.
    """
    import numpy as np
    import paddle

    modes = [(layer, layer.training) for layer in model.sublayers(include_self=True)]
    states = random.getstate(), np.random.get_state(), paddle.get_rng_state()
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training
        if draws:
            random.setstate(states[0])
            np.random.set_state(states[1])
        paddle.set_rng_state(states[2])
