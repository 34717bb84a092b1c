"""Steps of an epoch under MultiScaleSampler; the numbers are those of the real class."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import pytest
from rec_data import RecProject

from ppocr_guard.paddleocr.multi_scale import steps_per_epoch

STOCK = [[320, 32], [320, 48], [320, 64]]


def sampler(**options: Any) -> dict[str, Any]:
    return {"name": "MultiScaleSampler", "scales": STOCK, "first_bs": 128, **options}


@pytest.mark.parametrize(
    ("images", "cards", "options", "steps"),
    [
        (117, 1, {"fix_bs": False}, 3),  # 128 + 85 + 64: one round, filled up
        (277, 1, {"fix_bs": False}, 3),
        (278, 1, {"fix_bs": False}, 6),
        (384, 1, {}, 3),
        (385, 1, {}, 6),
        (3000, 4, {"fix_bs": False}, 9),
        (100, 1, {"scales": [48, 64], "first_bs": 8, "fix_bs": False}, 18),
        (100, 1, {"is_training": False}, 1),
        (3, 4, {}, 0),
        (100, 1, {"scales": None}, None),
        (100, 1, {"scales": [[320]]}, None),
        (100, 1, {"first_bs": 0}, None),
        (100, 1, {"fix_bs": False, "divided_factor": [8, 64]}, None),  # a height of 0
        (100, 1, {"bs_list": [8, 8, 8]}, None),
    ],
)
def test_steps(images: int, cards: int, options: dict[str, Any], steps: Optional[int]) -> None:
    assert steps_per_epoch(sampler(**options), images, cards) == steps


def test_an_evaluation_that_never_comes_is_told_of_a_stock_recogniser(tmp_path: Path) -> None:
    project = RecProject(tmp_path, "rec_v4")
    project.config["Train"]["sampler"] = sampler(fix_bs=False)
    project.config["Global"].update(epoch_num=75, eval_batch_step=[0, 2000])
    (found,) = project.problems("evaluation_never_reached")
    assert "has only 450 steps (6 an epoch)" in found.message  # of 400 images
    assert "[0, 6]" in found.advice
    project.config["Global"]["eval_batch_step"] = [0, 6]
    assert project.problems("evaluation_never_reached", "evaluation_rare") == []
    project.config["Train"]["sampler"]["name"] = "OwnSampler"
    project.config["Global"]["eval_batch_step"] = [0, 2000]
    assert project.problems("evaluation_never_reached") == []


def test_a_broken_line_of_a_recogniser_is_told_what_a_line_is(tmp_path: Path) -> None:
    project = RecProject(tmp_path, "rec_v4")
    project.write("lines/train.txt", "train0.png apple\ntrain1.png\tbread\n")
    (found,) = project.problems("label_lines_broken")
    assert found.advice == "A line is: image, tab, text."
