"""Whether the parts belong together, and the operators hand each other what they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ppocr_guard.audit.components import TITLES, models
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.dataflow import Snag, snags
from ppocr_guard.audit.lmdb_texts import NAME as LMDB
from ppocr_guard.audit.pipelines import (
    FAMILIES,
    INDICATORS,
    Family,
    Part,
    candidates,
    family,
    parts,
)
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.paddleocr.schedule import MULTI_SCALE_DATASETS, SIMPLE_DATASETS
from ppocr_guard.wording import CHOICE, LIST, join, say
from ppocr_guard.yaml_source import YamlPath

MODES = ("Train", "Eval")
_TITLES = {
    **TITLES,
    "part_of_combined": say("loss"),
    "encoder": say("label encoder"),
    "model_type": say("model type"),
    "algorithm": say("algorithm"),
}
# Operators that draw further samples; those before them read the additional ones, too.
_DRAW_MORE = {"CopyPaste": 2, "RecConAug": 1}


@rule(
    "parts_mismatch",
    "critical",
    "loss, head, postprocess, metric and label encoder hand each other data in a form of their "
    "own: parts of two algorithms end in an error, at the first step or at the first evaluation",
)
def parts_mismatch(ctx: Context) -> Iterator[Finding]:
    found = candidates(ctx)
    for part in parts(ctx):
        wanted = [getattr(one, part.role) for one in found]
        if any(part.name in names or not names for names in wanted):
            continue
        if not found or not any(part.name in getattr(f, part.role) for f in FAMILIES):
            continue  # misspelt, or a user's own: component_unknown says what can be said
        yield _mismatch(part, found[0])
    yield from _head_in_loss(ctx)
    yield from _backbone_of_another_task(ctx)


def _backbone_of_another_task(ctx: Context) -> Iterator[Finding]:
    """Backbones that give maps of four sizes for detection, and one row of features else."""
    for _, path in models(ctx):
        backbone, kind = ctx.get(*path, "Backbone"), ctx.get(*path, "model_type")
        name = backbone.get("name") if isinstance(backbone, Mapping) else None
        known = ctx.words.find("backbone", str(name))
        if known is None or "det" not in known.options or kind not in ("det", "rec"):
            continue
        if bool(ctx.get(*path, "Backbone", "det")) is not (kind == "det"):
            setting = f"det: {'true' if kind == 'det' else 'false'}"
            yield Finding(
                (*path, "Backbone", "det"),
                say(
                    "{name} is built for {other}, and model_type is {kind}.",
                    name=str(name),
                    other=say("text recognition") if kind == "det" else say("text detection"),
                    kind=str(kind),
                ),
                say("Set {setting}.", setting=setting),
            )


def _mismatch(part: Part, one: Family) -> Finding:
    names = ", ".join(sorted(getattr(one, part.role)))
    title = _TITLES[part.role]
    return Finding(
        part.path,
        say(
            "The {title} {name} does not belong to {family}, as most of this configuration does.",
            title=title,
            name=part.name,
            family=one.title,
        ),
        say("{family} has the {title} {names}.", family=one.title, title=title, names=names),
    )


def _head_in_loss(ctx: Context) -> Iterator[Finding]:
    """MultiLoss and MultiHead: the second head's loss, and the encoder of its labels."""
    heads = _names(ctx.get("Architecture", "Head", "head_list"))
    parts_of_loss = _names(ctx.get("Loss", "loss_config_list"))
    if ctx.get("Architecture", "Head", "name") != "MultiHead" or len(heads) < 2:
        return
    guide = heads[1].removesuffix("Head")
    if len(parts_of_loss) > 1 and parts_of_loss[1] != f"{guide}Loss":
        yield Finding(
            ("Loss", "loss_config_list", 1),
            say(
                "The second head is {head}, the second loss {loss}.",
                head=heads[1],
                loss=parts_of_loss[1],
            ),
            say("Use {loss} with {head}.", loss=f"{guide}Loss", head=heads[1]),
        )
    elif ctx.get("Loss", "name") == "MultiLoss" and parts_of_loss:
        yield from _without_loss(heads, parts_of_loss)
    for mode in MODES:
        encode = ctx.transform(mode, "MultiLabelEncode")
        given = encode.parameters.get("gtc_encode", "SARLabelEncode") if encode else None
        if encode is not None and given != f"{guide}LabelEncode":
            yield Finding(
                (*encode.path, "gtc_encode"),
                say(
                    "MultiLabelEncode of {mode} encodes for {given}, and the second head is "
                    "{head}.",
                    mode=mode,
                    given=str(given),
                    head=heads[1],
                ),
                say("Set {setting}.", setting=f"gtc_encode: {guide}LabelEncode"),
            )


