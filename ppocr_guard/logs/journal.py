"""Reads a journal (:class:`ppocr_guard.hooks.journal.Journal`) back into events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Union

from ppocr_guard.events import Event, from_record


class JournalReader:
    """The events of a journal in order. Lines that are no record are left out and counted."""

    def __init__(self, path: Union[str, Path]) -> None:
        self.path = Path(path)
        self.skipped = 0  # lines so far that could not be read

    def __iter__(self) -> Iterator[Event]:
        self.skipped = 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.strip():
                    continue
                try:
                    event = parse_line(line)
                except ValueError:
                    self.skipped += 1
                else:
                    yield event


def read_journal(path: Union[str, Path]) -> JournalReader:
    """Events of the journal at ``path``; ``.skipped`` counts torn and foreign lines.

    Raises (on iteration):
        OSError: the file cannot be read.
    """
    return JournalReader(path)


def parse_line(line: bytes) -> Event:
    """The event on one line.

    Raises:
        ValueError: the line is torn, or no record.
    """
    record = json.loads(line)  # a UnicodeDecodeError is a ValueError, too
    if not isinstance(record, dict):
        raise ValueError("not an event record")
    try:
        return from_record(record)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"malformed {record.get('event')} record: {error}") from None
