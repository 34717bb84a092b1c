"""What was found before a training is evidence in the diagnosis, and no cause by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ppocr_guard.audit import rules  # noqa: F401  (registers them)
from ppocr_guard.audit.rehearsal.codes import REASONS
from ppocr_guard.audit.rule import RULES
from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import diagnose
from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.findings import OWN, SPOKEN
from ppocr_guard.events import EvalEnd, Findings, RunStart, StepEnd
from ppocr_guard.paddleocr import baseline
from ppocr_guard.wording import Sentence, in_language, say


def findings_used() -> set[str]:
    """Codes that some line asks for."""
    spoken = {finding for lines in SPOKEN.values() for finding, _, _ in lines}
    own = {n.partition(" ")[2] for e in OWN for _, facts in e.when for n in facts
           if n.startswith("found ")}  # fmt: skip
    return spoken | own


def test_all_that_the_table_asks_for_is_told_by_a_rule_or_by_a_rehearsal() -> None:
    assert findings_used() <= set(RULES) | set(REASONS)
    assert set(SPOKEN) <= {entry.code for entry in TABLE} - {entry.code for entry in OWN}


@pytest.mark.parametrize("code", sorted(findings_used()))
def test_a_finding_names_no_cause_while_training_goes_well(code: str) -> None:
    evidence = Evidence(best=0.9, value=0.89, first=0.8, evaluations=9, steps=200,
                        learning_rate=0.001, config_learning_rate=0.001, pretrained=True,
                        loss_first=2.0, loss_at_best=1.0, loss=1.0)  # fmt: skip
    evidence.findings[code] = "it is so"
    assert diagnose(evidence) == []


def scratch(rate: float, found: dict[str, str]) -> Collector:
    collector = Collector()
    config = {"Optimizer": {"name": "Adam", "lr": {"learning_rate": 0.001}}}
    collector.run_start(RunStart(0.0, "r", "DB", "2.10.0", config, ".", epoch_num=1))
    collector.findings(Findings(0.0, 0, 0, found))
    for i in range(1, 31):
        collector.step(StepEnd(0.0, 1, i, {"loss": 3.0}, rate))
    metrics = {"precision": 0.0, "recall": 0.0, "hmean": 0.0}
    collector.evaluation(EvalEnd(0.0, 1, 30, 1, metrics, "hmean", 0.0, 0.0))
    return collector


FOUND = {"warmup_too_long": "warmup_epoch 1000 is longer than the run."}


def test_a_warm_up_that_the_check_found_too_long_is_named_once_nothing_is_learned() -> None:
    first = diagnose(scratch(1e-6, FOUND).evidence)[0]
    assert first.code == "warmup_too_long"
    assert first.sentence.startswith("warmup_epoch 1000 is longer than the run. The highest")
    assert "1e-06" in first.sentence
    reached = diagnose(scratch(1e-3, FOUND).evidence)
    assert "warmup_too_long" not in [cause.code for cause in reached]
    unfound = diagnose(scratch(1e-6, {}).evidence)
    assert "warmup_too_long" not in [cause.code for cause in unfound]


@pytest.mark.parametrize(
    ("finding", "cause"),
    [("polygons_outside", "labels_shifted"), ("all_ignored", "labels_empty"),
     ("part_without_gradient", "part_without_gradient"), ("images_unscaled", "images_unscaled"),
     ("eval_images_small", "transforms_differ"), ("samples_fail", "data_pipeline_failing"),
     ("maps_before_crop", "maps_before_crop"), ("learning_rate_low", "learning_rate_too_low"),
     ("postprocess_blind", "postprocess_mismatch")],
)  # fmt: skip
def test_a_finding_is_evidence_for_its_cause(finding: str, cause: str) -> None:
    with_it = diagnose(scratch(1e-3, {finding: "it is so"}).evidence)
    without = diagnose(scratch(1e-3, {}).evidence)
    assert cause in [one.code for one in with_it]
    assert cause not in [one.code for one in without]


def environment(monkeypatch: Any, found: list[tuple[str, str]]) -> dict[str, str]:
    made = baseline.findings_handed_over(found, "out/run")
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    return made


def test_a_rehearsal_hands_its_findings_to_the_training_of_the_same_folder(monkeypatch) -> None:
    said = say("No weight of {part} gets a gradient from the loss.", part="neck")
    found = [("part_without_gradient", said), ("samples_fail", "plain")]
    environment(monkeypatch, found)
    back = baseline.rehearsed_findings("out/run")
    assert back == dict(found)
    assert isinstance(back["part_without_gradient"], Sentence)
    assert "neck" in in_language(back["part_without_gradient"], "zh")
    assert baseline.rehearsed_findings("out/other") == {}


WRONG = json.dumps({"save_model_dir": "a", "findings": {"x": {}}})


@pytest.mark.parametrize("text", ["", "{", "[]", WRONG, WRONG.replace('{"x": {}}', "[1]")])
def test_a_handed_over_text_that_makes_no_sense_is_none(monkeypatch, text: str) -> None:
    assert baseline.findings_handed_over([], "a") == {}
    monkeypatch.setenv(baseline.FINDINGS, text)
    assert baseline.rehearsed_findings("a") == {}
