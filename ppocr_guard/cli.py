"""The ``ppocr-guard`` command. Each subcommand is a module with ``configure`` and ``run``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Optional

from ppocr_guard import __version__

# name -> (module with `configure(parser) -> None` and `run(args) -> int`, help)
COMMANDS = {
    "run": ("ppocr_guard.paddleocr.launch", "run a training command guarded"),
    "check": ("ppocr_guard.audit.check", "find what will go wrong before training"),
    "fix": ("ppocr_guard.audit.fix", "write the fixes back into the YAML"),
    "replay": ("ppocr_guard.logs.replay", "what the guard would have said about a log"),
    "report": ("ppocr_guard.report.html", "self-contained HTML report of runs"),
    "watch": ("ppocr_guard.report.watch", "live terminal view of a run"),
    "dashboards": (
        "ppocr_guard.dashboards.write",
        "write Grafana, Prometheus and Alertmanager files",
    ),
    "notify": ("ppocr_guard.hooks.notify.command", "send a test notification"),
    "explain": ("ppocr_guard.explain.command", "what a code means, and what to do"),
    "doctor": ("ppocr_guard.doctor.command", "will this Python train, and will the guard see it"),
    "schema": ("ppocr_guard.schema", "JSON Schema of the Guard: section"),
    "demo": ("ppocr_guard.demo.command", "a real PaddleOCR training that collapses, caught"),
}


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command line; returns the exit code (see README for what each code means)."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="ppocr-guard",
        description="The guard for PaddleOCR fine-tuning.",
        epilog="`ppocr-guard COMMAND --help` tells more.",
    )
    parser.add_argument("--version", action="version", version=f"ppocr-guard {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in words if not word.startswith("-")), None)
    for name, (module, text) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=text, description=text)
        if name == chosen:  # import only what is asked for: `run` must stay light
            importlib.import_module(module).configure(sub)
    args = parser.parse_args(words)
    run = importlib.import_module(COMMANDS[args.command][0]).run
    try:
        return int(run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
