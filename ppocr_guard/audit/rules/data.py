"""Data sets: label files, sampling ratios, images."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.audit.context import LABELLED, Context
from ppocr_guard.audit.images import unreadable
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.paddleocr.schedule import MULTI_SCALE_DATASETS, SIMPLE_DATASETS, needs_reset

MODES = ("Train", "Eval")
SMALL = 500  # training images from which an unaugmented set is enough to learn by heart
MOST_OPENED = 5000  # images of a label file whose heads are read, evenly over it
AUGMENTS = {
    "IaaAugment",
    "CopyPaste",
    "ColorJitter",
    "RandomCropFlip",
    "RandomRotatePolyInstances",
    "GroupRandomRotate",
    "RandomScaling",
    "RecAug",
    "RecConAug",
}


def _list(mode: str) -> tuple[str, str, str]:
    return (mode, "dataset", "label_file_list")


@rule(
    "label_file_list_not_paths",
    "critical",
    "PaddleOCR opens each entry as a file; a line indented too little or too much makes it "
    "something else (issues 9217, 2778)",
)
def label_file_list_not_paths(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        value = ctx.get(*_list(mode))
        entries = value if isinstance(value, list) else []
        for index, entry in enumerate(entries):
            if not isinstance(entry, str):
                yield Finding(
                    (*_list(mode), index),
                    f"Entry {index + 1} of {mode}.dataset.label_file_list is no file name: "
                    f"{str(entry)[:60]}.",
                    "Write one file name a line, and check the indentation of what follows.",
                )
                break
        if mode == "Train" and not value and ctx.dataset(mode) in LABELLED:
            yield Finding(
                _list(mode), "The training set has no label file.", "Name it in label_file_list."
            )


@rule(
    "label_file_missing",
    "critical",
    "PaddleOCR opens all label files when training starts (ppocr/data/simple_dataset.py)",
    reads="files",
)
def label_file_missing(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        for index, file in enumerate(ctx.labels(mode)):
            if file.error:
                yield Finding(
                    (*_list(mode), index),
                    f"{file.path} {file.error}.",
                    "Correct the path (PaddleOCR starts from the folder in which the command "
                    "runs), or check with --no-data where the data is not at hand.",
                )


@rule(
    "label_file_empty",
    "critical",
    "an empty set trains and evaluates nothing",
    reads="files",
)
def label_file_empty(ctx: Context) -> Iterator[Finding]:
    for index, file in enumerate(ctx.labels("Train")):
        if not file.error and file.lines == 0:
            yield Finding(
                (*_list("Train"), index),
                f"{file.path} is empty.",
                "Remove it from the list, or fill it.",
            )


@rule(
    "no_step",
    "critical",
    "tools/train.py stops with `No Images in train dataset` (issue 14391)",
    reads="files",
)
def no_step(ctx: Context) -> Iterator[Finding]:
    images = ctx.images("Train")
    if images and ctx.steps_per_epoch() == 0:
        path = ("Train", "loader", "drop_last")
        yield Finding(
            path,
            f"{images} training images make no full batch of "
            f"{ctx.get('Train', 'loader', 'batch_size_per_card')} on {ctx.cards} card"
            f"{'s' * (ctx.cards > 1)}, and drop_last drops it: there is no step.",
            "Set drop_last: false, or a smaller batch_size_per_card.",
            (Edit(path, False),),
        )


@rule(
    "ratio_list_length",
    "critical",
    "`The length of ratio_list should be the same as the file_list` (issues 1996, 8485, 14388)",
)
def ratio_list_length(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        ratios, files = ctx.get(mode, "dataset", "ratio_list"), ctx.get(*_list(mode))
        if not isinstance(ratios, list) or ctx.dataset(mode) not in LABELLED or not files:
            continue
        path = (mode, "dataset", "ratio_list")
        if isinstance(files, str):
            yield Finding(
                _list(mode),
                f"{mode}.dataset.label_file_list is one text, and PaddleOCR compares its "
                f"{len(files)} letters with the {len(ratios)} of ratio_list.",
                "Write it as a list: label_file_list: [file.txt].",
                (Edit(_list(mode), [files]),) if len(ratios) == 1 else (),
            )
        elif isinstance(files, list) and len(files) != len(ratios):
            yield Finding(
                path,
                f"ratio_list has {len(ratios)} entries for {len(files)} label files.",
                "Give each label file its ratio, or delete ratio_list to use all of each.",
                (Edit(path),) if all(ratio == 1 for ratio in ratios) else (),
            )


@rule(
    "ratio_list_values",
    "critical",
    "PaddleOCR draws round(lines * ratio) lines without putting any back "
    "(random.sample in ppocr/data/simple_dataset.py)",
)
def ratio_list_values(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        value = ctx.get(mode, "dataset", "ratio_list")
        ratios = value if isinstance(value, list) else [value]
        path = (mode, "dataset", "ratio_list")
        for ratio in ratios if value is not None else []:
            if isinstance(ratio, bool) or not isinstance(ratio, (int, float)):
                yield Finding(path, f"{ratio!r} in ratio_list is no number.", "Write 1.0.")
            elif ratio <= 0 or (ratio > 1 and mode == "Train"):
                yield Finding(
                    path,
                    f"{ratio:g} in ratio_list is not in (0, 1]: "
                    + ("more lines than the file has." if ratio > 1 else "no line is drawn."),
                    "Write a number above 0, up to 1.0.",
                )


@rule(
    "ratio_list_unsupported",
    "critical",
    "only SimpleDataSet draws new lines each epoch in every release; others crash or see the same "
    "lines (ppocr/data/lmdb_dataset.py, tools/program.py of 3.7.0: reset_data_lines)",
)
def ratio_list_unsupported(ctx: Context) -> Iterator[Finding]:
    name, path = ctx.dataset("Train"), ("Train", "dataset", "ratio_list")
    ratios = ctx.get(*path)
    in_place = ctx.behaviour is not None and ctx.behaviour.resets_in_place
    if ratios is None or name in SIMPLE_DATASETS:
        return
    if name.startswith("LMDB") and not isinstance(ratios, list):
        message = f"{name} takes a list of ratios, one a data set, not the number {ratios}."
    elif name.startswith("LMDB") and needs_reset(ctx.config):
        message = f"{name} with a ratio below 1 is opened twice, and lmdb refuses that."
    elif in_place and needs_reset(ctx.config) and name in MULTI_SCALE_DATASETS:
        message = f"{name} with a ratio below 1 reads the same first lines in every epoch."
    elif in_place and needs_reset(ctx.config):
        message = f"{name} with a ratio below 1 ends at epoch 1: it has no reset_data_lines."
    else:
        return
    yield Finding(path, message, "Use 1.0 for all, and shorten the data set itself.")


DATASETS = LABELLED | {
    "LMDBDataSet",
    "PubTabDataSet",
    "LMDBDataSetSR",
    "LMDBDataSetTableMaster",
    "PubTabTableRecDataset",
    "LaTeXOCRDataSet",
}


@rule(
    "data_set_unknown",
    "critical",
    "build_dataloader refuses names that it does not know (ppocr/data/__init__.py)",
)
def data_set_unknown(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        name = ctx.dataset(mode)
        # A fork may have data sets of its own: only what looks misspelt is a problem.
        near = difflib.get_close_matches(name, DATASETS, n=1, cutoff=0.9)
        near = near or [known for known in DATASETS if known.lower() == name.lower()]
        if near and name not in DATASETS:
            yield Finding(
                (mode, "dataset", "name"),
                f"There is no data set {name!r} in PaddleOCR.",
                f"Did you mean {near[0]}?",
            )


@rule(
    "images_missing",
    "critical",
    "PaddleOCR tries another image each time, for ever: training gets slow, or hangs (issue 3949)",
    reads="labels",
)
def images_missing(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        folder = ctx.resolve(str(ctx.get(mode, "dataset", "data_dir", default="")))
        for index, file in enumerate(ctx.labels(mode)):
            names = [name for name in file.images if not name.startswith(("[", "http"))]
            missing = [name for name in names if not os.path.exists(os.path.join(folder, name))]
            if not missing:
                continue
            everything = len(missing) == len(names)
            back = [name for name in missing if "\\" in name and _with_slashes(folder, name)]
            if back and len(back) > len(missing) / 2:
                yield Finding(
                    (*_list(mode), index),
                    f"{len(back)} of {len(names)} images of {file.path} are written with "
                    f"backslashes, such as {back[0]}: only Windows takes them for folders.",
                    "Write / instead of \\.",
                )
                continue
            yield Finding(
                (mode, "dataset", "data_dir") if everything else (*_list(mode), index),
                f"{len(missing)} of {len(names)} images of {file.path} are missing, such as "
                f"{os.path.join(folder, missing[0])}.",
                "data_dir and the path in the label file are joined: together they must lead to "
                "the image."
                if everything
                else "Remove these lines, or put the images there.",
                severity="critical" if len(missing) > len(names) / 100 else "warning",
            )


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
    for mode in MODES:
        folder = str(ctx.resolve(str(ctx.get(mode, "dataset", "data_dir", default=""))))
        for index, file in enumerate(ctx.labels(mode)):
            step = max(1, len(file.images) // MOST_OPENED)
            names = [n for n in file.images[::step] if not n.startswith(("[", "http"))]
            bad = [
                (name, reason)
                for name in names
                if (reason := unreadable(os.path.join(folder, name))) is not None
            ]
            if bad:
                name, reason = bad[0]
                looked = f"{len(names)} images looked at" if step > 1 else f"{len(names)} images"
                yield Finding(
                    (*_list(mode), index),
                    f"{len(bad)} of {looked} of {file.path} do not open: {name} {reason}.",
                    "Replace these files, or remove their lines.",
                    severity="critical" if len(bad) > len(names) / 100 else "warning",
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
        folders = ctx.get(mode, "dataset", "data_dir")
        if not ctx.dataset(mode).startswith("LMDB"):
            continue
        for folder in folders if isinstance(folders, list) else [folders]:
            reason = _no_lmdb(ctx.resolve(str(folder))) if isinstance(folder, str) else None
            if reason is not None:
                yield Finding(
                    (mode, "dataset", "data_dir"),
                    f"{folder} {reason}.",
                    "Name the folder that holds the data.mdb, or one whose folders do; for images "
                    "and a label file use SimpleDataSet.",
                )


def _no_lmdb(folder: Path) -> Optional[str]:
    """Why LMDBDataSet finds nothing in a folder; None: it finds something."""
    if not os.path.isdir(folder):
        return "does not exist" if not os.path.exists(folder) else "is a file, not a folder of LMDB"
    leaves = [(here, files) for here, below, files in os.walk(folder) if not below]
    without = [here for here, files in leaves if "data.mdb" not in files]
    if len(without) == len(leaves):
        return "holds no data.mdb"
    return f"holds {without[0]}, a folder without data.mdb" if without else None


@rule(
    "small_set_not_augmented",
    "info",  # advice: such a set may do without, as the demo's does
    "a small set without augmentation is learned by heart: training loss falls, hmean does not "
    "rise (PaddleOCR docs, fine-tune: IaaAugment, CopyPaste, ColorJitter)",
    reads="files",
)
def small_set_not_augmented(ctx: Context) -> Iterator[Finding]:
    images = ctx.images("Train")
    names = {t.name for t in ctx.transforms("Train")}
    if not images or images >= SMALL or names & AUGMENTS or not ctx.is_db:
        return
    yield Finding(
        ("Train", "dataset", "transforms"),
        f"{images} training images, and no IaaAugment, CopyPaste or ColorJitter.",
        "Put `- IaaAugment:` with Fliplr, Affine and Resize between DetLabelEncode and "
        "EastRandomCropData, as in the stock configs.",
    )


@rule(
    "transforms_unusable",
    "critical",
    "each entry of transforms must be one operator with its options "
    "(create_operators in ppocr/data/imaug/__init__.py)",
)
def transforms_unusable(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        path = (mode, "dataset", "transforms")
        entries = ctx.get(*path)
        if entries is None and ctx.get(mode, "dataset") and ctx.dataset(mode) in LABELLED:
            yield Finding(path, f"{mode}.dataset has no transforms.", "Check the indentation.")
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if not isinstance(entry, Mapping) or len(entry) != 1:
                yield Finding(
                    (*path, index),
                    f"Entry {index + 1} of {mode}.dataset.transforms is {_short(entry)}, not one "
                    "operator.",
                    "Write `- Operator:` with its options indented four spaces below.",
                )


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping of " + ", ".join(map(str, value))
    return repr(value)[:60]
