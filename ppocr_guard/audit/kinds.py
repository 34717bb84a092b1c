"""What kinds of values there are in a training YAML, each with the words for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ppocr_guard.wording import mark


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return is_number(value) and float(value).is_integer()


def _is_shape(value: Any, channels: int) -> bool:
    """Three numbers, of which the one at ``channels`` can be a number of colour channels."""
    numbers = isinstance(value, list) and len(value) == 3 and all(map(is_number, value))
    return numbers and value[channels] in (1, 3, 4)


def _scales_down(value: Any) -> bool:
    """A factor for pixels of 0 to 255, which PaddleOCR also takes as a text that it computes."""
    if isinstance(value, str):
        parts = re.fullmatch(r"\s*([\d.]+)\s*(?:/\s*([\d.]+)\s*)?", value)
        if parts is None:
            return True  # another expression
        try:
            value = float(parts.group(1)) / float(parts.group(2) or 1)
        except (ValueError, ZeroDivisionError):
            return False
    return is_number(value) and 0 < value <= 1


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_number, value))


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _are_pairs_of_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(_are_numbers(v) and len(v) == 2 for v in value)


def _are_pairs_of_names(value: Any) -> bool:
    """One pair, or a list of them."""
    if _are_names(value):
        return len(value) == 2
    return isinstance(value, list) and all(_are_names(v) and len(v) == 2 for v in value)


def _are_single_keys(value: Any) -> bool:
    single = isinstance(value, list) and all(isinstance(v, Mapping) for v in value)
    return single and all(len(entry) == 1 for entry in value)


KINDS = {
    "whole": (mark("a whole number"), _is_whole),
    "number": (mark("a number"), is_number),
    "any number": (mark("a number"), lambda value: True),  # what else stands there is not judged
    "switch": (mark("true or false"), lambda value: isinstance(value, (bool, int, float))),
    "text": (mark("a text"), lambda value: isinstance(value, str)),
    "word": (mark("one word"), lambda value: not isinstance(value, (list, Mapping))),
    "numbers": (mark("a list of numbers"), _are_numbers),
    "section": (mark("a section of its own"), lambda value: isinstance(value, Mapping)),
    "list": (mark("a list"), lambda value: isinstance(value, list)),
    "choice": ("", lambda value: True),
    "chw": (mark("a list of channels (1 or 3), height and width"), lambda v: _is_shape(v, 0)),
    "hwc": (mark("a list of height, width and channels (1 or 3)"), lambda v: _is_shape(v, 2)),
    "pairs": (mark("a list of pairs of numbers"), _are_pairs_of_numbers),
    "names": (mark("a list of names"), _are_names),
    "pairs of names": (mark("a list of pairs of names"), _are_pairs_of_names),
    "single keys": (mark("a list of entries with one name each"), _are_single_keys),
    "scale": (mark("a number above 0 and up to 1, such as 1./255."), _scales_down),
}
