"""What the facts of a rehearsal mean. Pure: facts and the configuration in, findings out."""

from __future__ import annotations

from collections.abc import Iterator

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.rehearsal import data, model
from ppocr_guard.audit.rehearsal.crashes import crashes, during, not_fetched
from ppocr_guard.audit.rehearsal.found import Found
from ppocr_guard.audit.rehearsal.process import Told
from ppocr_guard.wording import say


def judge(ctx: Context, told: Told) -> list[Found]:
    """All that a rehearsal found."""
    return [
        *_device(told),
        *_ended(ctx, told),
        *data.samples(ctx, told),
        *data.batches(ctx, told),
        *data.targets(ctx, told),
        *data.values(ctx, told),
        *model.ignored(told),
        *model.weights(ctx, told),
        *not_fetched(ctx, told),
        *crashes(ctx, told),
        *model.losses(told),
        *model.gradients(told),
        *model.ctc(told),
        *model.perfect(ctx, told),
    ]


def _device(told: Told) -> Iterator[Found]:
    if told.first("no_gpu"):
        yield Found(
            "device_missing",
            "critical",
            ("Global", "use_gpu"),
            say(
                "use_gpu is true, and the paddle of this Python is built for the CPU: the training "
                "ends at once. (Rehearsed on the CPU.)"
            ),
            say("Set use_gpu: false, install paddlepaddle-gpu, or rehearse where you train."),
        )


def _ended(ctx: Context, told: Told) -> Iterator[Found]:
    stage = told.stage
    name = stage["stage"]
    if told.ended in ("silent", "timeout") and name == "sample":
        operator = str(stage.get("operator") or "")
        yield Found(
            "sample_hangs",
            "critical",
            data.operator_path(ctx, str(stage["mode"]), operator),
            say(
                "Sample {number} of {mode}.dataset hangs in {operator}.",
                number=stage["number"],
                mode=stage["mode"],
                operator=operator or say("the data set itself"),
            ),
            say("Look at what this operator is given."),
            data=str(stage["mode"]),
        )
    elif told.ended == "timeout":
        yield Found(
            "rehearsal_incomplete",
            "info",
            (),
            say(
                "The rehearsal was ended after {seconds:.0f} s, {when}; what comes after that "
                "was not tried.",
                seconds=told.seconds,
                when=during(str(name)),
            ),
            say("Give it more time with --timeout, or fewer images with --images."),
        )
    elif told.ended == "died" and not told.first("crash"):
        yield _died(told, str(name))


def _died(told: Told, stage: str) -> Found:
    lines = [line for line in told.log.splitlines() if line.strip()]
    killed = told.exit_code == -9
    message = say(
        "The process died {when} (exit code {code}): {line}",
        when=during(stage),
        code=told.exit_code,
        line=lines[-1][:200].rstrip(".") + "." if lines else say("it said nothing."),
    )
    if killed:
        return Found(
            "memory_short",
            "critical",
            ("Train", "loader", "batch_size_per_card"),
            message,
            say("The system ends what takes too much memory: take smaller batches or images."),
        )
    return Found(
        "training_crashes", "critical", (), message, say("See the end of what PaddleOCR printed.")
    )
