"""The benchmark of mistakes: what it holds, and a part of it, read."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.mistakes import develop, report
from benchmarks.mistakes.harmless import VARIANTS
from benchmarks.mistakes.judging import MISSED, READING, Said, judge, project, read
from benchmarks.mistakes.project import NAMES, Mistake, make_data, swap

EVERY = 6


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data"))


def test_there_are_enough_of_all_kinds():
    mistakes = (*develop.MISTAKES, *report.MISTAKES)
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
    assert judge(mistake, "2.10.0", said, READING).told == READING


@pytest.mark.parametrize("variant", VARIANTS[::2], ids=lambda v: f"{v.config}: {v.name}")
def test_nothing_is_said_of_what_is_harmless(data, variant):
    with project(data, variant.config, variant.change) as made:
        assert read(made, "2.8.1") == []


def test_a_finding_on_something_else_does_not_tell():
    mistake = Mistake("thresh", "det_mv3_db", swap("a", "b"), r"PostProcess\.thresh")
    said = [Said("unknown_key", "warning", "Loss.alpa: ...")]
    verdict = judge(mistake, "2.10.0", said, READING)
    assert verdict.told == MISSED
    assert verdict.beside == said
