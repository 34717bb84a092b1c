"""Single keys of a terminal, without Enter and without an echo."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from typing import Optional

_ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}


class Keys:
    """Keys as they are pressed: ``q``, ``left`` ... Without a terminal only time passes."""

    def __init__(self, descriptor: Optional[int] = None) -> None:
        self._descriptor = descriptor
        self._rest = ""  # of an escape sequence that is not whole yet

    @property
    def there(self) -> bool:
        return self._descriptor is not None

    def wait(self, seconds: float) -> list[str]:
        """The keys pressed, as soon as there is one; none after so many seconds."""
        if self._descriptor is None:
            time.sleep(seconds)
            return []
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        if not ready:
            return []
        data = os.read(self._descriptor, 1024)
        if not data:  # the terminal is gone
            return ["q"]
        names, self._rest = names_of(self._rest + data.decode("utf-8", "replace"))
        return names


def names_of(text: str) -> tuple[list[str], str]:
    """(names of the keys in what a terminal sent, the begin of a sequence that is not whole).

    An arrow is ESC, ``[`` or ``O`` (application mode), and a letter.
    """
    names: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\x1b":
            names.append(text[at])
            at += 1
        elif text[at + 1 : at + 2] in ("[", "O"):
            end = at + 2
            while end < len(text) and not text[end].isalpha() and text[end] != "~":
                end += 1
            if end >= len(text):
                return names, text[at:]
            names.append(_ARROWS.get(text[end], ""))
            at = end + 1
        elif at + 1 == len(text):
            return names, text[at:]
        else:
            names.append("")
            at += 2
    return [name for name in names if name], ""


@contextlib.contextmanager
def keys() -> Iterator[Keys]:
    """The keyboard of this terminal, whose settings are put back at the end. Where there is none
    (a pipe, Windows, a job in the background), one that nobody presses."""
    try:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        if not os.isatty(descriptor) or os.tcgetpgrp(descriptor) != os.getpgrp():
            raise OSError("no keyboard")
        before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor)
    except (ImportError, OSError, ValueError, AttributeError):  # also termios.error
        yield Keys()
        return
    try:
        yield Keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
