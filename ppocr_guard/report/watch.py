"""``ppocr-guard watch DIR``: a live view of a run in the terminal, from its journal alone."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import Optional

from rich.console import Console, RenderableType
from rich.live import Live

from ppocr_guard import paths
from ppocr_guard.logs.follow import JournalRuns
from ppocr_guard.logs.run import Run
from ppocr_guard.report.frame import frame, waiting
from ppocr_guard.report.text import LANGUAGES, Words, pick_language


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run",
        type=Path,
        metavar="DIR",
        help="folder of a run (Global.save_model_dir), or its journal.jsonl",
    )
    parser.add_argument("--once", action="store_true", help="print one frame and leave")
    parser.add_argument(
        "--interval", type=_seconds, default=1.0, help="seconds between looks (default: 1)"
    )
    parser.add_argument(
        "--language",
        choices=("auto", *LANGUAGES),
        default="auto",
        help="of the view (default: follow the locale)",
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 3600:
        raise argparse.ArgumentTypeError("must be from 0.05 to 3600 seconds")
    return value


def run(args: argparse.Namespace) -> int:
    """Show the run until it ends or the user leaves with Ctrl-C: 0.

    2 when DIR cannot hold a journal, or with ``--once`` when there is none.
    """
    words = Words(pick_language(args.language))
    if args.run.is_file() and args.run.suffix != ".jsonl":
        return _refuse(
            f"{args.run} is no journal (journal.jsonl). "
            "For a train.log use `ppocr-guard report` or `ppocr-guard replay`."
        )
    watched = Watched(args.run)
    console = Console()
    if args.once:
        if not watched.poll():
            return _refuse(f"{watched.path}: no journal with records of a run there")
        console.print(watched.render(words))
        return 0
    with contextlib.suppress(KeyboardInterrupt):
        _follow(watched, console, words, args.interval)
    return 0


def _refuse(message: str) -> int:
    print(f"ppocr-guard watch: {message}", file=sys.stderr)
    return 2


def _follow(watched: Watched, console: Console, words: Words, interval: float) -> None:
    """Redraw until the run has ended. The last frame stays on the screen."""
    watched.poll()
    if not watched.summary:  # also for a terminal that is none: say what is waited for
        console.print(watched.render(words))
    try:
        with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
            while not (watched.summary and watched.summary.end):
                if console.is_terminal:
                    live.update(watched.render(words), refresh=True)
                time.sleep(interval)
                watched.poll()
    finally:
        if watched.summary:
            console.print(watched.render(words))


class Watched:
    """The latest run in a journal that may still grow, or not be there yet."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._journal: Optional[JournalRuns] = None

    @property
    def path(self) -> Path:
        """Where the journal is, or will be."""
        if self._journal:
            return self._journal.path
        if self._directory.suffix == ".jsonl":
            return self._directory
        return paths.journal_path(str(self._directory))

    def poll(self) -> bool:
        """Take in what was written since; True when there is a run to show."""
        if self._journal is None:
            found = paths.find_journal(self._directory)
            self._journal = JournalRuns(found) if found else None
        return self._journal.poll() if self._journal else False

    @property
    def summary(self) -> Optional[Run]:
        """The run, as of the last look."""
        return self._journal.runs[-1] if self._journal and self._journal.runs else None

    def render(self, words: Words) -> RenderableType:
        if self.summary is None:
            return waiting(self.path, words)
        return frame(self.summary, words, now=time.time())
