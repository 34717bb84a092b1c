"""``ppocr-guard check YAML``: what will go wrong, before training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ppocr_guard.audit.inputs import UNUSABLE, add_inputs, open_context
from ppocr_guard.audit.rehearsal.command import add_options, rehearsed
from ppocr_guard.language import add_language, machine_language, pick_language
from ppocr_guard.wording import in_language, said_by, say

if TYPE_CHECKING:
    from ppocr_guard.audit.context import Context
    from ppocr_guard.audit.report import Report

FORMATS = ("text", "json", "sarif", "github")


def configure(parser: argparse.ArgumentParser) -> None:
    add_inputs(parser)
    parser.add_argument(
        "--ceiling",
        action="store_true",
        help=say(
            "compute the hmean (of text recognition, the acc) that a perfect model could reach on "
            "the validation labels"
        ),
    )
    parser.add_argument(
        "--hooks",
        action="store_true",
        help=say("import your own hooks that the Guard: section names, to check their options"),
    )
    add_options(parser)
    add_language(parser)
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help=say("of the output (default: text)")
    )
    parser.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help=say("same as --format json"),
    )


def run(args: argparse.Namespace) -> int:
    """0: nothing to do; 1: problems; 2: the input cannot be used."""
    from ppocr_guard.audit.ceiling import CeilingError
    from ppocr_guard.audit.formats import to_github, to_json, to_sarif
    from ppocr_guard.audit.rehearsal import RehearsalError
    from ppocr_guard.audit.report import make_report

    missing, language = "", pick_language(args.language)
    try:
        ctx = open_context(args)
        ctx.import_hooks = args.hooks
        report = make_report(ctx, data=not args.no_data)
        if args.ceiling:
            tree = Path(args.paddleocr) if args.paddleocr else None
            report.ceiling = _ceiling(ctx, report, tree, language)
        if args.rehearse:
            try:
                seen = rehearsed(
                    ctx,
                    python=args.python,
                    images=args.images,
                    timeout=args.timeout,
                    language=language,
                )
                report.add(ctx, seen)
            except RehearsalError as error:  # what reading tells is told all the same
                missing = in_language(said_by(error), language)
    except (*UNUSABLE, CeilingError) as error:
        print(f"ppocr-guard check: {in_language(said_by(error), language)}", file=sys.stderr)
        return 2
    if args.format == "text":
        from rich.console import Console

        from ppocr_guard.audit.text import print_report

        print_report(report, Console(highlight=False), language)
    else:
        write = {"json": to_json, "sarif": to_sarif, "github": to_github}[args.format]
        print(write(report, machine_language(args.language)))
    if missing:
        print(f"ppocr-guard check: {missing}", file=sys.stderr)
        return 2
    return 1 if report.failed else 0


def _ceiling(ctx: Context, report: Report, tree: Optional[Path], language: str) -> dict[str, Any]:
    """Measured with a progress bar on stderr, which pipes do not see."""
    from rich.console import Console
    from rich.progress import Progress

    from ppocr_guard.audit.ceiling import CeilingError, measure_ceiling
    from ppocr_guard.audit.rec_ceiling import measure_recognition
    from ppocr_guard.audit.recognition import label_encoder

    if label_encoder(ctx, "Eval") is not None:
        return measure_recognition(ctx, tree)
    curve = next((curve for curve in report.curves if curve.operator == "MakeShrinkMap"), None)
    if curve is None:
        raise CeilingError(
            say(
                "--ceiling is for models with MakeShrinkMap in Train.dataset.transforms, and for "
                "text recognition with an encoder of characters"
            )
        )
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(in_language(say("perfect predictions"), language), total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return measure_ceiling(ctx, curve.ratios[-1], progress, tree)
