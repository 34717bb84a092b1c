"""Where a configuration names classes of PaddleOCR, and the options that it gives each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.paddleocr.signatures import Component
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath

# What a person calls a kind of class.
TITLES = {
    "dataset": say("data set"),
    "transform": say("operator"),
    "postprocess": say("postprocess"),
    "scheduler": say("learning rate schedule"),
    "optimizer": say("optimizer"),
    "backbone": say("backbone"),
    "neck": say("neck"),
    "head": say("head"),
    "loss": say("loss"),
    "metric": say("metric"),
}
# What PaddleOCR takes out of a section before, or puts in when, it builds the class.
_HANDLED: dict[str, frozenset[str]] = {
    "optimizer": frozenset(
        [
            "lr",
            "regularizer",
            "weight_decay",
            "clip_norm",
            "clip_norm_global",
            "learning_rate",
            "grad_clip",
        ]
    ),
    "scheduler": frozenset(["epochs", "step_each_epoch"]),
    "backbone": frozenset(["in_channels"]),
    "neck": frozenset(["in_channels"]),
    "head": frozenset(["in_channels", "out_channels", "out_channels_list"]),
    "loss": frozenset(["weight", "ignore_index"]),
}
LIKE = 0.82  # difflib ratio from which a word is taken for a misspelling of another


@dataclass(frozen=True)
class Named:
    """One class that the YAML names: a transform, the loss, a part of the model ..."""

    kind: str  # of ppocr_guard.paddleocr.signatures.PLACES
    name: str
    options: Mapping[str, Any]
    path: YamlPath  # of its options
    name_path: YamlPath

    @property
    def title(self) -> str:
        return TITLES[self.kind]

    @property
    def handled(self) -> frozenset[str]:
        return _HANDLED.get(self.kind, frozenset()) | {"name"}


def named(ctx: Context) -> Iterator[Named]:
    """All classes that the configuration names, in the order of its sections."""
    yield from _section(ctx, "optimizer", ("Optimizer",))
    yield from _section(ctx, "scheduler", ("Optimizer", "lr"))
    for _, path in models(ctx):
        for kind in ("backbone", "neck", "head"):
            yield from _section(ctx, kind, (*path, kind.capitalize()))
    yield from losses(ctx)
    yield from _section(ctx, "postprocess", ("PostProcess",))
    yield from _section(ctx, "metric", ("Metric",))
    base = ctx.get("Metric", "base_metric_name")
    if isinstance(base, str):
        path = ("Metric", "base_metric_name")
        yield Named("metric", base, {}, path, path)
    for mode in ("Train", "Eval"):
        yield from _section(ctx, "dataset", (mode, "dataset"))
        for t in ctx.transforms(mode):
            yield Named("transform", t.name, t.parameters, t.path, t.path)


def models(ctx: Context) -> list[tuple[str, YamlPath]]:
    """(name, path) of each model that is trained: one, or those of a distillation."""
    parts = ctx.get("Architecture", "Models")
    if isinstance(parts, Mapping):
        return [(str(name), ("Architecture", "Models", name)) for name in parts]
    return [("", ("Architecture",))]


def losses(ctx: Context) -> Iterator[Named]:
    """The loss, and the parts of one that combines several."""
    yield from _section(ctx, "loss", ("Loss",))
    path: YamlPath = ("Loss", "loss_config_list")
    entries = ctx.get(*path)
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, Mapping) and len(entry) == 1:
            name, options = next(iter(entry.items()))
            here = (*path, index, name)
            options = options if isinstance(options, Mapping) else {}
            yield Named("loss", str(name), options, here, here)


def guided(ctx: Context) -> Iterator[Named]:
    """The heads of each MultiHead, by the names that they have there, and the necks in them."""
    for _, model in models(ctx):
        path: YamlPath = (*model, "Head", "head_list")
        entries = ctx.get(*path)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            for name, options in entry.items() if isinstance(entry, Mapping) else ():
                if isinstance(options, Mapping):
                    here = (*path, index, name)
                    yield Named("head", str(name), options, here, here)
                    for kind in ("neck", "head"):
                        inner = options.get(kind.capitalize())
                        if isinstance(inner, Mapping):
                            at = (*here, kind.capitalize())
                            whole = "SequenceEncoder" if kind == "neck" else str(name)
                            yield Named(kind, whole, inner, at, at)


def _section(ctx: Context, kind: str, path: YamlPath) -> Iterator[Named]:
    section = ctx.get(*path)
    name = section.get("name") if isinstance(section, Mapping) else None
    if isinstance(name, str) and name != "None":  # as the stock configs write that there is none
        yield Named(kind, name, section, path, (*path, "name"))


def component(ctx: Context, part: Named) -> Optional[Component]:
    """What is known of the class; None: it is a user's own, or misspelt."""
    return ctx.words.find(part.kind, part.name)


def meant(word: str, known: Iterable[str], *, cutoff: float = LIKE) -> Optional[str]:
    """The known word that a misspelt one stands for; None: it is known, or is like none.

    Words that differ in digits only are not misspelt: PPLCNetV4 may be of a later release.
    """
    words = list(known)
    if word in words:
        return None
    folded = {re.sub(r"[-_ ]", "", w).lower(): w for w in words}
    same = folded.get(re.sub(r"[-_ ]", "", word).lower())
    if same:
        return same
    near = difflib.get_close_matches(word, words, n=1, cutoff=cutoff)
    if near and re.sub(r"\d", "", near[0]) != re.sub(r"\d", "", word):
        return near[0]
    return None
