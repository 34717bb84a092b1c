"""The copy of the best checkpoint."""

from __future__ import annotations

import json

import pytest

from ppocr_guard.paddleocr import best
from ppocr_guard.paddleocr.best import BestKeeper, read_kept


def write(folder, text: str) -> str:
    for suffix in (".pdparams", ".pdopt", ".states", ".guard.json"):
        (folder / f"best_accuracy{suffix}").write_text(text + suffix)
    (folder / "latest.pdparams").write_text("other")
    return str(folder / "best_accuracy")


def test_it_is_copied_whole_with_its_metric(tmp_path) -> None:
    keeper = BestKeeper(str(tmp_path), "hmean")
    keeper.keep(write(tmp_path, "good"), 0.5, 3)
    assert keeper.wait(10)
    folder = tmp_path / "ppocr_guard" / "best"
    write(tmp_path, "bad")  # PaddleOCR writes in place
    assert (folder / "best_accuracy.pdparams").read_text() == "good.pdparams"
    assert sorted(file.suffix for file in folder.glob("best_accuracy.*")) == [
        ".json", ".pdopt", ".pdparams", ".states",
    ]  # fmt: skip
    about = json.loads((folder / "metric.json").read_text())
    assert about == {"metric": "hmean", "value": 0.5, "epoch": 3}
    assert [path.name for path in folder.parent.iterdir()] == ["best"]


@pytest.mark.parametrize("value", [0.0, 0.4, 0.5, float("nan")])
def test_what_is_not_better_does_not_replace_it(tmp_path, value: float) -> None:
    keeper = BestKeeper(str(tmp_path), "hmean")
    keeper.keep(write(tmp_path, "good"), 0.5, 3)
    keeper.wait(10)
    keeper.keep(write(tmp_path, "bad"), value, 4)
    keeper.wait(10)
    assert (tmp_path / "ppocr_guard" / "best" / "best_accuracy.pdparams").read_text() == (
        "good.pdparams"
    )


def test_a_later_launch_knows_it_and_a_better_one_replaces_it(tmp_path) -> None:
    first = BestKeeper(str(tmp_path), "hmean")
    first.keep(write(tmp_path, "good"), 0.5, 3)
    first.wait(10)
    second = BestKeeper(str(tmp_path), "hmean")
    assert second.kept is not None
    assert (second.kept.value, second.kept.epoch) == (0.5, 3)
    assert BestKeeper(str(tmp_path), "acc").kept is None
    second.keep(write(tmp_path, "better"), 0.6, 5)
    second.wait(10)
    folder = tmp_path / "ppocr_guard" / "best"
    assert (folder / "best_accuracy.pdparams").read_text() == "better.pdparams"
    folder.rename(folder.with_name("best.old"))  # killed between two renames
    kept = read_kept(folder, "hmean")
    assert kept is not None
    assert "best.old" in kept.path


def test_what_is_overwritten_while_it_is_copied_is_no_copy(tmp_path, monkeypatch) -> None:
    copy = best._copy_file

    def overwritten(source, target) -> None:
        copy(source, target)
        source.write_text("a longer text, written by a later save")

    monkeypatch.setattr(best, "_copy_file", overwritten)
    keeper = BestKeeper(str(tmp_path), "hmean")
    keeper.keep(write(tmp_path, "good"), 0.5, 3)
    assert keeper.wait(10)
    assert keeper.kept is None
    assert list((tmp_path / "ppocr_guard").iterdir()) == []
    monkeypatch.setattr(best, "_copy_file", copy)
    keeper.keep(write(tmp_path, "better"), 0.6, 4)
    assert keeper.wait(10)
    assert keeper.kept is not None
    assert keeper.kept.value == 0.6


def test_a_disk_without_space_is_said_and_nothing_half_is_left(tmp_path, monkeypatch, caplog):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ppocr_guard.paddleocr.best._copy_file", full)
    keeper = BestKeeper(str(tmp_path), "hmean")
    keeper.keep(write(tmp_path, "good"), 0.5, 3)
    keeper.wait(10)
    assert keeper.kept is None
    assert "keep_best: false" in caplog.text
    assert list((tmp_path / "ppocr_guard").iterdir()) == []


def test_it_can_be_switched_off(tmp_path) -> None:
    keeper = BestKeeper(str(tmp_path), "hmean", enabled=False)
    keeper.keep(write(tmp_path, "good"), 0.5, 3)
    assert not (tmp_path / "ppocr_guard").exists()
