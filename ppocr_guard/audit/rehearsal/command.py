"""The options of a rehearsal on the command line, and its progress on the terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.rehearsal import Rehearsal, RehearsalError, rehearsal
from ppocr_guard.audit.rehearsal.process import Fact
from ppocr_guard.parsing import at_least_one
from ppocr_guard.wording import in_language, mark, say

# What is done at a stage; the fields are those that a stage may tell.
DOING = {
    "start": mark("starting Python"),
    "import": mark("loading PaddleOCR"),
    "configuration": mark("reading the configuration"),
    "data": mark("building the {mode} data set"),
    "sample": mark("{mode} sample {number} of {of}"),
    "build_post_process": mark("building the postprocess"),
    "build_model": mark("building the model"),
    "build_loss": mark("building the loss"),
    "build_optimizer": mark("building the optimizer"),
    "build_metric": mark("building the metric"),
    "load_model": mark("loading weights"),
    "evaluation": mark("evaluating {images} images before the first step"),
    "step": mark("training steps"),
    "largest": mark("evaluating the largest image"),
    "saving": mark("after a step"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help=say("run the training's first minute on your own code and data; nothing is written"),
    )
    parser.add_argument(
        "--python",
        default=sys.executable,
        metavar="PYTHON",
        help=say("the Python that trains (default: this one)"),
    )
    parser.add_argument(
        "--images",
        type=at_least_one,
        default=32,
        metavar="N",
        help=say("samples of each data set that a rehearsal takes (default: 32)"),
    )
    parser.add_argument(
        "--timeout",
        type=at_least_one,
        default=120,
        metavar="S",
        help=say("seconds that a rehearsal may take (default: 120)"),
    )


def rehearsed(
    ctx: Context,
    *,
    python: str,
    images: int,
    timeout: float,
    language: str = "en",
    tree: Optional[Path] = None,
    cwd: Optional[Path] = None,
) -> Rehearsal:
    """Rehearse, with a line on stderr that says what is done.

    Raises:
        RehearsalError: with one line for the user.
    """
    tree = tree or next((base for base in ctx.bases if _is_clone(base)), None)
    if tree is None:
        raise RehearsalError(
            say("a rehearsal needs the PaddleOCR that trains: name its folder with --paddleocr")
        )
    with _live(language) as progress:
        return rehearsal(
            ctx, tree, python=python, images=images, timeout=timeout, cwd=cwd, progress=progress
        )


def _is_clone(folder: Path) -> bool:
    return (folder / "tools" / "train.py").is_file() and (folder / "ppocr").is_dir()


@contextmanager
def _live(language: str) -> Iterator[Callable[[Fact, float], None]]:
    """A live line, on a terminal only."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status(in_language(say("rehearsing ..."), language)) as status:

        def progress(stage: Fact, seconds: float) -> None:
            doing = DOING.get(str(stage["stage"]))
            values = {key: stage.get(key, "?") for key in ("mode", "number", "of", "images")}
            what = str(stage["stage"]) if doing is None else say(doing, **values)
            line = say("rehearsing, {seconds:.0f} s: {what}", seconds=seconds, what=what)
            status.update(in_language(line, language))

        yield progress
