"""What a rehearsal says about the model: its keys, weights, losses, gradients, postprocess."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from typing import Any, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.rehearsal.found import Found, numbers
from ppocr_guard.audit.rehearsal.process import Fact, Told
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlPath, written

MISMATCH, MOSTLY = 0.5, 0.9  # of a backbone's tensors
MANY = 0.5  # of the labels of a batch


def ignored(told: Told) -> Iterator[Found]:
    for fact in told.all("ignored"):
        path = tuple(fact["path"])
        for key in fact["keys"]:
            near = _meant(key, fact["known"])
            yield Found(
                "unknown_key",
                "warning" if near else "info",
                (*path, key),
                say(
                    "{key} is no option of {who}, and is ignored.",
                    key=written((*path, key)),
                    who=fact["who"],
                ),
                say("Did you mean {near}?", near=near) if near else say("Remove it."),
            )


def _meant(key: str, known: list[str]) -> Optional[str]:
    def folded(name: str) -> str:
        return name.lower().replace("_", "").replace("-", "")

    same = [name for name in known if folded(name) == folded(key)]
    near = same or difflib.get_close_matches(key, known, n=1, cutoff=0.8)
    return near[0] if near else None


def weights(ctx: Context, told: Told) -> Iterator[Found]:
    for fact in told.all("weights"):
        path = _weights_path(ctx, fact)
        counts = say(
            "{fit} of the model's {total} tensors are in {file} with their shape",
            fit=fact["fit"],
            total=fact["total"],
            file=fact["path"],
        )
        by_part = ", ".join(
            f"{name} {part['fit']} of {sum(part.values())}" for name, part in fact["parts"].items()
        )
        if fact["fit"] == fact["total"]:
            continue
        if fact["key"] == "checkpoints" or _backbone(fact) < MOSTLY:
            critical = fact["key"] == "checkpoints" or _backbone(fact) < MISMATCH
            yield Found(
                "weights_mismatch",
                "critical" if critical else "warning",
                path,
                say(
                    "{counts} ({parts}): these weights are of another model, and the rest keeps "
                    "its random start.",
                    counts=counts,
                    parts=by_part,
                ),
                _weights_advice(fact),
            )
            continue
        yield Found(
            "weights_partial",
            "info",
            path,
            say("{counts} ({parts}).", counts=counts, parts=by_part),
            say("Usual where the head is new: another dictionary, another task."),
        )


def _backbone(fact: Fact) -> float:
    """The smallest share of a backbone's tensors that fit; of all tensors where there is none."""
    parts = {n: p for n, p in fact["parts"].items() if n.split(".")[-1] == "backbone"}
    shares = [
        part["fit"] / max(1, sum(part.values())) for part in (parts or fact["parts"]).values()
    ]
    return min(shares, default=0.0) if parts else fact["fit"] / max(1, fact["total"])


def _weights_path(ctx: Context, fact: Fact) -> YamlPath:
    for name, model in ctx.get("Architecture", "Models", default={}).items():
        written_as = str((model or {}).get("pretrained") or "")
        if written_as and fact["path"].startswith(written_as.removesuffix(".pdparams")):
            return ("Architecture", "Models", name, "pretrained")
    return ("Global", str(fact["key"]))


def _weights_advice(fact: Fact) -> str:
    prefix = str(fact.get("prefix") or "")
    if prefix.startswith("-"):
        return say(
            "Its names lack {prefix!r} at the start: these are weights of that part alone.",
            prefix=prefix[1:],
        )
    if prefix:
        return say(
            "Its names start with {prefix!r}: take that part out of the file.", prefix=prefix
        )
    for example in fact["examples"]:
        return say(
            "For example {name} is {file} there and {model} here: check name, scale and width of "
            "the Backbone.",
            **{key: str(example[key]) for key in ("name", "file", "model")},
        )
    return say("Take weights that were trained with this architecture.")


