"""Mistakes that the benchmark has none of, so that each finding has an example."""

from __future__ import annotations

from typing import Any

from benchmarks.mistakes.develop import IAA, drop
from benchmarks.mistakes.project import (
    Change,
    Mistake,
    Project,
    boxes,
    evaluation,
    images,
    labels,
    pages,
    swap,
)
from benchmarks.mistakes.recognition import write

WHOLE = [{"transcription": "sale", "points": [[8, 8], [312, 8], [312, 312], [8, 312]]}]


def _collapsed(texts: list[dict[str, Any]]) -> None:
    texts[0]["points"] = [[10, 10]] * 4


def _scaled(factor: float, add: float = 0) -> Change:
    return boxes(
        lambda text: text.update(points=[[add + factor * x, factor * y] for x, y in text["points"]])
    )


def _first_without_tab(lines: list[str]) -> list[str]:
    return [lines[0].replace("\t", " "), *lines[1:]]


def _renamed(project: Project) -> None:
    project.path = project.path.rename(project.path.with_suffix(".txt"))


def _overridden_twice(project: Project) -> None:
    project.options = [["Global.epoch_num=10"], ["Global.seed=1"]]


def _large(project: Project) -> None:
    import cv2

    for path in sorted((project.folder / "pages" / "val").iterdir()):
        cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (1920, 1920)))


def _texts_of_training(project: Project) -> None:
    """The evaluation images, with labels that all stand in the training set."""
    folder = project.folder / "lines"
    texts = [line.split("\t")[1] for line in (folder / "train.txt").read_text("utf-8").splitlines()]
    names = [line.split("\t")[0] for line in (folder / "val.txt").read_text("utf-8").splitlines()]
    lines = [f"{names[index % len(names)]}\t{text}\n" for index, text in enumerate(texts)]
    (folder / "val.txt").write_text("".join(lines), encoding="utf-8")


_SIMPLE = """\
    name: SimpleDataSet
    data_dir: ./lines
    label_file_list:
    - ./lines/train.txt
"""
_LMDB = """\
    name: LMDBDataSet
    data_dir: ./lines
    ratio_list: 0.5
"""
_BROKEN = """\
    name: LMDBDataSet
    data_dir: ./lines/lmdb
"""


def _no_lmdb(project: Project) -> None:
    (project.folder / "lines" / "lmdb").mkdir()
    (project.folder / "lines" / "lmdb" / "data.mdb").write_bytes(b"this is no LMDB")
    swap(_SIMPLE, _BROKEN)(project)


_TOTAL = "shrink_ratio: 0.4\n        total_epoch: 500"

# Code -> (configuration, mistake).
_OF: dict[str, tuple[str, Change]] = {
    "label_lines_broken": ("det_mv3_db", labels("pages/train.txt", _first_without_tab)),
    "all_ignored": ("det_mv3_db", boxes(lambda text: text.update(transcription="###"))),
    "no_text": ("det_mv3_db", pages(list.clear)),
    "polygon_degenerate": ("det_mv3_db", pages(_collapsed)),
    "polygons_outside": ("det_mv3_db", _scaled(1, 4000)),
    "texts_too_small": ("det_mv3_db", _scaled(0.02)),
    "texts_fill_images": (
        "det_mv3_db", pages(lambda texts: texts.__setitem__(slice(None), WHOLE)),
    ),
    "images_unreadable": ("det_mv3_db", images("pages/train/*", b"")),
    "evaluation_rare": (
        "det_mv3_db", swap("eval_batch_step: [0, 3]", "eval_batch_step: [0, 100]"),
    ),
    "evaluation_disabled": (
        "det_mv3_db", evaluation("    label_file_list:\n    - ./pages/val.txt\n", ""),
    ),
    "eval_images_large": ("det_mv3_db", _large),
    "checkpoint_incomplete": (
        "det_mv3_db", swap("checkpoints: null", "checkpoints: ./weights/teacher"),
    ),
    "weights_ignored": (
        "det_mv3_db",
        swap("pretrained_model: null", "pretrained_model: ./weights/teacher",
             "checkpoints: null", "checkpoints: ./weights/teacher"),
    ),
    "visualdl_removed": ("det_mv3_db", swap("use_visualdl: false", "use_visualdl: true")),
    "shrink_ratio_unexpected": ("det_mv3_db", swap("shrink_ratio: 0.4", _TOTAL, count=2)),
    "total_epoch_mismatch": (  # the releases that ramp do so where the lines are drawn anew
        "det_mv3_db",
        swap("shrink_ratio: 0.4", _TOTAL, "ratio_list: [1.0]", "ratio_list: [0.5]"),
    ),
    "border_thresholds": ("det_mv3_db", swap("thresh_min: 0.3", "thresh_min: 0.8")),
    "unknown_key": ("det_mv3_db", swap("min_text_size: 8", "min_text_sise: 8")),
    "data_set_unknown": ("det_mv3_db", swap("name: SimpleDataSet", "name: SimpleDataset")),
    "small_set_not_augmented": ("det_mv3_db", drop(IAA)),
    "image_mode_differs": ("det_mv3_db", evaluation("img_mode: BGR", "img_mode: RGB")),
    "global_overrides_transform": (
        "det_mv3_db", swap("distributed: false", "distributed: false\n  shrink_ratio: 0.5"),
    ),
    "guard_section": (
        "det_mv3_db",
        lambda made: setattr(made, "text", made.text + "\nGuard:\n  hooks:\n  - HmeanTrends:\n"),
    ),
    "file_name": ("det_mv3_db", _renamed),
    "overrides_lost": ("det_mv3_db", _overridden_twice),
    "distillation_key": ("det_cml", swap("      key: maps\n", "      key: map\n")),
    "image_channels_differ": (
        "rec_crnn", swap("image_shape: [3, 32, 160]", "image_shape: [1, 32, 160]", count=2),
    ),
    "lmdb_unreadable": ("rec_crnn", _no_lmdb),
    "ratio_list_unsupported": ("rec_crnn", swap(_SIMPLE, _LMDB)),
    "image_height_unusable": (
        "rec_crnn", swap("image_shape: [3, 32, 160]", "image_shape: [3, 64, 160]", count=2),
    ),
    "sampler_scales_swapped": (
        "rec_v4",
        swap("[[320, 32], [320, 48], [320, 64]]", "[[32, 320], [48, 320], [64, 320]]"),
    ),
    "save_model_dir_unusable": (
        "det_mv3_db", swap("save_model_dir: ./output/det_mv3_db", "save_model_dir: ./my.yml"),
    ),
    "evaluation_texts_known": ("rec_crnn", _texts_of_training),
    "classes_unbalanced": (
        "rec_crnn", write("lines/dict.txt", lambda text: f"{text}\u20ac\n\u00a3\n"),
    ),
}  # fmt: skip
MORE = tuple(Mistake(code, config, change, "") for code, (config, change) in _OF.items())
