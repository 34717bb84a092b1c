"""``ppocr-guard schema``: JSON Schema of the ``Guard:`` section, for editors and CI."""

from __future__ import annotations

import argparse
import json

from ppocr_guard.wording import say


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = say(
        "In VS Code: save it, and add `# yaml-language-server: $schema=FILE` as the first line "
        "of the YAML."
    )


def run(args: argparse.Namespace) -> int:
    """Print the schema; always 0."""
    from ppocr_guard.config import guard_schema

    print(json.dumps(guard_schema(), indent=2, ensure_ascii=False))
    return 0
