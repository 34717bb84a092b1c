"""Which part of the YAML an exception of PaddleOCR is about."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.rehearsal.found import Found
from ppocr_guard.audit.rehearsal.process import Fact, Told
from ppocr_guard.wording import mark, say
from ppocr_guard.yaml_source import YamlPath, written

# Folders of PaddleOCR, and the section that decides what of them runs.
FOLDERS: tuple[tuple[str, YamlPath], ...] = (
    ("ppocr/losses/", ("Loss",)),
    ("ppocr/metrics/", ("Metric",)),
    ("ppocr/postprocess/", ("PostProcess",)),
    ("ppocr/optimizer/", ("Optimizer",)),
    ("ppocr/modeling/transforms/", ("Architecture", "Transform")),
    ("ppocr/modeling/backbones/", ("Architecture", "Backbone")),
    ("ppocr/modeling/necks/", ("Architecture", "Neck")),
    ("ppocr/modeling/heads/", ("Architecture", "Head")),
    ("ppocr/modeling/", ("Architecture",)),
)
STAGES: dict[str, YamlPath] = {
    "build_post_process": ("PostProcess",),
    "build_model": ("Architecture",),
    "build_loss": ("Loss",),
    "build_optimizer": ("Optimizer",),
    "build_metric": ("Metric",),
    "load_model": ("Global", "pretrained_model"),
}
WHEN = {
    "import": mark("when tools/train.py is loaded"),
    "configuration": mark("when the configuration is read"),
    "data": mark("when the data set is built"),
    "build_post_process": mark("when the postprocess is built"),
    "build_model": mark("when the model is built"),
    "build_loss": mark("when the loss is built"),
    "build_optimizer": mark("when the optimizer is built"),
    "build_metric": mark("when the metric is built"),
    "load_model": mark("when the weights are loaded"),
    "step": mark("at the first steps"),
    "evaluation": mark("at the first evaluation"),
    "largest": mark("at an evaluation"),
    "saving": mark("after an evaluation or an epoch"),
}
OUT_OF_MEMORY = re.compile(r"out of memory|ResourceExhausted|cannot allocate|MemoryError", re.I)
PADDLE = re.compile(r"\(?\w*(Error|Argument|Exhausted|NotFound)\w*\b")  # begins its summary
REFUSED = re.compile(r"a rehearsal does not download (\S+)")
LONG = 180  # characters of an error that are told
EARLY = mark("early")
KEYS = {"main_indicator": ("Metric", "main_indicator")}


def during(stage: str) -> str:
    """A stage of the rehearsal in words: "when the model is built"."""
    return say(WHEN.get(stage, EARLY))


def crashes(ctx: Context, told: Told) -> Iterator[Found]:
    """The crashes of a rehearsal; one whose cause shows elsewhere is left out."""
    facts = told.all("crash")
    for fact in facts:
        later = [other for other in facts if other is not fact and _same(fact, other)]
        if fact["stage"] == "evaluation" and later:
            continue  # a step fails in the same way: it is not the evaluation's own
        yield _found(ctx, told, fact)


def not_fetched(ctx: Context, told: Told) -> Iterator[Found]:
    """Weights that the training downloads: nothing is wrong with that."""
    for fact in told.all("weights_not_fetched"):
        url = str(fact["url"])
        yield Found(
            "rehearsal_incomplete",
            "info",
            _value_path(ctx.config, [url]) or ("Global", "pretrained_model"),
            say(
                "The training downloads {url}, which a rehearsal does not: the model was rehearsed "
                "with random weights, and what it scores before training is not known.",
                url=url,
            ),
            say("To rehearse all of it, download the file and name its path here."),
        )


def _same(one: Fact, other: Fact) -> bool:
    return bool(other["stage"] == "step" and one["type"] == other["type"])


def _found(ctx: Context, told: Told, fact: Fact) -> Found:
    stage = str(fact["stage"])
    fetched = REFUSED.search(str(fact["message"]))
    if fetched:  # a training would get it: nothing is wrong
        return Found(
            "rehearsal_incomplete",
            "info",
            _value_path(ctx.config, [fetched.group(1)]) or STAGES.get(stage, ()),
            say(
                "The training downloads {url}, which a rehearsal does not; what comes after that "
                "was not tried.",
                url=fetched.group(1),
            ),
            say("To rehearse all of it, download the file and name its path here."),
        )
    when = during(stage)
    line = first_line(fact)
    if OUT_OF_MEMORY.search(f"{fact['type']} {fact['message']}"):
        return _memory(fact, when, line)
    path = _path(ctx, told, fact)
    unknown = _unknown_name(ctx, path, fact)
    if unknown is not None:
        return unknown
    where = _where(fact)
    message = say(
        "The training ends {when}{images}: {error}{where}.",
        when=when,
        images=_images(told, stage, path),
        error=line.rstrip("."),
        where=where,
    )
    data = {"evaluation": "Eval", "largest": "Eval", "step": "Train"}.get(stage, "")
    if stage == "build_model" and "out_channels" in line:
        data = "PostProcess"  # it has the characters, whose number the head gets
    advice = _advice(ctx, told, fact, path)
    return Found("training_crashes", "critical", path, message, advice, data)


def _unknown_name(ctx: Context, path: YamlPath, fact: Fact) -> Optional[Found]:
    """A builder's "loss only support ['DBLoss', ...]", of a name that it does not know."""
    support = re.search(r"only support \[(.*)\]", str(fact["message"]), re.S)
    missing = re.search(r"module '[\w.]*?(\w+)' has no attribute '(\w+)'", str(fact["message"]))
    if missing and missing.group(1) == "learning_rate":
        path = ("Optimizer", "lr")
    name = ctx.get(*path, "name")
    if name is None or not (support or (missing and missing.group(2) == name)):
        return None
    known = re.findall(r"'(\w+)'", support.group(1)) if support else []
    near = difflib.get_close_matches(str(name), known, n=1)
    return Found(
        "training_crashes",
        "critical",
        (*path, "name"),
        say("PaddleOCR has no {name} for {path}.", name=name, path=written(path)),
        say("Did you mean {near}?", near=near[0]) if near else say("Look for the spelling."),
    )


