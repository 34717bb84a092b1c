"""What ranks tell each other without a collective: over the store that they met by.

``init_parallel_env`` leaves every rank with a connection to a key-value store in rank 0's process
(paddle's ``TCPStore``). It answers while the training thread of rank 0 does something else, and a
rank that never speaks to it holds nobody up. So nothing here can make a rank wait for one that
runs without the guard; in a collective both would be lost.

That all ranks read the same comes from the training itself: a step's gradients are averaged over
all ranks, so what one rank wrote before its step ``n`` began is there for whoever has finished
step ``n + 1`` (``LAG``; on a GPU the host runs ahead of its step ``n`` by part of a step).
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterable
from typing import Any, Optional, Protocol

LAG = 2  # steps after which all ranks see what one of them wrote
SLOW_EVERY = 50  # steps between two looks where a look takes long
SLOW_SECONDS = 0.005
_BITS = 62  # of the store's numbers (64 bits, with sign)


class Store(Protocol):
    """Paddle's ``TCPStore``, as far as it is used."""

    def add(self, key: str, number: int) -> int: ...

    def set(self, key: str, value: str) -> None: ...

    def get(self, key: str) -> bytes: ...  # waits for the key


class Board:
    """Notes of the ranks of one training, each rank one under a topic, readable by all.

    Every method raises what the store raises (RuntimeError) when rank 0 is gone.
    """

    def __init__(self, store: Store, rank: int, world_size: int, *, training: int = 1) -> None:
        """``training`` counts the trainings of this process; the same on all ranks."""
        self._store = store
        self._rank = rank
        self._world_size = world_size
        self._prefix = f"ppocr_guard/{training}"

    def write(self, topic: str, text: str) -> None:
        """Leave this rank's note; call it once for a topic."""
        self._store.set(self._key(topic, self._rank), text)
        word, bit = divmod(self._rank, _BITS)
        self._store.add(self._key(topic, f"who/{word}"), 1 << bit)
        self._store.add(self._key(topic, "count"), 1)

    def count(self, topic: str) -> int:
        """How many ranks have written. One question to the store, and no waiting."""
        return self._store.add(self._key(topic, "count"), 0)

    def authors(self, topic: str) -> set[int]:
        """The ranks that have written."""
        found = set()
        for word in range(-(-self._world_size // _BITS)):
            mask = self._store.add(self._key(topic, f"who/{word}"), 0)
            found |= {word * _BITS + bit for bit in range(_BITS) if mask >> bit & 1}
        return found

    def read(self, topic: str, authors: Iterable[int]) -> dict[int, str]:
        """Notes of ranks that :meth:`authors` named."""
        return {
            rank: bytes(self._store.get(self._key(topic, rank))).decode("utf-8", "replace")
            for rank in authors
        }

    def seconds(self) -> float:
        """How long a question takes: the best of three."""
        times = []
        for _ in range(3):
            started = time.perf_counter()
            self.count("nothing")
            times.append(time.perf_counter() - started)
        return min(times)

    def _key(self, topic: str, name: object) -> str:
        return f"{self._prefix}/{topic}/{name}"


def open_board(model: Any, rank: int, world_size: int, *, training: int) -> Optional[Board]:
    """The board of a training on several ranks; None where its ranks cannot talk, or where they
    do not average their gradients and thus never wait for each other."""
    import paddle
    from paddle.distributed import collective

    store = getattr(collective, "_default_store", None)
    if store is None or not isinstance(model, paddle.DataParallel):
        return None
    _send_at_once()
    return Board(store, rank, world_size, training=training)


def _send_at_once() -> None:
    """Let this process's questions go out without delay.

    The store's client writes a question in three pieces, and TCP holds the second back until the
    first is confirmed: 44 ms a question, against 0.02 ms without the delay (TCP_NODELAY). Paddle
    does not set it, so the option is set here on the connection that is open already.
    """
    ports = _store_ports()
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        return
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            if os.readlink(f"{folder}/{name}").startswith("socket:"):
                _set_no_delay(int(name), ports)


def _set_no_delay(descriptor: int, ports: set[int]) -> None:
    # A second descriptor of the same connection, closed again; the option stays.
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        if connection.getpeername()[1] in ports:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _store_ports() -> set[int]:
    """Where the store may listen: what paddle's ``init_parallel_env`` looks at."""
    addresses = [
        os.environ.get("MASTER_PORT", ""),
        os.environ.get("PADDLE_MASTER", ""),
        os.environ.get("PADDLE_TRAINER_ENDPOINTS", "").split(",")[0],
    ]
    ports = (address.rpartition(":")[2] for address in addresses)
    return {int(port) for port in ports if port.isdigit()}
