"""A collapse, as the tests of notifications tell it."""

from __future__ import annotations

from ppocr_guard.events import Alert, RunStart
from ppocr_guard.hooks.notify.message import RunSoFar

START = RunStart(1000.0, "ch_PP-OCRv4", "DB/MobileNetV3", "2.8.1", {}, "out", 500)
COLLAPSE = Alert(
    "hmean_collapse",
    "critical",
    "hmean fell from 0.95 to 0.24.",
    "Stop the run.",
    {"best": 0.9526, "value": 0.2401, "share": {"of_best": 0.25}, "cause": "the ratio is 0.8096"},
    epoch=7,
    global_step=700,
    evaluation=7,
    time=2000.0,
)
SO_FAR = RunSoFar(
    START,
    (0.79, 0.95, 0.4, 0.24, float("nan")),
    0.9526,
    2,
    "out/best_accuracy",
    host="gpu-7",
    report="ppocr-guard report out",
)
