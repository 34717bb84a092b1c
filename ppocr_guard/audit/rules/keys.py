"""Keys and values as text: misspelt, doubled, of the wrong type; and the Guard: section."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.config import GuardConfigError, load_guard
from ppocr_guard.yaml_source import YamlPath, written


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Keys that PaddleOCR reads (releases 2.6 to 3.7), by the path of their section.
_DATASET = "name data_dir label_file_list ratio_list transforms delimiter ext_op_transform_idx"
_LOADER = "shuffle drop_last batch_size_per_card num_workers use_shared_memory collate_fn"
KNOWN: dict[YamlPath, frozenset[str]] = {
    (): _keys(
        "Global Architecture Loss Optimizer PostProcess Metric Train Eval Guard "
        "profiler_options wandb"
    ),
    ("Global",): _keys(
        "debug use_gpu use_xpu use_npu use_mlu use_gcu epoch_num log_smooth_window "
        "print_batch_step save_model_dir save_epoch_step eval_batch_step eval_batch_epoch "
        "cal_metric_during_train calc_epoch_interval checkpoints pretrained_model "
        "save_inference_dir use_visualdl use_wandb infer_img infer_list infer_mode save_res_path "
        "seed distributed use_amp amp_level amp_dtype amp_custom_black_list "
        "amp_custom_white_list scale_loss use_dynamic_loss_scaling d2s_train_image_shape "
        "to_static model_name uniform_output_enabled character_dict_path character_type "
        "max_text_length use_space_char use_sync_bn export_with_pir"
    ),
    ("Optimizer",): _keys(
        "name lr beta1 beta2 epsilon momentum weight_decay regularizer grad_clip clip_norm "
        "clip_norm_global parameter_list no_weight_decay_name one_dim_param_no_weight_decay "
        "lazy_mode multi_precision rho"
    ),
    ("Optimizer", "lr"): _keys(
        "name learning_rate warmup_epoch warmup_start_lr step_size gamma decay_epochs values "
        "epochs factor end_lr power last_epoch milestones divide_factor max_lr start_pct "
        "verbose anneal_strategy two_phase min_lr T_max"
    ),
    ("Train",): _keys("dataset loader sampler"),
    ("Eval",): _keys("dataset loader sampler"),
    ("Train", "dataset"): _keys(f"{_DATASET} ds_width"),
    ("Eval", "dataset"): _keys(f"{_DATASET} ds_width"),
    ("Train", "loader"): frozenset(_LOADER.split()),
    ("Eval", "loader"): frozenset(_LOADER.split()),
}
OPTIONS: dict[str, frozenset[str]] = {
    "MakeShrinkMap": _keys("min_text_size shrink_ratio total_epoch epoch"),
    "MakeBorderMap": _keys("shrink_ratio thresh_min thresh_max total_epoch epoch"),
    "EastRandomCropData": _keys("size max_tries min_crop_side_ratio keep_ratio"),
    "DetResizeForTest": _keys("image_shape keep_ratio limit_side_len limit_type resize_long"),
    "DecodeImage": _keys("img_mode channel_first ignore_orientation"),
    "NormalizeImage": _keys("scale mean std order"),
    "KeepKeys": frozenset(["keep_keys"]),
    "IaaAugment": frozenset(["augmenter_args"]),
    "CopyPaste": _keys("objects_paste_ratio limit_paste"),
    "ColorJitter": _keys("brightness contrast saturation hue"),
}
DB_POSTPROCESS = _keys(
    "name thresh box_thresh max_candidates unclip_ratio use_dilation score_mode box_type "
    "det_box_type model_name key"
)


@rule(
    "unknown_key",
    "warning",
    "PaddleOCR ignores keys that it does not know, without a word (every operator takes **kwargs)",
)
def unknown_key(ctx: Context) -> Iterator[Finding]:
    sections = [
        (path, ctx.get(*path) if path else ctx.config, keys) for path, keys in KNOWN.items()
    ]
    if ctx.is_db:
        sections.append((("PostProcess",), ctx.get("PostProcess"), DB_POSTPROCESS))
    for mode in ("Train", "Eval"):
        for t in ctx.transforms(mode):
            if t.name in OPTIONS:
                sections.append((t.path, t.parameters, OPTIONS[t.name]))
    for path, section, known in sections:
        for key in section if isinstance(section, Mapping) else ():
            near = _meant(str(key), known)
            if near:
                yield Finding(
                    (*path, key),
                    f"{written((*path, key))} is no key of PaddleOCR, and is ignored.",
                    f"Did you mean {near}?",
                )


def _meant(key: str, known: frozenset[str]) -> str:
    """The known key that a misspelt one stands for. Keys of a user's own are like none."""
    if key in known:
        return ""
    folded = {name.lower().replace("_", ""): name for name in known}
    same = folded.get(key.lower().replace("_", "").replace("-", ""))
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.82)
    return same or (near[0] if near else "")


@rule(
    "number_is_text",
    "critical",
    "YAML 1.1, which PaddleOCR reads, takes 1e-4 for a text: a number needs a point (1.0e-4)",
)
def number_is_text(ctx: Context) -> Iterator[Finding]:
    for section in ("Global", "Optimizer", "Loss", "PostProcess"):
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
            f"{written(path)}: {value} is a text, not a number.",
            f"Write {plain}.",
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
                    f"{written((*path, key.value))} stands twice; line "
                    f"{earlier_key.start_mark.line + 1} has no effect.",
                    "Remove one.",
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
    "guard_section",
    "critical",
    "the guard does not start a training with a Guard: section that it cannot follow",
    live=False,
)
def guard_section(ctx: Context) -> Iterator[Finding]:
    if "Guard" not in ctx.config:
        return
    try:
        load_guard(ctx.config.get("Guard"), file=ctx.source.path, line_of=ctx.source.line)
    except GuardConfigError as error:
        for problem in error.problems:
            text = problem.removeprefix(ctx.source.path).lstrip(":").partition(": ")[2]
            path = _guard_path(text)
            yield Finding(path, f"{text}.", "See `ppocr-guard schema` for what can stand there.")


def _guard_path(text: str) -> YamlPath:
    """The YAML path at the start of a message such as "Guard.hooks.0.AutoStop.on: ..."."""
    name = text.partition(":")[0]
    return tuple(int(part) if part.isdigit() else part for part in name.split("."))


@rule(
    "file_name",
    "critical",
    "tools/program.py accepts .yml and .yaml only",
    live=False,
)
def file_name(ctx: Context) -> Iterator[Finding]:
    if not ctx.source.path.endswith((".yml", ".yaml")):
        yield Finding((), f"{ctx.source.path} ends neither in .yml nor .yaml.", "Rename it.")
