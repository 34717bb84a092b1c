"""``ppocr-guard check YAML``: what will go wrong, before training."""

from __future__ import annotations

import argparse
import sys

from ppocr_guard.audit.inputs import UNUSABLE, add_inputs, open_context

FORMATS = ("text", "json", "sarif", "github")


def configure(parser: argparse.ArgumentParser) -> None:
    add_inputs(parser)
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument(
        "--json", dest="format", action="store_const", const="json", help="same as --format json"
    )


def run(args: argparse.Namespace) -> int:
    """0: nothing to do; 1: problems; 2: the input cannot be used."""
    from ppocr_guard.audit.formats import to_github, to_json, to_sarif
    from ppocr_guard.audit.report import make_report

    try:
        ctx = open_context(args)
    except UNUSABLE as error:
        print(f"ppocr-guard check: {error}", file=sys.stderr)
        return 2
    report = make_report(ctx, data=not args.no_data)
    if args.format == "text":
        from rich.console import Console

        from ppocr_guard.audit.text import print_report

        print_report(report, Console(highlight=False))
    else:
        print({"json": to_json, "sarif": to_sarif, "github": to_github}[args.format](report))
    return 1 if report.failed else 0