def _without_loss(heads: list[str], parts_of_loss: list[str]) -> Iterator[Finding]:
    for head in heads:
        wanted = f"{head.removesuffix('Head')}Loss"
        if wanted not in parts_of_loss:
            yield Finding(
                ("Loss", "loss_config_list"),
                say("{head} is not trained: there is no {loss} for it.", head=head, loss=wanted),
                say("Add {loss} to loss_config_list.", loss=wanted),
                # The first head is the one that is evaluated, and that reads in the end.
                severity="critical" if head == heads[0] else "warning",
            )


def _names(entries: Any) -> list[str]:
    """Names of a list of one-key mappings."""
    entries = entries if isinstance(entries, list) else []
    return [str(next(iter(e))) for e in entries if isinstance(e, Mapping) and len(e) == 1]


@rule(
    "main_indicator_unknown",
    "critical",
    "the best model is chosen by it: a KeyError ends the training at the first evaluation, hours "
    "after it began (tools/program.py)",
)
def main_indicator_unknown(ctx: Context) -> Iterator[Finding]:
    path: YamlPath = ("Metric", "main_indicator")
    name, indicator = ctx.get("Metric", "name"), ctx.get(*path)
    if name == "DistillationMetric":
        name = ctx.get("Metric", "base_metric_name")
    known = INDICATORS.get(str(name))
    source = ctx.words.find("metric", str(name))
    if known is None or indicator is None:
        return
    returned = known | (source.writes if source is not None else frozenset())
    if not isinstance(indicator, str) or indicator not in returned:
        yield Finding(
            path,
            say("{metric} returns no {indicator}.", metric=name, indicator=repr(indicator)),
            say("It returns {names}.", names=", ".join(sorted(known))),
        )


def _of_snags(ctx: Context, code: str) -> Iterator[Finding]:
    for mode in MODES:
        for snag in snags(ctx, mode):
            if snag.code == code:
                yield _finding(snag)


def _finding(snag: Snag) -> Finding:
    path: YamlPath = snag.transform.path
    if snag.transform.name == "KeepKeys" and snag.message.startswith("KeepKeys keeps"):
        path = (*path, "keep_keys")
    return Finding(path, snag.message, snag.advice)


@rule(
    "operator_missing",
    "critical",
    "PaddleOCR catches the error of an operator and tries another sample, for ever: training "
    "hangs without a word (SimpleDataSet.__getitem__)",
)
def operator_missing(ctx: Context) -> Iterator[Finding]:
    yield from _of_snags(ctx, "operator_missing")


@rule(
    "operator_order",
    "critical",
    "operators work on what those before them leave; PaddleOCR catches their errors and tries "
    "another sample, for ever (SimpleDataSet.__getitem__)",
)
def operator_order(ctx: Context) -> Iterator[Finding]:
    yield from _of_snags(ctx, "operator_order")


@rule(
    "operator_doubled",
    "critical",
    "the second of two either fails on what the first has made, and PaddleOCR tries samples for "
    "ever, or it undoes what came between",
)
def operator_doubled(ctx: Context) -> Iterator[Finding]:
    yield from _of_snags(ctx, "operator_doubled")


