"""``ppocr-guard report DIR...``: writes the HTML report of one or more runs."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ppocr_guard import paths
from ppocr_guard.language import add_language, pick_language, tell
from ppocr_guard.logs.run import Run
from ppocr_guard.paddleocr.best import read_kept
from ppocr_guard.report.load import Loaded, UnusableInputError, load
from ppocr_guard.report.page import Entry, render
from ppocr_guard.report.problems import config_problems
from ppocr_guard.report.text import Words
from ppocr_guard.sample_files import KINDS, SampleFile, kept_samples
from ppocr_guard.wording import said_by, say


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="DIR",
        help=say(
            "folder of a run (Global.save_model_dir), or a journal.jsonl or train.log itself; "
            "several stand side by side"
        ),
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help=say(
            "file to write (default: DIR/ppocr_guard/report.html for one folder, "
            "./report.html otherwise)"
        ),
    )
    add_language(parser)
    parser.add_argument(
        "--all", action="store_true", help=say("every run in a file, not only the latest")
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and print its path. 0, or 2 when an input or the output is unusable."""
    words = Words(pick_language(args.language))
    try:
        loaded = [load(path) for path in args.runs]
    except UnusableInputError as error:
        tell("ppocr-guard report", said_by(error), args.language)
        return 2
    entries = [entry for one in loaded for entry in _entries(one, words, every=args.all)]
    output = args.output or _default_output(args.runs)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(render(entries, words, now=time.time()), encoding="utf-8")
    except OSError as error:
        line = say(
            "cannot write {file}: {error}. Choose another file with -o.",
            file=str(output),
            error=error.strerror,
        )
        tell("ppocr-guard report", line, args.language)
        return 2
    print(output)
    return 0


def _entries(loaded: Loaded, words: Words, *, every: bool) -> list[Entry]:
    shown = loaded.runs if every else loaded.runs[-1:]
    notes = [words("source", path=path) for path in (*loaded.earlier, loaded.source.path)]
    if len(loaded.runs) > len(shown):
        notes.append(words("earlier", count=len(loaded.runs) - len(shown)))
    if loaded.bad_lines:
        notes.append(words("bad_lines", count=loaded.bad_lines))
    return [_entry(run, loaded, notes) for run in shown]


def _entry(run: Run, loaded: Loaded, notes: list[str]) -> Entry:
    problems = config_problems(run.start)
    if loaded.source.kind != "journal" or run is not loaded.runs[-1]:
        return Entry(run, problems, notes)
    # What stands beside the journal is of its latest run; of several folders the newest counts.
    folders = [path.parent for path in (loaded.source.path, *reversed(loaded.earlier))]
    samples: dict[str, SampleFile] = {}
    for folder in folders:
        for sample in kept_samples(folder / "samples"):
            samples.setdefault(sample.kind, sample)
    copies = (read_kept(folder / "best", run.indicator) for folder in folders)
    kept = max((copy for copy in copies if copy), key=lambda copy: copy.value, default=None)
    ordered = [samples[kind] for kind in KINDS if kind in samples]
    return Entry(run, problems, notes, kept, ordered)


def _default_output(runs: list[Path]) -> Path:
    if len(runs) == 1 and runs[0].is_dir():
        folder = runs[0] if runs[0].name == "ppocr_guard" else paths.guard_dir(str(runs[0]))
        return folder / "report.html"
    return Path("report.html")