def first_line(fact: Fact) -> str:
    """ "KeyError: 'acc'"; of paddle's long reports the line that says what is wrong."""
    lines = [line.strip() for line in str(fact["message"]).splitlines() if line.strip()]
    told = [line for line in lines if PADDLE.match(line)]
    text = (told or lines or [""])[0]
    text = text if len(text) <= LONG else text[:LONG].rpartition(" ")[0] + " ..."
    return f"{fact['type']}: {text}" if text else str(fact["type"])


def _images(told: Told, stage: str, path: YamlPath) -> str:
    """The images with which a network failed: their size is what it may not take."""
    mode = {"step": "Train", "evaluation": "Eval", "largest": "Eval"}.get(stage)
    batch = told.first("batch", mode=mode) if mode and path[:1] == ("Architecture",) else None
    shapes = batch["items"][0]["shapes"] if batch and batch["items"] else []
    return say(" on images of shape {shape}", shape=shapes[0]) if shapes else ""


def _where(fact: Fact) -> str:
    frames = fact.get("frames") or []
    if not frames:
        return ""
    text = str(frames[-1].get("text") or "")[:80]
    return f" ({frames[-1]['file']}:{frames[-1]['line']}{': ' if text else ''}{text})"


def _memory(fact: Fact, when: str, line: str) -> Found:
    evaluating = fact["stage"] in ("evaluation", "largest")
    path: YamlPath = (
        ("Eval", "dataset", "transforms")
        if evaluating
        else ("Train", "loader", "batch_size_per_card")
    )
    advice = (
        say("Limit the images with DetResizeForTest: {{limit_side_len: 960, limit_type: max}}.")
        if evaluating
        else say("Take a smaller batch_size_per_card, and a learning rate that fits it.")
    )
    message = say("The memory does not suffice {when}: {error}.", when=when, error=line.rstrip("."))
    return Found("memory_short", "critical", path, message, advice)


def _path(ctx: Context, told: Told, fact: Fact) -> YamlPath:
    stage, frames = str(fact["stage"]), fact.get("frames") or []
    if fact["type"] == "FileNotFoundError":
        named = _value_path(ctx.config, re.findall(r"'([^']+)'", str(fact["message"])))
        if named is not None:
            return named
    if stage == "data":
        mode = next((s.get("mode") for s in reversed(told.all("stage", stage="data"))), "Train")
        return _in_data(ctx, str(mode), fact)
    if stage in STAGES:
        if stage == "load_model" and ctx.get("Global", "checkpoints"):
            return ("Global", "checkpoints")
        return _inside(ctx, STAGES[stage], frames)
    if stage in ("import", "configuration"):
        return _words(ctx, frames) or ()
    if stage in ("evaluation", "largest") and _innermost(frames)[0][:1] == ("Architecture",):
        return ("Eval", "dataset", "transforms")  # the model trains, and fails on these images
    section, in_loop = _innermost(frames)
    if in_loop or not section:
        return _words(ctx, frames) or section
    return section


