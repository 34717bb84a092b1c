"""PaddleOCR's command line, as ``ArgsParser`` of its tools/program.py reads it. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ppocr_guard.wording import say


@dataclass(frozen=True)
class Options:
    """``overrides``: of the last ``-o``. ``lost``: of those before it, which PaddleOCR forgets
    (argparse keeps the last list of ``nargs="+"``), unless the last one sets the same key."""

    config: Optional[str] = None
    overrides: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def read_options(words: Sequence[str]) -> Options:
    """What follows the script on a command line; nothing where argparse cannot read it."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("-c", "--config")
    parser.add_argument("-o", "--opt", nargs="+", action="append", default=[])
    try:
        known, _ = parser.parse_known_args(list(words))
    except (argparse.ArgumentError, SystemExit):
        return Options()
    return Options(known.config, *last_of(known.opt))


def last_of(lists: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(overrides, lost) of the lists that stand behind each ``-o``."""
    if not lists:
        return (), ()
    last = tuple(lists[-1])
    set_there = {key_of(override) for override in last}
    earlier = (override for one in lists[:-1] for override in one)
    return last, tuple(one for one in earlier if key_of(one) not in set_there)


def key_of(override: str) -> str:
    return override.strip().partition("=")[0]


def fault_of(override: str) -> str:
    """Why PaddleOCR's ``key, value = override.split("=")`` fails; empty: it does not.

    The value is not repeated: it may be a secret.
    """
    key, equals, value = override.strip().partition("=")
    if not key or not equals:
        return say(
            "-o {option}: must be written key=value, without blanks around the =.",
            option=key or override,
        )
    if "=" in value:
        return say(
            "-o {option}: must be written key=value with one =, and the value holds another one, "
            "on which PaddleOCR's -o fails. Write {option} into the YAML instead.",
            option=key,
        )
    return ""
