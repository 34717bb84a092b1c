"""A PaddleOCR's own label encoder and decoder, to hold our restatement against."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ppocr_guard.recognition import clone_child
from ppocr_guard.recognition.labels import Reader
from ppocr_guard.wording import say

TIMEOUT = 600.0  # seconds


class CloneError(RuntimeError):
    """The clone's classes did not run; the message is one line."""


class Agreement(NamedTuple):
    """Labels on which our restatement and PaddleOCR's classes say the same."""

    labels: int
    same: int


def compare(seen: Sequence[Optional[str]], reader: Reader, labels: Sequence[str]) -> Agreement:
    """``seen``: what the clone makes of ``labels`` (see :func:`texts`)."""
    same = sum(text == reader.seen(label).text for text, label in zip(seen, labels))
    return Agreement(len(labels), same)


def texts(
    tree: Path,
    labels: Sequence[str],
    *,
    encoder: str,
    options: Mapping[str, Any],
    decoder: str,
    post: Mapping[str, Any],
) -> list[Optional[str]]:
    """What the classes in ``tree`` make of each label; None: the encoder drops it.

    Args:
        tree: a PaddleOCR, released package or clone.
        labels: as they stand in the label file.
        encoder, options: the class in ``label_ops.py`` and its arguments.
        decoder, post: the class in ``rec_postprocess.py`` and its arguments.

    Raises:
        CloneError: the files are not there, or one of the classes fails.
    """
    for file in (clone_child.LABELS, clone_child.DECODERS):
        if not (tree / file).is_file():
            raise CloneError(say("{path} does not exist", path=str(tree / file)))
    request = {
        "encoder": encoder,
        "options": dict(options),
        "decoder": decoder,
        "post": dict(post),
        "labels": list(labels),
    }
    try:
        done = subprocess.run(
            [sys.executable, clone_child.__file__, str(tree)],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CloneError(
            say("its label encoder took more than {seconds:g} s", seconds=TIMEOUT)
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [say("no reason given")])[-1]
        raise CloneError(say("its label encoder failed: {error}", error=last))
    value: list[Optional[str]] = json.loads(done.stdout)
    return value
