"""Mistakes for the report: from threads of PaddleOCR users, written before check had seen them.

The numbers are those of the issues at github.com/PaddlePaddle/PaddleOCR where somebody made the
mistake, or one like it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from benchmarks.mistakes.project import (
    Change,
    Mistake,
    Project,
    both,
    boxes,
    evaluation,
    images,
    labels,
    swap,
)

_TEXT: tuple[tuple[str, str, str, str, str], ...] = (
    ("8888: a configuration without algorithm", "det_mv3_db", "  algorithm: DB\n", "", "algorithm"),
    ("14248: pretrained_model: None", "det_v4_db", "pretrained_model: null", "pretrained_model: None", "pretrained_model|None"),
    ("5899: evaluation after 150 million steps", "rec_crnn", "[0, 4]", "[0, 150000000]", "eval_batch_step|evaluation"),
    ("5835: one number for evaluation, too large", "rec_nrtr", "eval_batch_step: [0, 4]", "eval_batch_step: 80000000", "eval_batch_step|evaluation"),
    ("7471: a data set's name in the neck", "rec_crnn", "name: SequenceEncoder", "name: LMDBDataSet", "Neck"),
    ("5835: a plain metric in a distillation", "det_cml", "name: DistillationMetric", "name: DetMetric", "DetMetric"),
    ("tabs indent the YAML", "det_mv3_db", "  epoch_num: 40", "\tepoch_num: 40", "my.yml:4"),
    ("no space after a colon", "rec_crnn", "epoch_num: 40", "epoch_num:40", "epoch_num|my.yml"),
    ("a full-width colon", "rec_v4", "epoch_num: 40", "epoch_num\uff1a40", "epoch_num|my.yml"),
    ("Chinese quotes", "det_pse", "order: hwc", "order: \u201chwc\u201d", "order"),
    ("Ture", "det_mv3_db", "use_gpu: false", "use_gpu: Ture", "use_gpu"),
    ("height 64 for a model of 32", "rec_crnn", "image_shape: [3, 32, 160]", "image_shape: [3, 64, 160]", "image_shape|64|height|shape"),
    ("lines too narrow for CTC", "rec_crnn", "image_shape: [3, 32, 160]", "image_shape: [3, 32, 16]", "CTC|time steps|width|image_shape"),
    ("crop of 300 pixels", "det_mv3_db", "size: [320, 320]", "size: [300, 300]", "300|size|32"),
    ("EAST on 500 pixels", "det_east", "image_shape: [256, 256]", "image_shape: [250, 250]", "image_shape|250|32"),
    ("height and width swapped in scales", "rec_v4", "[[320, 32], [320, 48], [320, 64]]", "[[32, 320], [48, 320], [64, 320]]", "scales|width|height"),
    ("first_bs 0", "rec_v4", "first_bs: 16", "first_bs: 0", "first_bs"),
    ("six kernels for seven outputs", "det_pse", "kernel_num: 7", "kernel_num: 5", "kernel|out_channels"),
    ("an augmenter misspelt", "det_v4_db", "type: Fliplr", "type: Flipr", "Flipr|IaaAugment"),
    ("-1 workers", "rec_nrtr", "num_workers: 2", "num_workers: -1", "num_workers"),
    ("eval in lower case", "det_mv3_db", "\nEval:\n", "\neval:\n", "Eval|eval"),
    ("Test for Eval", "rec_crnn", "\nEval:\n", "\nTest:\n", "Eval|evaluation"),
    ("two label files in one text", "det_mv3_db", "    - ./pages/train.txt\n", "    - ./pages/train.txt, ./pages/val.txt\n", "train.txt"),
    ("ratio in percent", "det_pse", "ratio_list: [1.0]", "ratio_list: [100]", "ratio_list"),
    ("regularizer without a section", "rec_crnn", "  regularizer:\n    name: L2\n    factor: 5.0e-05\n", "  regularizer: L2\n", "regularizer"),
    ("lr without a section", "det_mv3_db", "  lr:\n    name: Cosine\n    learning_rate: 0.001\n    warmup_epoch: 2\n", "  lr: 0.001\n", r"Optimizer\.lr"),
    ("weight decay of 5", "det_v4_db", "  beta2: 0.999\n", "  beta2: 0.999\n  weight_decay: 5\n", "weight_decay"),
    ("losses as a mapping", "rec_v4", "  - CTCLoss:\n  - NRTRLoss:\n", "    CTCLoss:\n    NRTRLoss:\n", "loss_config_list|Loss"),
    ("unclip_ratio 15", "det_mv3_db", "unclip_ratio: 1.5", "unclip_ratio: 15", "unclip_ratio"),
    ("label_sar kept, NRTR encoded", "rec_v4", "label_gtc", "label_sar", "label_sar|KeepKeys"),
    ("max_text_length of head and labels differ", "rec_v4", "  max_text_length: 25\n  use", "  max_text_length: 80\n  use", "max_text_length"),
    ("the loss of the recogniser in det", "det_mv3_db", "name: DBLoss", "name: CTCLoss", "CTCLoss"),
    ("the optimizer SGD", "det_pse", "name: Adam", "name: SGD", "SGD"),
    ("a schedule in the place of its rate", "rec_nrtr", "learning_rate: 0.0005", "learning_rate: Cosine", "learning_rate"),
    ("warm-up in steps", "rec_crnn", "warmup_epoch: 2", "warmup_epoch: 500", "warmup"),
    ("lists where the YAML wants one name", "det_mv3_db", "main_indicator: hmean", "main_indicator: [hmean]", "main_indicator"),
    ("a block commented out", "det_mv3_db", "  name: DBPostProcess\n  thresh: 0.3\n  box_thresh: 0.6\n  max_candidates: 1000\n  unclip_ratio: 1.5\n", "  # name: DBPostProcess\n", "PostProcess"),
    ("mean and std of 0 to 255 with scale 1/255", "det_v4_db", "mean: [0.485, 0.456, 0.406]", "mean: [123.675, 116.28, 103.53]", "mean|ormaliz"),
)  # fmt: skip
_STRUCTURE: tuple[tuple[str, str, Change, str], ...] = (
    ("6783: label_ctc kept, CTC encoded", "rec_crnn", swap("[image, label, length]", "[image, label_ctc, length]"), "label_ctc"),
    ("6783: KeepKeys deleted", "rec_crnn", swap("    - KeepKeys:\n        keep_keys: [image, label, length]\n", ""), "KeepKeys"),
    ("11970: SimpleDataSet keeps valid_ratio", "rec_v4", both(swap("name: MultiScaleDataSet", "name: SimpleDataSet"), swap("  sampler:\n    name: MultiScaleSampler\n    scales: [[320, 32], [320, 48], [320, 64]]\n    first_bs: 16\n    fix_bs: false\n    divided_factor: [8, 16]\n    is_training: true\n", "")), "valid_ratio"),
    ("16423: and then not kept", "rec_v4", both(swap("name: MultiScaleDataSet", "name: SimpleDataSet"), swap("  sampler:\n    name: MultiScaleSampler\n    scales: [[320, 32], [320, 48], [320, 64]]\n    first_bs: 16\n    fix_bs: false\n    divided_factor: [8, 16]\n    is_training: true\n", ""), swap("length, valid_ratio", "length", count=0)), "size|channels|KeepKeys"),
    ("9217: transforms became label files", "det_mv3_db", swap("    - ./pages/train.txt\n    ratio_list: [1.0]\n    transforms:\n", "    - ./pages/train.txt\n"), "label_file_list|transforms"),
    ("another size in Eval", "rec_crnn", evaluation("image_shape: [3, 32, 160]", "image_shape: [3, 48, 320]"), "image_shape|48|height"),
    ("evaluated upside down: colours", "det_mv3_db", evaluation("img_mode: BGR", "img_mode: RGB"), "img_mode"),
    ("8472: a batch larger than the set", "rec_nrtr", swap("batch_size_per_card: 16", "batch_size_per_card: 128"), "batch|step"),
    ("labels encoded for training only", "rec_nrtr", evaluation("    - NRTRLabelEncode:\n", ""), "LabelEncode|length"),
    ("Eval without its images' sizes", "det_v4_db", evaluation("[image, shape, polys, ignore_tags]", "[image, polys, ignore_tags]"), "KeepKeys|shape"),
)  # fmt: skip


def _names(edit: str) -> Change:
    return labels("pages/train.txt", lambda old: [edit + line for line in old])


def _points(points: Callable[[Any], object]) -> Change:
    """All boxes of the training pages, with other points."""
    return boxes(lambda box: box.update(points=points(box["points"])))


def _checkpoints_folder(project: Project) -> None:
    """What Jupyter leaves in every folder that it has opened."""
    folder = project.folder / "lmdb"
    (folder / "train" / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / "train" / "data.mdb").touch()
    project.text = project.text.replace("name: SimpleDataSet", "name: LMDBDataSet", 1).replace(
        "data_dir: ./lines", "data_dir: ./lmdb", 1
    )


def _write(name: str, text: str) -> Change:
    def change(project: Project) -> None:
        Path(project.folder, name).write_text(text, encoding="utf-8")

    return change


_DATA: tuple[tuple[str, str, Change, str], ...] = (
    ("12081: four spaces, in a third of the lines", "det_mv3_db", labels("pages/train.txt", lambda old: [*old[:16], *(line.replace("\t", "    ") for line in old[16:])]), "tab"),
    ("8857: an empty line", "rec_crnn", labels("lines/train.txt", lambda old: [*old[:9], "", *old[9:]]), "empty"),
    ("431: Python's quotes for JSON's", "det_v4_db", labels("pages/train.txt", lambda old: [line.replace('"', "'") for line in old]), "JSON"),
    ("4049: labels of recognition in det", "det_pse", both(swap("data_dir: ./pages", "data_dir: ./lines", "./pages/train.txt", "./lines/train.txt")), "JSON"),
    ("4751: label and image in the wrong order", "rec_nrtr", labels("lines/train.txt", lambda old: ["\t".join(reversed(line.split("\t"))) for line in old]), "missing"),
    ("folder twice in the path", "det_mv3_db", _names("pages/"), "missing|data_dir"),
    ("3838: .ipynb_checkpoints in LMDB", "rec_nrtr", _checkpoints_folder, "ipynb_checkpoints|mdb"),
    ("3707: labels in another script", "rec_crnn", labels("lines/train.txt", lambda old: [line.split("\t")[0] + "\t\u6c49\u5b57" for line in old]), "dict|character"),
    ("2765: a dictionary that is not there", "rec_v4", swap("./lines/dict.txt", "E:\\work\\word_dict.txt"), "dict"),
    ("a dictionary of one line", "rec_nrtr", _write("lines/dict.txt", "0123456789abcdefghijklmnopqrstuvwxyz\n"), "dict|character"),
    ("boxes of two points", "det_mv3_db", _points(lambda p: [p[0], p[2]]), "points"),
    ("boxes as x, y, w, h", "det_east", _points(lambda p: [*p[0], p[2][0] - p[0][0], p[2][1] - p[0][1]]), "point"),
    ("coordinates from 0 to 1", "det_v4_db", _points(lambda p: [[x / 320, y / 320] for x, y in p]), "area|small"),
    ("GIFs that are called PNG", "det_pse", images("pages/train/000[01]*.png", b"GIF89a\x01\x00"), "do not open"),
    ("labels in GBK", "rec_crnn", labels("lines/train.txt", lambda old: [line + "\u6c49\u5b57" for line in old], "gbk"), "UTF-8"),
    ("evaluation set empty", "det_east", labels("pages/val.txt", lambda _: []), "evaluation set|val.txt"),
    ("a third of the training images in Eval", "rec_v4", labels("lines/val.txt", lambda old: [*old, *(f"train/0000{i}.png\tword" for i in range(9))]), "training set too"),
    ("labels longer than max_text_length", "rec_nrtr", swap("max_text_length: 25", "max_text_length: 4"), "max_text_length|long"),
)  # fmt: skip

MISTAKES: tuple[Mistake, ...] = (
    *(Mistake(name, config, swap(old, new), names) for name, config, old, new, names in _TEXT),
    *(Mistake(*row) for row in (*_STRUCTURE, *_DATA)),
)
