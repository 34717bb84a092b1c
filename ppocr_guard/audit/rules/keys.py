"""Keys and values as text: misspelt, doubled, of the wrong type; and the Guard: section."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Optional

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ppocr_guard.audit.components import component, meant, named
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.limits import OPTIONS
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.audit.structure import OF_DISTILLATION, required, sections
from ppocr_guard.command_line import key_of
from ppocr_guard.config import GuardConfigError, load_guard
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath, written

NUMBERS_IN = ("Global", "Optimizer", "Loss", "PostProcess")  # sections of number_is_text


@rule(
    "unknown_key",
    "warning",
    "PaddleOCR ignores keys that it does not know, without a word (every operator takes **kwargs)",
)
def unknown_key(ctx: Context) -> Iterator[Finding]:
    places = sections(ctx)
    for path, limits in places.items():
        section = ctx.get(*path) if path else ctx.config
        for key in section if isinstance(section, Mapping) else ():
            if str(key) not in limits:
                yield from _unknown(ctx, path, str(key), limits)
    for part in named(ctx):
        known = component(ctx, part)
        if known is None or part.path in places:
            continue
        words = {*known.options, *part.handled, *OPTIONS.get((part.kind, part.name), ())}
        for key in part.options:
            if key in words:
                continue
            if known.strict and not known.open:
                near = meant(str(key), words, cutoff=0.6)
                yield Finding(
                    (*part.path, key),
                    say(
                        "{name} takes no {key}: training ends with a TypeError.",
                        name=part.name,
                        key=str(key),
                    ),
                    say("Did you mean {near}?", near=near)
                    if near
                    else say("It takes {keys}.", keys=", ".join(sorted(words))),
                    severity="critical",
                )
            else:
                yield from _unknown(ctx, part.path, str(key), words)


def _unknown(ctx: Context, path: YamlPath, key: str, known: Collection[str]) -> Iterator[Finding]:
    """A finding, if it looks like a known key, like one of another section, or names weights."""
    here = (*path, key)
    near = meant(key, known)
    if near:
        yield Finding(
            here,
            say("{key} is no key of PaddleOCR, and is ignored.", key=written(here)),
            say("Did you mean {near}?", near=near),
        )
        return
    value = ctx.get(*here, default=False)
    if value is False:  # off is off anywhere
        return
    home = _home(ctx, path, key)
    if home is not None:
        yield Finding(
            here,
            say(
                "{key} is not read there, and {meant} is not set.",
                key=written(here),
                meant=written((*home, key)),
            ),
            say(
                "{key} belongs into {section}: check the indentation.",
                key=key,
                section=written(home) or say("the file itself, not indented"),
            ),
        )
        return
    elsewhere = _like_elsewhere(ctx, key) if path in sections(ctx) else None
    if elsewhere is not None:
        yield Finding(
            here,
            say("{key} is no key of PaddleOCR, and is ignored.", key=written(here)),
            say("Did you mean {near}?", near=written(elsewhere)),
        )
    elif path == ("Architecture",) and key in OF_DISTILLATION and value is not None:
        yield Finding(
            here,
            say("{key} is read in the models of a distillation only.", key=written(here)),
            say("Remove it: it has no effect."),
        )
    elif isinstance(value, str) and _are_weights(ctx, value):
        yield Finding(
            here,
            say(
                "{key} is ignored: the weights {path} are not loaded.",
                key=written(here),
                path=value,
            ),
            say("Name the weights to begin with in Global.pretrained_model."),
        )


def _are_weights(ctx: Context, path: str) -> bool:
    return bool(path) and ctx.resolve(path.removesuffix(".pdparams") + ".pdparams").is_file()


def _like_elsewhere(ctx: Context, key: str) -> Optional[YamlPath]:
    """The key of another section that a key is like, as those of version 1 are."""
    for section, limits in sections(ctx).items():
        near = meant(key, limits)
        if near:
            return (*section, near)
    return None


def _home(ctx: Context, path: YamlPath, key: str) -> Optional[YamlPath]:
    """The one section that should have a key, has it not, and lies around or beside ``path``; a
    section comes before the options of a class, which may be given what Global has."""
    if key in ("name", "epochs", "seed", "data"):
        return None
    homes: dict[YamlPath, None] = {}  # in order, once each
    for section, limits in sections(ctx).items():
        # Of several models only the one that the key stands in is meant.
        near = len(section) < 2 or (
            section[:1] == path[:1] and ("Models" not in section or section == path[: len(section)])
        )
        value = ctx.get(*section) if section else ctx.config
        if key in limits and near and isinstance(value, Mapping) and key not in value:
            homes[section] = None
    if len(homes) == 1:
        return next(iter(homes))
    for part in named(ctx):  # an option that is indented less than its class
        known = component(ctx, part)
        above = path == part.path[: len(path)] and len(path) < len(part.path)
        if known is None or not above or not isinstance(ctx.get(*part.path), Mapping):
            continue
        if key in known.options and key not in part.options:
            homes[part.path] = None
    return next(iter(homes)) if len(homes) == 1 else None


@rule(
    "key_missing",
    "critical",
    "PaddleOCR looks these keys up without a default: a KeyError ends the training "
    "(tools/train.py, tools/program.py, ppocr/data/__init__.py)",
)
def key_missing(ctx: Context) -> Iterator[Finding]:
    places = sections(ctx)
    for path, keys in required(ctx).items():
        section = ctx.get(*path) if path else ctx.config
        if not isinstance(section, Mapping):
            continue
        for key in keys:
            if path == () and key == "Eval":
                continue  # evaluation_disabled says what is to be said of it
            if path == () and key in section and not isinstance(section[key], Mapping):
                advice = say("Write them, indented, below {key}.", key=key)
                yield Finding((key,), say("{key} has no keys.", key=key), advice)
            if path and key in section and section[key] is None:
                what = written((*path, key))
                yield Finding((*path, key), say("{key} is empty.", key=what), say("Fill it in."))
            if key in section:
                continue
            spare = [str(k) for k in section if str(k) not in places.get(path, {})]
            like = meant(key, spare, cutoff=0.5)
            yield Finding(
                path,
                say("{section} has no {key}.", section=written(path), key=key)
                if path
                else say("There is no {key}.", key=key),
                say("Is {like} meant to be {key}?", like=like, key=key)
                if like
                else say("Add {what}.", what=key),
            )


@rule(
    "number_is_text",
    "critical",
    "YAML 1.1, which PaddleOCR reads, takes 1e-4 for a text: a number needs a point (1.0e-4)",
)
def number_is_text(ctx: Context) -> Iterator[Finding]:
    for section in NUMBERS_IN:
        for finding in _texts((section,), ctx.get(section), set()):
            converted = ctx.get("Optimizer", "lr", "name") == "LinearWarmupCosine"
            if not (converted and finding.path[:2] == ("Optimizer", "lr")):
                yield finding


_CONVERTED = {("Optimizer", "regularizer", "factor")}  # float() in ppocr/optimizer/regularizer.py
_EXPONENT = re.compile(r"([-+]?)(\d+)(?:\.(\d*))?[eE]([-+]?)(\d+)")


def _texts(path: YamlPath, value: Any, seen: set[int]) -> Iterator[Finding]:
    if isinstance(value, (Mapping, list)):
        if id(value) in seen:
            return
        seen.add(id(value))
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, item in items:
            yield from _texts((*path, key), item, seen)
    elif isinstance(value, str) and _EXPONENT.fullmatch(value) and path not in _CONVERTED:
        plain = _EXPONENT.sub(_with_point, value)
        yield Finding(
            path,
            say("{path}: {value} is a text, not a number.", path=written(path), value=value),
            say("Write {value}.", value=plain),
            (Edit(path, float(value)),),
        )


def _with_point(match: re.Match[str]) -> str:
    sign, whole, fraction, exponent_sign, exponent = match.groups()
    return f"{sign}{whole}.{fraction or 0}e{exponent_sign or '+'}{exponent}"


@rule(
    "duplicate_key",
    "warning",
    "of two equal keys PaddleOCR takes the last and forgets the first, without a word",
)
def duplicate_key(ctx: Context) -> Iterator[Finding]:
    yield from _duplicates(ctx.source.root, (), set())


def _duplicates(node: Node, path: YamlPath, seen: set[int]) -> Iterator[Finding]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(item, (*path, index), seen)
    if not isinstance(node, MappingNode):
        return
    first: dict[str, tuple[Node, Node]] = {}
    for key, value in node.value:
        if isinstance(key, ScalarNode):
            merged = not (node.start_mark.index <= key.start_mark.index <= node.end_mark.index)
            if merged:
                continue
            earlier_key, earlier = first.setdefault(key.value, (key, value))
            if earlier_key is not key and _scalars(earlier) not in ([""], _scalars(value)):
                yield Finding(
                    (*path, key.value),
                    say(
                        "{key} stands twice; line {line} has no effect.",
                        key=written((*path, key.value)),
                        line=earlier_key.start_mark.line + 1,
                    ),
                    say("Remove one."),
                )
            yield from _duplicates(value, (*path, key.value), seen)


def _scalars(node: Node) -> list[str]:
    """The words of a value, in order: equal for values that are written differently."""
    if isinstance(node, ScalarNode):
        return [node.value]
    children = (
        node.value if isinstance(node, SequenceNode) else [n for kv in node.value for n in kv]
    )
    return [word for child in children for word in _scalars(child)]


@rule(
    "overrides_lost",
    "warning",
    "argparse keeps the last list of an option that takes several values: of several -o PaddleOCR "
    "sees the last one (ArgsParser in tools/program.py)",
)
def overrides_lost(ctx: Context) -> Iterator[Finding]:
    if ctx.lost:
        keys = [key_of(override) for override in ctx.lost]
        yield Finding(
            tuple(keys[0].split(".")),
            say(
                "-o is given several times, and PaddleOCR takes the last one: {keys} of the "
                "command line has no effect.",
                keys=", ".join(keys),
            ),
            say("Write one -o with all overrides behind it: -o Global.epoch_num=10 Global.seed=1."),
        )


@rule(
    "guard_section",
    "critical",
    "the guard does not start a training with a Guard: section that it cannot follow",
    live=False,
)
def guard_section(ctx: Context) -> Iterator[Finding]:
    if "Guard" not in ctx.config:
        return
    try:
        with contextlib.redirect_stdout(sys.stderr):  # a module of others may print
            load_guard(
                ctx.config.get("Guard"),
                file=ctx.source.path,
                line_of=ctx.source.guard_line,
                imports=ctx.import_hooks,
            )
    except GuardConfigError as error:
        for problem in error.found:
            yield Finding(
                tuple(int(part) if part.isdigit() else part for part in problem.path.split(".")),
                say("{path}: {reason}", path=problem.path, reason=problem.reason)
                if str(problem.reason).endswith("?")
                else say("{path}: {reason}.", path=problem.path, reason=problem.reason),
                say("See `ppocr-guard schema` for what can stand there."),
            )


@rule(
    "file_name",
    "critical",
    "tools/program.py accepts .yml and .yaml only",
    live=False,
)
def file_name(ctx: Context) -> Iterator[Finding]:
    if not ctx.source.path.endswith((".yml", ".yaml")):
        message = say("{file} ends neither in .yml nor .yaml.", file=ctx.source.path)
        yield Finding((), message, say("Rename it."))
