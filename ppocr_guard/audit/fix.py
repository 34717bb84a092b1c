"""``ppocr-guard fix YAML``: writes the safe fixes back, and changes nothing else."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Optional

from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.edits import apply_edits
from ppocr_guard.audit.inputs import UNUSABLE, add_inputs, open_context
from ppocr_guard.audit.problem import DELETE, Edit, NewFile, Problem
from ppocr_guard.language import add_language, pick_language
from ppocr_guard.paddleocr import schedule
from ppocr_guard.parsing import at_least_one
from ppocr_guard.wording import in_language, said_by, say
from ppocr_guard.yaml_source import parse_yaml


def configure(parser: argparse.ArgumentParser) -> None:
    add_inputs(parser)
    parser.add_argument("--diff", action="store_true", help=say("show the changes, write nothing"))
    add_language(parser)
    parser.add_argument(
        "--total-epoch",
        type=at_least_one,
        metavar="N",
        help=say("set total_epoch to N (10000 is known to help) instead of deleting it"),
    )


def run(args: argparse.Namespace) -> int:
    """0: nothing is left to do; 1: problems are left; 2: the input cannot be used."""
    # With --diff the difference alone goes to stdout, so that it can be piped into patch.
    out = sys.stderr if args.diff else sys.stdout
    language = pick_language(args.language)

    def told(text: str) -> None:
        print(in_language(text, language), file=out)

    try:
        ctx = open_context(args)
        new, done, left = fixed(ctx, total_epoch=args.total_epoch, data=not args.no_data)
        if args.diff:
            sys.stdout.writelines(_diff(ctx.source.text, new, args.yaml))
        elif new != ctx.source.text:
            _write_new(done)
            told(say("the original is kept as {path}", path=str(_write(Path(args.yaml), new))))
    except UNUSABLE as error:
        print(f"ppocr-guard fix: {in_language(said_by(error), language)}", file=sys.stderr)
        return 2
    except OSError as error:
        reason = in_language(error.strerror or "", language)
        print(f"ppocr-guard fix: {error.filename}: {reason}", file=sys.stderr)
        return 2
    # One edit, or one new file, mends what is found in the labels of Train and in those of Eval.
    for brief in dict.fromkeys(map(_brief, done)):
        told(
            say("would fix: {what}", what=brief) if args.diff else say("fixed: {what}", what=brief)
        )
    files: dict[Path, NewFile] = {}
    for problem in done:
        for file in problem.new:
            files.setdefault(file.path, file)
    for file in files.values():
        what = say("{path}: {cost}", path=str(file.path), cost=file.cost)
        told(
            say("would write: {what}", what=what) if args.diff else say("wrote: {what}", what=what)
        )
    if new == ctx.source.text:
        told(say("{path}: there is nothing to fix", path=args.yaml))
    for problem in left:
        told(say("left for you: {what}", what=problem.sentence()))
    return 1 if any(problem.severity != "info" for problem in left) else 0


def _brief(problem: Problem) -> str:
    return f"{problem.file}:{problem.line}: {problem.path} [{problem.code}]"


def fixed(
    ctx: Context, *, total_epoch: Optional[float] = None, data: bool = True
) -> tuple[str, list[Problem], list[Problem]]:
    """(new text, problems fixed, problems left once that is done).

    Args:
        ctx: the configuration.
        total_epoch: write this instead of deleting ``total_epoch``, wherever it stands.
        data: look at label files and images too.
    """
    text, name, overridden = ctx.source.text, ctx.source.path, ctx.source.overridden
    done = []
    for problem in audit(ctx, data=data):
        edits = [_remedy(edit, total_epoch) for edit in problem.edits]
        if not edits or any(edit.path in overridden for edit in edits):
            continue
        new = apply_edits(text, edits, name)
        if new is not None or _made(text, edits, name):
            text = text if new is None else new
            done.append(problem)
    if total_epoch is not None:
        text = _with_total_epoch(text, name, total_epoch)
    if text == ctx.source.text:
        return text, done, audit(ctx, data=data)
    source = parse_yaml(text, name, ctx.overrides)
    planned = {file.path: file.content for problem in done for file in problem.new}
    after = dataclasses.replace(ctx, source=source, _labels={}, memory={}, planned=planned)
    return text, done, audit(after, data=data)


def _remedy(edit: Edit, total_epoch: Optional[float]) -> Edit:
    if total_epoch is not None and edit.path[-1] == "total_epoch" and edit.value is DELETE:
        return Edit(edit.path, total_epoch)
    return edit


def _made(text: str, edits: list[Edit], name: str) -> bool:
    """Whether an earlier problem's edits have done it already."""
    source = parse_yaml(text, name)
    return all(edit.value is DELETE and source.key_node(edit.path) is None for edit in edits)


def _with_total_epoch(text: str, name: str, total_epoch: float) -> str:
    """Both operators' ``total_epoch`` set, also where this release does not use it."""
    source = parse_yaml(text, name)
    edits = []
    for index, entry in enumerate(source.config["Train"]["dataset"].get("transforms") or []):
        for operator in schedule.shrink_options(source.config):
            path = ("Train", "dataset", "transforms", index, operator, "total_epoch")
            if isinstance(entry, dict) and source.key_node(path) is not None:
                edits.append(Edit(path, total_epoch))
    return (apply_edits(text, edits, name) or text) if edits else text


def _diff(old: str, new: str, name: str) -> list[str]:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), name, name
    )
    unended = "\n\\ No newline at end of file\n"
    return [line if line.endswith("\n") else line + unended for line in lines]


def _write_new(problems: list[Problem]) -> None:
    """The files that the edits name; one that is there holds the same already."""
    for file in (file for problem in problems for file in problem.new):
        if not file.path.exists():
            with file.path.open("x", encoding="utf-8", newline="") as out:
                out.write(file.content)


def _write(path: Path, text: str) -> Path:
    """Replace the file in one step, and keep the original beside it."""
    path = path.resolve()
    status = path.stat()
    if not status.st_mode & 0o222:
        raise PermissionError(errno.EACCES, say("is read-only, and stays as it is"), str(path))
    backup = path.with_name(path.name + ".orig")
    number = 1
    while backup.exists():
        number += 1
        backup = path.with_name(f"{path.name}.orig{number}")
    shutil.copy2(path, backup)
    if status.st_nlink > 1:  # a new file would leave the other names with the old text
        path.write_bytes(text.encode("utf-8"))
        return backup
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8"))
    shutil.copymode(path, temporary)
    os.replace(temporary, path)
    return backup
