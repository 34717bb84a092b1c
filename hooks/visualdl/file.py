"""VisualDL record files: records of a length (uint64, little endian) and a protobuf message."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

_LENGTH = struct.Struct("<Q")


def repair_tail(path: Path) -> int:
    """Cut a last record that a killed process did not finish; returns the bytes cut off.

    VisualDL's reader fails on such a record, and on all that is written behind it. A file whose
    very first record is unusable is put aside as ``broken-<time>.bin``.

    Raises:
        OSError: the file cannot be read or written.
    """
    if not path.exists():
        return 0
    size = path.stat().st_size
    good = _whole_records(path, size)
    if good == 0 and size:
        path.rename(path.with_name(f"broken-{int(time.time())}.bin"))
        return size
    if good < size:
        os.truncate(path, good)
    return size - good


def _whole_records(path: Path, size: int) -> int:
    """Length of the part of the file that holds whole records that can be parsed."""
    from visualdl.proto.record_pb2 import Record

    end = 0
    with path.open("rb") as file:
        while size - end >= _LENGTH.size:
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
            if length > size - end - _LENGTH.size:
                break
            try:
                values = Record.FromString(file.read(length)).values
            except Exception:  # protobuf's DecodeError; its home has moved between versions
                break
            if not values:  # zeros, as a crash of the machine leaves them
                break
            end += _LENGTH.size + length
    return end
