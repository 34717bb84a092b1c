"""``--rehearse``: the first minute of a training, run before it starts, in the user's Python."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.rehearsal.found import Found
from ppocr_guard.audit.rehearsal.judge import judge
from ppocr_guard.audit.rehearsal.process import Fact, Request, Told, rehearse
from ppocr_guard.audit.rehearsal.summary import costs, summary
from ppocr_guard.wording import say


class RehearsalError(RuntimeError):
    """Nothing can be rehearsed here; the message is one line that says what is missing."""


@dataclass(frozen=True)
class Rehearsal:
    found: tuple[Found, ...]
    numbers: dict[str, Any]  # of ``check --json``
    log: str  # the last lines that PaddleOCR printed


def rehearsal(
    ctx: Context,
    tree: Path,
    *,
    python: str,
    images: int,
    timeout: float,
    cwd: Optional[Path] = None,
    progress: Callable[[Fact, float], None] = lambda _stage, _seconds: None,
) -> Rehearsal:
    """Rehearse the training of a configuration with the PaddleOCR in ``tree``.

    Args:
        python: the interpreter that trains.
        images: samples of each data set, and images of the evaluation.
        timeout: seconds for all of it.
        cwd: where relative paths of the YAML start; default: where its label files are found.

    Raises:
        RehearsalError: this Python has no paddle, or cannot be started.
    """
    request = Request(
        tree=tree,
        config=Path(ctx.source.path),
        overrides=ctx.overrides,
        cwd=cwd or _folder(ctx),
        python=python,
        images=images,
        timeout=timeout,
    )
    try:
        told = rehearse(request, progress)
    except OSError as error:
        raise RehearsalError(
            say("{python} cannot be started: {error}", python=python, error=error.strerror)
        ) from None
    _refuse(told, python)
    numbers = summary(told, ctx.cards)
    return Rehearsal((*judge(ctx, told), *costs(told, numbers)), numbers, told.log)


def _refuse(told: Told, python: str) -> None:
    crash = told.first("crash", stage="import")
    if crash and crash["type"] == "ModuleNotFoundError" and "paddle'" in crash["message"]:
        raise RehearsalError(
            say(
                "nothing was rehearsed: paddle is missing from {python}. Install paddlepaddle "
                "there, or name the Python that trains",
                python=python,
            )
        )
    if not told.facts:
        lines = [line for line in told.log.splitlines() if line.strip()]
        raise RehearsalError(
            say(
                "nothing was rehearsed: {python} ended at once: {line}",
                python=python,
                line=(lines or [say("it said nothing")])[-1],
            )
        )


def _folder(ctx: Context) -> Path:
    """The folder from which the label files are found: that of the command, or the clone."""
    relative = [path for path in ctx.label_paths("Train") if not os.path.isabs(path)]
    for base in ctx.bases:
        if relative and os.path.exists(base / relative[0]):
            return base
    return ctx.bases[0]
