"""An unknown PaddleOCR: what the guard will not see of it is said, in the log and by doctor."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ppocr_guard.doctor import look
from ppocr_guard.doctor.look import FINE, WEAK
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.paddleocr.seams import missing_seams, uncalled_seams
from ppocr_guard.paddleocr.self_check import BATCHES, Uncounted, say_what_is_new

LOOP = """
from ppocr.utils.stats import TrainingStats
from ppocr.utils.save_load import save_model
from ppocr.data import build_dataloader

def train(config, train_dataloader, model, optimizer, eval_class, logger):
    stats = TrainingStats(20, ["lr"])
    if reset:
        train_dataloader = build_dataloader(config, "Train", device, logger, seed=epoch)
    cur_metric = eval(model)
    save_model(model)

def eval(model): ...
"""
# Its loop saves by another name, and the old one is only still there.
FUTURE = LOOP.replace("    save_model(model)", "    save_checkpoint(model)")


def check(folder: Path, source: str, release: str, caplog: pytest.LogCaptureFixture) -> str:
    program = folder / "program.py"
    program.write_text(source)
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        say_what_is_new(program, behaviour_of(release))
    return caplog.text


def test_a_release_that_was_examined_is_passed_in_silence(tmp_path, caplog) -> None:
    assert check(tmp_path, LOOP, "2.10.0", caplog) == ""
    in_place = LOOP.replace("build_dataloader(config", "reset_data_lines(config")  # as 3.7.0 does
    assert check(tmp_path, in_place, "3.7.0", caplog) == ""


def test_a_future_release_is_told_of_even_where_all_names_are_there(tmp_path, caplog) -> None:
    text = check(tmp_path, LOOP, "4.0.0", caplog)
    assert "This PaddleOCR (4.0.0) is none of the releases" in text
    assert "calls" not in text


def test_a_name_that_is_there_and_no_longer_called_is_told_of(tmp_path, caplog) -> None:
    assert missing_seams(FUTURE) == []
    assert uncalled_seams(FUTURE) == ["save_model"]
    text = check(tmp_path, FUTURE, "4.0.0", caplog)
    assert f"Nothing in {tmp_path / 'program.py'} calls save_model" in text


def test_doctor_says_both(tmp_path: Path) -> None:
    data = tmp_path / "ppocr" / "data"
    data.mkdir(parents=True)
    (data / "simple_dataset.py").write_text("class SimpleDataSet: ...\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "train.py").write_text("def main(config): ...\n")
    (tmp_path / "tools" / "program.py").write_text(FUTURE)
    (tmp_path / "PKG-INFO").write_text("Name: paddleocr\nVersion: 4.0.0\n")
    answers = {answer.name: answer for answer in look.paddleocr(tmp_path)}
    assert answers["PaddleOCR"].state == WEAK
    assert "4.0.0 (changed: behaves like no release)" in answers["PaddleOCR"].text
    assert "none of the releases that were examined" in answers["PaddleOCR"].text
    assert answers["seams"].state == WEAK
    assert "calls save_model" in answers["seams"].text
    (tmp_path / "tools" / "program.py").write_text(LOOP)
    assert look.seams(tmp_path).state == FINE


def test_a_loop_whose_steps_are_not_counted_is_told_of_once(caplog) -> None:
    seen, unseen = Uncounted(), Uncounted()
    with caplog.at_level(logging.WARNING, "ppocr_guard"):
        for _ in range(3 * BATCHES):
            seen.batch()
            seen.step()
        assert caplog.text == ""
        for _ in range(3 * BATCHES):
            unseen.batch()
    assert caplog.text.count(f"{BATCHES} batches were trained") == 1
