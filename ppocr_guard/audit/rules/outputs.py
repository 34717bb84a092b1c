"""Where a training writes to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.wording import say


@rule(
    "save_model_dir_unusable",
    "critical",
    "the folder is made, and config.yml written into it, before anything else (preprocess in "
    "tools/program.py)",
    reads="files",
)
def save_model_dir_unusable(ctx: Context) -> Iterator[Finding]:
    path = ("Global", "save_model_dir")
    value = ctx.get(*path)
    if not isinstance(value, str):
        return  # key_missing and value_unusable say so
    if not value.strip():
        yield Finding(path, say("save_model_dir is empty."), say("Name a folder."))
        return
    folder = ctx.bases[0] / value
    there = _there(folder)
    if there.is_dir() and (os.access(there, os.W_OK) or not _trains_here(ctx)):
        return
    yield Finding(
        path,
        say("{folder} cannot be made: {file} is a file.", folder=str(folder), file=str(there))
        if not there.is_dir() and there != folder
        else say("{folder} is a file, not a folder.", folder=str(folder))
        if not there.is_dir()
        else say("{folder} cannot be written to by this user.", folder=str(there)),
        say("Name a folder that is there, or that can be made."),
    )


def _there(folder: Path) -> Path:
    """The folder, or what there is of its path."""
    for part in (folder, *folder.parents):
        if os.path.lexists(part):
            return part
    return Path(folder.anchor or ".")


def _trains_here(ctx: Context) -> bool:
    """Whether this looks like the machine that trains: its labels are here."""
    return any(os.path.isfile(ctx.resolve(name)) for name in ctx.label_paths("Train"))
