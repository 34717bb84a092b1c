"""Reported: mistakes that users of PaddleOCR made, taken from its issues by number.

Chosen by a search of the issues for trainings that fail or learn nothing, not by what ``check``
knows: each issue that says what was wrong in a YAML, a label file or the weights is one mistake.
Written down whole before it was read for the first time.
"""

from __future__ import annotations

import json
import re
from typing import Any

from benchmarks.mistakes.project import (
    Mistake,
    Project,
    both,
    boxes,
    evaluation,
    labels,
    swap,
)

_KEEP_DET = (
    "    - KeepKeys:\n"
    "        keep_keys: [image, threshold_map, threshold_mask, shrink_map, shrink_mask]\n"
)
_KEEP_REC = "    - KeepKeys:\n        keep_keys: [image, label, length]\n"
_SHRINK = "    - MakeShrinkMap:\n        shrink_ratio: 0.4\n        min_text_size: 8\n"
_MULTI = "    - MultiLabelEncode:\n        gtc_encode: NRTRLabelEncode\n"
_LIST = "    label_file_list:\n    - ./pages/train.txt\n"
_ALGORITHM = "  algorithm: DB\n"


def _spaces(old: list[str]) -> list[str]:
    return [line.replace("\t", "    ") for line in old]


def _with_blank_lines(old: list[str]) -> list[str]:
    return [part for line in old for part in (line, "")]


def _elsewhere(old: list[str]) -> list[str]:
    return [f"crops/{line.rpartition('/')[2]}" for line in old]


def _drawn_crosswise(box: dict[str, Any]) -> None:
    box["points"] = [box["points"][k] for k in (0, 2, 1, 3)]


def _ignored(box: dict[str, Any]) -> None:
    box["transcription"] = "###"


def _in_chinese(old: list[str]) -> list[str]:
    return [f"{line}的" for line in old]


def _as_of_detection(old: list[str]) -> list[str]:
    points = [[0, 0], [99, 0], [99, 31], [0, 31]]
    new = []
    for line in old:
        name, _, text = line.partition("\t")
        label = [{"transcription": text, "points": points, "difficult": False}]
        new.append(f"{name}\t{json.dumps(label)}")
    return new


def _upright(project: Project) -> None:
    """The two sides of each image_shape exchanged, for lines that run downwards."""
    project.text = re.sub(
        r"image_shape: \[3, (\d+), (\d+)\]", r"image_shape: [3, \2, \1]", project.text
    )


