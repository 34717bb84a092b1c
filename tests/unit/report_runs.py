"""Journals to test the report and the live view with.

The hmean of the shapes follows what real trainings of MobileNetV3 DB gave (40 evaluations, 2.8.1
with total_epoch 500 against 2.10.0); between the known evaluations it is interpolated.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ppocr_guard.events import (
    Alert,
    CheckpointSaved,
    EpochStart,
    EvalEnd,
    Event,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    StopRequest,
    Verdict,
)
from ppocr_guard.records import to_record

BEGAN = 1_795_000_000.0
_HMEAN = {
    "healthy": {1: 0.82, 2: 0.91, 3: 0.91, 5: 0.94, 10: 0.94, 20: 0.93, 40: 0.95},
    "collapse": {1: 0.79, 2: 0.60, 3: 0.26, 5: 0.20, 10: 0.24, 20: 0.18, 40: 0.24},
}
_NORMALIZE = {
    "scale": "1./255.",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "order": "hwc",
}
_LOADER = {"drop_last": False, "shuffle": True, "num_workers": 4}
_MAPS = ("threshold_map", "threshold_mask", "shrink_map", "shrink_mask")
CONFIG = {
    "Global": {
        "epoch_num": 40,
        "eval_batch_step": [0, 20],
        "pretrained_model": "./best_accuracy",
        "save_model_dir": "./output/db_mv3",
        "seed": 1024,
        "print_batch_step": 10,
        "save_epoch_step": 10,
        "log_smooth_window": 20,
    },
    "Architecture": {
        "model_type": "det",
        "algorithm": "DB",
        "Backbone": {"name": "MobileNetV3", "scale": 0.5, "model_name": "large"},
        "Neck": {"name": "DBFPN", "out_channels": 256},
        "Head": {"name": "DBHead", "k": 50},
    },
    "Loss": {"name": "DBLoss"},
    "Metric": {"name": "DetMetric", "main_indicator": "hmean"},
    "Optimizer": {"name": "Adam", "lr": {"name": "Cosine", "learning_rate": 0.001}},
    "PostProcess": {"name": "DBPostProcess", "unclip_ratio": 1.5},
    "Train": {
        "dataset": {
            "name": "SimpleDataSet",
            "data_dir": "./data",
            "label_file_list": ["./data/train.txt"],
            "ratio_list": [1.0],
            "transforms": [
                {"DecodeImage": {"img_mode": "BGR"}},
                {"DetLabelEncode": None},
                {"EastRandomCropData": {"size": [640, 640]}},
                {"MakeBorderMap": {"shrink_ratio": 0.4, "total_epoch": 500}},
                {"MakeShrinkMap": {"shrink_ratio": 0.4, "total_epoch": 500}},
                {"NormalizeImage": _NORMALIZE},
                {"ToCHWImage": None},
                {"KeepKeys": {"keep_keys": ["image", *_MAPS]}},
            ],
        },
        "loader": {"batch_size_per_card": 8, **_LOADER},
    },
    "Eval": {
        "dataset": {
            "name": "SimpleDataSet",
            "label_file_list": ["./data/val.txt"],
            "transforms": [
                {"DecodeImage": {"img_mode": "BGR"}},
                {"DetLabelEncode": None},
                {"DetResizeForTest": None},
                {"NormalizeImage": _NORMALIZE},
                {"ToCHWImage": None},
                {"KeepKeys": {"keep_keys": ["image", "shape", "polys", "ignore_tags"]}},
            ],
        },
        "loader": {"batch_size_per_card": 1, **_LOADER},
    },
}


def hmean_at(shape: str, evaluation: int) -> float:
    known = sorted(_HMEAN[shape].items())
    for (x0, y0), (x1, y1) in zip(known, known[1:]):
        if x0 <= evaluation <= x1:
            wobble = 0.012 * math.sin(7.0 * evaluation) if evaluation not in (x0, x1) else 0.0
            return y0 + (y1 - y0) * (evaluation - x0) / (x1 - x0) + wobble
    return known[-1][1]


def training(
    shape: str = "collapse",
    *,
    epochs: int = 40,
    until: Optional[int] = None,
    steps: int = 20,
    stop_at: Optional[int] = None,
    ended: bool = True,
) -> Iterator[Event]:
    """Events of a run that evaluates once an epoch; ``stop_at``: the epoch the guard stops in."""
    last = stop_at or until or epochs
    draw = random.Random(4)
    now = BEGAN
    bug = shape == "collapse"
    real = 0.8096 if bug else 0.4
    yield RunStart(
        time=now,
        run=f"db_mv3_{shape}",
        model="DB/MobileNetV3",
        release="2.7.1, 2.7.4 to 2.8.1" if bug else "2.10.0",
        config=CONFIG,
        save_model_dir="./output/db_mv3",
        epoch_num=epochs,
        steps_per_epoch=steps,
        eval_every_steps=steps,
    )
    best, best_epoch = 0.0, 0
    for epoch in range(1, last + 1):
        done = (epoch - 1) * steps
        yield EpochStart(now, epoch, done, steps)
        for operator in ("MakeBorderMap", "MakeShrinkMap"):
            for source, ratio in (
                ("scheduled", real),
                ("live", real),
                ("measured", real + draw.gauss(0, 0.006)),
            ):
                measured = source == "measured"
                yield ShrinkRatio(
                    time=now,
                    epoch=epoch,
                    global_step=done,
                    operator=operator,
                    source=source,
                    ratio=ratio,
                    expected_low=0.4,
                    expected_high=0.6 if bug else 0.4,
                    uncertainty=0.012 if measured else None,
                    regions=164 if measured else None,
                )
        if epoch == 1 and bug:
            yield from _first_epoch_findings(now)
        for step in range(done + 1, done + steps + 1):
            now += 1.4
            fall = math.exp(-step / 60.0)
            shrink = (0.75 if bug else 1.0) + 1.45 * fall + draw.gauss(0, 0.05)
            threshold = 0.7 + 0.3 * fall + draw.gauss(0, 0.02)
            binary = 0.15 + 0.25 * fall + draw.gauss(0, 0.01)
            yield StepEnd(
                time=now,
                epoch=epoch,
                global_step=step,
                losses={
                    "loss": shrink + threshold + binary,
                    "loss_shrink_maps": shrink,
                    "loss_threshold_maps": threshold,
                    "loss_binary_maps": binary,
                    "loss_cbn": 0.0,
                },
                learning_rate=0.001 * min(1, step / (2 * steps)) * _cosine(step, epochs * steps),
                images=8,
                step_seconds=1.4 + abs(draw.gauss(0, 0.15)),
                data_seconds=0.03 + abs(draw.gauss(0, 0.02)),
            )
        now += 9.0
        value = hmean_at(shape, epoch)
        if value >= best:
            best, best_epoch = value, epoch
        yield EvalEnd(
            time=now,
            epoch=epoch,
            global_step=epoch * steps,
            evaluation=epoch,
            metrics={"precision": value - 0.008, "recall": value + 0.008, "hmean": value},
            main_indicator="hmean",
            value=value,
            best=best,
            best_epoch=best_epoch,
            duration_seconds=9.0,
            rescored={0.2: 0.92, 0.5: 0.9, 1.0: 0.75, 1.5: value} if bug and epoch > 3 else None,
        )
        if best_epoch == epoch:
            path = "./output/db_mv3/best_accuracy"
            yield CheckpointSaved(now, epoch, epoch * steps, path, "best_accuracy", True)
        if bug and epoch == 4:
            yield from _collapse(now, epoch, steps)
        elif epoch == 3 and not bug:
            yield Verdict(now, epoch, epoch * steps, epoch, "healthy", "hmean 0.91, still rising.")
    if ended:
        stop = None
        if stop_at:
            reason = f"hmean fell from 0.7900 (evaluation 1) to 0.2000 at evaluation {stop_at}."
            stop = StopRequest("hmean_collapse", reason, last, last * steps, last)
        yield RunEnd(now, last, last * steps, "stopped" if stop_at else "finished", stop)


def _cosine(step: int, total: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * step / total))


def _first_epoch_findings(now: float) -> Iterator[Event]:
    cause = "PaddleOCR 2.8.1 takes the seed 1024 for the epoch: 0.4 + 0.2 * 1024 / 500"
    remedy = "Delete total_epoch from MakeShrinkMap and MakeBorderMap (`ppocr-guard fix YAML`)."
    for operator in ("MakeBorderMap", "MakeShrinkMap"):
        yield Alert(
            code="shrink_ratio_unexpected",
            severity="critical",
            message=f"{operator} shrinks by 0.8096 (live), the config means 0.4 to 0.6: {cause}.",
            advice=remedy,
            evidence={"operator": operator, "ratio": 0.8096, "expected_high": 0.6},
            epoch=1,
            time=now,
            hook="ShrinkRatio",
        )
    yield RoundTrip(now, 1, 0, 1.5, 0.51, 0.59, 0.43, 0.93, 164)
    yield Alert(
        code="unclip_mismatch",
        severity="warning",
        message="A perfect prediction of these maps has a median IoU of 0.51 after the "
        "postprocess; unclip_ratio 0.43 would fit, 1.5 is configured.",
        advice="Mend the shrink ratio first; unclip_ratio 1.5 is made for 0.4.",
        evidence={"median_iou": 0.51, "fitting_unclip_ratio": 0.43},
        epoch=1,
        time=now,
        hook="ShrinkRatio",
    )


def _collapse(now: float, epoch: int, steps: int) -> Iterator[Event]:
    step = epoch * steps
    message = "hmean fell from 0.7900 (evaluation 1) to 0.2300 and did not come back."
    yield Verdict(now, epoch, step, epoch, "collapsed", message)
    yield Alert(
        code="hmean_collapse",
        severity="critical",
        message=message,
        advice="The shrink ratio of 0.8096 explains it: mend it and start again.",
        evidence={"best": 0.79, "value": 0.23, "series": [0.79, 0.6, 0.26, 0.23]},
        epoch=epoch,
        global_step=step,
        evaluation=epoch,
        time=now,
        hook="HmeanTrend",
    )


def thinned(events: Iterator[Event]) -> Iterator[Event]:
    """As the Journal leaves steps out of a long run: one of fifty."""
    return (e for e in events if not isinstance(e, StepEnd) or e.global_step % 50 == 0)


def write_journal(folder: Path, events: Iterator[Event]) -> Path:
    """A journal as the Journal hook leaves it in the folder of a run."""
    path = folder / "ppocr_guard" / "journal.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(to_record(event)) + "\n" for event in events)
    path.write_text("".join(lines), encoding="utf-8")
    return path
