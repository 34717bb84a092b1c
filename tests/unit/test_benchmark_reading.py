"""The faults of a recogniser: what they change in data and configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

pytest.importorskip("cv2")

from benchmarks.diagnosis.faults.fault import few
from benchmarks.diagnosis.reading import SEEDS, SETS
from benchmarks.diagnosis.reading.__main__ import DICTIONARY, SHORT
from benchmarks.diagnosis.reading.fault import biased, moved, shuffled
from benchmarks.diagnosis.training import GUARD
from ppocr_guard.demo import lines, recognition
from ppocr_guard.demo.presets import REC_FINE_TUNE
from ppocr_guard.detect.table.reading import READING_TABLE

ALL = [fault for faults in SETS.values() for fault in faults]
KNOWN = {entry.code for entry in READING_TABLE}


@pytest.mark.parametrize("name", SETS)
def test_there_are_enough_faults_and_controls(name: str) -> None:
    faults = SETS[name]
    assert sum(bool(fault.causes) for fault in faults) >= (0 if name == "controls" else 12)
    assert sum(not fault.causes for fault in faults) >= 4
    assert len({fault.name for fault in faults}) == len(faults)
    assert set().union(*(fault.causes for fault in faults)) <= KNOWN


def test_the_sets_have_no_fault_and_no_lines_in_common() -> None:
    titles = {
        name: {fault.title for fault in faults if fault.causes} for name, faults in SETS.items()
    }
    assert not titles["develop"] & (titles["validate"] | titles["report"])
    controls = [
        {fault.title for fault in faults if not fault.causes and fault.title != "healthy"}
        for faults in SETS.values()
    ]
    assert len(set().union(*controls)) == sum(map(len, controls))
    assert len(set(SEEDS.values())) == len(SETS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> lines.Lines:
    return lines.make_lines(tmp_path_factory.mktemp("lines"), 120, 4)


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
def test_a_fault_changes_what_it_says(fault, data: lines.Lines, tmp_path: Path) -> None:
    small = replace(fault, writing=None)  # drawing a thousand lines takes a second
    changed = small.lines(data, tmp_path, 0)
    if fault.train_lines is not None:
        assert lines.read_lines(changed.train_labels) != lines.read_lines(data.train_labels)
        assert lines.read_lines(changed.val_labels) == lines.read_lines(data.val_labels)
    if fault.train_images is not None:
        assert changed.train_labels.is_file()
        assert (changed.folder / "train" / "00000.png").read_bytes() != (
            data.folder / "train" / "00000.png"
        ).read_bytes()
    if fault.dictionary is not None:
        assert fault.dictionary(DICTIONARY) != DICTIONARY
    options = replace(REC_FINE_TUNE, guard=GUARD, **{**SHORT, **fault.options})
    before = yaml.safe_load(recognition.render(changed, tmp_path, options))
    assert (fault.configure(before) != before) == bool(fault.sets)


def test_changes_of_labels() -> None:
    some = [lines.Line(f"{i}.png", text) for i, text in enumerate("abcd")]
    assert [line.text for line in moved(1)(some)] == list("bcda")
    assert sorted(line.text for line in shuffled(1)(some)) == list("abcd")
    assert [line.text for line in few(2)(some)] == list("abab")
    weights = {"head.fc.bias": [0.0, 0.0], "neck.bias": [0.0]}
    biased(1, 40)(weights)
    assert weights == {"head.fc.bias": [0.0, 40.0], "neck.bias": [0.0]}
