"""The fault-injection benchmark: what it changes, and how it judges a journal."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from benchmarks.diagnosis.faults import SETS, Fault
from benchmarks.diagnosis.faults.fault import DROP, set_value
from benchmarks.diagnosis.follow import followed
from benchmarks.diagnosis.outcome import outcome
from benchmarks.diagnosis.table import Row, did_harm, render, summary, verdict, worsened
from benchmarks.diagnosis.training import GUARD, SHORT
from ppocr_guard.config import load_guard
from ppocr_guard.demo import configs, dataset
from ppocr_guard.demo.presets import FINE_TUNE
from ppocr_guard.detect.table import TABLE
from ppocr_guard.events import Alert, EvalEnd, RunEnd

ALL = [fault for faults in SETS.values() for fault in faults]
BY_NAME = {fault.name: fault for fault in ALL}


@pytest.fixture
def data(tmp_path) -> dataset.Dataset:
    text = dataset.Text("abc", ((10, 10), (40, 11), (40, 20), (10, 19)))
    files = [tmp_path / "train.txt", tmp_path / "val.txt"]
    for file in files:
        labels = [dataset.Label(f"{i}.png", (text, text)[: 1 + i % 2]) for i in range(60)]
        dataset.write_labels(file, labels)
    return dataset.Dataset(tmp_path, *files)


def evaluation(number: int, value: float) -> EvalEnd:
    return EvalEnd(0.0, 1, number, number, {"hmean": value}, "hmean", value, value)


def alert(code: str, severity: str = "critical", **evidence) -> Alert:
    return Alert(code, severity, "message", "advice", evidence)


def weighed(cause: str, **more) -> Alert:
    causes = [{"code": cause, "confidence": 0.9, **more}]
    return alert("hmean_collapse", cause=cause, causes=causes)


@pytest.mark.parametrize("name", SETS)
def test_there_are_enough_faults_and_controls(name):
    faults = SETS[name]
    harmful, controls = (12, 5) if name in ("fresh", "afresh") else (30, 15)
    assert sum(bool(fault.causes) for fault in faults) >= harmful
    assert sum(not fault.causes for fault in faults) >= controls
    assert len({fault.name for fault in faults}) == len(faults)


def test_the_sets_are_disjoint():
    assert len(BY_NAME) == len(ALL)


def test_the_right_causes_are_causes_of_the_table():
    known = {entry.code for entry in TABLE}
    named = set().union(*(fault.causes for fault in ALL))
    assert named <= known


def test_the_guard_section_is_valid():
    load_guard(yaml.safe_load(GUARD)["Guard"])


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
def test_every_fault_changes_the_run(fault: Fault, data, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    options = configs.RunOptions(**{**vars(FINE_TUNE), **SHORT, **fault.options})
    config = yaml.safe_load(configs.render(data, "out", options))
    changed = fault.configure(config)
    relabelled = [
        change
        for change, file in ((fault.train, data.train_labels), (fault.val, data.val_labels))
        if change is not None and change(dataset.read_labels(file)) != dataset.read_labels(file)
    ]
    images = fault.train_images or fault.val_images or fault.during
    other_run = changed != config or fault.options or fault.sources != ("2.10.0", None)
    done = relabelled or images or other_run or fault.weights or fault.prelude or fault.scratch
    assert done or not fault.causes
    assert bool(relabelled) == bool(fault.train or fault.val)


def test_labels_are_changed_in_a_copy(data, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    before = data.train_labels.read_text()
    changed = BY_NAME["shifted"].data(data, folder)
    assert data.train_labels.read_text() == before
    assert changed.val_labels == data.val_labels
    assert dataset.read_labels(changed.train_labels)[0].texts[0].points[0] == (24, 19)


def test_values_are_set_by_path():
    config = {"A": {"transforms": [{"X": {"y": 1}}, {"Z": None}]}, "b": 1}
    set_value(config, "A.transforms.X.y", 2)
    set_value(config, "A.transforms.Z.new", 3)
    set_value(config, "b", DROP)
    assert config == {"A": {"transforms": [{"X": {"y": 2}}, {"Z": {"new": 3}}]}}
    set_value(config, "A.transforms.X", DROP)
    assert config == {"A": {"transforms": [{"Z": {"new": 3}}]}}
    with pytest.raises(KeyError):
        set_value(config, "none.b", 1)


def test_nan_goes_into_a_convolution():
    weights = {"bias": np.zeros(2), "conv": np.zeros((2, 2, 3, 3))}
    BY_NAME["nan_in_head"].weights(weights)
    assert np.isnan(weights["conv"]).sum() == 1
    assert np.isfinite(weights["bias"]).all()


def test_the_last_alert_that_weighed_causes_names_the_cause():
    got = outcome(
        [
            alert("shrink_ratio_unexpected"),
            evaluation(1, 0.9),
            evaluation(2, 0.3),
            alert("hmean_plateau", "info"),
            weighed("unclip_mismatch", rivals=["overfitting"], settings={"a.b": 1}),
            RunEnd(0.0, 1, 2, "stopped"),
        ]
    )
    assert (got.caught_after, got.named_after, got.cause) == (0, 2, "unclip_mismatch")
    assert (got.confidence, got.end, got.hmean) == (0.9, "stopped", (0.9, 0.3))
    assert (got.rivals, got.settings) == (("overfitting",), {"a.b": 1})
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


FAULT, CONTROL = BY_NAME["unclip_4"], BY_NAME["healthy"]
RIGHT = outcome([evaluation(1, 0.2), weighed("unclip_mismatch", settings={"a.unclip": 1.4})])
WRONG = outcome([evaluation(1, 0.2), weighed("overfitting")])
SECOND = outcome([evaluation(1, 0.2), weighed("overfitting", rivals=["unclip_mismatch"])])
SILENT = outcome([evaluation(1, 0.9)])


def test_verdicts():
    rows = [Row(FAULT, one) for one in (RIGHT, WRONG, SECOND, SILENT)]
    assert [verdict(row) for row in rows] == ["right", "wrong", "second", "missed"]
    assert [did_harm(row, 0.9) for row in rows] == [True, True, True, False]


def test_an_advice_is_judged_by_what_became_of_hmean():
    better, worse = outcome([evaluation(1, 0.9)]), outcome([evaluation(1, 0.1)])
    assert worsened(Row(FAULT, RIGHT, better)) is False
    assert worsened(Row(FAULT, RIGHT, worse)) is True
    assert worsened(Row(FAULT, RIGHT)) is None


def test_the_summary_counts():
    rows = [
        Row(CONTROL, SILENT),
        Row(FAULT, RIGHT, outcome([evaluation(1, 0.9)])),
        Row(FAULT, WRONG),
        Row(FAULT, SILENT),
        Row(FAULT, None),
    ]
    text = summary(rows)
    assert "| of 2 faults that did harm | |" in text
    assert "| cause named right | 1 |" in text
    assert "| cause named wrong | 1 |" in text
    assert "| of 1 advices followed: hmean became worse | 0 |" in text
    assert "| of 1 controls: with an alert | 0 |" in text
    table = render(rows)
    assert "| unclip_mismatch (90%) | right | 0.20 to 0.90 (unclip 1.4) |" in table
    assert "| overfitting (90%) | **wrong** | - |" in table
    assert "not run" in table


def test_advice_is_put_into_config_and_labels(data):
    settings = {
        "PostProcess.unclip_ratio": 0.4,
        "Train.dataset.transforms.MakeShrinkMap.total_epoch": None,
        "labels.train": "shift_-14_-9",
    }
    fault = followed(BY_NAME["shifted"], settings)
    options = configs.RunOptions(**{**vars(FINE_TUNE), "total_epoch": 500})
    config = fault.configure(yaml.safe_load(configs.render(data, "out", options)))
    assert config["PostProcess"]["unclip_ratio"] == 0.4
    maps = {k: v for t in config["Train"]["dataset"]["transforms"] for k, v in t.items()}
    assert "total_epoch" not in maps["MakeShrinkMap"]
    assert maps["MakeBorderMap"]["total_epoch"] == 500
    labels = dataset.read_labels(data.train_labels)
    assert fault.train(labels) == labels
