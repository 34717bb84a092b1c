"""What must hold of any training: gradients for each part, one set of weights on all ranks."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_ranks import MemoryStore

from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import diagnose
from ppocr_guard.detect.invariants import Gradients, farthest, fingerprint
from ppocr_guard.events import Condition, Examination, Invariants, Over, RunStart, StepEnd
from ppocr_guard.hooks.diagnosis import Diagnosis
from ppocr_guard.paddleocr.invariants import InvariantWatch
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.ranks import Board


def test_weights_that_differ_in_one_number_or_in_order_are_told_apart() -> None:
    same = {"neck": fingerprint([0.1, 0.2, 0.3])}
    assert farthest({0: same, 1: dict(same)}) is None
    turned = farthest({0: same, 1: {"neck": fingerprint([0.3, 0.2, 0.1])}})
    assert turned is not None
    assert (turned.rank, turned.part) == (1, "neck")
    assert turned.difference > 0.1
    slight = farthest({0: same, 1: same, 2: {"neck": fingerprint([0.1, 0.2, 0.30003])}})
    assert slight is not None
    assert (slight.rank, slight.difference) == (2, pytest.approx(8e-5, rel=0.5))


def test_weights_that_are_not_finite_on_one_rank_alone_differ() -> None:
    lost = {"head": fingerprint([math.nan, 1.0])}
    found = farthest({0: {"head": fingerprint([1.0, 1.0])}, 1: lost})
    assert found is not None
    assert found.difference == math.inf
    assert farthest({0: lost, 1: lost}) is None


def test_a_part_without_gradient_is_known_after_three_looks_and_one_gradient_will_do() -> None:
    cut = {"backbone": [False, False], "head": [True, False]}
    seen = Gradients()
    assert seen.look(cut) == {}
    assert seen.look(cut) == {}
    assert seen.look(cut) == {"backbone": 0.0, "head": 0.5}
    assert seen.look({**cut, "backbone": [False, True]})["backbone"] == 0.5
    assert seen.look(cut)["backbone"] == 0.5  # it was not so long ago
    assert seen.look(cut)["backbone"] == 0.5
    assert seen.look(cut)["backbone"] == 0.0


def invariants(step: int, figures: dict[str, float], **notes: str) -> Invariants:
    return Invariants(0.0, 1, step, figures, notes)


def conditions(hook: Diagnosis, event: Any) -> list[Condition]:
    return [one for one in hook.on_invariants(event) or () if isinstance(one, Condition)]


@pytest.mark.parametrize("metric", ["hmean", "acc"])
def test_a_part_without_gradient_is_told_and_is_over_when_it_has_one(metric: str) -> None:
    hook = Diagnosis()
    hook.on_run_start(RunStart(0.0, "r", "", "", {}, ".", epoch_num=1))
    hook.on_examination(Examination(0.0, 1, 0, 0, metric, {}))
    (told,) = conditions(hook, invariants(8, {"gradient.backbone": 0.0, "gradient.head": 1.0}))
    assert (told.code, told.subject) == ("training_wrong", "part_without_gradient")
    assert "No weight of backbone gets a gradient" in told.message
    better = {"gradient.backbone": 0.2, "gradient.head": 1.0}
    assert conditions(hook, invariants(20, better)) == []
    (over,) = hook.on_invariants(invariants(40, better)) or ()
    assert isinstance(over, Over)


def test_ranks_that_differ_are_told_with_the_part_and_rounding_is_not() -> None:
    hook = Diagnosis()
    assert conditions(hook, invariants(20, {"ranks_apart": 1e-8}, ranks_apart="rank 1, neck")) == []
    (told,) = conditions(hook, invariants(40, {"ranks_apart": 0.02}, ranks_apart="rank 1, neck"))
    assert (told.code, told.subject) == ("training_wrong", "ranks_differ")
    assert "rank 1, neck; 2.0%" in told.message


def test_a_head_of_two_whose_loss_is_always_0_is_told() -> None:
    collector = Collector()
    collector.evidence.metric = "acc"
    for i in range(1, 21):
        losses = {"loss": 2.0, "CTCLoss": 2.0, "NRTRLoss": 0.0}
        collector.step(StepEnd(0.0, 1, i, losses, 1e-3))
    first = diagnose(collector.evidence)[0]
    assert first.code == "loss_part_zero"
    assert "NRTRLoss" in first.sentence


class Tensor:
    """A parameter of paddle, as far as it is asked here."""

    def __init__(self, values: list[float], stop_gradient: bool = False) -> None:
        self.values = np.array(values, np.float32)
        self.stop_gradient = stop_gradient

    def detach(self) -> Any:
        return self

    def flatten(self) -> Any:
        return self

    def __getitem__(self, item: Any) -> Any:
        return self

    def astype(self, _kind: str) -> Any:
        return self

    def numpy(self) -> Any:
        return self.values


def watch(rank: int, store: Any, values: list[float], heard: list[Invariants]) -> InvariantWatch:
    model = SimpleNamespace(
        named_parameters=lambda: [
            ("backbone.conv.weight", Tensor(values)),
            ("backbone.bn._mean", Tensor([float(rank)], True)),  # each rank has its own
            ("head.fixed.weight", Tensor([float(rank)], True)),
        ]
    )
    arguments = {"config": {"Global": {}}, "model": model, "optimizer": SimpleNamespace()}
    board = Board(store, rank, 2)
    made = InvariantWatch(Loop(arguments, rank, 2), heard.append, board)  # type: ignore[arg-type]
    made._steps = 1
    return made


@pytest.mark.parametrize(("other", "apart"), [([0.5, 1.0], 0.0), ([0.5, 1.01], 0.009)])
def test_rank_0_compares_when_all_have_told_and_waits_for_nobody(
    other: list[float], apart: float
) -> None:
    store, heard = MemoryStore(), []
    first, second = watch(0, store, [0.5, 1.0], heard), watch(1, store, other, heard)
    first.epoch_starts(2, 30)
    first.compare()
    assert heard == []  # rank 1 is late, and nobody waits
    second.epoch_starts(2, 30)
    assert heard == []
    first.compare()
    (event,) = heard
    assert (event.epoch, event.global_step) == (2, 30)
    assert event.figures["ranks_apart"] == pytest.approx(apart, rel=0.2)
    assert event.notes == ({"ranks_apart": "rank 1, backbone"} if apart else {})
    first.compare()
    assert len(heard) == 1


def test_weights_of_different_steps_are_not_compared() -> None:
    store, heard = MemoryStore(), []
    first, second = watch(0, store, [0.5], heard), watch(1, store, [0.7], heard)
    second.epoch_starts(2, 31)
    first.epoch_starts(2, 30)
    assert [event.figures for event in heard] == [{"ranks_apart": 0.0}]
