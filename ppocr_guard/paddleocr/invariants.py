"""What must hold of any training, looked at now and then: each part that is trained gets a
gradient, and the ranks have the same weights."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional

from ppocr_guard.detect.invariants import (
    Fingerprint,
    Fingerprints,
    Gradients,
    farthest,
    fingerprint,
)
from ppocr_guard.events import Event, Invariants
from ppocr_guard.paddleocr.examination.weights import STATISTICS, few
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.ranks import Board
from ppocr_guard.paddleocr.rehearsal.weights import part_of

FIRST_LOOKS = (2, 4, 8)  # steps of a launch whose gradients are looked at; then one an epoch


class InvariantWatch:
    """Gradients on rank 0 (all ranks have the average); weights on all ranks."""

    def __init__(self, loop: Loop, post: Callable[[Event], None], board: Optional[Board]) -> None:
        """``board``: None where there is one rank, or where they cannot talk."""
        self._loop = loop
        self._post = post
        self._board = board
        self._gradients = Gradients()
        self._steps = 0  # of this launch that have begun
        self._due = False  # at the next step
        self._replaced = False  # the optimizer's clear_grad, until it is called
        self._asked: list[tuple[int, int]] = []  # epoch and step of notes not compared yet

    @harmless
    def epoch_starts(self, epoch: int, global_step: int) -> None:
        """On every rank, at the same step: say what the weights are; nobody waits for it."""
        self._due = self._steps > FIRST_LOOKS[-1]
        if self._board is None or not self._steps:
            return
        note = {"step": global_step, "parts": _fingerprints(self._loop.arguments["model"])}
        self._tell(f"weights/{epoch}", json.dumps(note))
        self._asked.append((epoch, global_step))
        self.compare()

    @harmless
    def batch_arrived(self, epoch: int, global_step: int) -> None:
        """Before a step."""
        self._steps += 1
        if self._loop.rank == 0 and (self._due or self._steps in FIRST_LOOKS):
            self._due = False
            self._look_before_clearing(epoch, global_step + 1)

    @harmless
    def compare(self) -> None:
        """On rank 0: what all ranks have said by now. At evaluations the others have waited."""
        if self._board is None or self._loop.rank != 0:
            return
        for epoch, global_step in tuple(self._asked):
            notes = self._notes(self._board, f"weights/{epoch}")
            if notes is None:
                continue
            self._asked.remove((epoch, global_step))
            found = farthest(_at(global_step, notes))
            figures = {"ranks_apart": found.difference if found else 0.0}
            where = {"ranks_apart": f"rank {found.rank}, {found.part}"} if found else {}
            self._say(epoch, global_step, figures, where)

    @harmless
    def close(self) -> None:
        self.compare()
        self._put_back()

    def _look_before_clearing(self, epoch: int, step: int) -> None:
        """Gradients are gone when the loop has cleared them, which is its last act in a step."""
        optimizer = self._loop.arguments["optimizer"]
        if "clear_grad" in vars(optimizer):
            return  # still due, or somebody else's
        clear = optimizer.clear_grad

        def clear_grad(*args: Any, **kwargs: Any) -> Any:
            self._look(epoch, step)
            return clear(*args, **kwargs)

        optimizer.clear_grad, self._replaced = clear_grad, True

    @harmless
    def _look(self, epoch: int, step: int) -> None:
        self._put_back()
        shares = self._gradients.look(_reached(self._loop.arguments["model"]))
        if shares:
            self._say(epoch, step, {f"gradient.{part}": v for part, v in shares.items()}, {})

    def _put_back(self) -> None:
        if self._replaced:
            self._replaced = False
            vars(self._loop.arguments["optimizer"]).pop("clear_grad", None)

    def _say(
        self, epoch: int, step: int, figures: Mapping[str, float], notes: Mapping[str, str]
    ) -> None:
        self._post(Invariants(time.time(), epoch, step, figures, notes))

    def _tell(self, topic: str, text: str) -> None:
        assert self._board is not None
        try:
            self._board.write(topic, text)
        except RuntimeError:  # rank 0 is gone, which ends the training anyway
            self._board = None

    def _notes(self, board: Board, topic: str) -> Optional[Mapping[int, str]]:
        """Of all ranks; None while one is missing."""
        try:
            if board.count(topic) < self._loop.world_size:
                return None
            return board.read(topic, range(self._loop.world_size))
        except RuntimeError:
            self._board = None
            return None


def _at(step: int, notes: Mapping[int, str]) -> dict[int, Fingerprints]:
    """Those that were made after the same number of steps."""
    read = {rank: json.loads(text) for rank, text in notes.items()}
    return {
        rank: {part: Fingerprint(*numbers) for part, numbers in note["parts"].items()}
        for rank, note in read.items()
        if note["step"] == step
    }


def _trained(model: Any) -> Iterable[tuple[str, Any]]:
    inner = getattr(model, "_layers", model)
    return (
        (name, value)
        for name, value in inner.named_parameters()
        if not value.stop_gradient and not name.endswith(STATISTICS)
    )


def _fingerprints(model: Any) -> Fingerprints:
    parts: dict[str, list[float]] = {}
    for name, value in _trained(model):
        parts.setdefault(part_of(name), []).extend(few(value).tolist())
    return {part: fingerprint(values) for part, values in parts.items()}


def _reached(model: Any) -> dict[str, list[bool]]:
    """By part, whether the gradient of each trained tensor is not 0. One wait for the device."""
    import paddle

    places: list[tuple[str, Optional[int]]] = []
    answers: list[Any] = []
    with paddle.no_grad():
        for name, value in _trained(model):
            gradient = value.grad
            known = gradient is not None and gradient.is_dense()
            places.append((part_of(name), len(answers) if known else None))
            if known:
                answers.append((gradient != 0).any())
        found = paddle.stack(answers).numpy() if answers else []
    parts: dict[str, list[bool]] = {}
    for part, place in places:
        parts.setdefault(part, []).append(place is not None and bool(found[place]))
    return parts
