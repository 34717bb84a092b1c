"""Reads a journal (:class:`ppocr_guard.hooks.journal.Journal`) back into events.

One reader for everything that looks back: :class:`JournalTail` for a journal that may still grow,
:class:`JournalReader` for one pass over it. Neither raises on what stands in the file: a line that
is no record is left out and counted, with the reason of the first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Optional, Union

from ppocr_guard.events import Event
from ppocr_guard.logs.models import checked
from ppocr_guard.printable import printable
from ppocr_guard.records import from_record

MAX_LINE = 1 << 24  # bytes; the longest record is a run's start with its configuration


class JournalReader:
    """The events of a journal in order. Lines that are no record are left out and counted."""

    def __init__(self, path: Union[str, Path]) -> None:
        self.path = Path(path)
        self.skipped = 0  # lines so far that could not be read
        self.reason = ""  # why, of the first

    def __iter__(self) -> Iterator[Event]:
        """Raises OSError when the file cannot be read."""
        with self.path.open("rb"):
            pass
        tail = JournalTail(self.path)
        for part in (tail.poll, tail.finish):
            for event in part():
                self.skipped, self.reason = tail.bad_lines, tail.reason
                yield event
        self.skipped, self.reason = tail.bad_lines, tail.reason


def read_journal(path: Union[str, Path]) -> JournalReader:
    """Events of the journal at ``path``; ``.skipped`` counts torn and foreign lines.

    Raises (on iteration):
        OSError: the file cannot be read.
    """
    return JournalReader(path)


class JournalTail:
    """Reads a growing journal a piece at a time.

    A record that is not complete yet is kept for the next :meth:`poll`. When the file is
    replaced, cut short or deleted and begun anew it is read from its start, and ``begun_anew``
    counts that: what was shown so far is of a file that is gone.

    Attributes:
        bad_lines: lines that are no record, so far; ``reason`` says why, of the first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bad_lines = 0
        self.reason = ""
        self.begun_anew = 0
        self._offset = 0
        self._line = 0  # number of the line that is read next, from 0
        self._identity: Optional[tuple[int, int]] = None
        self._rest: list[bytes] = []  # pieces of a line whose end is not written yet
        self._rest_size = 0

    def poll(self) -> Iterator[Event]:
        """The events that were written since the last call; none while there is no file."""
        try:
            stream = self.path.open("rb")
        except (OSError, ValueError):
            return
        with stream:
            self._turn_to(stream)
            while piece := stream.readline(MAX_LINE):
                self._offset += len(piece)
                if self._rest_size <= MAX_LINE:
                    self._rest.append(piece)
                self._rest_size += len(piece)
                if piece.endswith(b"\n"):
                    event = self._parse()
                    if event is not None:
                        yield event

    def finish(self) -> Iterator[Event]:
        """What stands after the last line break, if it is a whole record."""
        event = self._parse() if self._rest else None
        if event is not None:
            yield event

    def _turn_to(self, stream: BinaryIO) -> None:
        status = os.fstat(stream.fileno())
        identity = (status.st_dev, status.st_ino)
        if identity != self._identity or status.st_size < self._offset:
            self.begun_anew += self._identity is not None
            self._identity, self._offset, self._line = identity, 0, 0
            self._rest, self._rest_size = [], 0
        stream.seek(self._offset)

    def _parse(self) -> Optional[Event]:
        """The event on the line that has been gathered; None, counted, where it is none."""
        line, size = b"".join(self._rest), self._rest_size
        self._rest, self._rest_size = [], 0
        self._line += 1
        if not line.strip(b"\0 \t\r\n"):  # a crash may leave NUL bytes at the end
            return None
        try:
            if size > MAX_LINE:
                raise ValueError("the line is too long for a record")
            return parse_line(line)
        except ValueError as error:
            self.bad_lines += 1
            self.reason = self.reason or f"line {self._line}: {printable(str(error))[:200]}"
        return None


def parse_line(line: bytes) -> Event:
    """The event on one line.

    Raises:
        ValueError: the line is torn, or no record, or one with a field of a wrong kind.
    """
    try:
        record = json.loads(line)  # a UnicodeDecodeError is a ValueError, too
        if not isinstance(record, dict):
            raise ValueError("not an event record")
        return from_record(checked(record))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (TypeError, AttributeError, KeyError, OverflowError) as error:
        raise ValueError(f"malformed record: {error}") from None
