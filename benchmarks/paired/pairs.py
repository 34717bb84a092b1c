"""Pairs of trainings that take turns: one goes on for a few steps while the other is stopped.

The two train the same steps on the same batches from the same seed (the guard changes no bit), so
step k of the one is compared with step k of the other, seconds apart. Blocks go A B B A, so a load
that grows or shrinks meets both alike.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from itertools import count

from benchmarks.paired.trainings import Bench, Measured, Stoppable, read, training


@dataclass(frozen=True)
class Pair:
    guarded: Measured  # in a control: a second one without the guard
    bare: Measured


def pair(bench: Bench, number: int, *, epochs: int, block: int, control: bool) -> Pair:
    """Train both, unless an earlier call has."""
    kind = "control" if control else "guarded"
    names = [f"{kind}-{number}-{side}" for side in ("a", "b")]
    done = [bench.folder / f"{name}.json" for name in names]
    if not all(file.is_file() for file in done):
        configs = [bench.config(name, epochs=epochs, seed=1000 + number) for name in names]
        logs = [bench.folder / f"{name}.log" for name in names]
        with contextlib.ExitStack() as stack:
            sides = [
                stack.enter_context(training(bench, config, guarded=guarded, block=block, log=log))
                for config, guarded, log in zip(configs, (not control, False), logs)
            ]
            _take_turns(*sides)
    guarded, bare = (read(file) for file in done)
    if len(guarded.wall) != len(bare.wall):
        raise SystemExit(f"pair {number}: {len(guarded.wall)} steps, and {len(bare.wall)} bare")
    return Pair(guarded, bare)


def _take_turns(one: Stoppable, other: Stoppable) -> None:
    if not (one.wait() and other.wait()):
        raise SystemExit(f"a training failed; see the logs beside {one.out}")
    going = [one, other]
    for turn in count():
        order = going if turn % 2 == 0 else going[::-1]
        for this in order:
            if not this.block():
                this.end()
                going = [rest for rest in going if rest is not this]
        if not going:
            return
