"""Data sets: label files, sampling ratios, operators."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from ppocr_guard.audit.context import LABELLED, Context
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.paddleocr.schedule import MULTI_SCALE_DATASETS, SIMPLE_DATASETS, needs_reset
from ppocr_guard.wording import mark, say

MODES = ("Train", "Eval")
SMALL = 500  # training images from which an unaugmented set is enough to learn by heart
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
                    say(
                        "Entry {number} of {mode}.dataset.label_file_list is no file name: "
                        "{entry}.",
                        number=index + 1,
                        mode=mode,
                        entry=str(entry)[:60],
                    ),
                    say("Write one file name a line, and check the indentation of what follows."),
                )
                break
        if mode == "Train" and not value and ctx.dataset(mode) in LABELLED:
            yield Finding(
                _list(mode),
                say("The training set has no label file."),
                say("Name it in {key}.", key="label_file_list"),
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
                    say("{path} {reason}.", path=str(file.path), reason=file.error),
                    say(
                        "Correct the path (PaddleOCR starts from the folder in which the command "
                        "runs), or check with --no-data where the data is not at hand."
                    ),
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
                say("{file} is empty.", file=str(file.path)),
                say("Remove it from the list, or fill it."),
            )


@rule(
    "no_step",
    "critical",
    "tools/train.py stops with `No Images in train dataset` (issue 14391)",
    reads="files",
)
def no_step(ctx: Context) -> Iterator[Finding]:
    images = ctx.images("Train")
    if images and ctx.steps_per_epoch() == 0 and not ctx.get("Train", "sampler"):
        path = ("Train", "loader", "drop_last")
        yield Finding(
            path,
            say(
                "{images} training images make no full batch of {batch} on {cards}, and drop_last "
                "drops it: there is no step.",
                images=images,
                batch=ctx.get("Train", "loader", "batch_size_per_card"),
                cards=say("{cards} cards", cards=ctx.cards) if ctx.cards > 1 else say("1 card"),
            ),
            say("Set drop_last: false, or a smaller batch_size_per_card."),
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
                say(
                    "{mode}.dataset.label_file_list is one text, and PaddleOCR compares its "
                    "{letters} letters with the {ratios} of ratio_list.",
                    mode=mode,
                    letters=len(files),
                    ratios=len(ratios),
                ),
                say("Write it as a list: label_file_list: [file.txt]."),
                (Edit(_list(mode), [files]),) if len(ratios) == 1 else (),
            )
        elif isinstance(files, list) and len(files) != len(ratios):
            yield Finding(
                path,
                say(
                    "ratio_list has {ratios} entries for {files} label files.",
                    ratios=len(ratios),
                    files=len(files),
                ),
                say("Give each label file its ratio, or delete ratio_list to use all of each."),
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
                message = say("{ratio} in ratio_list is no number.", ratio=repr(ratio))
                yield Finding(path, message, say("Write {value}.", value="1.0"))
            elif ratio <= 0 or (ratio > 1 and mode == "Train"):
                yield Finding(
                    path,
                    say(
                        "{ratio:g} in ratio_list is not in (0, 1]: {then}.",
                        ratio=ratio,
                        then=say("more lines than the file has")
                        if ratio > 1
                        else say("no line is drawn"),
                    ),
                    say("Write a number above 0, up to 1.0."),
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
        template = mark("{name} takes a list of ratios, one a data set, not the number {ratios}.")
    elif name.startswith("LMDB") and needs_reset(ctx.config):
        template = mark("{name} with a ratio below 1 is opened twice, and lmdb refuses that.")
    elif in_place and needs_reset(ctx.config) and name in MULTI_SCALE_DATASETS:
        template = mark("{name} with a ratio below 1 reads the same first lines in every epoch.")
    elif in_place and needs_reset(ctx.config):
        template = mark("{name} with a ratio below 1 ends at epoch 1: it has no reset_data_lines.")
    else:
        return
    yield Finding(
        path,
        say(template, name=name, ratios=str(ratios)),
        say("Use 1.0 for all, and shorten the data set itself."),
    )


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
                say("There is no data set {name!r} in PaddleOCR.", name=name),
                say("Did you mean {near}?", near=near[0]),
            )


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
        say(
            "{images} training images, and no IaaAugment, CopyPaste or ColorJitter.", images=images
        ),
        say(
            "Put `- IaaAugment:` with Fliplr, Affine and Resize between DetLabelEncode and "
            "EastRandomCropData, as in the stock configs."
        ),
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
            message = say("{mode}.dataset has no transforms.", mode=mode)
            yield Finding(path, message, say("Check the indentation."))
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if not isinstance(entry, Mapping) or len(entry) != 1:
                yield Finding(
                    (*path, index),
                    say(
                        "Entry {number} of {mode}.dataset.transforms is {entry}, not one operator.",
                        number=index + 1,
                        mode=mode,
                        entry=_short(entry),
                    ),
                    say("Write `- Operator:` with its options indented four spaces below."),
                )


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return say("a mapping of {keys}", keys=", ".join(map(str, value)))
    return repr(value)[:60]
