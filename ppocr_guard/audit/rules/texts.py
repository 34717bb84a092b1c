"""Labels of text recognition: what the encoder drops, shortens, or cannot learn."""

from __future__ import annotations

from collections.abc import Iterator

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.dictionaries import NAMED, advice, extended, few, fitting, other_form
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rec_labels import UNREADABLE, LabelFacts, label_facts, severity
from ppocr_guard.audit.recognition import (
    MAX_TEXT_LENGTH,
    SPACE,
    dictionary_file,
    label_encoder,
    option,
    width,
)
from ppocr_guard.audit.rule import rule
from ppocr_guard.recognition.labels import Reader
from ppocr_guard.recognition.names import counted, named, twin
from ppocr_guard.wording import LIST, join, say

REPEATED = 10  # times that one image may stand in the label files, ...
REPEATED_SHARE = 0.01  # ... and share of their lines


def _readable(ctx: Context) -> Iterator[tuple[LabelFacts, Reader]]:
    """Those of recognition whose dictionary can be read, with how they are seen."""
    for facts in label_facts(ctx):
        if not facts.is_detection and facts.reader is not None:
            yield facts, facts.reader


@rule(
    "labels_are_detection",
    "critical",
    "the JSON of text detection is taken for the text: it is longer than max_text_length, so that "
    "every label is dropped, and the loader tries another one for ever; its mark ###, which means "
    "ignore, is taken for the text too (ppocr/data/imaug/label_ops.py)",
    reads="labels",
)
def labels_are_detection(ctx: Context) -> Iterator[Finding]:
    for facts in label_facts(ctx):
        if facts.detection.count:
            yield Finding(
                facts.path,
                say(
                    "{count} of {total} labels of {mode} are JSON of text detection, such as "
                    "{place}.",
                    count=facts.detection.count,
                    total=facts.total,
                    mode=facts.mode,
                    place=str(facts.detection.place),
                ),
                say(
                    "Recognition takes images of one line each, with its text: cut them out of "
                    "the pages (ppstructure/ or PPOCRLabel's `Export Recognition Result`)."
                ),
                severity=severity(facts.detection.count, facts.total),
            )
        if facts.ignored.place is not None:
            yield Finding(
                facts.path,
                say(
                    "{count} of {total} labels of {mode} are {mark}, by which detection ignores a "
                    "text; recognition {then}. First: {file}:{line}.",
                    count=facts.ignored.count,
                    total=facts.total,
                    mode=facts.mode,
                    mark=UNREADABLE,
                    then=say("drops them, for the dictionary has no #")
                    if facts.reader is not None and "#" in facts.reader.missing(UNREADABLE)
                    else say("learns to read these images as ###"),
                    file=str(facts.ignored.place.file),
                    line=facts.ignored.place.line,
                ),
                say("Remove these lines, or write what the images show."),
                severity=severity(facts.ignored.count, facts.total),
            )


@rule(
    "characters_outside",
    "warning",
    "BaseRecLabelEncode skips a character that the dictionary lacks without a word, and acc is "
    "measured against what is left: it can print 1.0 for texts that never come out "
    "(issues 9225, 12586, 13938, 16339)",
    reads="labels",
)
def characters_outside(ctx: Context) -> Iterator[Finding]:
    all_missing = {c for facts, _ in _readable(ctx) for c in facts.missing}
    rare = few(ctx, [facts for facts, _ in _readable(ctx)])
    for facts, reading in _readable(ctx):
        if not facts.outside.count:
            continue
        dictionary = dictionary_file(ctx, facts.mode)
        stock = fitting(ctx, facts)
        new, edits = ((), ()) if stock or rare else extended(ctx, facts, reading, all_missing)
        path = dictionary.path if dictionary is not None else ("Global", "character_dict_path")
        yield Finding(
            path,
            say(
                "{count} of {total} labels of {mode} ({share:.1%}) hold characters that the "
                "dictionary lacks: {characters}. They are left out; labels with no other character "
                "are dropped ({empty}). First: {place}.",
                count=facts.outside.count,
                total=facts.total,
                mode=facts.mode,
                share=facts.outside.count / facts.total,
                characters=counted(dict(facts.missing.most_common()), NAMED),
                empty=facts.nothing_left,
                place=str(facts.outside.place),
            ),
            advice(stock) if stock else _advice(facts, reading, rare),
            edits,
            severity=severity(facts.outside.count, facts.total),
            new=new,
        )


