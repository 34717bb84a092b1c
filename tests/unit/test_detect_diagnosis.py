from __future__ import annotations

import pytest

from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import diagnose
from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.events import DataErrors, EvalEnd, Examination, RunStart, StepEnd

LOW = {"best": 0.79, "value": 0.24, "precision": 0.24, "recall": 0.24, "evaluations": 5}
FITS = {"unclip_ratio": 1.5, "round_trip_iou": 0.87, "round_trip_share": 0.99}
FAILS = {
    "unclip_ratio": 1.5, "round_trip_iou": 0.51, "round_trip_share": 0.59,
    "fitting_unclip_ratio": 0.43,
}  # fmt: skip
RECOVERS = {1.5: 0.24, 0.8: 0.91, 0.2: 0.96}

CASES = [
    ("shrink_ratio_wrong", {**LOW, **FAILS, "shrink_ratio": 0.8096, "shrink_expected": 0.4}),
    ("shrink_ratio_wrong", {**LOW, "shrink_ratio": 0.8096, "rescored": RECOVERS}),
    ("shrink_ratio_wrong", {**LOW, "config_shrink_ratio": 0.4, "config_unclip_ratio": 1.5,
                            "ratio_of_bug_line": 0.8096}),
    ("unclip_mismatch", {**LOW, **FAILS, "alerts": {"unclip_mismatch": {}}}),
    ("unclip_mismatch", {**LOW, "rescored": RECOVERS}),
    ("unclip_mismatch", {**LOW, "config_shrink_ratio": 0.8096, "config_unclip_ratio": 1.5}),
    ("unclip_mismatch", LOW),
    ("labels_shifted", {**LOW, **FITS}),
    ("labels_shifted", {**LOW, **FITS, "rescored": {1.5: 0.24, 0.8: 0.2, 2.0: 0.25}}),
    ("labels_empty", {**LOW, "alerts": {"loss_degenerate": {"pattern": "no_positives"}}}),
    ("shrink_ratio_wrong", {**LOW, "shrink_ratio": 1.002, "shrink_expected": 0.4,
                            "alerts": {"loss_degenerate": {"pattern": "no_positives"}}}),
    ("loss_not_finite", {"best": 0.9, "value": 0.0, "alerts": {"loss_not_finite": {}}}),
    ("learning_rate_too_high", {"best": 0.01, "learning_rate": 30.0, "optimizer": "Adam",
                                "loss": 10.5, "loss_first": 1.7, "evaluations": 12,
                                "alerts": {"loss_diverged": {}}, **FITS}),
    ("learning_rate_too_high", {"best": 0.7, "value": 0.07, "precision": 0.9, "recall": 0.03,
                                "learning_rate": 0.3, "optimizer": "Adam", "loss": 3.0,
                                "loss_at_best": 2.0, **FITS}),
    ("overfitting", {"best": 0.93, "value": 0.5, "precision": 0.8, "recall": 0.36,
                     "loss": 0.5, "loss_at_best": 1.0, **FITS}),
    ("pretrained_wrong", {"best": 0.02, "first": 0.0, "pretrained": True, "evaluations": 12,
                          "loss": 3.5, "loss_first": 3.8, **FITS}),
    ("evaluation_set", {"best": 0.0, "first": 0.0, "evaluations": 12, "loss": 1.0,
                        "loss_first": 3.8, **FITS}),
    # Figures of real trainings with these faults (benchmarks/diagnosis):
    ("labels_shifted", {"best": 0.96, "first": 0.96, "value": 0.09, "precision": 0.10,
                        "recall": 0.08, "pretrained": True, "dice_first": 0.74,
                        "dice_at_first": 0.73, "dice": 0.45, "loss": 4.43, "loss_at_best": 5.93,
                        "loss_first": 5.9, **FITS}),
    ("learning_rate_too_high", {"best": 0.93, "first": 0.93, "value": 0.32, "precision": 0.33,
                                "recall": 0.31, "pretrained": True, "dice_first": 0.17,
                                "dice_at_first": 0.17, "learning_rate": 0.1, "optimizer": "Adam",
                                "loss": 2.2, "loss_at_best": 2.5, **FITS}),
    ("evaluation_set", {"best": 0.09, "first": 0.05, "value": 0.08, "precision": 0.21,
                        "recall": 0.05, "pretrained": True, "dice_first": 0.14,
                        "dice_at_first": 0.14, "loss": 2.5, "loss_first": 2.4, **FITS}),
    ("evaluation_set", {"best": 0.03, "first": 0.03, "value": 0.02, "precision": 0.02,
                        "recall": 0.02, "pretrained": True, "dice_first": 0.14,
                        "loss": 2.5, "loss_first": 2.4, "rescored": {1.5: 0.02}, **FITS}),
    ("pretrained_wrong", {"best": 0.0, "first": 0.0, "no_boxes": True, "pretrained": True,
                          "dice_first": 0.86, "dice": 0.8, "loss": 6.5, "loss_first": 6.7, **FITS}),
    ("network_dead", {"best": 0.0, "first": 0.0, "no_boxes": True, "pretrained": True,
                      "dice_first": 1.0, "dice": 1.0, "loss": 6.71, "loss_first": 6.7, **FITS}),
    ("data_pipeline_failing", {"best": 0.5, "value": 0.5, "data_errors": 500,
                               "alerts": {"data_pipeline_failing": {}}}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "evidence"), CASES, ids=[c for c, _ in CASES])
