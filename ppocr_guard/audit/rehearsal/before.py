"""``ppocr-guard run --rehearse -- CMD``: the rehearsal of the training that CMD starts."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ppocr_guard.audit.inputs import UNUSABLE, open_context
from ppocr_guard.audit.rehearsal import RehearsalError
from ppocr_guard.audit.rehearsal.command import rehearsed
from ppocr_guard.audit.report import make_report
from ppocr_guard.command_line import read_options
from ppocr_guard.language import pick_language
from ppocr_guard.paddleocr.baseline import findings_handed_over, handed_over
from ppocr_guard.wording import in_language, said_by, say

STOPS = 2  # exit code of `run` when there is no use in training


@dataclass(frozen=True)
class Training:
    """What a command line trains."""

    python: str
    tree: Path
    config: str
    overrides: tuple[str, ...]
    lost: tuple[str, ...] = ()  # of each -o but the last


def training_of(words: Sequence[str]) -> Training:
    """Read a command such as ``python -m paddle.distributed.launch ... tools/train.py -c my.yml``.

    Raises:
        RehearsalError: it does not show what it trains.
    """
    script = next((i for i, word in enumerate(words) if _is_script(word)), None)
    if script is None:
        raise RehearsalError(
            say(
                "the command does not show tools/train.py, so it cannot be rehearsed. Rehearse "
                "with `ppocr-guard check CONFIG --rehearse --paddleocr DIR`, and train without "
                "--rehearse"
            )
        )
    options = read_options(words[script + 1 :])
    if not options.config:
        raise RehearsalError(
            say("{script} has no -c CONFIG, so it cannot be rehearsed", script=words[script])
        )
    tree = Path(words[script]).resolve().parent.parent
    python = _python(words[:script])
    return Training(python, tree, options.config, options.overrides, options.lost)


def _is_script(word: str) -> bool:
    path = Path(word)
    return path.name == "train.py" and path.resolve().parent.name == "tools"


def _python(words: Sequence[str]) -> str:
    for word in words:
        if os.path.basename(word).startswith("python"):
            return shutil.which(word) or word
    return sys.executable


@dataclass(frozen=True)
class Outcome:
    """``exit_code`` None: nothing stops this training, which gets ``environment`` in addition."""

    exit_code: Optional[int] = None
    environment: Mapping[str, str] = field(default_factory=dict)


def rehearse_command(words: Sequence[str], *, images: int, timeout: float) -> Outcome:
    """Rehearse, and print what was found on stderr."""
    from rich.console import Console

    from ppocr_guard.audit.text import print_report

    language = pick_language("auto")
    try:
        training = training_of(words)
        ctx = open_context(
            argparse.Namespace(
                yaml=training.config,
                opt=[training.lost, training.overrides],
                paddleocr=str(training.tree),
                release=None,
                cards=1,
            )
        )
        language = pick_language(str(ctx.get("Guard", "language", default="auto")))
        report = make_report(ctx)
        seen = rehearsed(
            ctx,
            python=training.python,
            images=images,
            timeout=timeout,
            language=language,
            tree=training.tree,
            cwd=Path(),
        )
    except (*UNUSABLE, RehearsalError) as error:
        print(f"ppocr-guard run: {in_language(said_by(error), language)}", file=sys.stderr)
        return Outcome(STOPS)
    report.add(ctx, seen)
    print_report(report, Console(stderr=True, highlight=False), language)
    stops = [found for found in seen.found if found.severity == "critical"]
    if not stops:
        folder = str(ctx.get("Global", "save_model_dir", default=""))
        told = [(found.code, found.message) for found in seen.found if found.severity == "warning"]
        return Outcome(
            environment={
                **handed_over(seen.numbers, folder),
                **findings_handed_over(told, folder),
            }
        )
    line = say("not started: {message} [{code}]", message=stops[0].message, code=stops[0].code)
    print(f"ppocr-guard run: {in_language(line, language)}", file=sys.stderr)
    return Outcome(STOPS)
