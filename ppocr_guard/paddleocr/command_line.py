"""The YAML that a training was started with, for messages that name file and line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def config_path(argv: Sequence[str]) -> Optional[Path]:
    """File after ``-c`` or ``--config``, as PaddleOCR's ``ArgsParser`` takes it."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("-c", "--config")
    try:
        found = parser.parse_known_args(list(argv[1:]))[0].config
    except (argparse.ArgumentError, SystemExit):
        return None
    return Path(found) if found else None


def guard_section(path: Optional[Path]) -> Any:
    """The ``Guard:`` section as the file has it, as plain data; None where there is none."""
    try:
        return (YAML(typ="safe", pure=True).load(path) or {}).get("Guard") if path else None
    except (OSError, YAMLError, ValueError, AttributeError):
        return None


def line_finder(path: Optional[Path]) -> Callable[[tuple[Any, ...]], Optional[int]]:
    """Function that gives the line (from 1) of a key path in a YAML, or None.

    A file that cannot be read or parsed gives None for all: PaddleOCR has its own say about it.
    """
    tree: Any = None
    if path is not None:
        try:
            tree = YAML(typ="rt").load(path)
        except (OSError, YAMLError, ValueError):
            tree = None

    def line_of(keys: tuple[Any, ...]) -> Optional[int]:
        node = tree
        line = None
        for key in keys:
            try:
                position = node.lc.item(key) if isinstance(key, int) else node.lc.key(key)
                line, node = position[0] + 1, node[key]
            except (AttributeError, KeyError, IndexError, TypeError):
                return None
        return line

    return line_of
