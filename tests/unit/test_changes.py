"""What differs between two launches of a run."""

from __future__ import annotations

from ppocr_guard.changes import MOST, differences, trained_on

CONFIG = {
    "Global": {"seed": 1024, "save_model_dir": "a", "epoch_num": 500},
    "Train": {"dataset": {"transforms": [{"MakeShrinkMap": {"total_epoch": 500}}]}},
    "Guard": {"hooks": {"ShrinkRatio": {"repair": False}, "Notify": {"urls": ["https://key"]}}},
}


def test_what_training_depends_on_and_no_secret() -> None:
    kept = trained_on(CONFIG, "2.8.1")
    assert kept["Global"] == {"seed": 1024}
    assert "https" not in str(kept)
    again = {**CONFIG, "Global": {**CONFIG["Global"], "epoch_num": 600, "checkpoints": "a/latest"}}
    assert differences(kept, trained_on(again, "2.8.1")) == ()


def test_the_remedies_are_seen() -> None:
    kept = trained_on(CONFIG, "2.8.1")
    fixed = {**CONFIG, "Train": {"dataset": {"transforms": [{"MakeShrinkMap": {}}]}}}
    assert differences(kept, trained_on(fixed, "2.8.1")) == (
        "Train.dataset.transforms[0].MakeShrinkMap.total_epoch: 500 -> (absent)",
    )
    assert differences(kept, trained_on(CONFIG, "2.10.0")) == ("PaddleOCR: 2.8.1 -> 2.10.0",)
    for hooks in ({"ShrinkRatio": {"repair": True}}, [{"ShrinkRatio": {"repair": True}}]):
        repaired = trained_on({**CONFIG, "Guard": {"hooks": hooks}}, "2.8.1")
        assert differences(kept, repaired) == ("Guard.repair: False -> True",)


def test_only_so_many_are_told() -> None:
    many = differences({"Train": {}}, {"Train": {str(i): i for i in range(50)}})
    assert len(many) == MOST + 1
    assert many[-1] == "..."