MISTAKES: tuple[Mistake, ...] = (
    Mistake("6770: KeepKeys commented out", "det_mv3_db", swap(_KEEP_DET, ""), "KeepKeys"),
    Mistake("6770: MakeShrinkMap commented out", "det_v4_db", swap(_SHRINK, ""), "MakeShrinkMap|shrink_map"),
    Mistake("6783: CTCLabelEncode for two heads", "rec_v4", swap(_MULTI, "    - CTCLabelEncode:\n"), "MultiLabelEncode|label_ctc"),
    Mistake("6783: KeepKeys removed from a recogniser", "rec_crnn", swap(_KEEP_REC, ""), "KeepKeys"),
    Mistake("8888: an old file without algorithm", "det_mv3_db", swap(_ALGORITHM, ""), "algorithm"),
    Mistake("9200: the labels of recognition for a detector", "det_mv3_db", swap(_LIST, "    label_file_list:\n    - ./lines/train.txt\n"), "label_file_list|lines/train.txt"),
    Mistake("9993: the labels of detection for a recogniser", "rec_crnn", labels("lines/train.txt", _as_of_detection), "JSON|detect|label"),
    Mistake("14287: a ratio in quotes", "det_v4_db", swap("ratio_list: [1.0]", "ratio_list: ['1.0']"), "ratio_list"),
    Mistake("4682: the label file is no list", "det_mv3_db", swap(_LIST, "    label_file_list: ./pages/train.txt\n"), "label_file_list"),
    Mistake("14391: no blank behind the dash", "rec_crnn", swap("    - ./lines/train.txt\n", "      -./lines/train.txt\n"), "label_file_list"),
    Mistake("5735: blanks for the tab, in a recogniser", "rec_v4", labels("lines/train.txt", _spaces), r"\btab\b"),
    Mistake("12081: blanks for the tab, in a detector", "det_v4_db", labels("pages/train.txt", _spaces), r"\btab\b"),
    Mistake("11344: blank lines among the labels", "det_cml", labels("pages/train.txt", _with_blank_lines), "empty|blank|tab"),
    Mistake("11344: nothing to evaluate on", "det_cml", labels("pages/val.txt", lambda old: []), "Eval|val.txt"),
    Mistake("5503: a batch larger than the data set", "rec_nrtr", swap("batch_size_per_card: 16", "batch_size_per_card: 512", count=0), "batch"),
    Mistake("9157: too few steps for an evaluation", "rec_v4", swap("eval_batch_step: [0, 4]", "eval_batch_step: [0, 2000]"), "eval_batch_step"),
    Mistake("4005: too few steps for a line of the log", "det_mv3_db", swap("print_batch_step: 2", "print_batch_step: 1000"), "print_batch_step"),
    Mistake("13322: labels longer than max_text_length", "rec_crnn", swap("max_text_length: 25", "max_text_length: 3"), "max_text_length"),
    Mistake("15833: images that are not there", "rec_v4", labels("lines/train.txt", _elsewhere), "exist|missing"),
    Mistake("12059: backslashes in paths", "rec_crnn", swap("character_dict_path: ./lines/dict.txt", "character_dict_path: lines\\dict.txt"), "character_dict_path|dictionary"),
    Mistake("12059: backslashes in pretrained_model", "rec_crnn", swap("pretrained_model: null", "pretrained_model: \\weights\\teacher"), "pretrained_model"),
    Mistake("13916: evaluated in batches of images of all sizes", "det_v4_db", evaluation("batch_size_per_card: 1", "batch_size_per_card: 8"), r"Eval\S*batch_size_per_card|batch"),
    Mistake("8259: points that cross", "det_mv3_db", boxes(_drawn_crosswise), "cross|order"),
    Mistake("2107: pretrain_weights of version 1", "det_mv3_db", swap("pretrained_model: null", "pretrain_weights: ./weights/teacher"), "pretrain_weights"),
    Mistake("1818: the batch size of version 1", "rec_crnn", swap("  max_text_length: 25\n", "  max_text_length: 25\n  train_batch_size_per_card: 256\n"), "train_batch_size_per_card"),
    Mistake("11210: half of the run is a warm-up", "rec_v4", swap("epoch_num: 40", "epoch_num: 10", "warmup_epoch: 2", "warmup_epoch: 5"), "warm"),
    Mistake("11210: weights of another model", "det_v4_db", swap("pretrained_model: null", "pretrained_model: ./weights/teacher"), "pretrained_model|weights"),
    Mistake("10610: pretrained weights as a checkpoint", "rec_v4", swap("checkpoints: null", "checkpoints: ./weights/teacher"), "checkpoints"),
    Mistake("17876: fewer time steps than characters", "rec_crnn", swap("image_shape: [3, 32, 160]", "image_shape: [3, 32, 32]", count=0), "time steps"),
    Mistake("5922: labels in GBK", "rec_nrtr", labels("lines/train.txt", _in_chinese, "gbk"), "UTF-8|utf-8|encod"),
    Mistake("5646: characters that the dictionary lacks", "rec_crnn", labels("lines/train.txt", _in_chinese), "dictionary|character"),
    Mistake("12155: SimpleDataSet for samples of several sizes", "rec_v4", swap("name: MultiScaleDataSet", "name: SimpleDataSet"), "valid_ratio|[Rr]esiz|SimpleDataSet"),
    Mistake("5835: the postprocess of one model in a distillation", "det_cml", swap("name: DistillationDBPostProcess", "name: DBPostProcess"), "PostProcess"),
    Mistake("3954: all texts are ignored", "det_v4_db", boxes(_ignored), "###|ignored"),
    Mistake("9232: an upright shape", "rec_crnn", _upright, "image_shape"),
    Mistake("9322: RecConAug of another shape", "rec_v4", swap("image_shape: [48, 320, 3]", "image_shape: [32, 100, 3]"), "RecConAug"),
    Mistake("5835: an evaluation after 80000000 steps", "det_cml", swap("eval_batch_step: [0, 3]", "eval_batch_step: 80000000"), "eval_batch_step"),
    Mistake("8075: another dictionary than that of the labels", "rec_nrtr", both(swap("./lines/dict.txt", "./digits.txt"), lambda p: (p.folder / "digits.txt").write_text("0\n1\n2\n3\n4\n", "utf-8")), "dictionary|character"),
)  # fmt: skip
