"""Every code has a page that is up to date, and an example that really shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.mistakes import examples
from benchmarks.mistakes.project import make_data
from ppocr_guard.audit.rule import RULES
from ppocr_guard.cli import main
from ppocr_guard.codes import CODES
from ppocr_guard.detect.table import TABLE
from ppocr_guard.explain.__main__ import pages
from ppocr_guard.explain.catalog import EXAMPLES, explanations, nearest

DOCS = Path(__file__).parents[2] / "docs" / "codes"
KEPT = json.loads(EXAMPLES.read_text("utf-8"))
# Findings that no mistake of the benchmark shows.
WITHOUT = {
    "texts_fill_images", "file_name", "ratio_list_unsupported", "small_set_not_augmented",
    "dictionary_reverses", "evaluation_disabled", "eval_images_large", "weights_mismatch",
    "max_text_length_differs", "image_height_unusable", "image_shape_differs",
    "sampler_scales_swapped", "sampler_batch_size", "texts_squeezed", "head_retrained",
    "evaluation_images_copied", "evaluation_texts_known", "classes_unbalanced",
    "image_mode_differs", "global_overrides_transform", "border_thresholds", "lmdb_unreadable",
    "distillation_key", "image_channels_differ",
}  # fmt: skip


def test_the_pages_are_up_to_date() -> None:
    """`python -m ppocr_guard.explain` makes them."""
    assert pages() == {path.name: path.read_text("utf-8") for path in DOCS.glob("*.md")}


def test_every_code_is_explained() -> None:
    told = explanations()
    assert {*CODES, *RULES, *(entry.code for entry in TABLE)} <= set(told)
    for explanation in told.values():
        assert explanation.title.strip()


def test_every_finding_has_an_example() -> None:
    assert set(RULES) - set(KEPT) <= WITHOUT


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("code", sorted(KEPT))
def test_an_example_shows_its_code(code: str, data: Path) -> None:
    """`python -m benchmarks.mistakes.examples` makes them."""
    example = KEPT[code]
    mistake = examples.ALL[example["mistake"]]
    assert (code, example) in list(examples.of(mistake, data, example["release"]))


def test_issues_are_taken_from_the_reasons() -> None:
    assert 12117 in explanations()["unclip_mismatch"].issues


def test_the_command(capsys) -> None:
    assert main(["explain", "shrink_ratio_unexpected"]) == 0
    assert "# shrink_ratio_unexpected" in capsys.readouterr().out
    assert main(["explain", "hmean_collapse", "--language", "zh"]) == 0
    assert "停止训练" in capsys.readouterr().out
    assert main(["explain", "unclip_mismatch", "--language", "zh"]) == 0
    assert "训练按 shrink_ratio 收缩文本" in capsys.readouterr().out
    assert main(["explain", "--all", "--json"]) == 0
    assert {r["code"] for r in json.loads(capsys.readouterr().out)} == set(explanations())
    assert main(["explain"]) == 2


def test_a_wrong_code_is_told_with_the_nearest(capsys) -> None:
    assert nearest("hmean_colapse")[0] == "hmean_collapse"
    assert main(["explain", "hmean_colapse"]) == 2
    assert "did you mean hmean_collapse" in capsys.readouterr().err
