"""Reads PaddleOCR label files: one line an image, ``path<TAB>label``, in one pass.

The label of a detection data set is a JSON list of ``{"transcription", "points"}``
(PaddleOCR ``ppocr/data/imaug/label_ops.py``, DetLabelEncode).
"""

from __future__ import annotations

import ast
import codecs
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ppocr_guard.wording import mark, say

IGNORED = ("*", "###")  # transcriptions that DetLabelEncode marks as "do not care"
GB = "GB18030"  # which holds GB 2312 and GBK
COMMON = 0.9  # of the characters that are not ASCII, in GB 2312: it is Chinese
SAMPLES = 400  # images whose polygons are kept, evenly over the file

SOUND, FLAT, CROSSED = range(3)  # what can be said of a polygon
# What can be the matter with a line.
EMPTY = mark("is empty")
NO_DELIMITER = mark("has no {delimiter} between image and label")
NOT_UTF_8 = mark("is not UTF-8")
NO_JSON = mark("has a label that is no JSON")
PYTHON = mark("has a label in Python's notation, which is no JSON (json.dumps writes it)")
NO_LIST = mark("has a label that is no JSON list")
OF_NO_AREA = mark("has a text of no area: {points}")
OF_SHARES = mark("has a text at {points}")
SIDES_CROSS = mark("has a text whose sides cross: {points}")


class Example(NamedTuple):
    """A line of a label file and what is the matter with it."""

    line: int
    reason: str


@dataclass
class Trouble:
    """How often something was found, and where first."""

    count: int = 0
    first: Optional[Example] = None

    def add(self, line: int, template: str, **values: Any) -> None:
        """The sentence is made for the first alone: there may be a million."""
        self.count += 1
        if self.first is None:
            self.first = Example(line, say(template, **values))


class Sample(NamedTuple):
    """One image's texts, for the rules that look at the image as well."""

    line: int
    image: str
    polygons: list[list[list[float]]]  # of texts that are not ignored
    ignored: list[list[list[float]]]


@dataclass
class LabelFile:
    """What one label file holds. With ``error`` set, the rest is empty."""

    path: Path
    error: Optional[str] = None
    lines: int = 0
    images: list[str] = field(default_factory=list)  # first column, as written
    boxes: int = 0
    ignored: int = 0
    without_boxes: int = 0
    encoding: Optional[str] = None  # what it is written in, where PaddleOCR cannot read that
    unread: int = 0  # lines that PaddleOCR cannot read for it
    mark: bool = False  # begins with a byte order mark, which becomes part of the first name
    broken: Trouble = field(default_factory=Trouble)
    flat: Trouble = field(default_factory=Trouble)  # polygons of no area
    shares: Trouble = field(default_factory=Trouble)  # coordinates are shares of the image
    crossed: Trouble = field(default_factory=Trouble)  # polygons whose sides cross
    samples: list[Sample] = field(default_factory=list)


def read_label_file(
    path: Path,
    *,
    delimiter: str = "\t",
    detection: bool = True,
    samples: Optional[int] = SAMPLES,
) -> LabelFile:
    """Read one label file.

    Args:
        path: the file.
        delimiter: between image and label.
        detection: parse the labels as DetLabelEncode does; else lines are only split.
        samples: keep the polygons of about so many images; None: of all.
    """
    found = LabelFile(path)
    data = _content(found)
    if data is None:
        return found
    found.mark = data.startswith(codecs.BOM_UTF8)
    raw_lines = data[len(codecs.BOM_UTF8) if found.mark else 0 :].split(b"\n")
    if raw_lines and not raw_lines[-1]:
        raw_lines.pop()  # as readlines() has it
    found.lines = len(raw_lines)
    step = max(1, math.ceil(found.lines / samples)) if samples else 1
    separator = delimiter.encode()
    named = say("tab") if delimiter == "\t" else repr(delimiter)
    for number, raw in enumerate(raw_lines, start=1):
        first, delimited, label = raw.partition(separator)
        if not delimited:
            found.broken.add(number, NO_DELIMITER if raw.strip() else EMPTY, delimiter=named)
            continue
        try:
            image = first.decode("utf-8")
            text = label.partition(separator)[0].decode("utf-8")
        except UnicodeDecodeError:
            found.broken.add(number, NOT_UTF_8)
            continue
        found.images.append(image)
        if detection:
            _read_boxes(found, number, image, text, keep=(number - 1) % step == 0)
    return found


def _content(found: LabelFile) -> Optional[bytes]:
    """Of a file of UTF-8; of another ``found`` says why there is none."""
    try:
        data = found.path.read_bytes()
    except IsADirectoryError:
        found.error = say("is a folder, not a label file")
        return None
    except FileNotFoundError:
        found.error = say("does not exist")
        return None
    except OSError as error:
        found.error = say("cannot be read ({reason})", reason=error.strerror)
        return None
    found.encoding = _encoding(data)
    if found.encoding is None:
        return data
    found.lines = data.count(b"\n")
    found.unread = found.lines
    if found.encoding == GB:
        found.lines += not data.endswith(b"\n")
        found.unread = sum(not _is_utf_8(line) for line in data.split(b"\n"))
    return None


