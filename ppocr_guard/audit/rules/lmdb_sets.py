"""Recognition data in LMDB: whether it can be read, by PaddleOCR and by these rules."""

from __future__ import annotations

from collections.abc import Iterator

from ppocr_guard.audit import lmdb_texts
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rec_labels import MODES, severity
from ppocr_guard.audit.rule import rule
from ppocr_guard.recognition.lmdb_set import FILE, LmdbLabels
from ppocr_guard.wording import say


@rule(
    "lmdb_unreadable",
    "critical",
    "LMDBDataSet reads num-samples when it is built, and takes a random sample for one that has "
    "no label (ppocr/data/lmdb_dataset.py)",
    reads="labels",
)
def lmdb_unreadable(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        path = (mode, "dataset", "data_dir")
        if lmdb_texts.package_missing(ctx, mode):
            yield Finding(
                path,
                say("The labels are not looked at: the Python package lmdb is not installed."),
                say("`pip install lmdb` where check runs; PaddleOCR needs it, too."),
                severity="info",
            )
        for one, _ in lmdb_texts.sets(ctx, mode):
            if one.error and (one.folder / FILE).is_file():  # else lmdb_missing tells it
                yield Finding(
                    path,
                    say("{folder} {error}.", folder=str(one.folder), error=one.error),
                    say("Make the LMDB again; PaddleOCR cannot open it either."),
                )
            elif one.without:
                yield _without_labels(path, one)


def _without_labels(path: tuple[str, ...], one: LmdbLabels) -> Finding:
    looked_at = one.without + len(one.labels)
    return Finding(
        path,
        say(
            "{folder}: {without} of {total} samples have no label in UTF-8.",
            folder=str(one.folder),
            without=one.without,
            total=looked_at,
        ),
        say("Set num-samples to what is there, and number the samples from 1 without a gap."),
        severity=severity(one.without, looked_at),
    )
