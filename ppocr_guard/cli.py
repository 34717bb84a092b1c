"""The ``ppocr-guard`` command. Each subcommand is a module with ``configure`` and ``run``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Optional

from ppocr_guard import __version__
from ppocr_guard.language import add_language, pick_language
from ppocr_guard.parsing import Parser, argparse_in, asked_language, help_in
from ppocr_guard.wording import mark, say

# name -> (module with `configure(parser) -> None` and `run(args) -> int`, help)
COMMANDS = {
    "run": ("ppocr_guard.paddleocr.launch", mark("run a training command guarded")),
    "check": ("ppocr_guard.audit.check", mark("find what will go wrong before training")),
    "fix": ("ppocr_guard.audit.fix", mark("write the fixes back into the YAML")),
    "replay": ("ppocr_guard.logs.replay", mark("what the guard would have said about a log")),
    "report": ("ppocr_guard.report.html", mark("self-contained HTML report of runs")),
    "watch": ("ppocr_guard.report.watch", mark("live terminal view of a run")),
    "dashboards": (
        "ppocr_guard.dashboards.write",
        mark("write Grafana, Prometheus and Alertmanager files"),
    ),
    "notify": ("ppocr_guard.hooks.notify.command", mark("send a test notification")),
    "explain": ("ppocr_guard.explain.command", mark("what a code means, and what to do")),
    "doctor": (
        "ppocr_guard.doctor.command",
        mark("will this Python train, and will the guard see it"),
    ),
    "schema": ("ppocr_guard.schema", mark("JSON Schema of the Guard: section")),
    "demo": ("ppocr_guard.demo.command", mark("a real PaddleOCR training that collapses, caught")),
}


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command line; returns the exit code (see README for what each code means)."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parsed(words)
    run = importlib.import_module(COMMANDS[args.command][0]).run
    try:
        return int(run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _parsed(words: list[str]) -> argparse.Namespace:
    """Raises SystemExit where help was asked for, or the words cannot be understood."""
    asked, others = asked_language(words)
    language = pick_language(asked)
    chosen = next((word for word in others if not word.startswith("-")), None)
    with argparse_in(language):
        parser = Parser(
            prog="ppocr-guard",
            description=say("The guard for PaddleOCR fine-tuning."),
            epilog=say("`ppocr-guard COMMAND --help` tells more."),
            formatter_class=help_in(language),
        )
        parser.add_argument(
            "--version",
            action="version",
            version=f"ppocr-guard {__version__}",
            help=say("show the version and exit"),
        )
        add_language(parser, "language_before")
        subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
        for name, (module, text) in COMMANDS.items():
            said = say(text)
            sub = subparsers.add_parser(
                name, help=said, description=said, formatter_class=help_in(language)
            )
            if name == chosen:  # import only what is asked for: `run` must stay light
                importlib.import_module(module).configure(sub)
        args = parser.parse_args(words)
    if args.language_before != "auto" and getattr(args, "language", None) in (None, "auto"):
        args.language = args.language_before
    return args


if __name__ == "__main__":
    sys.exit(main())
