"""The decision table: well-formed, and what it makes of the figures of real trainings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import diagnose
from ppocr_guard.detect.document import as_markdown
from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.propositions.asking import PROPOSITIONS, answer
from ppocr_guard.detect.remedies import REMEDIES
from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.reading import READING_TABLE
from ppocr_guard.events import Condition, EvalEnd, Examination, Findings, Over, RunStart
from ppocr_guard.hooks.diagnosis import Diagnosis

CODES = {entry.code for entry in TABLE}
CONFIG = {"Global": {"pretrained_model": "./best"}, "PostProcess": {"unclip_ratio": 1.5}}


def names(entry):
    yield from entry.against
    for _, facts in entry.when:
        yield from facts


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.code)
def test_every_name_in_the_table_exists(entry):
    for name in names(entry):
        word, _, rest = name.partition(" ")
        assert word in ("not", "unless", "found", name)
        assert word == "found" or (rest or name) in PROPOSITIONS
    assert entry.remedy in REMEDIES
    assert set(entry.explains) <= CODES | {"forgetting", "other_domain"}
    assert all(0 < confidence <= 1 for confidence, _ in entry.when)
    assert entry.code not in entry.explains


def test_every_proposition_is_used_and_answers_without_evidence():
    tables = (*TABLE, *READING_TABLE)
    used = {name.split(" ")[-1] for entry in tables for name in names(entry)} | {"reads_text"}
    for name in PROPOSITIONS:
        assert answer(name, Evidence()) in (True, False, None)
    assert set(PROPOSITIONS) - used == set()
    assert answer("found warmup_too_long", Evidence()) is None


def test_nothing_known_names_nothing():
    assert diagnose(Evidence()) == []


def test_the_document_is_the_table():
    """`python -m ppocr_guard.detect > docs/diagnosis.md` brings it up to date."""
    text = as_markdown()
    assert all(f"## {code}\n" in text for code in CODES)
    assert (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text("utf-8") == text


LABELS = {"labels.train": 1.0, "labels.train_eval": 1.0, "labels.val": 1.0}
ON_TEXT = {"lift.train_eval": 3.7, "lift.val": 4.0, "best_lift.train_eval": 3.1,
           "best_lift.val": 3.3, "texts.train_eval": 4.4, "texts.val": 4.7,
           "labels_per_box.train_eval": 1.0, "labels_per_box.val": 1.0,
           "boxes_per_label.train_eval": 1.0, "boxes_per_label.val": 1.0,
           "boxes_on_labels.train_eval": 0.91, "boxes_on_labels.val": 0.95,
           "labels_in_boxes.train_eval": 0.96, "area_ratio.train_eval": 0.72,
           "area_ratio.val": 0.70, "invalid.train_eval": 0.0, "invalid.val": 0.0,
           "mean.train": 0.86, "mean.train_eval": 1.08, "std.train": 0.82,
           "std.train_eval": 0.67, "text_height.train": 19.0, "text_height.train_eval": 22.5,
           "finite.val": 1.0, "variation.val": 0.2, "weights_finite": 1.0,
           "weights_frozen": 0.0}  # fmt: skip


def model(train, train_eval, val, **best):
    cells = {}
    for column, value in (("train", train), ("train_eval", train_eval), ("val", val)):
        cells[f"model.{column}"] = cells[f"first.{column}"] = value
        cells[f"best.{column}"] = best.get(column, value)
    return cells


# Cells and facts of real trainings (benchmarks/diagnosis, set develop), before the first step.
CASES = [
    (None, model(0.95, 0.97, 0.97), {}, {}, {}),
    ("labels_shifted", model(0.0, 0.0, 0.97),
     {"lift.train_eval": 1.23, "best_lift.train_eval": 3.68}, {},
     {"best_change.train_eval": "swap_xy"}),
    ("labels_shifted", model(0.05, 0.01, 0.97), {"lift.train_eval": 1.26,
     "best_lift.train_eval": 1.36}, {}, {}),
    ("labels_shifted", model(0.74, 0.35, 0.97), {"area_ratio.train_eval": 2.1,
     "lift.train_eval": 1.58, "best_lift.train_eval": 1.55}, {}, {}),
    ("labels_split", model(0.0, 0.0, 0.97), {"labels_per_box.train_eval": 4.01,
     "area_ratio.train_eval": 0.18}, {}, {}),
    ("labels_incomplete", model(0.34, 0.36, 0.97), {"boxes_on_labels.train_eval": 0.22,
     "labels_in_boxes.train_eval": 0.94}, {}, {}),
    ("unclip_mismatch", {**model(0.95, 0.97, 0.97), "labels.train": 0.25, "labels.train_eval": 0.14,
     "labels.val": 0.15, "labels_best.train": 1.0, "labels_best.train_eval": 1.0,
     "labels_best.val": 1.0}, {}, {f"labels_best.{c}": {"unclip_ratio": 0.35}
                                   for c in ("train", "train_eval", "val")}, {}),
    ("postprocess_mismatch", {**model(0.0, 0.0, 0.0), "labels.train": 0.0, "labels.train_eval": 0.0,
     "labels.val": 0.0, "labels_best.train": 1.0, "labels_best.train_eval": 1.0,
     "labels_best.val": 1.0}, {}, {f"labels_best.{c}": {"box_thresh": 0.6}
                                   for c in ("train", "train_eval", "val")}, {}),
    ("transforms_differ", model(0.95, 0.06, 0.07), {"text_height.train_eval": 7.0}, {}, {}),
    ("evaluation_set", model(0.95, 0.97, 0.02), {"lift.val": 1.3, "best_lift.val": 1.5}, {}, {}),
    ("evaluation_set", model(0.95, 0.97, 0.0), {"lift.val": 1.3, "best_lift.val": 3.9}, {},
     {"best_change.val": "scale_2.00_2.00"}),
    ("evaluation_set", model(0.95, 0.97, 0.49), {"boxes_on_labels.val": 0.33,
     "labels_in_boxes.val": 0.96}, {}, {}),
    ("evaluation_set", model(0.95, 0.97, 0.49), {"strangers.val": 0.5, "friends.val": 0.5,
     "strangers.train_eval": 0.0, "friends.train_eval": 1.0, "lift.val": 2.6}, {}, {}),
    ("labels_shifted", model(0.45, 0.47, 0.97), {"strangers.train_eval": 0.44,
     "friends.train_eval": 0.5, "strangers.val": 0.0, "friends.val": 1.0}, {}, {}),
    # A harder validation set: some images are read well, some badly, many between.
    (None, model(0.95, 0.97, 0.5), {"strangers.val": 0.25, "friends.val": 0.3,
     "strangers.train_eval": 0.0, "friends.train_eval": 1.0, "lift.val": 2.6}, {}, {}),
    ("network_dead", model(0.0, 0.0, 0.0), {"variation.val": 0.0}, {}, {}),
    ("labels_crossed", model(0.2, 0.2, 0.97), {"invalid.train_eval": 0.9}, {}, {}),
]  # fmt: skip


def conditions(hook, event):
    return [one for one in hook.on_examination(event) if isinstance(one, Condition)]


@pytest.mark.parametrize("case", CASES, ids=[str(case[0]) for case in CASES])
def test_what_the_first_examination_shows(case):
    code, cells, facts, settings, notes = case
    hook = Diagnosis()
    hook.on_run_start(RunStart(0.0, "r", "DB", "2.10.0", CONFIG, ".", epoch_num=1))
    event = Examination(
        0.0, 1, 0, 0, "hmean", {**LABELS, **cells}, {**ON_TEXT, **facts}, notes, settings
    )
    told = conditions(hook, event)
    if code is None:
        assert told == []
        return
    (alert,) = told
    assert alert.evidence["cause"] == code
    assert "?" not in alert.message
    assert alert.advice
    json.dumps(alert.evidence)


def test_an_unclip_ratio_is_never_advised_while_the_labels_come_through():
    """Wrong labels make predictions that another unclip ratio seems to rescue."""
    collector = Collector()
    first = {**LABELS, **model(0.05, 0.01, 0.97)}
    facts = {**ON_TEXT, "lift.train_eval": 1.26, "best_lift.train_eval": 1.36}
    collector.examination(Examination(0.0, 1, 0, 0, "hmean", first, facts))
    now = {**LABELS, **model(0.03, 0.01, 0.16), "best.val": 0.97}
    settings = {"best.val": {"unclip_ratio": 0.2}}
    metrics = {"precision": 0.16, "recall": 0.16, "hmean": 0.16}
    rescored = {1.5: 0.16, 0.2: 0.97}
    collector.evaluation(EvalEnd(0.0, 1, 20, 4, metrics, "hmean", 0.16, 0.95, rescored=rescored))
    collector.examination(Examination(0.0, 1, 20, 4, "hmean", now, facts, {}, settings))
    causes = diagnose(collector.evidence)
    assert causes[0].code == "labels_shifted"
    assert all("unclip" not in cause.advice for cause in causes)


@pytest.mark.parametrize(
    ("cells", "facts", "advised"),
    [
        (model(0, 0.01, 0.97), {"changed.train_eval": 0.9}, True),
        # The text is not where the edges are: boxes written as x, y, width and height.
        (model(0, 0.01, 0.97), {"changed.train_eval": 0.2}, False),
        (model(0, 0.0, 0.0), {}, True),  # of a model that knows nothing: as well as the other set
        (model(0, 0.0, 0.0), {"best_lift.train_eval": 2.4}, False),
    ],
)
def test_a_change_of_labels_is_advised_only_where_text_is_found_then(cells, facts, advised):
    collector = Collector()
    lifts = {"lift.train_eval": 1.2, "best_lift.train_eval": 3.6}
    event = Examination(
        0.0, 1, 0, 0, "hmean", {**LABELS, **cells}, {**ON_TEXT, **lifts, **facts},
        {"best_change.train_eval": "shift_24_0"},
    )  # fmt: skip
    collector.examination(event)
    assert (collector.evidence.labels_change("train_eval") == "shift_24_0") == advised
    cause = next(one for one in diagnose(collector.evidence) if one.code == "labels_shifted")
    assert ("labels.train" in cause.settings) == advised
    assert ("(24, 0)" in cause.advice) == advised


@pytest.mark.parametrize(
    ("column", "code"), [("val", "evaluation_changed"), ("train_eval", "training_data_changed")]
)
def test_files_that_were_overwritten_are_named(column, code):
    collector = Collector()
    first = {**LABELS, **model(0.95, 0.97, 0.97)}
    collector.examination(Examination(0.0, 1, 0, 0, "hmean", first, ON_TEXT))
    now = {**LABELS, **model(0.9, 0.95, 0.2)}
    facts = {**ON_TEXT, f"files_changed.{column}": 1.0}
    notes = {f"file_changed.{column}": "data/7.png"}
    collector.examination(Examination(0.0, 1, 9, 3, "hmean", now, facts, notes))
    cause = diagnose(collector.evidence)[0]
    assert cause.code == code
    assert "100%" in cause.sentence
    assert "data/7.png" in cause.sentence


def test_sets_that_look_different_are_of_another_kind():
    collector = Collector()
    facts = {**ON_TEXT, "mean.train_eval": -1.1, "mean.val": 1.09}
    event = Examination(0.0, 1, 9, 1, "hmean", {**LABELS, **model(0.9, 0.95, 0.02)}, facts)
    metrics = {"precision": 0.3, "recall": 0.01, "hmean": 0.02}
    collector.evaluation(EvalEnd(0.0, 1, 9, 1, metrics, "hmean", 0.02, 0.91))
    collector.examination(event)
    cause = diagnose(collector.evidence)[0]
    assert cause.code == "other_domain"
    assert "-1.10" in cause.sentence


def test_an_optimizer_that_moves_nothing():
    collector = Collector()
    collector.evidence.steps, collector.evidence.learning_rate = 8, 0.001
    cells = {**LABELS, **model(0.0, 0.0, 0.0)}
    facts = {**ON_TEXT, "weights_changed": 0.35, "weights_moved": 0.0}
    metrics = {"precision": 0.0, "recall": 0.0, "hmean": 0.0}
    collector.evaluation(EvalEnd(0.0, 1, 200, 4, metrics, "hmean", 0.0, 0.0))
    collector.examination(Examination(0.0, 1, 200, 4, "hmean", cells, facts))
    cause = diagnose(collector.evidence)[0]
    assert cause.code == "weights_frozen"
    assert "8 steps" in cause.sentence


def test_what_an_examination_showed_survives_a_resume():
    first = Collector()
    facts = {**ON_TEXT, "lift.train_eval": 1.2, "best_lift.train_eval": 3.7}
    notes = {"best_change.train_eval": "swap_xy"}
    first.examination(
        Examination(0.0, 1, 0, 0, "hmean", {**LABELS, **model(0, 0, 0.9)}, facts, notes)
    )
    second = Collector()
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    # The resumed model has learned the wrong labels; what counts is how it began.
    later = Examination(1.0, 3, 60, 0, "hmean", {**LABELS, **model(0.9, 0.9, 0.1)}, ON_TEXT)
    second.examination(later)
    assert second.evidence.first_cell("val") == 0.9
    assert second.evidence.lift("train_eval") == 1.2


def test_labels_that_the_dictionary_cannot_write():
    hook = Diagnosis()
    cells = {"labels.train": 0.6, "labels.train_eval": 0.6, "labels.val": 0.7,
             **model(0.5, 0.5, 0.6)}  # fmt: skip
    (alert,) = conditions(hook, Examination(0.0, 1, 0, 0, "acc", cells))
    assert (alert.code, alert.evidence["cause"]) == ("targets_wrong", "labels_unwritable")
    assert "0.60" in alert.message


def exam(evaluation, cells, **more):
    return Examination(0.0, 1, 5 * evaluation, evaluation, "hmean", {**LABELS, **cells}, **more)


def test_a_fault_that_is_no_longer_shown_is_over():
    hook = Diagnosis()
    first = model(0.95, 0.97, 0.97)
    lost = {**first, "model.train_eval": 0.1, "model.val": 0.1, "best.val": 0.1}
    hook.collector.evidence.learning_rate, hook.collector.evidence.optimizer = 0.5, "Adam"
    hook.on_examination(exam(0, first, facts=ON_TEXT))
    told = [conditions(hook, exam(i, lost, facts=ON_TEXT)) for i in range(1, 6)]
    assert [len(one) for one in told] == [0, 0, 0, 1, 1]  # a state, each time with its numbers
    assert (told[3][0].code, told[3][0].subject) == ("training_wrong", "learning_rate_too_high")
    state = json.loads(json.dumps(hook.state_dict()))
    resumed = Diagnosis()
    resumed.load_state_dict(state)
    back = [resumed.on_examination(exam(i, first, facts=ON_TEXT)) for i in (6, 7, 8)]
    over = [[one.code for one in reactions if isinstance(one, Over)] for reactions in back]
    assert over == [[], ["training_wrong"], []]


@pytest.mark.parametrize(
    "bad",
    [
        {"held": [["labels_wrong"]]},
        {"held": None},
        {"collector": {"evidence": {"evaluations": None}}},
        {"collector": {"examined": [1]}},
        {"collector": {"steps": float("inf")}},
    ],
    ids=str,
)
def test_a_saved_state_that_does_not_fit_is_refused(bad):
    hook = Diagnosis()
    good = hook.state_dict()
    collector = {**good["collector"], **bad.get("collector", {})}
    if "evidence" in bad.get("collector", {}):
        collector["evidence"] = {**good["collector"]["evidence"], **bad["collector"]["evidence"]}
    with pytest.raises(ValueError, match="unusable state"):
        hook.load_state_dict({**good, **bad, "collector": collector})
    assert hook.state_dict() == good


def test_an_examination_that_looked_at_nothing_ends_nothing():
    hook = Diagnosis()
    facts = {**ON_TEXT, "lift.train_eval": 1.2, "best_lift.train_eval": 3.7}
    assert conditions(hook, exam(0, model(0.0, 0.0, 0.97), facts=facts))
    for i in (1, 2, 3):
        reactions = hook.on_examination(exam(i, {}, skipped="too slow"))
        assert not [one for one in reactions if isinstance(one, Over)]


def test_a_leak_is_told_and_over():
    hook = Diagnosis()
    sizes = [1000, 2000, *(2000 + 200 * i for i in range(1, 8)), 2100]
    told = []
    for i, size in enumerate(sizes):
        reactions = list(hook.on_examination(exam(i, {}, facts={"memory_host": float(size)})))
        told.append([one.subject for one in reactions if isinstance(one, Condition)])
    assert told[7] == told[8] == ["host"]
    assert told[:7] == [[]] * 7
    assert told[9] == []


def test_what_the_check_found_before_training_is_evidence():
    hook = Diagnosis()
    hook.on_findings(Findings(0.0, 0, 0, {"keep_keys_order": "Train: shrink_map stands first."}))
    (condition,) = conditions(hook, exam(0, model(0.95, 0.97, 0.97), facts=ON_TEXT))
    assert (condition.code, condition.cause) == ("targets_wrong", "keep_keys_order")
    assert condition.message == "Train: shrink_map stands first."


def test_labels_that_the_model_knew_are_not_said_to_lie_elsewhere():
    """Dense text: moved boxes meet as many edges as those in place."""
    hook = Diagnosis()
    facts = {**ON_TEXT, "lift.train_eval": 1.3, "best_lift.train_eval": 2.2, "lift.val": 1.4}
    assert conditions(hook, exam(0, model(0.8, 0.82, 0.8), facts=facts)) == []
