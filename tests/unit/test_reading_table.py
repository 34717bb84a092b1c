"""Causes of a recogniser: what speaks for each, and what is no fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from judged import Judged, alerts, over

from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import diagnose
from ppocr_guard.events import EvalEnd, Examination, Findings, RunStart
from ppocr_guard.hooks.diagnosis import Diagnosis
from ppocr_guard.hooks.hmean_trend import HmeanTrend

CONFIG = {
    "Global": {"pretrained_model": "weights", "max_text_length": 25},
    "Optimizer": {"name": "Adam", "lr": {"learning_rate": 0.0005}},
}
START = RunStart(0.0, "r", "CRNN", "2.10.0", CONFIG, "out", 10, main_indicator="acc")
SOUND = {
    "norm_edit_dis.train_eval": 0.97, "norm_edit_dis.val": 0.95, "empty.train": 0.0,
    "empty.train_eval": 0.0, "empty.val": 0.0, "alike.train": 0.06, "alike.val": 0.06,
    "letters.train": 35.0, "letters.val": 35.0, "elsewhere.train_eval": 0.0, "elsewhere.val": 0.0,
    "refused.train": 0.0, "refused.val": 0.0, "altered.train": 0.0, "altered.val": 0.0,
    "unspaced.train": 0.0, "ctc_impossible.train": 0.0, "foreign_kinds.train": 0.0,
    "foreign_kinds.val": 0.0, "steps.train": 20.0, "longest.train": 8.0, "sure.train_eval": 0.95,
    "sure.val": 0.94, "std.train_eval": 0.4,
}  # fmt: skip


def cells(train: float = 0.9, as_eval: float = 0.9, val: float = 0.85) -> dict[str, float]:
    found = {}
    for row in ("model", "best", "first"):
        found.update({f"{row}.train": train, f"{row}.train_eval": as_eval, f"{row}.val": val})
    return {**found, "labels.train": 1.0, "labels.train_eval": 1.0, "labels.val": 1.0}


def causes(
    model: dict[str, float], facts: dict[str, float], notes: Any = None, findings: Any = None
) -> list[Any]:
    collector = Collector()
    collector.run_start(START)
    collector.findings(Findings(0.0, 0, 0, findings or {"weights_fit": "68 of 68"}))
    collector.examination(
        Examination(0.0, 1, 0, 0, "acc", model, {**SOUND, **facts}, notes=notes or {})
    )
    return diagnose(collector.evidence)


def first(*args: Any, **kwargs: Any) -> str:
    found = causes(*args, **kwargs)
    return found[0].code if found else ""


def test_a_sound_start_has_no_cause() -> None:
    assert causes(cells(), {}) == []
    assert causes(cells(0.0, 0.0, 0.0), {"altered.train": 0.02, "unspaced.train": 0.03}) == []


def test_labels_that_paddleocr_changes() -> None:
    (cause,) = causes(cells(), {"altered.train": 0.2, "altered.val": 0.18}, {"lost.train": "€ 9"})
    assert cause.code == "labels_unwritable"
    assert cause.condition == "targets_wrong"
    assert "20% of the training labels and 18% of the validation labels" in cause.sentence
    assert "(€ 9)" in cause.sentence
    assert first(cells(), {"refused.train": 0.4, "altered.train": 0.2}) == "labels_refused"
    assert first(cells(), {"unspaced.train": 0.3}) == "spaces_lost"
    (cause,) = causes(cells(), {"ctc_impossible.train": 0.3})
    assert cause.code == "ctc_impossible"
    assert "30% of the training texts need more time steps" in cause.sentence


def test_white_images_explain_what_is_forgotten() -> None:
    """The model that knew the validation images reads nothing on training images."""
    white = cells(0.0, 0.0, 0.85)
    facts = {"std.train_eval": 0.0, "norm_edit_dis.train_eval": 0.02, "sure.train_eval": 0.4}
    assert first(white, facts) == "images_flat"
    assert first(white, {**facts, "std.train_eval": 0.3}) != "images_flat"


def test_labels_that_are_not_those_of_the_images() -> None:
    wrong = cells(0.0, 0.0, 0.85)
    far = {"norm_edit_dis.train_eval": 0.12}
    shuffled = causes(wrong, {**far, "elsewhere.train_eval": 0.9})
    assert shuffled[0].code == "labels_shuffled"
    assert "90% of its predictions" in shuffled[0].sentence
    rewritten = causes(wrong, {**far, "rescued.train_eval": 0.8}, {"rescued.train_eval": "case"})
    assert rewritten[0].code == "labels_rewritten"
    assert "right but for upper and lower case" in rewritten[0].sentence
    assert first(wrong, {**far, "foreign_kinds.train": 1.0}) == "labels_foreign"
    # Nothing tells these two apart: both are named.
    unclear = causes(wrong, far)
    assert {unclear[0].code, *unclear[0].rivals} == {"labels_shuffled", "labels_foreign"}


def test_the_evaluation_is_at_fault() -> None:
    assert first(cells(0.9, 0.1, 0.1), {"norm_edit_dis.train_eval": 0.4}) == "transforms_differ"
    lost = {"norm_edit_dis.val": 0.1}
    assert first(cells(0.9, 0.9, 0.0), {**lost, "elsewhere.val": 0.9}) == "evaluation_set"
    assert first(cells(0.9, 0.9, 0.0), lost) == "evaluation_set"


def test_weights_that_know_nothing() -> None:
    nothing = cells(0.0, 0.0, 0.0)
    far = {"norm_edit_dis.train_eval": 0.1, "norm_edit_dis.val": 0.1}
    surely = {**far, "sure.train_eval": 0.94, "sure.val": 0.95}
    assert first(nothing, surely) == "pretrained_wrong"
    # Both sets in a script that the weights have never seen: nothing is wrong.
    unsurely = {**far, "sure.train_eval": 0.62, "sure.val": 0.67}
    assert first(nothing, unsurely) == ""
    blank = dict.fromkeys(("empty.train", "empty.train_eval", "empty.val"), 1.0)
    assert first(nothing, {**far, **blank}) == "only_blanks"
    same = {"alike.train": 1.0, "alike.val": 1.0, "letters.train": 1.0, "letters.val": 1.0}
    assert first(nothing, {**far, **same}) == "one_answer"
    head = {"head_untrained": "The head of w has 37 classes, that of this dictionary 45."}
    (cause,) = causes(nothing, far, findings=head)
    assert (cause.code, cause.condition) == ("head_untrained", "")


def test_an_untrained_head_is_no_condition() -> None:
    judged = Judged(Diagnosis())
    judged.on_run_start(START)
    judged.on_findings(Findings(0.0, 0, 0, {"head_untrained": "45 classes."}))
    found = judged.on_examination(Examination(0.0, 1, 0, 0, "acc", cells(0, 0, 0), SOUND))
    assert not alerts(found)


def test_a_resume_with_another_configuration_forgets_how_the_run_began() -> None:
    """Else labels that were put right would be called shuffled for ever, by the first look."""
    judged = Judged(Diagnosis())
    judged.on_run_start(START)
    wrong = {**SOUND, "elsewhere.train_eval": 0.9, "norm_edit_dis.train_eval": 0.05}
    shuffled = cells(0.0, 0.0, 0.85)
    judged.on_examination(Examination(0.0, 1, 0, 0, "acc", shuffled, wrong))
    assert judged.conditions()["labels_wrong"].subject == "labels_shuffled"

    resumed = Judged(Diagnosis())
    resumed.guard.load_state_dict(judged.guard.state_dict())
    mended = replace(START, resumed=True, changed=("Train.dataset.label_file_list: a -> b",))
    assert over(resumed.on_run_start(mended)) == ["labels_wrong"]
    resumed.on_examination(Examination(0.0, 1, 0, 0, "acc", cells(), SOUND))
    assert not resumed.conditions()
    # The same labels again are told again.
    again = resumed.on_run_start(mended)
    assert not over(again)
    found = resumed.on_examination(Examination(0.0, 1, 0, 0, "acc", shuffled, wrong))
    assert [alert.subject for alert in alerts(found)] == ["labels_shuffled"]


def evaluations(near: list[float]) -> list[Any]:
    judged = Judged(HmeanTrend())
    judged.on_run_start(START)
    found = []
    for number, value in enumerate(near, 1):
        metrics = {"acc": 0.0, "norm_edit_dis": value}
        epoch = (number + 1) // 2
        found += judged.on_eval(EvalEnd(0.0, epoch, number, number, metrics, "acc", 0.0, 0.0))
    return [(alert.code, alert.severity) for alert in alerts(found)]


def test_acc_of_0_with_a_rising_edit_distance_is_slow_learning() -> None:
    rising = [0.03 * i for i in range(20)]
    assert evaluations(rising) == [("learns_slowly", "info")]
    assert evaluations([0.05] * 20) == [("hmean_not_learning", "warning")]
    # What stood still for long learns no more.
    assert evaluations(rising[:12] + [0.33] * 20)[-1] == ("hmean_not_learning", "warning")
