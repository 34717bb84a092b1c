"""A guarded run sees what happens, and trains to the same bits as an unguarded one."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from ppocr_guard.demo import sources

sys.path.append(str(Path(__file__).parents[1] / "unit"))
import same_numbers

LINE = "- \"__import__('ppocr_guard').Transform\": null"


def journal(outcome, *kinds: str) -> list[dict]:
    path = outcome.folder / "ppocr_guard" / "journal.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [r for r in records if not kinds or r["event"] in kinds]


def weights(outcome) -> str:
    return hashlib.sha256((outcome.folder / "latest.pdparams").read_bytes()).hexdigest()


# 3.7.0 gives the data set no seed, so that two plain runs differ; with an entry of ratio_list
# below 1 it orders the images by the epoch.
# Without workers a thread of the process augments the next images while the guard works.
@pytest.mark.parametrize(
    ("release", "ratio", "workers"), [("2.10.0", 1.0, 2), ("2.10.0", 1.0, 0), ("3.7.0", 0.97, 2)]
)
def test_a_guarded_run_ends_with_the_same_bits(
    kit, release: str, ratio: float, workers: int
) -> None:
    tree = kit.tree(release)
    # All hooks, and an evaluation before the first step.
    guard = "Guard: {hooks: {HmeanTrend: {baseline: true}}}\n"
    how = {"tree": tree, "ratio": ratio, "num_workers": workers}
    guarded = kit.run(f"guarded-{release}-{workers}", guard=guard, **how)
    assert guarded.code == 0, guarded.output
    (baseline,) = journal(guarded, "baseline")
    assert (baseline["source"], baseline["images"], baseline["of"]) == ("measured", 6, 6)
    plain = kit.run(f"plain-{release}-{workers}", guard=None, prefix=(), **how)
    assert plain.code == 0, plain.output
    assert not plain.lines("ppocr_guard")
    assert journal(guarded, "run_end")[0]["reason"] == "finished"
    assert weights(guarded) == weights(plain)


@pytest.mark.parametrize("release", ["2.9.0", "3.0.0", "3.6.0"])
def test_other_releases_are_guarded_too(kit, release: str) -> None:
    outcome = kit.run(f"release-{release}", tree=kit.tree(release), epoch_num=1)
    assert outcome.code == 0, outcome.output
    kinds = [r["event"] for r in journal(outcome)]
    assert {"run_start", "epoch_start", "step", "eval", "checkpoint", "run_end"} <= set(kinds)
    assert not outcome.lines("the guard's own")


def test_a_release_that_nobody_has_seen_is_told_of_and_guarded_as_far_as_it_goes(
    kit, tmp_path: Path
) -> None:
    tree = sources.compose("3.7.0", dest=tmp_path / "PaddleOCR")
    (tree / "PKG-INFO").write_text("Name: paddleocr\nVersion: 9.1.0\n")
    program = tree / "tools" / "program.py"
    source = program.read_text("utf-8")
    # Its loop saves by another name; the old one is still imported.
    program.write_text(source.replace(" save_model(", " save_checkpoint(").replace(
        "\ndef train(", "\nsave_checkpoint = save_model\n\n\ndef train(", 1))  # fmt: skip
    run = kit.run("future", tree=tree, epoch_num=1)
    assert run.code == 0, run.output
    assert run.lines("ppocr_guard WARNING", "This PaddleOCR (9.1.0) is none of the releases")
    assert run.lines("ppocr_guard WARNING", "program.py calls save_model")
    kinds = {r["event"] for r in journal(run)}
    assert {"run_start", "step", "eval", "run_end"} <= kinds
    assert "checkpoint" not in kinds


ATTACH = (
    "import runpy, sys; sys.path.insert(0, '.'); sys.argv[0] = 'tools/train.py';"
    "import tools.program, ppocr_guard; ppocr_guard.attach(tools.program);"
    "runpy.run_path('tools/train.py', run_name='__main__')"
)


@pytest.mark.parametrize("way", ["transform", "attach"])
def test_the_other_ways_in(kit, way: str) -> None:
    if way == "transform":
        outcome = kit.run(way, prefix=(), epoch_num=1, transform=LINE)
    else:
        command = [sys.executable, "-c", ATTACH, "-c", "{config}"]
        outcome = kit.run(way, prefix=(), epoch_num=1, command=command)
    assert outcome.code == 0, outcome.output
    assert outcome.lines("ppocr_guard INFO", "epoch 1: effective shrink ratio")
    assert [r["event"] for r in journal(outcome)][-1] == "run_end"


def test_the_journal_holds_the_numbers_of_the_train_log(kit) -> None:
    outcome = kit.run("numbers", tree=kit.tree("2.9.1"))
    log = (outcome.folder / "train.log").read_text(encoding="utf-8")
    logged = re.findall(r"global_step: (\d+), lr: ([\d.]+), loss: ([\d.]+),", log)
    steps = journal(outcome, "step")
    assert len(steps) == len(logged) == 8
    for step, (number, lr, loss) in zip(steps, logged):
        assert step["global_step"] == int(number)
        assert step["learning_rate"] == pytest.approx(float(lr), abs=1e-6)
        assert step["losses"]["loss"] == pytest.approx(float(loss), abs=1e-6)
    evaluated = re.findall(
        r"cur metric, precision: ([\d.]+), recall: ([\d.]+), hmean: ([\d.]+)", log
    )
    evaluations = journal(outcome, "eval")
    assert len(evaluations) == len(evaluated) == 2
    for evaluation, (precision, recall, hmean) in zip(evaluations, evaluated):
        assert evaluation["metrics"]["precision"] == float(precision)
        assert evaluation["metrics"]["recall"] == float(recall)
        assert evaluation["value"] == float(hmean)
    same_numbers.check(outcome.folder, outcome.folder / "report.html")
    assert log.count("effective shrink ratio of") == 1  # told again only when it moves


def test_a_backbone_that_is_cut_from_the_loss_is_named(kit) -> None:
    hooks = "[{benchmarks.faults.hooks.CutsBackbone: null}, {Diagnosis: null}, {Journal: null}]"
    cut = kit.run("cut", guard=f"Guard: {{hooks: {hooks}}}\n", epoch_num=4)
    assert cut.code == 0, cut.output
    shares = journal(cut, "invariants")[0]["figures"]
    assert shares["gradient.backbone"] == 0
    assert shares["gradient.neck"] > 0.9
    told = journal(cut, "alert")
    assert [alert["subject"] for alert in told] == ["part_without_gradient"]
    whole = kit.run("whole", epoch_num=4, guard="Guard: {hooks: [Diagnosis, Journal]}\n")
    assert min(journal(whole, "invariants")[0]["figures"].values()) > 0.9


def test_the_bug_of_ppocrv4_is_named_before_the_first_evaluation(kit) -> None:
    bug = kit.run("bug", tree=kit.tree("2.9.0", "2.8.1"), total_epoch=500, eval_batch_step=(0, 8))
    assert bug.code == 0, bug.output
    records = journal(bug)
    first_evaluation = next(i for i, r in enumerate(records) if r["event"] == "eval")
    early = records[:first_evaluation]
    codes = {r["code"] for r in early if r["event"] == "alert"}
    assert codes == {"shrink_ratio_unexpected", "unclip_mismatch"}
    ratios = {
        (r["operator"], r["source"]): r["ratio"] for r in early if r["event"] == "shrink_ratio"
    }
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        assert ratios[operator, "live"] == pytest.approx(0.8096)
        assert ratios[operator, "scheduled"] == pytest.approx(0.8096)
        assert ratios[operator, "measured"] == pytest.approx(0.8096, abs=0.03)
    (trip,) = [r for r in early if r["event"] == "round_trip"]
    assert trip["median_iou"] < 0.6
    assert 0.2 < trip["fitting_unclip_ratio"] < 0.6  # 0.43 in the middle; small texts scatter
    assert bug.lines("ppocr_guard ERROR", "seed 1024", "13669")


def test_repair_pins_the_ratio_before_the_first_batch(kit) -> None:
    guard = "Guard: {hooks: [{ShrinkRatio: {repair: true}}, {Journal: null}]}\n"
    run = kit.run("repair", tree=kit.tree("2.9.0", "2.8.1"), total_epoch=500, guard=guard)
    assert run.code == 0, run.output
    same_numbers.check(run.folder, run.folder / "report.html")
    measured = [r for r in journal(run, "shrink_ratio") if r["source"] == "measured"]
    assert measured
    for record in measured:
        assert record["ratio"] == pytest.approx(0.4, abs=0.045)
    assert not [r for r in journal(run, "alert") if r["code"] == "unclip_mismatch"]


@pytest.mark.parametrize(("release", "epochs"), [("2.9.1", [0.4, 0.4]), ("3.7.0", [0.5, 0.6])])
def test_with_a_ratio_list_below_one_each_epoch_has_its_own_ratio(
    kit, release: str, epochs: list[float]
) -> None:
    run = kit.run(f"ramp-{release}", tree=kit.tree(release), total_epoch=2, ratio=0.99)
    assert run.code == 0, run.output
    live = [
        (r["epoch"], r["ratio"])
        for r in journal(run, "shrink_ratio")
        if (r["operator"], r["source"]) == ("MakeShrinkMap", "live")
    ]
    assert live == [(1, pytest.approx(epochs[0])), (2, pytest.approx(epochs[1]))]
    assert not journal(run, "alert")


def test_a_hook_that_fails_does_not_hurt_the_run(kit) -> None:
    guard = "Guard: {hooks: [{benchmarks.faults.hooks.Broken: null}, {Journal: null}]}\n"
    run = kit.run("broken", guard=guard, epoch_num=1)
    assert run.code == 0, run.output
    assert len(run.lines("ppocr_guard WARNING", "a user's mistake")) == 1
    assert run.lines("hook Broken is switched off")
    assert len(journal(run, "step")) == 4


def test_a_wrong_key_is_told_before_training(kit, tmp_path: Path) -> None:
    run = kit.run("wrong", guard="Guard:\n  hooks:\n    - AutoStop: {onn: []}\n")
    assert run.code == 2, run.output
    (line,) = run.lines("Guard.hooks.0.AutoStop.onn")
    number = line.split("wrong.yml:")[1].split(":")[0]
    text = (run.folder.parent / "wrong.yml").read_text(encoding="utf-8").splitlines()
    assert "onn" in text[int(number) - 1]
    assert "did you mean 'on'?" in line
    assert not run.lines("Traceback")
    assert not run.folder.exists()  # nothing of the run was begun


def test_the_model_is_examined_before_the_first_step_and_at_each_evaluation(kit) -> None:
    run = kit.run("examined", guard="Guard: {hooks: [{Journal: null}]}\n")
    assert run.code == 0, run.output
    examined = journal(run, "examination")
    assert [r["evaluation"] for r in examined] == [0, 1, 2]
    for record in examined:
        assert record["cells"]["labels.train"] > 0.9
        assert record["cells"]["labels.val"] > 0.9
        assert {"model.train", "model.train_eval", "model.val", "first.val"} <= set(record["cells"])
        assert record["seconds"] < 10
    assert examined[0]["global_step"] == 0
    assert examined[0]["facts"]["lift.train"] > 1.5
    assert examined[1]["facts"]["weights_changed"] > 0.9
    assert not run.lines("the guard's own")