def test_the_likeliest_cause(code, evidence):
    causes = diagnose(Evidence(**{"evaluations": 5, **evidence}))
    assert causes[0].code == code
    assert 0.5 <= causes[0].confidence <= 1
    assert [c.confidence for c in causes] == sorted((c.confidence for c in causes), reverse=True)
    assert all(c.sentence.endswith(".") and c.advice for c in causes)


def test_a_new_domain_is_no_contradiction():
    """The first evaluation comes late: by then the model knows the training labels, too."""
    evidence = Evidence(best=0.9, first=0.8, value=0.3, dice_first=0.9, dice_at_first=0.3)
    assert not evidence.labels_contradict
    assert Evidence(first=0.8, dice_at_first=0.7).labels_contradict


def test_no_labels_at_all_are_no_contradiction():
    evidence = Evidence(first=0.9, dice_at_first=1.0, alerts={"loss_degenerate": {}})
    assert not evidence.labels_contradict


def test_no_evidence_names_no_cause():
    assert diagnose(Evidence(best=0.9, value=0.9, evaluations=20)) == []


def test_measuring_makes_surer():
    guess = diagnose(Evidence(**LOW, config_shrink_ratio=0.4, ratio_of_bug_line=0.8096))[0]
    sure = diagnose(Evidence(**LOW, **FAILS, shrink_ratio=0.8096, shrink_expected=0.4))[0]
    assert guess.confidence < 0.9 < sure.confidence


def test_a_ratio_that_the_postprocess_inverts_is_no_cause():
    evidence = Evidence(**LOW, **{**FITS, "unclip_ratio": 0.4}, shrink_ratio=0.8096)
    assert "shrink_ratio_wrong" not in [cause.code for cause in diagnose(evidence)]


@pytest.mark.parametrize(
    ("ratio", "unclip", "mismatch"),
    [(0.4, 1.5, False), (0.8096, 1.5, True), (0.8096, 0.4, False), (0.8, 0.5, False),
     (0.6, 1.5, False), (0.4, 0.2, True), (None, 1.5, False)],
)  # fmt: skip
def test_ratios_as_written(ratio, unclip, mismatch):
    evidence = Evidence(config_shrink_ratio=ratio, config_unclip_ratio=unclip)
    assert evidence.config_mismatch is mismatch


def start(transforms, **settings):
    config = {
        "Global": {"pretrained_model": "./best", **settings},
        "Optimizer": {"name": "Adam"},
        "PostProcess": {"unclip_ratio": 1.5},
        "Train": {"dataset": {"transforms": transforms}},
    }
    return RunStart(0.0, "r", "", "", config, ".", epoch_num=1)