def _advice(facts: LabelFacts, reading: Reader, rare: str) -> str:
    """``rare``: what to do where it is about few labels alone, else empty."""
    known = reading.alphabet.characters
    twins = [(c, other) for c in facts.missing if (other := twin(c, known)) is not None]
    told: str = rare or say(
        "Correct the labels, or add the characters to the dictionary: the head then has other "
        "classes, and is trained anew."
    )
    if twins:
        pairs = join(
            *(
                say("{lacking} for {known}", lacking=named(c), known=named(o))
                for c, o in twins[:NAMED]
            ),
            by=LIST,
        )
        told = say(
            "Look-alikes of what the dictionary has: {pairs}; write these in the labels. {rest}",
            pairs=pairs,
            rest=told,
        )
    form = other_form(facts, known)
    if form:
        told = say(
            "Accents are written as separate combining marks or as one character: with the labels "
            "in the form {form} (unicodedata.normalize) the dictionary has them. {rest}",
            form=form,
            rest=told,
        )
    return told


@rule(
    "labels_too_long",
    "warning",
    "a label longer than max_text_length (less what the encoder's marks take) is dropped: another "
    "sample is trained instead, and in evaluation the next one is counted twice "
    "(ppocr/data/imaug/label_ops.py, simple_dataset.py; issue 18254)",
    reads="labels",
)
def labels_too_long(ctx: Context) -> Iterator[Finding]:
    readable = list(_readable(ctx))
    # One number for all places: the same length goes for both modes.
    needed = max(
        (f.too_long.worst + r.max_text_length - r.longest() for f, r in readable), default=0
    )
    for facts, reading in readable:
        found = facts.too_long
        if not found.count:
            continue
        path, _ = option(ctx, label_encoder(ctx, facts.mode), MAX_TEXT_LENGTH)
        yield Finding(
            path,
            say(
                "{count} of {total} labels of {mode} ({share:.1%}) are longer than the {longest} "
                "characters that max_text_length {setting} leaves, and are dropped; the longest "
                "has {worst}: {place}.",
                count=found.count,
                total=facts.total,
                mode=facts.mode,
                share=found.count / facts.total,
                longest=reading.longest(),
                setting=reading.max_text_length,
                worst=found.worst,
                place=str(found.place),
            ),
            say(
                "Set max_text_length to {needed} in every place where it stands (Global, the "
                "head, RecConAug), with an image wide enough for it; or cut these lines.",
                needed=needed,
            ),
            severity=severity(found.count, facts.total),
        )


