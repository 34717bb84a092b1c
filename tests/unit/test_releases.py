from __future__ import annotations

from pathlib import Path

import pytest

from ppocr_guard.paddleocr.releases import LINES, OPERATORS, ReleaseError, behaviour_of, recognise

# The statements that decide, as each line of releases has them, reduced to the least.
TRAIN = {
    True: 'def main(config, seed):\n    build_dataloader(config, "Train", device, logger, seed)\n',
    False: "def main(config):\n    build_dataloader(config, 'Train', device, logger)\n",
}
REBUILD = "train_dataloader = build_dataloader(config, 'Train', device, logger, seed=epoch)"
RESET = "train_dataloader.dataset.reset_data_lines(seed=epoch, epoch=epoch)"
PROGRAM = """
def train(config, train_dataloader):
    for epoch in range(start_epoch, epoch_num + 1):
        if train_dataloader.dataset.need_reset:
            {}
"""
BY_NAME = """
class SimpleDataSet(Dataset):
    def __init__(self, config, mode, logger, seed=None):
        self.set_epoch_as_seed(self.seed, dataset_config)

    def set_epoch_as_seed(self, seed, dataset_config):
        index = [i for i, d in enumerate(dataset_config['transforms']) if 'MakeBorderMap' in d][0]
        dataset_config['transforms'][index]['MakeBorderMap']['epoch'] = seed
"""
BY_POSITION = """
class SimpleDataSet(Dataset):
    def __init__(self, config, mode, logger, seed=None):
        self.set_epoch_as_seed(self.seed, dataset_config)

    def set_epoch_as_seed(self, seed, dataset_config):
        dataset_config['transforms'][5]['MakeBorderMap']['epoch'] = seed
"""
PLAIN = """
class SimpleDataSet(Dataset):
    def __init__(self, config, mode, logger, seed=None):
        self.seed = seed
"""
SHARED = """
class SimpleDataSet(Dataset):
    def __init__(self, config, mode, logger, seed=None):
        self._shared_epoch = multiprocessing.Value("i", 0)

    def __getitem__(self, idx):
        data["epoch"] = self._shared_epoch.value
"""
FIXED = """
class {}(object):
    def __init__(self, shrink_ratio=0.4, **kwargs):
        self.shrink_ratio = shrink_ratio

    def __call__(self, data):
        return data
"""
AT_CONSTRUCTION = """
class {}(object):
    def __init__(self, shrink_ratio=0.4, **kwargs):
        if "total_epoch" in kwargs and "epoch" in kwargs:
            shrink_ratio += 0.2 * kwargs["epoch"] / kwargs["total_epoch"]
"""
PER_SAMPLE = """
class {}(object):
    def __init__(self, shrink_ratio=0.4, **kwargs):
        if "total_epoch" in kwargs:
            self._total_epoch = kwargs["total_epoch"]

    def __call__(self, data):
        return 0.2 * data["epoch"] / self._total_epoch
"""
TREES = {
    "2.6.0": (False, REBUILD, PLAIN, FIXED),
    "2.7.0": (False, REBUILD, BY_POSITION, AT_CONSTRUCTION),
    "2.7.3": (False, REBUILD, BY_NAME, AT_CONSTRUCTION),
    "2.8.1": (True, REBUILD, BY_NAME, AT_CONSTRUCTION),
    "2.10.0": (True, REBUILD, PLAIN, AT_CONSTRUCTION),
    "3.7.0": (False, RESET, SHARED, PER_SAMPLE),
}


def write(tree: Path, passes_seed, reset, dataset, operator) -> Path:
    imaug = tree / "ppocr" / "data" / "imaug"
    imaug.mkdir(parents=True)
    (tree / "tools").mkdir()
    (tree / "tools" / "train.py").write_text(TRAIN[passes_seed])
    (tree / "tools" / "program.py").write_text(PROGRAM.format(reset))
    (tree / "ppocr" / "data" / "simple_dataset.py").write_text(dataset)
    (imaug / "make_shrink_map.py").write_text(operator.format("MakeShrinkMap"))
    (imaug / "make_border_map.py").write_text(operator.format("MakeBorderMap"))
    return tree


@pytest.mark.parametrize("release", TREES)
def test_a_tree_without_a_number_is_told_by_its_behaviour(release, tmp_path):
    found = recognise(write(tmp_path, *TREES[release]))
    assert found.behaves_like(behaviour_of(release))
    assert found.release in {line.release for line in LINES}


@pytest.mark.parametrize("release", TREES)
def test_a_tree_that_states_its_number_is_called_by_it(release, tmp_path):
    write(tmp_path, *TREES[release])
    (tmp_path / "PKG-INFO").write_text(f"Name: paddleocr\nVersion: {release}\n")
    assert recognise(tmp_path).release == release


