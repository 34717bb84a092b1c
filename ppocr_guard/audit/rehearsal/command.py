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

DOING = {
    "start": "starting Python",
    "import": "loading PaddleOCR",
    "configuration": "reading the configuration",
    "data": "building the {mode} data set",
    "sample": "{mode} sample {number} of {of}",
    "build_post_process": "building the postprocess",
    "build_model": "building the model",
    "build_loss": "building the loss",
    "build_optimizer": "building the optimizer",
    "build_metric": "building the metric",
    "load_model": "loading weights",
    "evaluation": "evaluating {images} images before the first step",
    "step": "training steps",
    "largest": "evaluating the largest image",
    "saving": "after a step",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="run the training's first minute on your own code and data; nothing is written",
    )
    parser.add_argument(
        "--python",
        default=sys.executable,
        metavar="PYTHON",
        help="the Python that trains (default: this one)",
    )
    parser.add_argument(
        "--images",
        type=_count,
        default=32,
        metavar="N",
        help="samples of each data set that a rehearsal takes (default: 32)",
    )
    parser.add_argument(
        "--timeout",
        type=_count,
        default=120,
        metavar="S",
        help="seconds that a rehearsal may take (default: 120)",
    )


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def rehearsed(
    ctx: Context,
    *,
    python: str,
    images: int,
    timeout: float,
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
            "a rehearsal needs the PaddleOCR that trains: name its folder with --paddleocr"
        )
    with _live() as progress:
        return rehearsal(
            ctx, tree, python=python, images=images, timeout=timeout, cwd=cwd, progress=progress
        )


def _is_clone(folder: Path) -> bool:
    return (folder / "tools" / "train.py").is_file() and (folder / "ppocr").is_dir()


@contextmanager
def _live() -> Iterator[Callable[[Fact, float], None]]:
    """A live line, on a terminal only."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("rehearsing ...") as status:

        def progress(stage: Fact, seconds: float) -> None:
            text = DOING.get(str(stage["stage"]), str(stage["stage"]))
            values = {key: stage.get(key, "?") for key in ("mode", "number", "of", "images")}
            status.update(f"rehearsing, {seconds:.0f} s: {text.format(**values)}")

        yield progress
