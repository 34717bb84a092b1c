"""Lines of text that a recogniser is trained on and evaluated on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from ppocr_guard.audit.context import LABELLED, Context
from ppocr_guard.audit.images import MOST_OPENED, evenly
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rec_labels import label_facts
from ppocr_guard.audit.recognition import label_encoder
from ppocr_guard.audit.rule import rule
from ppocr_guard.wording import say

MOST_COMPARED = 100_000  # training images whose sizes are compared with those of evaluation
KNOWN = 0.9  # of the evaluation texts, that stand in the training set too
DIFFERENT = 50  # texts of an evaluation set; fewer are words to choose from


@rule(
    "evaluation_images_copied",
    "warning",
    "images that were trained on make acc too good, also under another name",
    reads="images",
)
def evaluation_images_copied(ctx: Context) -> Iterator[Finding]:
    if label_encoder(ctx, "Eval") is None:
        return
    evaluated = _sizes(ctx, "Eval", MOST_OPENED)
    train = _sizes(ctx, "Train", MOST_COMPARED)
    trained = {path: size for path, size in train.items() if path not in evaluated}
    # A file whose size stands on one side only need not be read.
    sizes = (set(evaluated.values()) & set(trained.values())) - {0}
    known = {_digest(path): path for path, size in trained.items() if size in sizes}
    same = [
        (path, known[digest])
        for path, size in evaluated.items()
        if size in sizes and (digest := _digest(path)) in known
    ]
    if same:
        one, other = same[0]
        yield Finding(
            ("Eval", "dataset", "label_file_list"),
            say(
                "{count} of {total} evaluation images looked at are training images too, byte for "
                "byte, such as {one}, which is {other}.",
                count=len(same),
                total=len(evaluated),
                one=str(one),
                other=str(other),
            ),
            say("Take them out of one of the two."),
        )


def _sizes(ctx: Context, mode: str, most: int) -> dict[Path, int]:
    """Images of a mode with their size in bytes; 0: it cannot be told."""
    if ctx.dataset(mode) not in LABELLED:
        return {}  # images in LMDB are no files
    folder = ctx.data_dir(mode)
    names = list(dict.fromkeys(line.image for _, file in ctx.texts(mode) for line in file))
    paths = (folder / name for name in evenly(names, most))
    return {path: _size(path) for path in paths}


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _digest(path: Path) -> bytes:
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError:
        return str(path).encode()


@rule(
    "evaluation_texts_known",
    "info",
    "where nearly all texts of the evaluation set stand in the training set too, acc does not tell "
    "reading from remembering",
    reads="labels",
)
def evaluation_texts_known(ctx: Context) -> Iterator[Finding]:
    facts = {one.mode: one for one in label_facts(ctx)}
    if len(facts) < 2:
        return
    evaluated, trained = facts["Eval"].texts, facts["Train"].texts
    known = sum(count for text, count in evaluated.items() if text in trained)
    if len(evaluated) >= DIFFERENT and known >= KNOWN * facts["Eval"].total:
        yield Finding(
            facts["Eval"].path,
            say(
                "{known} of {total} texts of Eval stand in the training labels too.",
                known=known,
                total=facts["Eval"].total,
            ),
            say("Evaluate on texts that are new as well, if such will be read."),
        )
