"""Brings messages to one receiver: in the background, not too fast, and again after failures."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Optional

from ppocr_guard.background import Background
from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.hooks.notify.senders import Sender
from ppocr_guard.hooks.notify.senders.base import SendError
from ppocr_guard.wording import said_by, say

CAPACITY = 50  # waiting messages
FEW = 8  # of them, that a receiver takes in a moment
ATTEMPTS = 6
FIRST_PAUSE = 1.0  # doubled after each failure
LONGEST_PAUSE = 900.0
WINDOW = 60.0
_log = logging.getLogger("ppocr_guard")


class Delivery:
    """A queue and a thread for one sender, so that a dead receiver holds up no other.

    Failures are logged, at most one line for each message, without secrets.
    """

    def __init__(self, sender: Sender, per_minute: int) -> None:
        self.sent = self.failed = self.dropped = 0
        self._sender = sender
        # One fewer than the service takes: there is always room for the end of the run.
        self._per_minute = max(1, min(per_minute, sender.per_minute - 1))
        self._recent: deque[float] = deque()  # when the last messages went out
        self._waiting: deque[Message] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._deadline = float("inf")
        self._hurry = float("inf")  # from then on what is urgent goes first
        self._queue: Background[None] = Background(
            self._deliver_all, name=f"Notify {sender}", capacity=2 * CAPACITY
        )

    @property
    def forgets(self) -> bool:
        """Whether the receiver must be told again what still holds."""
        return self._sender.forgets

    @property
    def takes_pictures(self) -> bool:
        return self._sender.takes_pictures

    def put(self, message: Message) -> None:
        """Never waits. Of too many the oldest is dropped, but none that is urgent."""
        with self._lock:
            if len(self._waiting) >= CAPACITY:
                oldest = next((m for m in self._waiting if not m.urgent), self._waiting[0])
                self._waiting.remove(oldest)
                self.dropped += 1
            self._waiting.append(message)
        self._queue.put(None)

    def end(self, deadline: float) -> None:
        """From now on nothing waits beyond ``deadline`` (:func:`time.monotonic` seconds)."""
        now = time.monotonic()
        self._deadline, self._hurry = deadline, now + (deadline - now) / 2
        self._closing.set()

    def close(self) -> None:
        """Wait for what is under way, until the deadline given to :meth:`end`."""
        done = self._queue.close(max(0.0, self._deadline - time.monotonic()))
        if not done or self.dropped:
            _log.warning(
                "Notify: %s: messages were lost%s.",
                self._sender,
                "" if done else say(", for it did not answer in time"),
            )

    def _deliver_all(self, _: list[None]) -> None:
        while time.monotonic() < self._deadline:
            message = self._next()
            if message is None:
                return
            self._deliver(message)

    def _next(self, *, urgent: bool = False) -> Optional[Message]:
        """The oldest message; where many wait, or ``urgent``, an urgent one if there is one."""
        with self._lock:
            chosen = next((m for m in self._waiting if m.urgent), None)
            if not urgent and self._waiting and (chosen is None or self._all_will_go()):
                chosen = self._waiting[0]
            if chosen is not None:
                self._waiting.remove(chosen)
            return chosen

    def _all_will_go(self) -> bool:
        """Few wait and the receiver takes them all: they go in the order in which they came."""
        room = self._sender.per_minute - len(self._recent)
        return time.monotonic() < self._hurry and len(self._waiting) <= min(FEW, room)

    def _overtaken(self, message: Message) -> None:
        """An urgent message that came meanwhile does not wait for this one's next attempt."""
        while not message.urgent and (urgent := self._next(urgent=True)) is not None:
            self._deliver(urgent)

    def _deliver(self, message: Message) -> None:
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            waited = time.monotonic()
            in_time = self._keep_pace()
            if attempt > 1 or time.monotonic() - waited > 0.1:
                self._overtaken(message)
            if not in_time or not self._keep_pace():
                reason = "too many messages a minute"
                break
            try:
                self._recent.append(time.monotonic())
                self._sender.send(message)
            except SendError as error:
                reason = said_by(error)
                if not error.retry or attempt == ATTEMPTS:
                    break
                if not self._pause(min(LONGEST_PAUSE, error.after or pause)):
                    break
                pause *= 2
            except Exception as error:
                # Of a library: its text may hold the URL, its type does not.
                reason = type(error).__name__
                break
            else:
                self.sent += 1
                return
        self.failed += 1
        _log.warning("Notify: %s did not take %r: %s", self._sender, message.code, reason)

    def _keep_pace(self) -> bool:
        """Wait until another message is allowed; False: not before the deadline.

        At the end of the run only the service's own limit counts.
        """
        while True:
            limit = self._sender.per_minute if self._closing.is_set() else self._per_minute
            now = time.monotonic()
            while self._recent and self._recent[0] <= now - WINDOW:
                self._recent.popleft()
            if len(self._recent) < limit:
                return True
            if not self._pause(self._recent[-limit] + WINDOW - now):
                return False

    def _pause(self, seconds: float) -> bool:
        """Sleep, but wake up when the run ends; False: there is no time left for it."""
        if not self._closing.is_set() and self._closing.wait(seconds):
            return True  # the run has ended meanwhile: now or never
        if self._closing.is_set():
            if time.monotonic() + min(seconds, 0.5) >= self._deadline:
                return False
            time.sleep(min(seconds, 0.5))
        return True
