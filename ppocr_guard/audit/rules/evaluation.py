"""Whether, when and on what the model is evaluated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Optional

from ppocr_guard.audit.context import LABELLED, Context
from ppocr_guard.audit.images import image_sizes
from ppocr_guard.audit.problem import Edit, Finding
from ppocr_guard.audit.rule import rule
from ppocr_guard.wording import say

FEW = 4  # evaluations in a run from which a collapse is seen too late to save much
LARGE = 5  # times the training crop; stock training shows texts at up to about this scale
STEP = ("Global", "eval_batch_step")


@rule(
    "evaluation_disabled",
    "critical",
    "without evaluation PaddleOCR keeps no best_accuracy and nobody sees hmean fall "
    "(tools/program.py train)",
    reads="files",
)
def evaluation_disabled(ctx: Context) -> Iterator[Finding]:
    if not ctx.get("Eval", "dataset"):
        yield Finding(
            ("Eval",),
            say("There is no evaluation set: Eval is empty or missing."),
            say("Add Eval.dataset and Eval.loader."),
        )
    elif ctx.dataset("Eval") in LABELLED and not ctx.label_paths("Eval"):
        yield Finding(
            ("Eval", "dataset", "label_file_list"),
            say("The evaluation set has no label file."),
            say("Name it in {key}.", key="Eval.dataset.label_file_list"),
        )
    elif ctx.images("Eval") == 0:
        yield Finding(
            ("Eval", "dataset", "label_file_list"),
            say("The evaluation set is empty: its label files hold no line."),
            say("Put images that are not in the training set into it."),
        )
    elif _all_dropped(ctx):
        yield Finding(
            ("Eval", "loader", "drop_last"),
            say("Eval.loader.drop_last drops the only, incomplete, batch: nothing is evaluated."),
            say("Set {setting}.", setting="drop_last: false"),
            (Edit(("Eval", "loader", "drop_last"), False),),
        )


def _all_dropped(ctx: Context) -> bool:
    images = ctx.images("Eval")
    batch = ctx.number("Eval", "loader", "batch_size_per_card") or 1
    return bool(ctx.get("Eval", "loader", "drop_last")) and images is not None and images < batch


class _Plan:
    """When evaluations happen: (start, every) in steps, as tools/program.py reads them."""

    def __init__(self, ctx: Context) -> None:
        self.epochs = ctx.number("Global", "epoch_num")
        self.steps_per_epoch = ctx.steps_per_epoch()
        self.start: float = 0
        self.every: Optional[float] = None
        value, by_epoch = ctx.get(*STEP), ctx.number("Global", "eval_batch_epoch")
        if by_epoch and self.steps_per_epoch:
            self.every = by_epoch * self.steps_per_epoch
        elif isinstance(value, list) and len(value) >= 2 and all(_is_number(v) for v in value[:2]):
            self.start, self.every = value[:2]
        elif _is_number(value):
            self.every = value

    @property
    def total(self) -> Optional[float]:
        """Steps of the whole run; None: not known here."""
        if self.steps_per_epoch is None or self.epochs is None:
            return None
        return self.steps_per_epoch * self.epochs

    @property
    def evaluations(self) -> Optional[int]:
        if self.total is None or not self.every or self.every < 0:
            return None
        return max(0, int((self.total - self.start) // self.every))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@rule(
    "eval_batch_step_unusable",
    "critical",
    "tools/program.py takes [start, every], or one number, and divides by it after each step",
)
def eval_batch_step_unusable(ctx: Context) -> Iterator[Finding]:
    value = ctx.get(*STEP)
    if value is None and ctx.get("Global", "eval_batch_epoch"):
        return
    pair = value if isinstance(value, list) else [0, value]
    if len(pair) != 2 or not all(_is_number(v) for v in pair) or pair[0] < 0 or pair[1] <= 0:
        yield Finding(
            STEP,
            say("eval_batch_step is {value}, which is no [start, every].", value=repr(value)),
            say("Write for instance eval_batch_step: [0, 500]."),
        )


@rule(
    "evaluation_never_reached",
    "critical",
    "stock configs evaluate after thousands of steps, more than a small data set has in all; then "
    "there is never an hmean (or acc) and never a best_accuracy",
    reads="files",
)
def evaluation_never_reached(ctx: Context) -> Iterator[Finding]:
    plan = _Plan(ctx)
    if plan.evaluations == 0 and plan.total and plan.every:
        first = plan.start + plan.every
        every = max(1, int(plan.steps_per_epoch or 1))
        yield Finding(
            STEP,
            say(
                "The first evaluation is due after step {first:g}, but the run has only {total:g} "
                "steps ({steps} an epoch).",
                first=first,
                total=plan.total,
                steps=plan.steps_per_epoch,
            ),
            say("Set eval_batch_step: [0, {every}] for one each epoch.", every=every),
            (Edit(STEP, [0, every]),),
        )


@rule(
    "evaluation_rare",
    "warning",
    "a collapse shows at an evaluation; with few of them most of the run is over when it is seen",
    reads="files",
)
def evaluation_rare(ctx: Context) -> Iterator[Finding]:
    plan = _Plan(ctx)
    if not (plan.evaluations and plan.total and plan.epochs and plan.every):
        return
    rarer_than_epochs = plan.every > (plan.steps_per_epoch or 1)
    if plan.evaluations < FEW and rarer_than_epochs:
        epochs = max(1.0, plan.epochs // 20)
        every = max(1, int((plan.steps_per_epoch or 1) * epochs))
        yield Finding(
            STEP,
            say(
                "Only {evaluations} in {total:g} steps, the first after {first:g}.",
                evaluations=say("1 evaluation")
                if plan.evaluations == 1
                else say("{evaluations} evaluations", evaluations=plan.evaluations),
                total=plan.total,
                first=plan.start + plan.every,
            ),
            say("Set {setting}.", setting=f"eval_batch_step: [0, {every}]"),
        )


@rule(
    "eval_batch_size",
    "critical",
    "DetResizeForTest gives each image its own size, and images of different size make no batch "
    "(issue 672)",
)
def eval_batch_size(ctx: Context) -> Iterator[Finding]:
    batch = ctx.number("Eval", "loader", "batch_size_per_card")
    resize = ctx.transform("Eval", "DetResizeForTest")
    if batch is None or batch <= 1 or resize is None or "image_shape" in resize.parameters:
        return
    path = ("Eval", "loader", "batch_size_per_card")
    yield Finding(
        path,
        say(
            "Evaluation in batches of {batch:g} fails as soon as two images differ in size.",
            batch=batch,
        ),
        say("Set {setting}.", setting="Eval.loader.batch_size_per_card: 1"),
        (Edit(path, 1),),
    )


@rule(
    "eval_images_large",
    "warning",
    "without a limit DetResizeForTest keeps large images as they are, so that texts are far larger "
    "than in the training crops (issue 8371: hmean 0 at 5472 x 3648)",
    reads="images",
)
def eval_images_large(ctx: Context) -> Iterator[Finding]:
    resize = ctx.transform("Eval", "DetResizeForTest")
    crop = ctx.transform("Train", "EastRandomCropData")
    size = crop.parameters.get("size") if crop else None
    if resize is None or not isinstance(size, list) or not all(_is_number(v) for v in size):
        return
    limited = resize.parameters.get("limit_type", "min") != "min"
    if limited or {"image_shape", "resize_long"} & set(resize.parameters):
        return
    samples = [sample for file in ctx.labels("Eval") for sample in file.samples]
    longest = sorted(max(w, h) for _, w, h in image_sizes(ctx, "Eval", samples))
    if longest and size and longest[len(longest) // 2] > LARGE * max(size):
        yield Finding(
            resize.path,
            say(
                "Half of the evaluation images are {length} pixels long or more, and are evaluated "
                "at full size; training crops have {crop}.",
                length=longest[len(longest) // 2],
                crop=max(size),
            ),
            say(
                "Set DetResizeForTest: {{limit_side_len: 960, limit_type: max}}, or what is used "
                "later."
            ),
        )


@rule(
    "metric_during_train",
    "critical",
    "for text detection it gives a label map to the postprocess as the image size: `too many "
    "values to unpack` at the first step (issues 4975, 5710, 16190)",
)
def metric_during_train(ctx: Context) -> Iterator[Finding]:
    path = ("Global", "cal_metric_during_train")
    if ctx.get(*path) is True and ctx.get("Architecture", "model_type") == "det":
        yield Finding(
            path,
            say("cal_metric_during_train: true ends a detection training at its first step."),
            say("Set it to false; evaluation has its own switch, eval_batch_step."),
            (Edit(path, False),),
        )


@rule(
    "train_eval_overlap",
    "warning",
    "images that were trained on make hmean or acc too good, and hide overfitting",
    reads="labels",
)
def train_eval_overlap(ctx: Context) -> Iterator[Finding]:
    train = _image_files(ctx, "Train")
    shared = [name for image, name in _image_files(ctx, "Eval").items() if image in train]
    if shared:
        yield Finding(
            ("Eval", "dataset", "label_file_list"),
            say(
                "{count} of the evaluation images are in the training set too, such as {image}.",
                count=len(shared),
                image=shared[0],
            ),
            say("Take them out of one of the two."),
        )


def _image_files(ctx: Context, mode: str) -> dict[str, str]:
    """The images, each under one name: links and dots in the names of folders are followed. To it
    the path as the configuration has it."""
    data_dir = str(ctx.data_dir(mode))
    folders: dict[str, str] = {}
    found: dict[str, str] = {}
    for file in ctx.labels(mode):
        for image in file.images:
            folder, name = os.path.split(os.path.join(data_dir, image))
            if folder not in folders:
                folders[folder] = os.path.realpath(folder)
            found[os.path.join(folders[folder], name)] = os.path.join(data_dir, image)
    return found