def _encoding(data: bytes) -> Optional[str]:
    """UTF-16, with or without a mark, which has a NUL beside each ASCII letter, or GB 18030."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    head = data[:1000]
    if head.count(b"\0") > len(head) / 4:
        return "UTF-16"
    return GB if not _is_utf_8(data) and _is_chinese(data) else None


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(data: bytes) -> bool:
    """Whether it is Chinese as Windows saves it.

    GB 18030 takes nearly all pairs of bytes, those of Latin-1 too; the common characters of GB 2312
    are pairs of two high bytes, which no other encoding has in such numbers.
    """
    lines = data.split(b"\n")
    if any(not line.isascii() and _is_utf_8(line) for line in lines):
        return False  # UTF-8 with a broken line
    try:
        others = [c for c in data.decode("gb18030") if not c.isascii()]
    except UnicodeDecodeError:
        return False
    common = sum(len(c.encode("gb2312", "ignore")) == 2 for c in others)
    return common >= COMMON * len(others)


def _read_boxes(found: LabelFile, line: int, image: str, text: str, keep: bool) -> None:
    try:
        boxes = json.loads(text)
    except (ValueError, RecursionError):
        first = found.broken.first is None
        found.broken.add(line, PYTHON if first and _is_python(text) else NO_JSON)
        return
    if not isinstance(boxes, list):
        found.broken.add(line, NO_LIST)
        return
    if not boxes:
        found.without_boxes += 1
        return
    polygons, unread = [], []
    for box in boxes:
        try:
            ignored, points = box["transcription"] in IGNORED, box["points"]
            shape = None if ignored else _shape(points)
        except (TypeError, ValueError, KeyError, IndexError):
            template, key = _wrong(box)
            found.broken.add(line, template, key=key)
            return
        found.boxes += 1
        if ignored:
            found.ignored += 1
            unread.append(points)
            continue
        if shape != SOUND and _are_shares(points):
            found.shares.add(line, OF_SHARES, points=points)
        elif shape == FLAT:
            found.flat.add(line, OF_NO_AREA, points=points)
        elif shape == CROSSED:
            found.crossed.add(line, SIDES_CROSS, points=points)
        polygons.append(points)
    if keep:
        found.samples.append(Sample(line, image, polygons, unread))


def _is_python(text: str) -> bool:
    """Whether it is what ``str`` makes of a list."""
    try:
        return isinstance(ast.literal_eval(text), list)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _wrong(box: Any) -> tuple[str, str]:
    """Why DetLabelEncode or MakeShrinkMap cannot use this box, and the key that it lacks."""
    if not isinstance(box, dict):
        return mark("has a box that is no JSON object"), ""
    for key in ("transcription", "points"):
        if key not in box:
            return mark("has a box without {key!r}"), key
    points = box["points"]
    if not isinstance(points, list) or len(points) < 3:
        return mark("has a box of fewer than 3 points"), ""
    return mark("has a point that is no pair of numbers"), ""


def _shape(points: list[list[float]]) -> int:
    """FLAT, CROSSED or SOUND.

    Raises:
        TypeError, ValueError: these are no three or more points.
    """
    if len(points) != 4:
        if len(points) < 3:
            raise ValueError
        area = signed_area(points)
        if not math.isfinite(area):
            raise ValueError
        return FLAT if -1 < area < 1 else SOUND
    # Written out for the four corners that nearly all texts have: this runs a million times.
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
    area = ((ax - cx) * (by - dy) - (bx - dx) * (ay - cy)) / 2
    if not math.isfinite(area):
        raise ValueError
    if -1 < area < 1:
        return CROSSED if _crosses(points) else FLAT
    at_b = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
    at_d = (dx - cx) * (ay - dy) - (dy - cy) * (ax - dx)
    at_c = (cx - bx) * (dy - cy) - (cy - by) * (dx - cx)
    if at_b * at_d > 0 and at_b * at_c > 0:  # three turns the same way: convex, or nearly
        return SOUND
    return CROSSED if _crosses(points) else SOUND


def _are_shares(points: list[list[float]]) -> bool:
    """Whether all coordinates are between 0 and 1, not whole ones alone, with an area between."""
    values = [value for point in points for value in point]
    return (
        min(values) >= 0
        and max(values) <= 1
        and any(value not in (0, 1) for value in values)
        and signed_area(points) != 0
    )


def signed_area(points: list[list[float]]) -> float:
    """Shoelace area; positive when clockwise on screen (y down)."""
    total = 0.0
    x0, y0 = points[-1]
    for x1, y1 in points:
        total += x0 * y1 - x1 * y0
        x0, y0 = x1, y1
    return total / 2


def _crosses(points: list[list[float]]) -> bool:
    """Whether a quadrangle's opposite sides cross: its corners are not in order around it."""
    a, b, c, d = points
    return _segments_cross(a, b, c, d) or _segments_cross(b, c, d, a)


def _segments_cross(p: list[float], q: list[float], r: list[float], s: list[float]) -> bool:
    def side(u: list[float], v: list[float], w: list[float]) -> float:
        return (v[0] - u[0]) * (w[1] - u[1]) - (v[1] - u[1]) * (w[0] - u[0])

    return side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0
