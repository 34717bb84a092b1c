"""Whether the images of the label files are there, and open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.images import unreadable
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.recognition.lmdb_set import FILE, folders
from ppocr_guard.wording import say

MODES = ("Train", "Eval")
MISSING = 0.01  # of a label file's images, from which it is critical
LOOKED_AT = 100  # images that are looked for in another folder, evenly over the label file
MOST_OPENED = 5000  # images of a label file whose heads are read, evenly over it


@rule(
    "images_missing",
    "critical",
    "PaddleOCR tries another image each time, for ever: training gets slow, or hangs (issue 3949)",
    reads="labels",
)
def images_missing(ctx: Context) -> Iterator[Finding]:
    for mode, path, file in ctx.label_files():
        folder = ctx.data_dir(mode)
        names = _on_disk(file.images)
        missing = [name for name in names if not os.path.exists(os.path.join(folder, name))]
        if not missing:
            continue
        back = {name for name in missing if "\\" in name and _with_slashes(folder, name)}
        absent = [name for name in missing if name not in back]
        if back:
            yield Finding(
                path,
                say(
                    "{count} of {names} images of {file} are written with backslashes, such as "
                    "{image}: only Windows takes them for folders.",
                    count=sum(name in back for name in missing),
                    names=len(names),
                    file=str(file.path),
                    image=next(name for name in missing if name in back),
                ),
                say("Write / instead of \\."),
                severity=_severity(len(missing) - len(absent), len(names)),
            )
        if absent:
            everything = len(absent) == len(names)
            there = _folder_of(ctx, mode, names) if everything else None
            data_dir = (mode, "dataset", "data_dir")
            yield Finding(
                data_dir if everything else path,
                say(
                    "{count} of {names} images of {file} are missing, such as {image}.",
                    count=len(absent),
                    names=len(names),
                    file=str(file.path),
                    image=os.path.join(folder, absent[0]),
                ),
                _where(there, everything),
                () if there is None else (Edit(data_dir, there),),
                severity=_severity(len(absent), len(names)),
            )


def _severity(count: int, names: int) -> str:
    return "critical" if count > MISSING * names else "warning"


def _where(there: Optional[str], everything: bool) -> str:
    told: str = say("Remove these lines, or put the images there.")
    if there is not None:
        told = say("The images are there with {setting}.", setting=f"data_dir: {there}")
    elif everything:
        told = say(
            "data_dir and the path in the label file are joined: together they must lead to the "
            "image."
        )
    return told


def _folder_of(ctx: Context, mode: str, names: list[str]) -> Optional[str]:
    """A data_dir from which the names lead to images; None: none of those that are likely does.

    None, too, where there are several label files: they share it.
    """
    paths, written = ctx.label_paths(mode), ctx.get(mode, "dataset", "data_dir")
    if len(paths) != 1 or not isinstance(written, str):
        return None
    likely = [*PurePosixPath(paths[0]).parents, *PurePosixPath(written).parents]
    looked_at = names[:: max(1, len(names) // LOOKED_AT)]
    for one in dict.fromkeys(likely):
        folder = ctx.resolve(str(one))
        if all(os.path.exists(os.path.join(folder, name)) for name in looked_at):
            return str(one) if one.is_absolute() or str(one) == "." else f"./{one}"
    return None


def _on_disk(images: list[str]) -> list[str]:
    """Without lists of several images and addresses, which are no names of files."""
    return [name for name in images if not name.startswith(("[", "http"))]


def _with_slashes(folder: Path, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name.replace("\\", "/")))


@rule(
    "images_unreadable",
    "critical",
    "an image that does not decode is None, and PaddleOCR tries another, for ever; training hangs "
    "when there are many (DecodeImage in ppocr/data/imaug/operators.py)",
    reads="images",
)
def images_unreadable(ctx: Context) -> Iterator[Finding]:
    for mode, path, file in ctx.label_files():
        folder = str(ctx.data_dir(mode))
        step = max(1, len(file.images) // MOST_OPENED)
        names = _on_disk(file.images[::step])
        bad = [
            (name, reason)
            for name in names
            if (reason := unreadable(os.path.join(folder, name))) is not None
        ]
        if bad:
            name, reason = bad[0]
            yield Finding(
                path,
                say(
                    "{count} of {names} images{looked} of {file} do not open: {image} {reason}.",
                    count=len(bad),
                    names=len(names),
                    looked=say(" looked at") if step > 1 else "",
                    file=str(file.path),
                    image=name,
                    reason=reason,
                ),
                say("Replace these files, or remove their lines."),
                severity="critical" if len(bad) > MISSING * len(names) else "warning",
            )


@rule(
    "lmdb_missing",
    "critical",
    "LMDBDataSet opens every folder below data_dir that has none in it, and finds data.mdb there "
    "(ppocr/data/lmdb_dataset.py)",
    reads="files",
)
def lmdb_missing(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        data_dirs = ctx.get(mode, "dataset", "data_dir")
        if not ctx.dataset(mode).startswith("LMDB"):
            continue
        for folder in data_dirs if isinstance(data_dirs, list) else [data_dirs]:
            reason = _no_lmdb(ctx.resolve(str(folder))) if isinstance(folder, str) else None
            if reason is not None:
                yield Finding(
                    (mode, "dataset", "data_dir"),
                    say("{path} {reason}.", path=folder, reason=reason),
                    say(
                        "Name the folder that holds the data.mdb, or one whose folders do; for "
                        "images and a label file use SimpleDataSet."
                    ),
                )


def _no_lmdb(folder: Path) -> Optional[str]:
    """Why LMDBDataSet finds nothing in a folder; None: it finds something."""
    if not os.path.isdir(folder):
        if os.path.exists(folder):
            return say("is a file, not a folder of LMDB")
        return say("does not exist")
    leaves = folders(folder)
    without = [here for here in leaves if not (here / FILE).exists()]
    if len(without) == len(leaves):
        return say("holds no data.mdb")
    if without:
        return say("holds {folder}, a folder without data.mdb", folder=str(without[0]))
    return None
