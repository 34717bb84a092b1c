"""The benchmark of mistakes: what it holds, and a part of it, read."""

from __future__ import annotations

import re
import sys

import pytest

from benchmarks.mistakes import afresh, develop, heldout, recognition, report, unseen
from benchmarks.mistakes.harmless import VARIANTS
from benchmarks.mistakes.judging import (
    MISSED,
    NAMED,
    NOT_DONE,
    NOTHING,
    READING,
    REHEARSAL,
    STOPPED,
    Said,
    judge,
    project,
    read,
)
from benchmarks.mistakes.project import NAMES, Mistake, make_data, swap
from benchmarks.mistakes.rehearsing import Kept, Rehearsed, rehearse_all
from benchmarks.mistakes.stock import distinct, in_turn

EVERY = 6


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data"))


def test_there_are_enough_of_all_kinds():
    sets = (develop, report, heldout, unseen, afresh)
    mistakes = [mistake for one in sets for mistake in one.MISTAKES]
    assert len(mistakes) >= 120
    assert {mistake.config for mistake in mistakes} == set(NAMES)
    assert len(NAMES) == 8
    assert len({mistake.name for mistake in mistakes}) == len(mistakes)
    for mistake in mistakes:
        re.compile(mistake.names)


@pytest.mark.parametrize("mistake", develop.MISTAKES[::EVERY], ids=lambda mistake: mistake.name)
def test_reading_tells(data, mistake):
    with project(data, mistake.config, mistake.change) as made:
        said = read(made, "2.10.0")
    assert judge(mistake, "2.10.0", said, None).told == READING


@pytest.mark.parametrize("variant", VARIANTS[::2], ids=lambda v: f"{v.config}: {v.name}")
def test_nothing_is_said_of_what_is_harmless(data, variant):
    with project(data, variant.config, variant.change) as made:
        assert read(made, "2.8.1") == []


@pytest.mark.parametrize("mistake", recognition.REPORT[::5], ids=lambda mistake: mistake.name)
def test_reading_tells_mistakes_of_recognition(data, mistake):
    with project(data, mistake.config, mistake.change) as made:
        said = read(made, "2.10.0")
    assert judge(mistake, "2.10.0", said, None).told == READING


def test_a_finding_on_something_else_does_not_tell():
    mistake = Mistake("thresh", "det_mv3_db", swap("a", "b"), r"PostProcess\.thresh")
    said = [Said("unknown_key", "warning", "Loss.alpa: ...")]
    verdict = judge(mistake, "2.10.0", said, None)
    assert verdict.told == MISSED
    assert verdict.beside == said


def test_what_a_rehearsal_adds():
    mistake = Mistake("thresh", "det_mv3_db", swap("a", "b"), r"PostProcess\.thresh")
    named = Said("postprocess_blind", "critical", "PostProcess.thresh: no box")
    other = Said("training_crashes", "critical", "Loss: KeyError")
    for read_, seen, told, rehearsed in (
        ([named], None, READING, NOT_DONE),
        ([named], [], READING, NOTHING),
        ([], [named], REHEARSAL, NAMED),
        ([], [other], MISSED, STOPPED),
        ([other], [], MISSED, NOTHING),
    ):
        verdict = judge(mistake, "2.10.0", read_, seen)
        assert (verdict.told, verdict.rehearsed) == (told, rehearsed)


def test_rehearsals_are_kept_and_not_made_again(tmp_path, data):
    mistake = Mistake("a: b", "det_mv3_db", swap("epoch_num: 40", "epoch_num: [40"), "epoch_num")
    path = tmp_path / "kept.jsonl"
    how = {"python": sys.executable, "timeout": 5.0, "jobs": 2}
    rehearse_all([mistake], {"2.10.0": tmp_path}, data, Kept(path), **how)
    key = "2.10.0/det_mv3_db/a: b"
    assert "my.yml" in Kept(path).get(key).not_done  # no YAML: nothing to rehearse
    said = (Said("x", "critical", "y"),)
    Kept(path).put(key, Rehearsed(said))
    rehearse_all([mistake], {"2.10.0": tmp_path / "not there"}, data, Kept(path), **how)
    assert Kept(path).get(key).said == said
    assert len(path.read_text().splitlines()) == 2


def test_stock_configurations_take_turns_by_release(tmp_path):
    names = {"1.0": ("det_a", "det_bb", "det_ccc"), "2.0": ("det_a", "det_r50_b")}
    for release, stems in names.items():
        folder = tmp_path / release / "configs" / "det"
        folder.mkdir(parents=True)
        for stem in stems:
            (folder / f"{stem}.yml").write_text(f"# {stem}\n")
    clones = [f"1.0={tmp_path / '1.0'}", f"2.0={tmp_path / '2.0'}:/old/python"]
    found = list(in_turn(clones, "/python", None))
    assert {(one.release, one.python) for one in found} == {
        ("1.0", "/python"),
        ("2.0", "/old/python"),
    }
    assert [(one.release, one.path.stem) for one in found] == [
        ("1.0", "det_a"),
        ("2.0", "det_a"),
        ("1.0", "det_bb"),
        ("2.0", "det_r50_b"),
        ("1.0", "det_ccc"),
    ]
    assert [one.path.stem for one in in_turn(clones, "/python", 1)] == ["det_a", "det_a"]
    assert [one.key for one in distinct(found)] == [
        "1.0/det/det_a.yml",
        "1.0/det/det_bb.yml",
        "2.0/det/det_r50_b.yml",
        "1.0/det/det_ccc.yml",
    ]
