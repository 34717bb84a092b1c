"""Classes that the YAML names, and the values of their options and of PaddleOCR's own keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Optional

from ppocr_guard.audit.components import TITLES, Named, component, guided, meant, named
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.limits import (
    AUGMENTER_ARGUMENTS,
    OPTIONS,
    SECTION,
    Limit,
    bounded,
    common,
)
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.audit.rules.keys import NUMBERS_IN
from ppocr_guard.audit.structure import sections
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath, written

# Kinds of options as their defaults show them (ppocr_guard.paddleocr.signatures).
_BY_DEFAULT = {"b": Limit("switch"), "n": Limit("number"), "s": Limit("word")}
# Named in head_list of MultiHead, which knows these only (ppocr/modeling/heads/rec_multi_head.py).
MULTI_HEADS = ("CTCHead", "SARHead", "NRTRHead")
# Of imgaug; from 3.0 on the first three and Resize alone (ppocr/data/imaug/iaa_augment.py).
AUGMENTERS = ("Fliplr", "Flipud", "Affine", "Resize", "GaussianBlur", "Multiply", "Add", "Crop")
REGULARIZERS = ("L1", "L2", "L1Decay", "L2Decay")


@rule(
    "component_unknown",
    "critical",
    "PaddleOCR builds everything by its name; one that it does not have ends the training",
)
def component_unknown(ctx: Context) -> Iterator[Finding]:
    for part in named(ctx):
        known = ctx.words.of(part.kind)
        if part.name in known or not known:
            continue
        certain = ctx.words.certain(part.kind)
        near = meant(part.name, known, cutoff=0.75 if ctx.tree is not None else 0.8)
        if not near and not certain:
            yield from _foreign(ctx, part)
            continue
        release = f" {ctx.behaviour.release}" if ctx.behaviour is not None and certain else ""
        yield Finding(
            part.name_path,
            say(
                "There is no {title} {name!r} in PaddleOCR{release}.",
                title=part.title,
                name=part.name,
                release=release,
            ),
            say("Did you mean {near}?", near=near)
            if near
            else say("Correct the name, or name the PaddleOCR that has it with --paddleocr DIR."),
            severity="critical" if near or ctx.tree is not None else "warning",
        )
    yield from _misspelt_choice(ctx)


def _foreign(ctx: Context, part: Named) -> Iterator[Finding]:
    """A class of PaddleOCR, but of another kind: a loss where the head should be."""
    for kind in ("loss", "head", "neck", "backbone", "postprocess", "metric", "transform"):
        if kind != part.kind and part.name in ctx.words.of(kind):
            yield Finding(
                part.name_path,
                say(
                    "{name} is a {kind} of PaddleOCR, and no {title}.",
                    name=part.name,
                    kind=say("transform") if kind == "transform" else TITLES[kind],
                    title=part.title,
                ),
                say("Name a {title} there.", title=part.title),
            )
            return


def _misspelt_choice(ctx: Context) -> Iterator[Finding]:
    """Names that are no classes of their own: regularizers, the heads of MultiHead, samplers."""
    places: list[tuple[YamlPath, Any, tuple[str, ...]]] = []
    path: YamlPath = ("Optimizer", "regularizer", "name")
    places.append((path, ctx.get(*path), REGULARIZERS))
    path = ("Architecture", "Head", "head_list")
    entries = ctx.get(*path)
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        for name in entry if isinstance(entry, Mapping) else ():
            places.append(((*path, index, name), name, MULTI_HEADS))
    path = ("Train", "sampler", "name")
    places.append((path, ctx.get(*path), ("MultiScaleSampler",)))
    for t in ctx.transforms("Train"):
        augmenters = t.parameters.get("augmenter_args") if t.name == "IaaAugment" else None
        for index, entry in enumerate(augmenters if isinstance(augmenters, list) else []):
            if isinstance(entry, Mapping):
                here = (*t.path, "augmenter_args", index, "type")
                places.append((here, entry.get("type"), AUGMENTERS))
    for path, name, choices in places:
        near = meant(name, choices) if isinstance(name, str) else None
        if near:
            message = say("{path} is {name!r}.", path=written(path), name=name)
            yield Finding(path, message, say("Did you mean {near}?", near=near))


@rule(
    "option_missing",
    "critical",
    "it has no default: a TypeError ends the training when the class is built",
)
def option_missing(ctx: Context) -> Iterator[Finding]:
    settings = ctx.get("Global")
    settings = settings if isinstance(settings, Mapping) else {}
    for part in named(ctx):
        known = component(ctx, part)
        if known is None or part.name_path[-1] == "base_metric_name" or part.kind == "dataset":
            continue
        given = {*part.options, *part.handled}
        if part.kind in ("transform", "postprocess"):
            given |= set(settings)  # all of Global is merged over their options
        for option in sorted(known.required - given):
            like = meant(
                option, [str(k) for k in part.options if k not in known.options], cutoff=0.5
            )
            yield Finding(
                part.path,
                say("{name} needs {key}, which is not given.", name=part.name, key=option),
                say("Is {like} meant to be {key}?", like=like, key=option)
                if like
                else say("Add {what}.", what=option),
            )


@rule(
    "value_unusable",
    "critical",
    "PaddleOCR does not check values: a wrong one ends the training, or spoils it without a word",
)
def value_unusable(ctx: Context) -> Iterator[Finding]:
    seen = set()
    for path, value, limit in _limited(ctx):
        wanted = limit.fault(value)
        if wanted is None or path in seen or _told_elsewhere(path, value) or _idle(ctx, path):
            continue
        seen.add(path)
        yield Finding(
            path,
            say(
                "{path} is {value}, not {wanted}{reason}.",
                path=written(path),
                value=_shown(value),
                wanted=wanted,
                reason=say(": {why}", why=limit.why) if limit.why else "",
            ),
            say("Write {wanted}.", wanted=wanted),
        )


def _limited(ctx: Context) -> Iterator[tuple[YamlPath, Any, Limit]]:
    """(path, value, limit) of every key whose values are known."""
    places = sections(ctx)
    for path, limits in places.items():
        section = ctx.get(*path) if path else ctx.config
        for key, value in section.items() if isinstance(section, Mapping) else ():
            if key in limits:
                yield (*path, key), value, limits[key]
    for part in (*named(ctx), *guided(ctx)):
        for key, value in part.options.items():
            if part.path not in places or part.kind == "dataset":
                for limit in _of_option(ctx, part, str(key), value):
                    yield (*part.path, key), value, limit
        yield from _of_augmenters(part)


def _of_augmenters(part: Named) -> Iterator[tuple[YamlPath, Any, Limit]]:
    """Arguments of the augmenters of IaaAugment, each of which is a mapping of its own."""
    entries = part.options.get("augmenter_args")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        path = (*part.path, "augmenter_args", index)
        yield path, entry, SECTION
        arguments = entry.get("args") if isinstance(entry, Mapping) else None
        for key, value in arguments.items() if isinstance(arguments, Mapping) else ():
            limit = AUGMENTER_ARGUMENTS.get(str(key))
            if limit is not None:
                yield (*path, "args", key), value, limit


def _of_option(ctx: Context, part: Named, key: str, value: Any) -> Iterator[Limit]:
    """What is declared of an option; else what its class's source, its name and its default say."""
    declared = OPTIONS.get((part.kind, part.name), {})
    if key in declared:
        yield declared[key]
        return
    bound = ctx.words.bounds(part.kind, part.name).get(key)
    known, by_name = component(ctx, part), common(part.kind, key)
    for limit in (bounded(bound, value) if bound is not None else None, by_name):
        if limit is not None:
            yield limit
    by_default = _BY_DEFAULT.get(known.options.get(key, "")) if known is not None else None
    # A number's default may be replaced by one number for each stage: lists pass.
    listed = isinstance(value, list) and by_default != _BY_DEFAULT["s"]
    if by_default is not None and not listed:
        yield replace(by_default, null=by_default.kind != "number")