def test_a_changed_tree_says_so(tmp_path):
    write(tmp_path, *TREES["2.8.1"])
    (tmp_path / "paddleocr.py").write_text("VERSION = '2.9.0'\n")
    found = recognise(tmp_path)
    assert found.release == "2.9.0 (changed: behaves like 2.7.1, 2.7.4 to 2.8.1)"
    assert found.behaves_like(behaviour_of("2.8.1"))


def test_a_tree_mixed_from_two_releases_is_described_as_it_is(tmp_path):
    passes_seed, reset, *_ = TREES["2.10.0"]
    found = recognise(write(tmp_path, passes_seed, reset, SHARED, PER_SAMPLE))
    assert found.release == "unknown"
    assert found.seed_passed
    assert found.shared_epoch


def test_a_wheel_has_no_tools(tmp_path):
    write(tmp_path, *TREES["2.8.1"])
    (tmp_path / "tools" / "train.py").unlink()
    found = recognise(tmp_path)
    assert found.epoch_from_seed
    assert found.release == "unknown (no tools/train.py)"


def test_one_operator_may_differ(tmp_path):
    write(tmp_path, *TREES["2.8.1"])
    border = tmp_path / "ppocr" / "data" / "imaug" / "make_border_map.py"
    border.write_text(FIXED.format("MakeBorderMap"))
    assert recognise(tmp_path).ramp_at_construction == {"MakeShrinkMap"}


def test_nothing_is_executed(tmp_path):
    write(tmp_path, *TREES["2.8.1"])
    train = tmp_path / "tools" / "train.py"
    train.write_text("raise SystemExit(9)\n" + train.read_text())
    assert recognise(tmp_path).seed_passed


def test_what_is_no_paddleocr_is_refused(tmp_path):
    with pytest.raises(ReleaseError, match="no PaddleOCR"):
        recognise(tmp_path)
    write(tmp_path / "broken", *TREES["2.8.1"])
    (tmp_path / "broken" / "tools" / "train.py").write_text("def main(:\n")
    with pytest.raises(ReleaseError, match=r"train\.py: is no valid Python"):
        recognise(tmp_path / "broken")


@pytest.mark.parametrize(
    ("numbers", "line"),
    [
        (("2.0", "2.5.0", "2.6", "2.6.0", "2.6.1.3"), "2.0 to 2.6"),
        (("2.7", "2.7.0", "2.7.0.0", "2.7.0.2"), "2.7.0 to 2.7.0.2"),
        (("2.7.0.3", "2.7.2", "2.7.3"), "2.7.0.3, 2.7.2, 2.7.3"),
        (("2.7.1", "2.7.4", "2.7.5", "2.8", "2.8.0", "v2.8.1"), "2.7.1, 2.7.4 to 2.8.1"),
        (("2.9.0", "2.9.1", "2.10.0", "3.0.0", "3.1.1", "3.6.0"), "2.9.0 to 3.6.0"),
        (("3.7", "3.7.0"), "3.7.0"),
    ],
)
def test_every_number_has_its_line(numbers, line):
    expected = next(item for item in LINES if item.release == line)
    for number in numbers:
        behaviour = behaviour_of(number)
        assert behaviour.behaves_like(expected), number
        assert behaviour.release == number.lstrip("v")
        assert behaviour.known


def test_a_newer_release_is_taken_for_the_newest_known_and_says_so():
    newer = behaviour_of("3.8.0")
    assert not newer.known
    assert newer.behaves_like(behaviour_of("3.7.0"))


@pytest.mark.parametrize("number", ["", "latest", "2", "1.1.0", "2.8.x", "2.8.1rc1"])
def test_what_is_no_release_is_refused(number):
    with pytest.raises(ReleaseError):
        behaviour_of(number)


def test_no_two_lines_behave_alike():
    for index, line in enumerate(LINES):
        assert not any(line.behaves_like(other) for other in LINES[index + 1 :])
    assert set(OPERATORS) == {"MakeShrinkMap", "MakeBorderMap"}


def test_what_was_examined_and_what_was_not(tmp_path):
    passes_seed, reset, *_ = TREES["2.10.0"]
    assert behaviour_of("3.7.0").examined
    assert not behaviour_of("4.0.0").examined
    assert not recognise(write(tmp_path, passes_seed, reset, SHARED, PER_SAMPLE)).examined
    (tmp_path / "PKG-INFO").write_text("Name: paddleocr\nVersion: 4.0.0\n")
    assert not recognise(tmp_path).examined
