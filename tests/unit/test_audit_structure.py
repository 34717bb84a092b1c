"""Sections, keys and parts where they do not belong, and values that a class cannot take."""

from __future__ import annotations

import pytest

from benchmarks.mistakes.judging import project, read
from benchmarks.mistakes.project import make_data, swap

_BACKBONE = "  Backbone:\n    name: MobileNetV3\n    scale: 0.5\n    model_name: large\n"
_LARGE = "    model_name: large\n"
_PRETRAINED = swap(_LARGE, _LARGE + "    pretrained: ./weights/teacher\n")
_FROZEN = swap("  algorithm: CRNN\n", "  algorithm: CRNN\n  freeze_params: true\n")
_WARM_UP_BESIDE = swap("    warmup_epoch: 2\n", "  warmup_epoch: 2\n")
_DICT = "  character_dict_path: ./lines/dict.txt\n"
_NECK = "  Neck:\n    name: SequenceEncoder\n    encoder_type: rnn\n    hidden_size: 48\n"


def _dictionary_at_the_top(project):
    swap(_DICT, "")(project)
    swap("\nArchitecture:\n", f"\n{_DICT.strip()}\n\nArchitecture:\n")(project)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize(
    ("config", "change", "code", "says"),
    [
        ("det_mv3_db", swap(_BACKBONE, ""), "key_missing", "has no Backbone"),
        ("rec_crnn", swap(_NECK, ""), "key_missing", "has no Neck"),
        ("det_mv3_db", swap("print_batch_step: 2", "print_batch_step:"), "key_missing", "empty"),
        ("det_mv3_db", swap("    k: 50", "  k: 50"), "unknown_key", "Architecture.Head"),
        ("det_v4_db", _WARM_UP_BESIDE, "unknown_key", "Optimizer.lr"),
        ("rec_nrtr", _dictionary_at_the_top, "unknown_key", "belongs into Global"),
        ("rec_crnn", _FROZEN, "unknown_key", "distillation"),
        ("det_mv3_db", _PRETRAINED, "unknown_key", "weights"),
        ("det_v4_db", swap("    det: true\n", ""), "parts_mismatch", "det: true"),
        ("det_mv3_db", swap("p: 0.5", "p: 5"), "value_unusable", "augmenter_args"),
        ("det_pse", swap("gt_kernels, mask]", "gt_kernels]"), "operator_missing", "cut along"),
        ("rec_nrtr", swap("type: PIL", "type: PILLOW"), "value_unusable", "PIL, OpenCV"),
        ("rec_nrtr", swap("[100, 32]", "[32, 100]"), "image_shape_differs", "GrayRecResizeImg"),
        ("rec_v4", swap("dims: 120", "dims: 0"), "value_unusable", "Neck.dims"),
        ("det_cml", swap("- [Student, Teacher]", "- [Student]"), "value_unusable", "of names"),
        (
            "det_mv3_db",
            swap("save_model_dir: ./output", "save_model_dir: ./pages/val.txt"),
            "save_model_dir_unusable",
            "is a file",
        ),
    ],
)  # fmt: skip
def test_it_is_told(data, config, change, code, says):
    with project(data, config, change) as made:
        said = read(made, "2.10.0")
    assert [one for one in said if one.code == code and says in one.text], said


@pytest.mark.parametrize("setting", ["pretrained: false", "pretrained: null"])
def test_what_is_off_may_stand_anywhere(data, setting):
    change = swap("        disable_se: true\n", f"        disable_se: true\n        {setting}\n")
    with project(data, "det_cml", change) as made:
        assert read(made, "2.10.0") == []
