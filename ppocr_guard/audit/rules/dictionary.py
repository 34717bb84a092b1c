"""The dictionary of text recognition: whether it can be read, and what its lines become."""

from __future__ import annotations

from collections.abc import Iterator

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rec_labels import label_facts
from ppocr_guard.audit.recognition import DictionaryFile, dictionary_file, label_encoder
from ppocr_guard.audit.rule import rule
from ppocr_guard.recognition.dictionary import Dictionary
from ppocr_guard.recognition.labels import is_right_to_left
from ppocr_guard.recognition.names import named
from ppocr_guard.wording import say

ARABIC = 0.5  # of the labels, from which turning texts around is meant
ONE_LINE = 10  # characters in the longest line of a dictionary of one or two: not one a line


def _dictionary(ctx: Context) -> Iterator[DictionaryFile]:
    """The dictionary that is named, once; those of the clone only where that is at hand."""
    for mode in ("Train", "Eval"):
        if label_encoder(ctx, mode) is None:
            continue
        found = dictionary_file(ctx, mode)
        if found is not None and not (ctx.tree is None and _of_paddleocr(found) and found.error):
            yield found
            return


def _of_paddleocr(found: DictionaryFile) -> bool:
    return "ppocr/utils/" in found.name.replace("\\", "/")


@rule(
    "dictionary_missing",
    "critical",
    "label encoder and decoder open it when they are built: training ends before its first step "
    "(ppocr/data/imaug/label_ops.py; issue 2765)",
    reads="files",
)
def dictionary_missing(ctx: Context) -> Iterator[Finding]:
    for found in _dictionary(ctx):
        if found.error and found.is_text:
            yield Finding(
                found.path,
                say("The dictionary {file} {error}.", file=str(found.file), error=found.error),
                say(
                    "Correct the path: PaddleOCR starts from the folder in which the command runs."
                ),
            )


@rule(
    "dictionary_encoding",
    "critical",
    "each line of the dictionary is decoded as UTF-8, and training ends where that fails "
    "(ppocr/data/imaug/label_ops.py)",
    reads="files",
)
def dictionary_encoding(ctx: Context) -> Iterator[Finding]:
    for found in _dictionary(ctx):
        if found.error and not found.is_text:
            yield Finding(
                found.path,
                say("The dictionary {file} {error}.", file=str(found.file), error=found.error),
                say("Save it as UTF-8 without BOM."),
            )


@rule(
    "dictionary_lines",
    "warning",
    "each line is a class, as it stands there: a byte order mark, an empty line, a line twice or a "
    "blank behind the character makes a class that no label ever has "
    "(ppocr/data/imaug/label_ops.py)",
    reads="files",
)
def dictionary_lines(ctx: Context) -> Iterator[Finding]:
    for found in _dictionary(ctx):
        if found.read is None:
            continue
        stock = "info" if _of_paddleocr(found) else None
        # Weights that were trained with these classes need them where they are.
        for message, advice in _faults(found.read):
            yield Finding(
                found.path,
                say("{file}: {fault}", file=str(found.file), fault=message),
                advice,
                severity=stock,
            )
        if _in_one_line(found.read):
            yield Finding(
                found.path,
                say(
                    "{file} has {lines} line with {characters} characters, which is one class: "
                    "no character of a label is in it.",
                    file=str(found.file),
                    lines=len(found.read.entries),
                    characters=max(map(len, found.read.entries)),
                ),
                say("Write one character a line."),
                severity="critical",
            )
        elif not found.read.entries:
            yield Finding(
                found.path,
                say("{file} is empty.", file=str(found.file)),
                say("Write one character a line."),
                severity="critical",
            )


def _in_one_line(dictionary: Dictionary) -> bool:
    entries = [entry for entry in dictionary.entries if entry.strip()]
    return 0 < len(entries) <= 2 and max(map(len, entries)) >= ONE_LINE


def _faults(dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    advice = say(
        "Correct it before the first training; weights that were trained with these lines need "
        "them as they are."
    )
    if dictionary.has_mark:
        first = dictionary.entries[0][1:]
        yield (
            say(
                "it begins with a byte order mark, which becomes part of the first class: "
                "{character} is not found.",
                character=named(first) if len(first) == 1 else repr(first),
            ),
            advice,
        )
    if dictionary.empty:
        yield (
            say(
                "{count} empty lines (first: line {line}) are classes without a character.",
                count=len(dictionary.empty),
                line=dictionary.empty[0],
            ),
            advice,
        )
    if dictionary.doubled:
        entry, lines = next(iter(dictionary.doubled.items()))
        yield (
            say(
                "{count} characters stand more than once, such as {character} on lines {lines}: "
                "only the last is ever a label.",
                count=len(dictionary.doubled),
                character=named(entry) if len(entry) == 1 else repr(entry),
                lines=", ".join(map(str, lines[:3])),
            ),
            advice,
        )
    if dictionary.padded:
        line = dictionary.padded[0]
        yield (
            say(
                "{count} lines have a blank beside the character (first: line {line}, {entry}): "
                "that character is not found.",
                count=len(dictionary.padded),
                line=line,
                entry=repr(dictionary.entries[line - 1]),
            ),
            advice,
        )


@rule(
    "dictionary_reverses",
    "warning",
    'CTCLabelDecode turns texts around where the dictionary\'s path has "arabic" in it '
    "(ppocr/postprocess/rec_postprocess.py)",
    reads="labels",
)
def dictionary_reverses(ctx: Context) -> Iterator[Finding]:
    facts = list(label_facts(ctx))
    if not facts or not any(one.reader is not None and one.reader.reverse for one in facts):
        return
    labels = sum(sum(one.texts.values()) for one in facts)
    arabic = sum(n for one in facts for text, n in one.texts.items() if is_right_to_left(text))
    for found in _dictionary(ctx):
        if arabic < ARABIC * labels:
            yield Finding(
                found.path,
                say(
                    'The path {name} has "arabic" in it, so that all predictions are turned '
                    "around; {count} of {labels} labels are written from right to left.",
                    name=found.name,
                    count=arabic,
                    labels=labels,
                ),
                say("Rename the dictionary or its folder."),
            )
