"""``ppocr-guard watch DIR``: a live view of a run in the terminal, from its journal alone."""

from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from gettext import gettext
from pathlib import Path
from typing import Any, Optional

from rich.console import Console, RenderableType
from rich.live import Live

from ppocr_guard import paths
from ppocr_guard.language import add_language, pick_language, tell
from ppocr_guard.logs.follow import JournalRuns
from ppocr_guard.logs.run import Run
from ppocr_guard.report.frame import Frame, waiting
from ppocr_guard.report.keys import keys
from ppocr_guard.report.text import Words
from ppocr_guard.wording import LANGUAGES, mark, say

RESCAN_SECONDS = 5.0  # how often a folder is searched for new runs
SUFFIX = ".jsonl"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="DIR",
        help=say(
            "folder of a run (Global.save_model_dir), its journal.jsonl, or a folder of runs; "
            "in the view: arrows choose a run, l changes the language, q leaves"
        ),
    )
    parser.add_argument("--once", action="store_true", help=say("print one frame and leave"))
    parser.add_argument(
        "--interval", type=_seconds, default=1.0, help=say("seconds between looks (default: 1)")
    )
    add_language(parser)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.05 <= value <= 3600:
        raise argparse.ArgumentTypeError(gettext(mark("must be from 0.05 to 3600 seconds")))
    return value


def run(args: argparse.Namespace) -> int:
    """Show the run until it ends or the user leaves with q or Ctrl-C: 0.

    2 when DIR cannot hold a journal, or with ``--once`` when there is none.
    """
    for path in args.runs:
        if path.is_file() and path.suffix != SUFFIX:
            text = say(
                "{path} is no journal (journal.jsonl). For a train.log use `ppocr-guard report` or "
                "`ppocr-guard replay`.",
                path=str(path),
            )
            return _refuse(text, args.language)
    view = View(Watched(args.runs), pick_language(args.language))
    console = Console()
    if args.once:
        if not view.watched.poll():
            where = str(view.watched.path)
            text = say("{path}: no journal with records of a run there", path=where)
            return _refuse(text, args.language)
        console.print(view.render())
        return 0
    with contextlib.suppress(KeyboardInterrupt), _ends_by_ctrl_c(view):
        _follow(view, console, args.interval)
    return 0


@contextlib.contextmanager
def _ends_by_ctrl_c(view: View) -> Iterator[None]:
    """Python drops a KeyboardInterrupt that comes within a destructor or a callback of the garbage
    collector: the view is left all the same."""

    def leave(number: int, frame: Any) -> None:
        view.press("q")
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGINT, leave)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _refuse(message: str, language: str) -> int:
    tell("ppocr-guard watch", message, language)
    return 2


def _follow(view: View, console: Console, interval: float) -> None:
    """Redraw until the run has ended, or for as long as the user chooses among several. The last
    frame stays on the screen."""
    view.watched.poll()
    if not view.watched.summary:  # also for a terminal that is none: say what is waited for
        console.print(view.render())
    try:
        with keys() as keyboard, _live(console) as live:
            while not view.is_over(chooses=keyboard.there):
                if console.is_terminal:
                    view.footer = keyboard.there
                    live.update(view.render(console.height), refresh=True)
                for key in keyboard.wait(interval):
                    view.press(key)
                view.watched.poll()
    finally:
        view.footer = False
        if view.watched.summary:
            console.print(view.render())


def _live(console: Console) -> Live:
    return Live(
        console=console,
        auto_refresh=False,
        screen=console.is_terminal,
        vertical_overflow="crop",
    )


class View:
    """What is on the screen: which run, in which language."""

    def __init__(self, watched: Watched, language: str) -> None:
        self.watched = watched
        self.footer = False
        self._words = Words(language)
        self._left = False

    def press(self, key: str) -> None:
        if key in ("q", "Q"):
            self._left = True
        elif key in ("left", "up"):
            self.watched.choose(-1)
        elif key in ("right", "down"):
            self.watched.choose(+1)
        elif key in ("l", "L"):
            at = LANGUAGES.index(self._words.language)
            self._words = Words(LANGUAGES[(at + 1) % len(LANGUAGES)])

    def is_over(self, *, chooses: bool) -> bool:
        """The user has left, or the run has ended and there is nothing to choose."""
        shown = self.watched.summary
        ended = shown is not None and shown.end is not None
        return self._left or (ended and not (chooses and len(self.watched.found) > 1))

    def render(self, rows: Optional[int] = None) -> RenderableType:
        run = self.watched.summary
        if run is None:
            return waiting(self.watched.path, self._words)
        footer = self._hint() if self.footer else ""
        return Frame(run, self._words, now=time.time(), rows=rows, footer=footer)

    def _hint(self) -> str:
        parts = [f"q {self._words('leave')}", f"l {_OTHER[self._words.language]}"]
        runs = self.watched.found
        if len(runs) > 1:
            choice = self._words("choose", number=self.watched.position + 1, count=len(runs))
            parts.append(f"← → {choice}")
        return " · ".join(parts)


_OTHER = {"en": "中文", "zh": "English"}


class Watched:
    """The runs in journals that may still grow, or not be there yet; one of them is looked at:
    the latest, until another is chosen."""

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = places
        self._journals: dict[Path, JournalRuns] = {}
        self._chosen: Optional[Run] = None
        self._searched = float("-inf")

    @property
    def path(self) -> Path:
        """Where the journal is, or will be."""
        if self._journals:
            return next(iter(self._journals))
        first = self._places[0]
        return first if first.suffix == SUFFIX else paths.journal_path(str(first))

    def poll(self) -> bool:
        """Take in what was written since; True when there is a run to show."""
        if not self._journals or time.monotonic() - self._searched > RESCAN_SECONDS:
            self._searched = time.monotonic()
            for place in self._places:
                for path in _journals(place):
                    self._journals.setdefault(path, JournalRuns(path))
        for journal in self._journals.values():
            journal.poll()
        return bool(self.found)

    @property
    def found(self) -> list[Run]:
        """All runs, by when they began."""
        runs = [run for journal in self._journals.values() for run in journal.runs]
        return sorted(runs, key=lambda run: run.first_time or 0.0)

    @property
    def summary(self) -> Optional[Run]:
        """The run that is looked at, as of the last look."""
        runs = self.found
        if any(run is self._chosen for run in runs):
            return self._chosen
        return runs[-1] if runs else None

    @property
    def position(self) -> int:
        """Of it among all runs, from 0."""
        shown = self.summary
        return next((n for n, run in enumerate(self.found) if run is shown), 0)

    def choose(self, step: int) -> None:
        """Look at the next run or the one before. At the last, a new one takes its place."""
        runs = self.found
        if runs:
            at = (self.position + step) % len(runs)
            self._chosen = runs[at] if at < len(runs) - 1 else None


def _journals(place: Path) -> list[Path]:
    """The journal of a run, or those of the runs in a folder."""
    own = paths.find_journal(place)
    if own is not None:
        return [own]
    return sorted(place.glob("*/ppocr_guard/journal.jsonl")) if place.is_dir() else []
