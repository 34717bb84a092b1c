"""Neither detection nor plain recognition: the right indicator, no false word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from judged import Judged, alerts

from ppocr_guard.events import EvalEnd, RunStart
from ppocr_guard.hooks.diagnosis import Diagnosis
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.paddleocr.texts import record_texts

# model_type, main indicator, what its metric gives beside it (0.5: the indicator's own value)
TASKS: list[tuple[str, str, tuple[str, ...]]] = [
    ("cls", "acc", ()),
    ("kie", "hmean", ("precision", "recall")),  # VQASerTokenMetric
    ("table", "acc", ("bbox_metric_precision",)),
    ("rec", "acc", ("norm_edit_dis", "Teacher_acc", "Teacher_norm_edit_dis")),  # distillation
    ("sr", "all", ("psnr_avg", "ssim_avg")),
]
OF_DETECTION = {"unclip_mismatch", "labels_shifted", "shrink_ratio_wrong", "postprocess_mismatch"}


def run(task: str, indicator: str, others: tuple[str, ...], values: list[float]) -> list[Any]:
    judged = Judged(HmeanTrend(), Diagnosis())
    config: Mapping[str, Any] = {
        "Architecture": {"model_type": task},
        "Optimizer": {"name": "Adam", "lr": {"learning_rate": 0.001}},
    }
    judged.on_run_start(
        RunStart(0.0, "r", "x", "2.10.0", config, "o", 10, main_indicator=indicator)
    )
    found: list[Any] = []
    for number, value in enumerate(values, 1):
        metrics = {indicator: value, **dict.fromkeys(others, value)}
        found += judged.on_eval(
            EvalEnd(
                0.0,
                (number + 1) // 2,
                number,
                number,
                metrics,
                indicator,
                value,
                max(values[:number]),
            )
        )
    return alerts(found)


@pytest.mark.parametrize(("task", "indicator", "others"), TASKS)
def test_a_sound_run_hears_nothing(task: str, indicator: str, others: tuple[str, ...]) -> None:
    values = [0.2 + 0.7 * (1 - 0.8**i) for i in range(20)]
    assert [a for a in run(task, indicator, others, values) if a.severity != "info"] == []


@pytest.mark.parametrize(("task", "indicator", "others"), TASKS)
def test_a_collapse_is_told_by_its_own_name_and_without_boxes(
    task: str, indicator: str, others: tuple[str, ...]
) -> None:
    found = run(task, indicator, others, [0.6, 0.7, 0.8, *[0.2] * 8])
    collapse = next(alert for alert in found if alert.code == "hmean_collapse")
    assert collapse.message.startswith(f"{indicator} collapsed")
    named = {cause["code"] for alert in found for cause in alert.evidence.get("causes", ())}
    assert not named & OF_DETECTION


class DistillationMetric:
    key = "Student"
    main_indicator = "acc"

    def __call__(self, result: Any, *_: Any) -> None:
        self.seen = result


def test_the_student_is_read_and_the_metric_gets_all() -> None:
    metric = DistillationMetric()
    arguments: dict[str, Any] = {
        "eval_class": metric,
        "post_process_class": type("DistillationCTCLabelDecode", (), {})(),
    }
    texts = record_texts(arguments)
    assert texts is not None
    result = {name: ([(name, 0.5)], [("b", 1.0)]) for name in ("Teacher", "Student")}
    arguments["eval_class"](result)
    assert metric.seen is result
    assert [pair.prediction for pair in texts.pairs] == ["Student"]
