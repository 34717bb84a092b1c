"""A process that feeds a real guard with the Prometheus hook the events of a run.

    python fed_trainer.py PORT RUN {healthy,collapse,recovers,reads} SECONDS_AN_EPOCH FOLDER

It trains until a line comes on stdin: `finish` ends the run as PaddleOCR does. Its state is saved
in FOLDER after each evaluation, and where there is one, the run is resumed.
"""

from __future__ import annotations

import json
import math
import os
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Union

from ppocr_guard.events import (
    Condition,
    EpochStart,
    EvalEnd,
    Over,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.prometheus import Prometheus

# hmean by evaluation of two real runs of the same detector: released 2.10.0, and the bug; and
# one that is repaired after the seventh. The last is of recognition: acc.
HEALTHY = [0.82, 0.91, 0.91, 0.92, 0.94, 0.94, 0.93, 0.95]
COLLAPSE = [0.79, 0.60, 0.26, 0.23, 0.20, 0.22, 0.24, 0.24]
SCORES = {
    "healthy": HEALTHY,
    "collapse": COLLAPSE,
    "recovers": [*COLLAPSE[:7], 0.75, 0.86],
    "reads": [0.31, 0.44, 0.52, 0.58],
}
RATIO = {"healthy": 0.4, "collapse": 0.8096, "recovers": 0.4}
STEPS = 10  # an epoch
REPORT = "https://files.example.org/{run}/report.html"


class Judge(Hook):
    """Says what holds, on the evaluation in which the guard's own hooks say it."""

    def on_shrink_ratio(self, event: ShrinkRatio) -> Iterator[Condition]:
        if event.ratio > 0.6 and event.source == "live":
            message = f"the effective shrink ratio is {event.ratio:.3f}, the config means 0.4."
            code = "shrink_ratio_unexpected"
            yield Condition(code, "critical", message, subject=event.operator, time=event.time)

    def on_eval(self, event: EvalEnd) -> Iterator[Union[Condition, Over]]:
        if event.value < 0.5 * event.best and event.evaluation >= 4:
            message = f"hmean {event.value:.3f} is far below {event.best:.3f}."
            yield Condition("hmean_collapse", "critical", message, time=event.time)
        else:
            yield Over("hmean_collapse")


def main(port: int, run: str, scenario: str, seconds: float, folder: Path) -> None:
    guard = Guard([Judge(), Prometheus(port=port, linger_seconds=20, report_url=REPORT)])
    state = folder / "state.json"
    epoch, best = 0, 0.0
    if state.exists():
        saved = json.loads(state.read_text())
        guard.load_state_dict(saved["guard"])
        epoch, best = saved["epoch"], saved["best"]
    guard.dispatch(
        RunStart(
            time=time.time(),
            run=run,
            model="DB/MobileNetV3",
            release="2.10.0",
            config={"Optimizer": {"lr": {"learning_rate": 0.001}}},
            save_model_dir=str(folder),
            epoch_num=500,
            resumed=state.exists(),
        )
    )
    while True:
        epoch += 1
        values = SCORES[scenario]
        value = values[min(epoch, len(values)) - 1]
        best = max(best, value)
        if train_epoch(guard, scenario, epoch, seconds):
            break
        evaluate(guard, scenario, epoch, value, best)
        temporary = state.with_suffix(".new")
        temporary.write_text(
            json.dumps({"guard": guard.state_dict(), "epoch": epoch, "best": best})
        )
        os.replace(temporary, state)
    guard.dispatch(RunEnd(time.time(), epoch, epoch * STEPS, "finished"))
    guard.close(timeout=5)


def train_epoch(guard: Guard, scenario: str, epoch: int, seconds: float) -> bool:
    """True when the run shall finish."""
    step = (epoch - 1) * STEPS
    guard.dispatch(EpochStart(time.time(), epoch, step, STEPS))
    for operator in ("MakeShrinkMap", "MakeBorderMap") if scenario in RATIO else ():
        for source in ("scheduled", "live", "measured"):
            ratio = RATIO[scenario] + (0.004 if source == "measured" else 0)
            guard.dispatch(ShrinkRatio(time.time(), epoch, step, operator, source, ratio, 0.4, 0.6))
    if epoch == 1 and scenario in RATIO:
        iou, unclip = (0.87, 1.8) if RATIO[scenario] < 0.6 else (0.51, 0.43)
        guard.dispatch(RoundTrip(time.time(), 1, 0, 1.5, iou, 0.6, unclip, 0.87, 64))
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


def evaluate(guard: Guard, scenario: str, epoch: int, value: float, best: float) -> None:
    indicator = "acc" if scenario == "reads" else "hmean"
    beside = {"hmean": {"precision": value + 0.01, "recall": value - 0.01}}
    guard.dispatch(
        EvalEnd(
            time=time.time(),
            epoch=epoch,
            global_step=epoch * STEPS,
            evaluation=epoch,
            metrics={indicator: value, **beside.get(indicator, {"norm_edit_dis": value + 0.3})},
            main_indicator=indicator,
            value=value,
            best=best,
            duration_seconds=2.5,
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]), Path(sys.argv[5]))
