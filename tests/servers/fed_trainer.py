"""A process that feeds a real guard with the Prometheus hook the events of a run.

    python fed_trainer.py PORT RUN {healthy,collapse} [seconds an epoch]

It trains until a line comes on stdin: `finish` ends the run as PaddleOCR does.
"""

from __future__ import annotations

import math
import select
import sys
import time

from ppocr_guard.events import (
    Alert,
    EpochStart,
    EvalEnd,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.prometheus import Prometheus

# hmean by evaluation of two real runs of the same detector: released 2.10.0, and the bug.
HMEAN = {
    "healthy": [0.82, 0.91, 0.91, 0.92, 0.94, 0.94, 0.93, 0.95],
    "collapse": [0.79, 0.60, 0.26, 0.23, 0.20, 0.22, 0.24, 0.24],
}
RATIO = {"healthy": 0.4, "collapse": 0.8096}
STEPS = 10  # an epoch


def main(port: int, run: str, scenario: str, seconds: float) -> None:
    guard = Guard([Prometheus(port=port, linger_seconds=20)])
    guard.dispatch(
        RunStart(
            time=time.time(),
            run=run,
            model="DB/MobileNetV3",
            release="2.10.0",
            config={"Optimizer": {"lr": {"learning_rate": 0.001}}},
            save_model_dir="./output",
            epoch_num=500,
        )
    )
    best, epoch = 0.0, 0
    while True:
        epoch += 1
        values = HMEAN[scenario]
        value = values[min(epoch, len(values)) - 1]
        best = max(best, value)
        if train_epoch(guard, scenario, epoch, seconds):
            break
        evaluate(guard, epoch, value, best)
        if scenario == "collapse" and epoch == 4:
            guard.dispatch(alert("hmean_collapse", epoch, "hmean 0.230 is far below 0.790."))
        if scenario == "collapse" and epoch >= 4:  # the guard's own does not know this alert
            guard.dispatch(Verdict(time.time(), epoch, epoch * STEPS, epoch, "collapsed"))
        if scenario == "healthy" and epoch == 3:
            guard.dispatch(Verdict(time.time(), epoch, epoch * STEPS, epoch, "healthy"))
    guard.dispatch(RunEnd(time.time(), epoch, epoch * STEPS, "finished"))
    guard.close(timeout=5)


def train_epoch(guard: Guard, scenario: str, epoch: int, seconds: float) -> bool:
    """True when the run shall finish."""
    step = (epoch - 1) * STEPS
    guard.dispatch(EpochStart(time.time(), epoch, step, STEPS))
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        for source in ("scheduled", "live", "measured"):
            ratio = RATIO[scenario] + (0.004 if source == "measured" else 0)
            guard.dispatch(ShrinkRatio(time.time(), epoch, step, operator, source, ratio, 0.4, 0.6))
    if epoch == 1:
        iou, unclip = (0.87, 1.8) if scenario == "healthy" else (0.51, 0.43)
        guard.dispatch(RoundTrip(time.time(), 1, 0, 1.5, iou, 0.6, unclip, 0.87, 64))
        if scenario == "collapse":
            text = "the effective shrink ratio is 0.810, the config means 0.4 to 0.6."
            guard.dispatch(alert("shrink_ratio_unexpected", 1, text))
    for _ in range(STEPS):
        step += 1
        wait = 0.1 + 0.05 * math.sin(step)
        loss = 1.4 + 4 / step
        guard.dispatch(
            StepEnd(
                time=time.time(),
                epoch=epoch,
                global_step=step,
                losses={
                    "loss": loss,
                    "loss_shrink_maps": 0.6 * loss,
                    "loss_threshold_maps": 0.3 * loss,
                    "loss_binary_maps": 0.1 * loss,
                },
                learning_rate=0.001 * 0.5 * (1 + math.cos(step / 500)),
                images=8,
                step_seconds=seconds / STEPS,
                data_seconds=wait * seconds / STEPS,
            )
        )
        if select.select([sys.stdin], [], [], seconds / STEPS)[0]:
            return sys.stdin.readline().strip() == "finish"
    return False


def evaluate(guard: Guard, epoch: int, hmean: float, best: float) -> None:
    guard.dispatch(
        EvalEnd(
            time=time.time(),
            epoch=epoch,
            global_step=epoch * STEPS,
            evaluation=epoch,
            metrics={"hmean": hmean, "precision": hmean + 0.01, "recall": hmean - 0.01},
            main_indicator="hmean",
            value=hmean,
            best=best,
            duration_seconds=2.5,
        )
    )


def alert(code: str, epoch: int, message: str) -> Alert:
    return Alert(code, "critical", message, "", {}, epoch, epoch * STEPS, epoch, time.time())


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        sys.argv[2],
        sys.argv[3],
        float(sys.argv[4]) if len(sys.argv) > 4 else 2.0,
    )