def _told_elsewhere(path: YamlPath, value: Any) -> bool:
    """Whether a rule of its own says it: texts such as 1e-4 (number_is_text)."""
    if not isinstance(value, str) or path[0] not in NUMBERS_IN:
        return False
    try:
        float(value)
    except ValueError:
        return False
    return "e" in value.lower()


def _idle(ctx: Context, path: YamlPath) -> bool:
    """Whether nobody reads it: PaddleX writes ``amp_level: OFF`` beside ``use_amp: false``."""
    return path in _OF_AMP and not ctx.get("Global", "use_amp")


_OF_AMP = (("Global", "amp_level"), ("Global", "amp_dtype"), ("Global", "scale_loss"))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return say("a section")
    if isinstance(value, str):
        return say("the text {text}", text=_cut(repr(value), 51))
    return _cut(repr(value), 60)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


@rule(
    "schedule_unusable",
    "critical",
    "the learning rate schedule is built before the first step (ppocr/optimizer/learning_rate.py)",
)
def schedule_unusable(ctx: Context) -> Iterator[Finding]:
    path: YamlPath = ("Optimizer", "lr")
    values, epochs = ctx.get(*path, "values"), ctx.get(*path, "decay_epochs")
    lists = isinstance(values, list) and isinstance(epochs, list)
    if ctx.get(*path, "name") == "Piecewise" and lists and len(values) != len(epochs) + 1:
        yield Finding(
            (*path, "values"),
            say(
                "Piecewise has {values} values for {epochs} decay_epochs (Paddle 3 refuses fewer "
                "than one more).",
                values=len(values),
                epochs=len(epochs),
            ),
            say(
                "{epochs} epochs part the run into {parts}: give one value for each part.",
                epochs=len(epochs),
                parts=len(epochs) + 1,
            ),
            severity="critical" if len(values) < len(epochs) else "warning",
        )
    for key in ("decay_epochs", "milestones"):
        epochs = ctx.get(*path, key)
        if not isinstance(epochs, list) or not all(isinstance(e, (int, float)) for e in epochs):
            continue
        if epochs != sorted(epochs):
            message = say("{key} {epochs} do not rise.", key=key, epochs=str(epochs))
            yield Finding((*path, key), message, say("Sort them."))
            continue
        last: Optional[float] = ctx.number("Global", "epoch_num")
        late = [e for e in epochs if last is not None and e >= last]
        if late and len(late) == len(epochs):
            yield Finding(
                (*path, key),
                say(
                    "{key} {epochs} all lie at or after the end of the run, epoch {last:g}: the "
                    "learning rate never falls.",
                    key=key,
                    epochs=str(epochs),
                    last=last,
                ),
                say("Scale them to epoch_num."),
                severity="warning",
            )