@rule(
    "ctc_impossible",
    "warning",
    "CTC needs a time step for each character and one between two equal ones; with fewer its loss "
    "and gradient are 0: the sample is not learned, and the mean loss looks better",
    reads="labels",
)
def ctc_impossible(ctx: Context) -> Iterator[Finding]:
    for facts, reading in _readable(ctx):
        found = facts.impossible
        if not found.count or reading.steps is None:
            continue
        across = width(ctx, facts.mode) or 0
        needed = -(-found.worst * across // reading.steps)
        yield Finding(
            (facts.mode, "dataset", "transforms"),
            say(
                "{count} of {total} labels of {mode} ({share:.1%}) need more than the {steps} "
                "time steps that an image of width {width} gives; the worst needs {worst}: "
                "{place}.",
                count=found.count,
                total=facts.total,
                mode=facts.mode,
                share=found.count / facts.total,
                steps=reading.steps,
                width=across,
                worst=found.worst,
                place=str(found.place),
            ),
            say(
                "Widen image_shape (and the sampler's scales) to {needed}, or cut these lines.",
                needed=-(-needed // 32) * 32,
            ),
            severity=severity(found.count, facts.total),
        )


@rule(
    "spaces_lost",
    "warning",
    "without use_space_char blanks are no class and are left out of the labels; RecMetric ignores "
    "blanks too, so that acc does not show it",
    reads="labels",
)
def spaces_lost(ctx: Context) -> Iterator[Finding]:
    for facts, _ in _readable(ctx):
        if not facts.spaced.count:
            continue
        path, _ = option(ctx, label_encoder(ctx, facts.mode), SPACE)
        weights = ctx.get("Global", "checkpoints") or ctx.get("Global", "pretrained_model")
        yield Finding(
            path,
            say(
                "{count} of {total} labels of {mode} ({share:.1%}) hold blanks, which are lost: "
                "use_space_char is off and the dictionary has none. First: {place}.",
                count=facts.spaced.count,
                total=facts.total,
                mode=facts.mode,
                share=facts.spaced.count / facts.total,
                place=str(facts.spaced.place),
            ),
            say(
                "Set use_space_char: true, if blanks are wanted: the head has one class more then, "
                "and is trained anew."
            ),
            () if weights else (Edit(path, True),),
            severity=severity(facts.spaced.count, facts.total),
        )


@rule(
    "labels_empty",
    "warning",
    "an empty label is dropped, and another sample is taken (ppocr/data/imaug/label_ops.py)",
    reads="labels",
)
def labels_empty(ctx: Context) -> Iterator[Finding]:
    for facts in label_facts(ctx):
        if facts.empty.count:
            place = facts.empty.place
            assert place is not None
            yield Finding(
                facts.path,
                say(
                    "{count} of {total} labels of {mode} are empty (first: {file}:{line}).",
                    count=facts.empty.count,
                    total=facts.total,
                    mode=facts.mode,
                    file=str(place.file),
                    line=place.line,
                ),
                say("Remove these lines: images without text cannot be learned."),
                severity=severity(facts.empty.count, facts.total),
            )


@rule(
    "samples_repeated",
    "warning",
    "an image that stands many times in the label file is trained on as often, and what it shows "
    "is learned by heart",
    reads="labels",
)
def samples_repeated(ctx: Context) -> Iterator[Finding]:
    for facts in label_facts(ctx):
        image, count = facts.images.most_common(1)[0]
        if count > max(REPEATED, REPEATED_SHARE * facts.total):
            yield Finding(
                facts.path,
                say(
                    "{image} stands {count} times in the {total} lines of {mode}, which have "
                    "{different} different images.",
                    image=image,
                    count=count,
                    total=facts.total,
                    mode=facts.mode,
                    different=len(facts.images),
                ),
                say("Write each image once; weigh whole label files with ratio_list."),
            )


@rule(
    "classes_unbalanced",
    "info",
    "a class that no label has is never learned, and one that a single label has hardly",
    reads="labels",
)
def classes_unbalanced(ctx: Context) -> Iterator[Finding]:
    found = next((pair for pair in _readable(ctx) if pair[0].mode == "Train"), None)
    dictionary = dictionary_file(ctx, "Train")
    if found is None or dictionary is None:
        return
    facts, reading = found
    known = sorted(reading.alphabet.characters - {" "})
    never = [c for c in known if not facts.having[c]]
    once = [c for c in known if facts.having[c] == 1]
    if never or once:
        yield Finding(
            dictionary.path,
            say(
                "Of {known} characters of the dictionary {never}{which} stand in no training "
                "label, and {once} in a single one.",
                known=len(known),
                never=len(never),
                which=say(" ({why})", why=_some(never)) if never else "",
                once=len(once),
            ),
            say("Where they matter, add texts that have them."),
        )


def _some(characters: list[str]) -> str:
    shown = " ".join(named(c) for c in characters[:NAMED])
    return shown + (" ..." if len(characters) > NAMED else "")
