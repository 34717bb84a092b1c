"""Text recognition: lengths of texts that must agree, and weights of another dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ppocr_guard.audit.components import models
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.recognition import MAX_TEXT_LENGTH, label_encoder, option, reader
from ppocr_guard.audit.rule import rule
from ppocr_guard.audit.rules.training import loaded_weights
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath

HEADS = ("NRTRHead", "SARHead", "Transformer")
_CTC_HEADS = ("head.ctc_head.fc.weight", "head.fc2.weight", "head.fc.weight")
SMALL_DIFFERENCE = 5  # classes


@rule(
    "max_text_length_differs",
    "warning",
    "Global.max_text_length goes before that of every operator, but the head has its own: it "
    "writes no more than that (ppocr/modeling/heads/rec_nrtr_head.py, rec_sar_head.py)",
)
def max_text_length_differs(ctx: Context) -> Iterator[Finding]:
    encoder = label_encoder(ctx, "Train")
    _, longest = option(ctx, encoder, MAX_TEXT_LENGTH)
    if encoder is None or not isinstance(longest, int) or isinstance(longest, bool):
        return
    for path, value in _head_lengths(ctx):
        if value < longest:
            yield Finding(
                path,
                say(
                    "The head has max_text_length {head}, and labels have {labels}.",
                    head=value,
                    labels=longest,
                ),
                say("Give both the same, as an anchor does: &max_text_length, *max_text_length."),
            )
    for transform in ctx.transforms("Train"):
        own = transform.parameters.get(MAX_TEXT_LENGTH)
        if isinstance(own, int) and own != longest:
            yield Finding(
                (*transform.path, MAX_TEXT_LENGTH),
                say(
                    "{operator} has max_text_length {own}, which Global's {labels} replaces.",
                    operator=transform.name,
                    own=own,
                    labels=longest,
                ),
                say("Delete it, or give both the same."),
                severity="info",
            )


def _head_lengths(ctx: Context) -> Iterator[tuple[YamlPath, int]]:
    for _, model in models(ctx):
        parts: list[tuple[YamlPath, Any]] = [((*model, "Head"), ctx.get(*model, "Head"))]
        heads = ctx.get(*model, "Head", "head_list")
        for index, entry in enumerate(heads if isinstance(heads, list) else []):
            for name, options in entry.items() if isinstance(entry, Mapping) else ():
                if name in HEADS:
                    parts.append(((*model, "Head", "head_list", index, name), options))
        for path, options in parts:
            value = options.get(MAX_TEXT_LENGTH) if isinstance(options, Mapping) else None
            if isinstance(value, int) and not isinstance(value, bool):
                yield (*path, MAX_TEXT_LENGTH), value


@rule(
    "head_retrained",
    "info",
    "tools/train.py makes the head of as many classes as the dictionary has (out_channels of the "
    "YAML is replaced), and load_pretrained_params skips tensors of another shape with no more "
    "than a warning: acc starts at 0 (issues 10427, 11723, 13437)",
    reads="labels",
)
def head_retrained(ctx: Context) -> Iterator[Finding]:
    reading = reader(ctx, "Train")
    if reading is None or not reading.is_ctc:
        return
    classes = reading.alphabet.size + 1
    own = ctx.number("Architecture", "Head", "out_channels")
    if own is not None and own != classes:
        yield Finding(
            ("Architecture", "Head", "out_channels"),
            say("out_channels {own:g} is replaced by {classes}.", own=own, classes=classes),
            say("Delete it."),
        )
    found = _pretrained_classes(ctx)
    if found is None or found[1] == classes:
        return
    (key, theirs), small = found, abs(found[1] - classes) <= SMALL_DIFFERENCE
    # A few classes more or less are more often a mistake than another language.
    yield Finding(
        ("Global", key),
        say(
            "The weights were trained with {theirs} classes, and the dictionary with its blank"
            "{space} makes {classes}: the head is not loaded, and acc begins at 0.",
            theirs=theirs,
            space=say(" and use_space_char") if reading.alphabet.use_space_char else "",
            classes=classes,
        ),
        say(
            "Take the dictionary (and use_space_char) of the weights, if their characters are "
            "enough; otherwise the head needs some thousand steps before acc rises."
        ),
        severity="warning" if small else "info",
    )


def _pretrained_classes(ctx: Context) -> Optional[tuple[str, int]]:
    """(key of Global, classes of the CTC head of the weights that it names)."""
    found = loaded_weights(ctx)
    if found is None:
        return None
    for name in _CTC_HEADS:
        if len(found.shapes.get(name, ())) == 2:
            return found.key, found.shapes[name][1]
    return None
