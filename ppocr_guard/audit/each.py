"""``python -m ppocr_guard.audit.each [OPTION ...] [FILE ...]``: ``check`` for each file.

For pre-commit, which hands over all YAML files that changed. A file without a section ``Train`` is
no training configuration, and is passed over.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ppocr_guard.cli import main as command

TRAIN = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:Train|"Train"|'Train')\s*:""", re.M)


def main(words: Sequence[str]) -> int:
    """The worst exit code of ``ppocr-guard check`` over the files at the end of ``words``."""
    start = len(words)
    while (
        start and words[start - 1].endswith((".yml", ".yaml")) and Path(words[start - 1]).is_file()
    ):
        start -= 1
    options, files = words[:start], words[start:]
    return max((command(["check", file, *options]) for file in files if _trains(file)), default=0)


def _trains(file: str) -> bool:
    try:
        return TRAIN.search(Path(file).read_bytes()) is not None
    except OSError:
        return True  # ``check`` says why it cannot be read


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