def _value_path(value: Any, texts: list[str], path: YamlPath = ()) -> Optional[YamlPath]:
    """Where one of ``texts`` stands in the configuration as a value."""
    if isinstance(value, str):
        return path if value in texts else None
    items = value.items() if isinstance(value, Mapping) else ()
    for key, item in enumerate(value) if isinstance(value, list) else items:
        found = _value_path(item, texts, (*path, key))
        if found is not None:
            return found
    return None


def _innermost(frames: list[dict[str, Any]]) -> tuple[YamlPath, bool]:
    """(section of the innermost frame that has one, whether it is the loop's own line)."""
    for frame in reversed(frames):
        if frame["file"].startswith("tools/"):
            return (), True
        for folder, path in FOLDERS:
            if frame["file"].startswith(folder):
                return path, False
    return (), False


def _inside(ctx: Context, path: YamlPath, frames: list[dict[str, Any]]) -> YamlPath:
    """The part of a section that was being built."""
    section, _ = _innermost(frames)
    if section[: len(path)] == path and ctx.get(*section) is not None:
        return section
    return path


def _in_data(ctx: Context, mode: str, fact: Fact) -> YamlPath:
    names = {frame["function"] for frame in fact.get("frames") or []}
    unknown = re.match(r"name '(\w+)' is not defined", str(fact["message"]))
    transform = ctx.transform(mode, unknown.group(1)) if unknown else None
    if transform is not None:
        return transform.path
    if "create_operators" in names:
        return (mode, "dataset", "transforms")
    return (mode, "dataset") if ctx.get(mode, "dataset") is not None else (mode,)


def _words(ctx: Context, frames: list[dict[str, Any]]) -> YamlPath:
    """The key that the failing line of tools/ speaks of."""
    settings = ctx.get("Global", default={})
    for frame in reversed(frames):
        for word in re.findall(r"\w+", frame["text"]):
            if word in KEYS:
                return KEYS[word]
            if word in settings and word not in ("distributed", "save_model_dir"):
                return ("Global", word)
    return ()


def _advice(ctx: Context, told: Told, fact: Fact, path: YamlPath) -> str:
    kind = ctx.get("Architecture", "model_type")
    if fact["type"] == "FileNotFoundError":
        return say("Correct the path; PaddleOCR starts from the folder in which the command runs.")
    if fact["type"] in ("ModuleNotFoundError", "ImportError"):
        return say("Install what PaddleOCR needs: pip install -r requirements.txt in its folder.")
    if "Cannot compile" in str(fact["message"]):  # PSE compiles itself at each start
        return say("Install a C compiler and, for the Python that trains, cython and setuptools.")
    if path == ("Eval", "dataset", "transforms"):
        types = [b["items"][0]["type"] for b in told.all("batch", mode="Eval") if b["items"]]
        if any("int" in kind for kind in types):
            return say(
                "The validation images come as {type}: give Eval the NormalizeImage of Train.",
                type=types[0],
            )
        return say(
            "Compare Eval.dataset.transforms with those of Train and of the stock configuration."
        )
    if path[:1] == ("Metric",) and kind == "det":
        return say("A text detector is scored by DetMetric, with main_indicator: hmean.")
    if path[:1] == ("Metric",) and kind == "rec":
        return say("Text recognition is scored by RecMetric, with main_indicator: acc.")
    if path[:1] == ("PostProcess",):
        return say(
            "Take the postprocess of {algorithm}, as in its stock configuration.",
            algorithm=ctx.get("Architecture", "algorithm", default="this algorithm"),
        )
    if path[:1] == ("Architecture",) and fact["stage"] in ("step", "evaluation", "largest"):
        return say(
            "Either its parts do not fit each other, or it does not take images of this size "
            "(image_shape, or size of the crop): compare with the stock configuration."
        )
    if fact["type"] == "NameError" and fact["stage"] == "data":
        return say("PaddleOCR has no operator of this name; look for the spelling.")
    if fact["type"] == "ZeroDivisionError":
        return say("Write a number from 1 on.")
    return say("Compare this part with the stock configuration of the same algorithm.")
