"""The fault-injection benchmark: what it changes, and how it judges a journal."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.diagnosis.faults import FAULTS, Fault
from benchmarks.diagnosis.table import render, summary
from benchmarks.diagnosis.training import GUARD, outcome
from ppocr_guard.config import load_guard
from ppocr_guard.demo import configs, dataset
from ppocr_guard.demo.presets import FINE_TUNE
from ppocr_guard.events import Alert, EvalEnd, RunEnd

BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.fixture
def data(tmp_path) -> dataset.Dataset:
    text = dataset.Text("abc", ((10, 10), (40, 10), (40, 20), (10, 20)))
    files = [tmp_path / "train.txt", tmp_path / "val.txt"]
    for file in files:
        labels = [dataset.Label(f"{i}.png", (text, text)[: 1 + i % 2]) for i in range(20)]
        dataset.write_labels(file, labels)
    return dataset.Dataset(tmp_path, *files)


def evaluation(number: int, value: float) -> EvalEnd:
    return EvalEnd(0.0, 1, number, number, {"hmean": value}, "hmean", value, value)


def alert(code: str, severity: str = "critical", **evidence) -> Alert:
    return Alert(code, severity, "message", "advice", evidence)


def weighed(cause: str) -> Alert:
    causes = [{"code": cause, "confidence": 0.9}]
    return alert("hmean_collapse", cause=cause, causes=causes)


def test_there_are_enough_faults_and_a_control():
    assert sum(bool(fault.causes) for fault in FAULTS) >= 12
    assert any(not fault.causes for fault in FAULTS)
    assert len(BY_NAME) == len(FAULTS)


def test_the_guard_section_is_valid():
    import yaml

    load_guard(yaml.safe_load(GUARD)["Guard"])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_changes_the_run(fault: Fault, data, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    plain = configs.render(data, "out", FINE_TUNE)
    options = configs.RunOptions(**{**vars(FINE_TUNE), **fault.options})
    changed = fault.edit(configs.render(fault.labels(data, folder), "out", options))
    broken = changed != plain or fault.weights is not None
    other_code = fault.sources != ("2.10.0", None)
    assert broken or (other_code if fault.causes else True)
    if not fault.causes:
        assert not broken


def test_labels_are_changed_in_a_copy(data, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    before = data.train_labels.read_text()
    changed = BY_NAME["shifted"].labels(data, folder)
    assert data.train_labels.read_text() == before
    assert changed.val_labels == data.val_labels
    assert dataset.read_labels(changed.train_labels)[0].texts[0].points[0] == (24, 19)


def test_few_images_keep_the_number_of_lines(data, tmp_path):
    labels = dataset.read_labels(BY_NAME["few_images"].labels(data, tmp_path).train_labels)
    assert (len(labels), len({label.image for label in labels})) == (20, 2)


def test_an_edit_that_finds_nothing_is_an_error():
    with pytest.raises(ValueError, match="holds no 'x: 1'"):
        Fault("f", "f", edits=(("x: 1", "x: 2"),)).edit("y: 1")


def test_nan_goes_into_a_convolution():
    weights = {"bias": np.zeros(2), "conv": np.zeros((2, 2, 3, 3))}
    BY_NAME["nan_in_head"].weights(weights)
    assert np.isnan(weights["conv"]).sum() == 1
    assert np.isfinite(weights["bias"]).all()


def test_the_alert_on_hmean_names_the_cause():
    got = outcome(
        [
            alert("shrink_ratio_unexpected"),
            evaluation(1, 0.9),
            evaluation(2, 0.3),
            alert("hmean_plateau", "info"),
            weighed("unclip_mismatch"),
            RunEnd(0.0, 1, 2, "stopped"),
        ]
    )
    assert (got.caught_after, got.named_after, got.cause) == (0, 2, "unclip_mismatch")
    assert (got.confidence, got.end, got.hmean) == (0.9, "stopped", (0.9, 0.3))
    assert [a.code for a in got.alerts] == ["shrink_ratio_unexpected", "hmean_collapse"]


def test_without_one_the_first_alert_that_is_a_cause_does():
    got = outcome([evaluation(1, 0.9), alert("hmean_unstable"), alert("loss_diverged")])
    assert (got.cause, got.caught_after) == ("learning_rate_too_high", 1)
    assert outcome([alert("hmean_unstable")]).cause == ""


def test_without_positives_the_labels_are_empty_unless_the_ratio_was_told():
    degenerate = alert("loss_degenerate", pattern="no_positives")
    assert outcome([degenerate]).cause == "labels_empty"
    told = outcome([alert("shrink_ratio_unexpected"), degenerate])
    assert told.cause == "shrink_ratio_wrong"
    assert outcome([alert("loss_degenerate", pattern="constant")]).cause == ""


def test_information_is_no_alert():
    assert outcome([evaluation(1, 0.9), alert("hmean_plateau", "info")]).alerts == ()


def test_the_summary_counts():
    fault, control = BY_NAME["unclip_4"], BY_NAME["healthy"]
    right = outcome([evaluation(1, 0.2), weighed("unclip_mismatch")])
    wrong = outcome([evaluation(1, 0.2), weighed("overfitting")])
    silent = outcome([evaluation(1, 0.9)])
    rows = [(fault, right), (fault, wrong), (fault, silent), (fault, None), (control, silent)]
    assert summary(rows) == (
        "**2 of 3 faults caught, 1 of 3 causes right, 0 alerts in 1 healthy runs.**"
    )
    table = render(rows)
    assert "| unclip_mismatch (90%) | 1 | yes |" in table
    assert "| overfitting (90%) | 1 | **no** |" in table
    assert "not run" in table
