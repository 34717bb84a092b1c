"""Brings messages to one receiver: in the background, not too fast, and again after failures."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque

from ppocr_guard.background import Background
from ppocr_guard.hooks.notify.message import Message
from ppocr_guard.hooks.notify.senders import Sender
from ppocr_guard.hooks.notify.senders.base import SendError

CAPACITY = 50  # waiting messages; the oldest go first
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
        self.sent = self.failed = 0
        self._sender = sender
        self._per_minute = min(per_minute, sender.per_minute)
        self._recent: deque[float] = deque()  # when the last messages went out
        self._closing = threading.Event()
        self._deadline = float("inf")
        self._queue: Background[Message] = Background(
            self._deliver_all, name=f"Notify {sender}", capacity=CAPACITY
        )

    def put(self, message: Message) -> None:
        self._queue.put(message)

    def end(self, deadline: float) -> None:
        """From now on nothing waits beyond ``deadline`` (:func:`time.monotonic` seconds)."""
        self._deadline = deadline
        self._closing.set()

    def close(self) -> None:
        """Wait for what is under way, until the deadline given to :meth:`end`."""
        done = self._queue.close(max(0.0, self._deadline - time.monotonic()))
        if not done or self._queue.dropped:
            _log.warning(
                "Notify: %s: messages were lost%s.",
                self._sender,
                "" if done else ", for it did not answer in time",
            )

    def _deliver_all(self, messages: list[Message]) -> None:
        for message in messages:
            self._deliver(message)

    def _deliver(self, message: Message) -> None:
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            if not self._keep_pace():
                reason = "too many messages a minute"
                break
            try:
                self._recent.append(time.monotonic())
                self._sender.send(message)
            except SendError as error:
                reason = str(error)
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