SHRINK = {"MakeShrinkMap": {"shrink_ratio": 0.4, "total_epoch": 500}}


@pytest.mark.parametrize("transforms", [SHRINK, [{"DecodeImage": None}, SHRINK]])
def test_the_config_is_read_from_a_yaml_and_from_a_log(transforms):
    collector = Collector()
    collector.run_start(start(transforms))
    e = collector.evidence
    assert (e.config_shrink_ratio, e.config_unclip_ratio, e.optimizer) == (0.4, 1.5, "Adam")
    assert e.ratio_of_bug_line == pytest.approx(0.8096)
    assert e.pretrained


def test_the_seed_counts():
    collector = Collector()
    collector.run_start(start(SHRINK, seed=7))
    assert collector.evidence.ratio_of_bug_line is None  # 0.4028


def test_a_strange_config_does_no_harm():
    for transforms in (None, "x", [None, 3], {"MakeShrinkMap": None}):
        Collector().run_start(start(transforms))
    Collector().run_start(RunStart(0.0, "r", "", "", {"Global": None}, ".", epoch_num=1))


def test_losses_and_metrics_are_gathered():
    collector = Collector()
    for i in range(1, 61):
        collector.step(StepEnd(0.0, 1, i, {"loss": 4.0 - 0.05 * i}, learning_rate=0.001 * i))
    metrics = {"precision": 0.6, "recall": 0.4, "hmean": 0.48}
    collector.evaluation(EvalEnd(0.0, 1, 60, 1, metrics, "hmean", 0.48, 0.48))
    collector.data_errors(DataErrors(0.0, 1, 60, 9, 1.0, "Traceback\nIndexError: list\n"))
    e = collector.evidence
    assert e.loss_first == pytest.approx(3.9, abs=0.01)
    assert 1.0 < e.loss < 2.3
    assert e.loss_at_best == e.loss
    assert (e.precision, e.recall, e.first) == (0.6, 0.4, 0.48)
    assert e.learning_rate == pytest.approx(0.06)
    assert (e.data_errors, e.data_message) == (9, "IndexError: list")


def test_the_dice_loss_is_kept_from_the_start_and_from_the_first_evaluation():
    collector = Collector()
    for i in range(60):
        if i == 20:
            collector.evaluation(EvalEnd(0.0, 1, 20, 1, {"hmean": 0.9}, "hmean", 0.9, 0.9))
        dice = 0.9 if i < 20 else 0.2
        losses = {"loss": 5 * dice, "Student_loss_binary_maps": dice}
        collector.step(StepEnd(0.0, 1, i, losses))
    e = collector.evidence
    assert e.dice_first == pytest.approx(0.9)
    assert e.dice_at_first == pytest.approx(0.9)
    assert 0.2 < e.dice < 0.35


def test_a_resume_keeps_how_the_run_began():
    first = Collector()
    for i in range(30):
        first.step(StepEnd(0.0, 1, i, {"loss": 4.0 - 0.1 * i}))
    second = Collector()
    second.load_state_dict(first.state_dict())
    assert second.evidence.loss_first == first.evidence.loss_first
    with pytest.raises(ValueError, match="evidence"):
        second.load_state_dict({**first.state_dict(), "evidence": {
            "best": "x", "first": 0, "evaluations": 0, "loss_first": 0, "loss_at_best": 0,
            "learning_rate": 0, "dice_first": 0, "dice_at_first": 0,
        }})  # fmt: skip


@pytest.mark.parametrize(("texts", "lost"), [(1.0, 0), (6.0, 1)])
def test_two_lines_of_sixteen_are_no_loss(texts, lost):
    """A recogniser's lines are a text each; a detector's images hold some."""
    collector = Collector()
    for number, value in enumerate((1.0, 0.87)):
        cells = {"first.val": 1.0, "model.val": value}
        facts = {"texts.val": texts}
        collector.examination(
            Examination(0.0, 1, number, number, "acc", cells, facts, images={"val": 16})
        )
    assert collector.evidence.lost_val == lost
