"""The language in which a command or a hook speaks: asked for, or that of the locale."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Optional

from ppocr_guard.wording import LANGUAGES, in_language, say


def pick_language(asked: str, environment: Optional[Mapping[str, str]] = None) -> str:
    """``en`` or ``zh``; ``auto`` follows LC_ALL, LC_MESSAGES and LANG."""
    if asked in LANGUAGES:
        return asked
    env = os.environ if environment is None else environment
    locale = next((env[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(k)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def machine_language(asked: str) -> str:
    """Of what programs read: English, whatever the locale, unless a language is asked for."""
    return asked if asked in LANGUAGES else "en"


def tell(command: str, text: str, language: str = "auto") -> None:
    """One line on stderr: ``command: text``."""
    print(f"{command}: {in_language(text, pick_language(language))}", file=sys.stderr)


def add_language(parser: argparse.ArgumentParser, name: str = "language") -> None:
    """The option ``--language``, for :func:`pick_language`, kept as ``name``."""
    parser.add_argument(
        "--language",
        dest=name,
        choices=("auto", *LANGUAGES),
        default="auto",
        help=say("of the sentences (default: auto, as LC_ALL, LC_MESSAGES or LANG say)"),
    )