@rule(
    "keep_keys_order",
    "critical",
    "losses and metrics take what KeepKeys keeps by position (such as ppocr/losses/det_db_loss.py, "
    "ppocr/metrics/det_metric.py): in another order they learn and measure the wrong thing",
)
def keep_keys_order(ctx: Context) -> Iterator[Finding]:
    one = family(ctx)
    if one is None:
        return
    for mode in MODES:
        wanted = one.train_keys if mode == "Train" else one.eval_keys
        keep = ctx.transform(mode, "KeepKeys")
        keys = keep.parameters.get("keep_keys") if keep else None
        if keep is None or not isinstance(keys, list) or not wanted or _begins(keys, wanted):
            continue
        path = (*keep.path, "keep_keys")
        order = _in_order(keys, wanted)
        yield Finding(
            path,
            say(
                "KeepKeys of {mode} keeps {keys}; {must} {names}.",
                mode=mode,
                keys=", ".join(map(str, keys)),
                must=say("the order must be") if order else say("needed are, in this order,"),
                names=join(*(join(*key.split("|"), by=CHOICE) for key in wanted), by=LIST),
            ),
            say("Write them in this order."),
            (Edit(path, order),) if order else (),
        )


def _begins(keys: list[Any], wanted: tuple[str, ...]) -> bool:
    return len(keys) >= len(wanted) and all(k in w.split("|") for k, w in zip(keys, wanted))


def _in_order(keys: list[Any], wanted: tuple[str, ...]) -> Optional[list[Any]]:
    """The same keys as wanted; None: they are not the same."""
    ordered = [next((k for k in keys if k in w.split("|")), None) for w in wanted]
    return ordered if None not in ordered and len(keys) == len(wanted) else None


@rule(
    "sampler_mismatch",
    "critical",
    "MultiScaleSampler gives (width, height, index) for each sample, which only MultiScaleDataSet "
    "takes apart (ppocr/data/multi_scale_sampler.py)",
)
def sampler_mismatch(ctx: Context) -> Iterator[Finding]:
    path: YamlPath = ("Train", "sampler")
    data_set, sampler = ctx.dataset("Train"), ctx.get(*path, "name")
    if sampler == "MultiScaleSampler" and data_set in SIMPLE_DATASETS | {LMDB}:
        yield Finding(
            path,
            say("MultiScaleSampler does not work with {data_set}.", data_set=data_set),
            say(
                "Use MultiScaleDataSet (and take the resizing operator out), or remove the sampler."
            )
            if data_set != LMDB
            else say("Remove the sampler, and put RecResizeImg before KeepKeys."),
        )
    elif data_set in MULTI_SCALE_DATASETS and not ctx.get(*path):
        yield Finding(
            ("Train", "dataset", "name"),
            say(
                "{data_set} needs Train.sampler MultiScaleSampler, and there is none.",
                data_set=data_set,
            ),
            say("Add the sampler, or use SimpleDataSet with an operator that resizes."),
        )


@rule(
    "ext_op_transform_idx",
    "critical",
    "operators before that position prepare the additional samples of CopyPaste and RecConAug "
    "(get_ext_data in ppocr/data/simple_dataset.py)",
)
def ext_op_transform_idx(ctx: Context) -> Iterator[Finding]:
    for transform in ctx.transforms("Train"):
        if transform.name not in _DRAW_MORE:
            continue
        path: YamlPath = ("Train", "dataset", "ext_op_transform_idx")
        default = 1 if ctx.dataset("Train").startswith("LMDB") else 2
        index = ctx.number(*path)
        index = default if index is None else index
        least = _DRAW_MORE[transform.name]
        if index > transform.position:
            yield Finding(
                path if ctx.get(*path) is not None else transform.path,
                say(
                    "{operator} is operator {position}, and operators 0 to {last:g} prepare its "
                    "additional samples: itself among them, which fails.",
                    operator=transform.name,
                    position=transform.position,
                    last=index - 1,
                ),
                say("Set {setting}.", setting=f"ext_op_transform_idx: {transform.position}"),
            )
        elif index < least:
            yield Finding(
                path,
                say(
                    "ext_op_transform_idx {index:g} leaves the additional samples of {operator} "
                    "unprepared.",
                    index=index,
                    operator=transform.name,
                ),
                say("Set it to {value}.", value=transform.position),
            )
