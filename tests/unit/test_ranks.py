"""How ranks agree on a stop: with a store that several threads share, as ranks share paddle's."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Optional

import pytest

from ppocr_guard.events import Alert, StopRequest
from ppocr_guard.paddleocr.agreement import Decision, StopAgreement
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.ranks import LAG, Board
from ppocr_guard.paddleocr.stopping import closing_lines

ALERT = Alert("loss_not_finite", "critical", "the loss is NaN", "lower it", {"steps": 3})
STEPS = 40


class MemoryStore:
    """What paddle's TCPStore does."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.changed = threading.Condition()

    def add(self, key: str, number: int) -> int:
        with self.changed:
            value = int(self.values.get(key, b"0")) + number
            self.values[key] = str(value).encode()
            self.changed.notify_all()
            return value

    def set(self, key: str, value: str) -> None:
        with self.changed:
            self.values[key] = value.encode()
            self.changed.notify_all()

    def get(self, key: str) -> bytes:
        with self.changed:
            assert self.changed.wait_for(lambda: key in self.values, 5), f"no {key}"
            return self.values[key]


def loop(rank: int, world_size: int) -> Loop:
    arguments = {"config": {"Global": {}}, "pre_best_model_dict": {}}
    return Loop(arguments, rank, world_size)


def request(step: int, exit_code: int = 0) -> StopRequest:
    return StopRequest("loss_not_finite", "the loss is NaN", 1, step, None, ALERT, exit_code)


def train(
    world_size: int, asks: dict[int, int], unguarded: frozenset[int] = frozenset(), seed: int = 0
) -> dict[int, tuple[int, Decision]]:
    """Ranks that meet in each step, as in the averaging of gradients, and then drift apart.

    ``asks``: rank -> step after which its hooks want to stop. Returns rank -> (step, decision) of
    those that stopped. A rank that stops alone breaks the meeting for the others.
    """
    store = MemoryStore()
    meeting = threading.Barrier(world_size)
    left: dict[int, tuple[int, Decision]] = {}

    def run(rank: int) -> None:
        pauses = random.Random(seed * 100 + rank)
        agreement: Optional[StopAgreement] = None
        if rank not in unguarded:
            agreement = StopAgreement(loop(rank, world_size), Board(store, rank, world_size))
            agreement.join()
        own = None
        for step in range(STEPS):
            if step >= asks.get(rank, STEPS):
                own = own or request(step, exit_code=rank)
            decision = agreement.decide(step, own) if agreement else None
            if decision is not None:
                left[rank] = step, decision
                agreement.wait_for_others(5)
                if not decision.together:
                    meeting.abort()
                return
            try:
                meeting.wait(5)
            except threading.BrokenBarrierError:
                return
            threading.Event().wait(pauses.random() * 0.002)

    with ThreadPoolExecutor(world_size) as pool:
        list(pool.map(run, range(world_size)))
    return left


def test_one_rank_stops_at_once() -> None:
    agreement = StopAgreement(loop(0, 1))
    agreement.join()
    assert agreement.decide(7, None) is None
    decision = agreement.decide(7, request(7, exit_code=4))
    assert decision is not None
    assert (decision.exit_code, decision.together) == (4, True)


@pytest.mark.parametrize(("world_size", "asker", "step"), [(2, 0, 5), (2, 1, 0), (4, 3, 9)])
def test_all_ranks_leave_at_the_same_step_and_know_why(
    world_size: int, asker: int, step: int
) -> None:
    left = train(world_size, {asker: step})
    assert set(left) == set(range(world_size))
    # Who is guarded is known from step LAG on.
    assert {at for at, _ in left.values()} == {max(step, LAG) + LAG}
    for _, decision in left.values():
        assert decision == Decision(request(max(step, 0), exit_code=asker), asker)
        assert decision.exit_code == asker


@pytest.mark.parametrize("seed", range(10))
def test_ranks_that_ask_at_the_same_time_still_agree(seed: int) -> None:
    chance = random.Random(seed)
    asks = {rank: chance.randrange(3, 8) for rank in chance.sample(range(4), 3)}
    left = train(4, asks, seed=seed)
    assert set(left) == {0, 1, 2, 3}
    assert len({(at, decision.rank) for at, decision in left.values()}) == 1
    at, decision = left[0]
    first = min(asks.values())
    assert at == first + LAG
    assert decision.rank == min(rank for rank, step in asks.items() if step == first)


@pytest.mark.parametrize("asker", [0, 2])
def test_with_an_unguarded_rank_rank_0_alone_stops_and_fails(
    asker: int, caplog: pytest.LogCaptureFixture
) -> None:
    left = train(3, {asker: 6}, unguarded=frozenset({1}))
    assert set(left) == {0}
    decision = left[0][1]
    assert decision.rank == asker
    assert not decision.together
    assert decision.exit_code == (asker or 1)  # never 0: the launcher must end the others
    [message] = [m for m in caplog.messages if "run without the guard" in m]
    assert message.startswith("Of the 3 ranks, 1 run without")


def test_without_rank_0_the_first_guarded_one_stops() -> None:
    left = train(3, {2: 6}, unguarded=frozenset({0}))
    assert set(left) == {1}


def test_no_store_means_no_vote(caplog: pytest.LogCaptureFixture) -> None:
    zero, one = (StopAgreement(loop(rank, 2)) for rank in (0, 1))
    for agreement in (zero, one):
        agreement.join()
    assert one.decide(5, request(5)) is None
    decision = zero.decide(5, request(5))
    assert decision is not None
    assert decision.exit_code == 1
    assert "cannot tell each other" in caplog.text


def test_a_store_that_is_gone_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    agreements = [StopAgreement(loop(rank, 2), Board(store, rank, 2)) for rank in (0, 1)]
    for agreement in agreements:
        agreement.join()
    assert agreements[1].decide(3, None) is None

    def gone(*_values: object) -> int:
        raise RuntimeError("connection reset by peer")

    store.add = gone  # type: ignore[method-assign,assignment]
    assert agreements[1].decide(4, request(4)) is None
    assert "connection reset by peer" in caplog.text
    agreements[1].wait_for_others(1)


def test_a_slow_store_is_asked_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ppocr_guard.paddleocr.agreement.SLOW_SECONDS", -1.0)
    store = MemoryStore()
    agreements = [StopAgreement(loop(rank, 2), Board(store, rank, 2)) for rank in (0, 1)]
    for agreement in agreements:
        agreement.join()
    left: dict[int, int] = {}
    for step in range(120):
        for rank, agreement in enumerate(agreements):
            if agreement.decide(step, request(7) if rank == 1 and step >= 7 else None):
                left.setdefault(rank, step)
    assert left == {0: 50, 1: 50}


def test_a_board_for_many_ranks() -> None:
    store = MemoryStore()
    for rank in (0, 61, 62, 63, 199):
        Board(store, rank, 200).write("x", f"from {rank}: 中")
    board = Board(store, 1, 200)
    assert (board.count("x"), board.count("y")) == (5, 0)
    assert board.authors("x") == {0, 61, 62, 63, 199}
    assert board.read("x", {62}) == {62: "from 62: 中"}
    assert Board(store, 1, 200, training=2).authors("x") == set()


def test_the_last_words_name_the_rank_that_asked() -> None:
    lines = closing_lines(request(7), latest=None, best=None, rank=2)
    assert "global step 7, as rank 2 asked for." in lines[0]


def test_a_model_that_is_not_shared_gets_no_board() -> None:
    pytest.importorskip("paddle")
    from ppocr_guard.paddleocr.ranks import open_board

    assert open_board(SimpleNamespace(), 0, 2, training=1) is None