def losses(told: Told) -> Iterator[Found]:
    steps = [numbers(step["losses"]) for step in told.all("step") if step["losses"]]
    for number, losses in enumerate(steps, start=1):
        bad = [k for k, v in losses.items() if not math.isfinite(v)]
        if bad:
            yield Found(
                "loss_not_finite",
                "critical",
                ("Loss",),
                say(
                    "{name} is {value} at step {step}.",
                    name=bad[0],
                    value=losses[bad[0]],
                    step=number,
                ),
                say("Look at the learning rate, AMP (use_amp), and the labels."),
            )
            return
    totals = [losses["loss"] for losses in steps if "loss" in losses]
    images = sum(step["images"] for step in told.all("step"))
    if any(fact["too_long"] for fact in told.all("ctc")):
        return  # that explains a loss of 0
    if len(totals) > 1 and images > 3 and max(totals) - min(totals) <= 1e-7 * abs(totals[0]):
        yield Found(
            "loss_degenerate",
            "critical",
            ("Loss",),
            say(
                "The loss is {loss:.6f} at each of {steps} steps, whatever the batch.",
                loss=totals[0],
                steps=len(totals),
            ),
            say("Nothing can be learned from these labels: look at the training targets."),
        )


def gradients(told: Told) -> Iterator[Found]:
    facts, parameters = told.all("gradients"), told.first("parameters")
    if not facts:
        return
    parts: dict[str, Any] = facts[-1]["parts"]  # of all steps together
    dead = [name for name, (tensors, reached) in parts.items() if tensors and not reached]
    frozen = bool(parameters and parameters["parts"]) and not parts
    if frozen or (dead and len(dead) == len(parts)):
        yield Found(
            "part_without_gradient",
            "critical",
            ("Architecture",),
            say("All weights are frozen: nothing is trained.")
            if frozen
            else say("No weight gets a gradient from the loss: nothing is trained."),
            say("Look at freeze_params and at the loss."),
        )
        return
    for name in dead:
        yield Found(
            "part_without_gradient",
            "warning",
            ("Architecture",),
            say("No weight of {part} gets a gradient from the loss.", part=name),
            say("It stays as it is: freeze it if that is meant, else look at the loss."),
        )


def ctc(told: Told) -> Iterator[Found]:
    facts = told.all("ctc")
    too_long, labels = sum(f["too_long"] for f in facts), sum(f["of"] for f in facts)
    if not too_long:
        return
    worst = max(facts, key=lambda f: f["needed"] - f["time_steps"])
    yield Found(
        "ctc_steps_too_few",
        "critical" if too_long > MANY * labels else "warning",
        ("Global", "max_text_length"),
        say(
            "{count} of {of} labels need more than the time steps that the model has ({needed} "
            "against {steps} at a width of {width} pixels): they are not learned.",
            count=too_long,
            of=labels,
            needed=worst["needed"],
            steps=worst["time_steps"],
            width=worst["width"],
        ),
        say("Widen the images (image_shape, the sampler's scales), or cut the texts."),
    )


def perfect(ctx: Context, told: Told) -> Iterator[Found]:
    facts = told.all("perfect")
    fact = facts[-1] if facts else None  # of the batch with the most texts
    if fact is None or fact["boxes"] or fact["regions"] < 3:
        return
    wrong = [
        key
        for key in ("thresh", "box_thresh")
        if (value := ctx.number("PostProcess", key)) is not None and value >= 1
    ]
    path: YamlPath = ("PostProcess", wrong[0]) if wrong else ("PostProcess",)
    yield Found(
        "postprocess_blind",
        "critical",
        path,
        say(
            "The postprocess makes no box of a perfect prediction of {regions} texts: hmean can "
            "only be 0.",
            regions=fact["regions"],
        ),
        say("{key} is compared with probabilities, from 0 to 1.", key=wrong[0])
        if wrong
        else say("Compare PostProcess with the stock configuration."),
    )
