"""The acc that a perfect recogniser could reach, on the validation labels of a configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.audit.ceiling import CeilingError
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.lmdb_texts import NAME as LMDB
from ppocr_guard.audit.lmdb_texts import package_missing, sets
from ppocr_guard.audit.rec_labels import labels_path
from ppocr_guard.audit.recognition import DICTIONARY, dictionary_file, label_encoder, option, reader
from ppocr_guard.recognition.ceiling import ceiling, training
from ppocr_guard.recognition.clone import CloneError, compare, texts
from ppocr_guard.recognition.labels import Reader
from ppocr_guard.recognition.names import counted
from ppocr_guard.wording import LIST, join, mark, said_by, say
from ppocr_guard.yaml_source import written

MOST_NAMED = 8  # characters that a sentence names
CLONED = 5000  # labels that the clone's own classes see at most
_LOST = {
    "not_in_dictionary": mark("hold characters that are not in the dictionary ({characters})"),
    "too_long": mark("are longer than {longest} characters ({limit}) and are not evaluated at all"),
    "case": mark("lose their capitals"),
    "space": mark("lose their spaces"),
    "empty": mark("are empty, and are not evaluated"),
    "ctc": mark("need more than the {steps} time steps that CTC has for them"),
    "removed": mark("lose signs that the decoder removes (rm_symbol)"),
    "reversed": mark('are turned around, for "arabic" is in the path of the dictionary'),
}


def measure_recognition(ctx: Context, tree: Optional[Path] = None) -> dict[str, Any]:
    """What can come out right, and what PaddleOCR's metric would say of it.

    Args:
        ctx: a recognition configuration.
        tree: a PaddleOCR clone, whose own encoder and decoder are compared with ours.

    Returns:
        JSON-ready: "metric" ("acc"), "acc", "printed" (None: no label is left to evaluate),
        "samples", "evaluated", "lost" (number by reason), "characters" (outside the dictionary,
        by the number of labels), "limits" ("max_text_length", "longest", "time_steps"), "train"
        ("samples", "dropped", "shortened", "ctc_impossible", "characters"; None where there is
        no training label), and with a tree "clone" ("labels", "same").

    Raises:
        CeilingError: nothing to measure, or the dictionary cannot be read.
    """
    reading = _reader(ctx, "Eval")
    labels = _labels(ctx, "Eval")
    if not labels:
        raise CeilingError(_no_labels(ctx))
    # Another sample stands in for one that is dropped: of LMDB any, of a label file the next.
    result = ceiling(labels, reading, next_stands_in=ctx.dataset("Eval") != LMDB)
    value: dict[str, Any] = {"metric": "acc", **dataclasses.asdict(result)}
    value["limits"] = {
        "max_text_length": reading.max_text_length,
        "longest": reading.longest(),
        "time_steps": reading.steps,
    }
    train = _labels(ctx, "Train")
    value["train"] = None
    if train and label_encoder(ctx, "Train") is not None:
        value["train"] = dataclasses.asdict(training(train, _reader(ctx, "Train")))
    if tree is not None:
        value["clone"] = _clone(ctx, reading, labels[:CLONED], tree)
    return value


def _no_labels(ctx: Context) -> str:
    if package_missing(ctx, "Eval"):
        return say(
            "--ceiling: the labels are in LMDB, and lmdb is not installed: `pip install lmdb`"
        )
    where = labels_path(ctx, "Eval")
    for one, _ in sets(ctx, "Eval"):
        if one.error:
            return say("--ceiling: {path} {reason}", path=str(one.folder), reason=one.error)
    return say("--ceiling: no validation label was found; see {key}", key=written(where))


def _reader(ctx: Context, mode: str) -> Reader:
    found = reader(ctx, mode)
    if found is not None:
        return found
    named_file = dictionary_file(ctx, mode)
    if named_file is not None and named_file.error:
        raise CeilingError(
            say(
                "--ceiling: the dictionary {file} {error}",
                file=str(named_file.file),
                error=named_file.error,
            )
        )
    raise CeilingError(
        say("--ceiling: max_text_length is no whole number; set Global.max_text_length")
    )


def _labels(ctx: Context, mode: str) -> list[str]:
    return [line.text for _, file in ctx.texts(mode) for line in file]


def _clone(ctx: Context, reading: Reader, labels: list[str], tree: Path) -> dict[str, Any]:
    encoder = label_encoder(ctx, "Eval")
    assert encoder is not None
    common: dict[str, Any] = {
        "character_dict_path": None,
        "use_space_char": reading.alphabet.use_space_char,
    }
    if option(ctx, encoder, DICTIONARY)[1]:
        file = dictionary_file(ctx, "Eval")
        assert file is not None
        common["character_dict_path"] = str(file.file.absolute())
    options = {**encoder.parameters, **common, "max_text_length": reading.max_text_length}
    decoder = str(ctx.get("PostProcess", "name")).replace("Distillation", "")
    post = {**common, "rm_symbol": reading.rm_symbol}
    try:
        seen = texts(
            tree, labels, encoder=encoder.name, options=options, decoder=decoder, post=post
        )
    except CloneError as error:
        raise CeilingError(
            say("--ceiling: the clone's own classes: {error}", error=said_by(error))
        ) from None
    return compare(seen, reading, labels)._asdict()


def recognition_lines(value: dict[str, Any]) -> Iterator[str]:
    """What the ceiling says, in sentences."""
    samples = value["samples"]
    if value["printed"] is None:
        yield say(
            "PaddleOCR drops all {samples} validation labels: it looks for another one for ever.",
            samples=samples,
        )
    else:
        yield say("PaddleOCR will print acc {acc:.3f} at most.", acc=value["printed"])
    yield say(
        "Of the {samples} texts that you labelled, {acc:.3f} at most can come out as written.",
        samples=samples,
        acc=value["acc"],
    )
    for reason, count in value["lost"].items():
        if count:
            yield say(
                "{share:.1%} ({count}) {why}.",
                share=count / samples,
                count=count,
                why=_why(reason, value),
            )
    if value["limits"]["time_steps"] is None:
        yield say("The time steps of this model are not known: CTC's limit is left out.")
    yield from _train_lines(value["train"])
    yield from _clone_lines(value)


def _why(reason: str, value: dict[str, Any]) -> str:
    limits = value["limits"]
    characters = {c: count for c, count in value["characters"].items() if c != " "}
    limit: str = say("max_text_length {length}", length=limits["max_text_length"])
    if limits["longest"] < limits["max_text_length"]:
        marks = limits["max_text_length"] - limits["longest"]
        limit = join(limit, say("less {marks} for the encoder's marks", marks=marks), by=LIST)
    return say(
        _LOST[reason],
        characters=counted(characters, MOST_NAMED),
        longest=limits["longest"],
        limit=limit,
        steps=limits["time_steps"],
    )


def _train_lines(train: Optional[dict[str, Any]]) -> Iterator[str]:
    if train is None:
        return
    yield say(
        "Of {samples} training labels {dropped} are dropped (another sample is drawn instead), "
        "{shortened} are learned without characters that the dictionary lacks, and {impossible} "
        "can never be learned by CTC.",
        samples=train["samples"],
        dropped=train["dropped"],
        shortened=train["shortened"],
        impossible=train["ctc_impossible"],
    )


def _clone_lines(value: dict[str, Any]) -> Iterator[str]:
    clone = value.get("clone")
    if clone is None:
        return
    if clone["same"] == clone["labels"]:
        yield say(
            "The clone's own encoder and decoder make the same of {labels} of these labels.",
            labels=clone["labels"],
        )
    else:
        yield say(
            "The clone's own encoder and decoder make something else of {other} of {labels} "
            "labels: it is not the PaddleOCR that was examined.",
            other=clone["labels"] - clone["same"],
            labels=clone["labels"],
        )
