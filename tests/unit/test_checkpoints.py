"""What the guard does around PaddleOCR's checkpoints, with files of one byte in their place."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Optional

import pytest

from ppocr_guard.events import CheckpointSaved, Condition, StopRequest
from ppocr_guard.guard import Guard
from ppocr_guard.paddleocr.checkpoints import STOPPED_NAN, Checkpoints
from ppocr_guard.paddleocr.loop import Loop

NAN = Condition("loss_not_finite", "critical", "the loss is NaN", "lower it")


class Run:
    """A run in a folder, as far as its checkpoints see it. PaddleOCR's saving is played."""

    def __init__(self, folder: Path, resume: Optional[str] = None, **carried: Any) -> None:
        settings: dict[str, Any] = {"save_model_dir": str(folder), "epoch_num": 9}
        if resume:
            settings["checkpoints"] = str(folder / resume)
        arguments = {
            "config": {"Global": settings, "Optimizer": {"lr": {"learning_rate": 0.1}}},
            "train_dataloader": [0],
            "logger": logging.getLogger("test_checkpoints"),
            "eval_class": None,
            "model": None,
            "optimizer": None,
            "pre_best_model_dict": carried,
        }
        self.folder = folder
        self.loop = Loop(arguments, 0, 1)
        self.guard = Guard([])
        self.checkpoints = Checkpoints(self.loop, self.guard)
        self.start = self.checkpoints.resume(self.loop.run_start("2.10.0", None), "2.10.0")

    def save(self, prefix: str, epoch: int, step: int, **values: Any) -> CheckpointSaved:
        values = {"model_path": str(self.folder), "prefix": prefix, "epoch": epoch, **values}
        self.checkpoints.saving(values)
        (self.folder / f"{prefix}.pdparams").write_bytes(b"%d" % step)
        saved = self.checkpoints.saved(values, epoch, step)
        self.checkpoints.save_state(saved)
        return saved

    def evaluate(self, value: float, epoch: int, step: int, *, is_best: bool = True) -> None:
        self.checkpoints.evaluated(value, epoch)
        if is_best:
            best = {"hmean": value}
            self.save("best_accuracy", epoch, step, is_best=True, best_model_dict=best)

    def stop(
        self, step: int, epoch: int = 3, *, finite: bool = True
    ) -> tuple[Optional[str], Optional[str]]:
        request = StopRequest("loss_not_finite", "the loss is NaN", epoch, step, None, None)
        self.guard.stop = request

        def save_model(*args: Any, prefix: str, epoch: int, **_values: Any) -> None:
            self.save(prefix, epoch, step)

        return self.checkpoints.save_at_stop(save_model, epoch, step, finite=finite)

    def state(self, prefix: str) -> dict[str, Any]:
        """Of a checkpoint, after all is written."""
        self.checkpoints.close(5)
        return json.loads((self.folder / f"{prefix}.guard.json").read_text())  # type: ignore[no-any-return]


def test_a_stop_saves_latest_where_it_stands(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.save("latest", 2, 20)
    assert run.stop(25) == (str(tmp_path / "latest"), None)
    assert (tmp_path / "latest.pdparams").read_bytes() == b"25"
    assert run.state("latest")["stopped_for"] == "loss_not_finite"


def test_a_checkpoint_of_this_step_is_not_written_again_but_knows_of_the_stop(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path)
    run.save("latest", 2, 20)
    before = (tmp_path / "latest.pdparams").stat().st_mtime_ns
    run.guard.conditions.hold(NAN)
    assert run.stop(20) == (str(tmp_path / "latest"), None)
    assert (tmp_path / "latest.pdparams").stat().st_mtime_ns == before
    state = run.state("latest")
    assert state["stopped_for"] == "loss_not_finite"
    assert [held["code"] for held in state["conditions"]] == ["loss_not_finite"]


@pytest.mark.parametrize("saved_before", [True, False])
def test_weights_that_are_not_finite_do_not_replace_latest(
    tmp_path: Path, saved_before: bool
) -> None:
    run = Run(tmp_path)
    if saved_before:
        run.save("latest", 2, 20)
    latest, lost = run.stop(25, finite=False)
    assert lost == str(tmp_path / STOPPED_NAN)
    assert (tmp_path / f"{STOPPED_NAN}.pdparams").read_bytes() == b"25"
    assert latest == (str(tmp_path / "latest") if saved_before else None)
    if saved_before:
        assert (tmp_path / "latest.pdparams").read_bytes() == b"20"
        assert run.state("latest")["stopped_for"] == "loss_not_finite"


def test_a_worse_best_is_told_and_the_better_one_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(tmp_path)
    run.evaluate(0.5, 1, 10)
    assert run.checkpoints.best() == f"{tmp_path / 'best_accuracy'} (hmean 0.5000 at epoch 1)"
    run.evaluate(0.0, 2, 20)  # as PaddleOCR does when it has forgotten its best
    kept = tmp_path / "ppocr_guard" / "best" / "best_accuracy"
    assert "replaced its best_accuracy (hmean 0.5000) by a worse model (0.0000)" in caplog.text
    assert str(kept) in caplog.text
    assert kept.with_suffix(".pdparams").read_bytes() == b"10"
    assert run.checkpoints.best() == f"{kept} (hmean 0.5000 at epoch 1)"
    run.checkpoints.close(5)


def test_a_resume_takes_back_what_was_saved(tmp_path: Path) -> None:
    first = Run(tmp_path)
    first.evaluate(0.5, 1, 10)
    first.guard.conditions.hold(NAN)
    first.stop(20)
    first.checkpoints.close(5)
    second = Run(tmp_path, "latest", start_epoch=4, hmean=0.1)
    assert second.start.stopped_for == "loss_not_finite"
    assert second.start.best == 0.5  # not the 0.1 that PaddleOCR brings along
    assert second.start.changed == ()
    assert second.checkpoints.progress.evaluations == 1
    assert [held.code for held in second.guard.conditions] == ["loss_not_finite"]
    assert second.checkpoints.best() is not None
    second.checkpoints.close(5)
    new = Run(tmp_path)
    assert (new.start.stopped_for, new.start.best) == (None, None)
    assert new.checkpoints.best() is None
    new.checkpoints.close(5)
