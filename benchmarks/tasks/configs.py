"""The stock configuration of each task, cut down to what a CPU trains in a minute or two: the
depthwise convolutions of these models are slow there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple

from benchmarks.tasks import data

TEXTS = 20
Config = dict[str, Any]


class Task(NamedTuple):
    stock: str  # below the clone
    change: Callable[[Config, Path], None]  # to the data in a folder
    indicator: str
    texts: int = 0  # that an evaluation reads
    epochs: int = 4
    imports: str = ""  # a module that the stock code imports and this task does not use


def _files(config: Config, files: data.Files, **loaders: int) -> None:
    for mode, labels in (("Train", files.train), ("Eval", files.val)):
        config[mode]["dataset"].update(data_dir=str(files.folder), label_file_list=[str(labels)])
        config[mode]["loader"].update(num_workers=0, batch_size_per_card=loaders[mode.lower()])


def _options(config: Config, mode: str, name: str) -> Config:
    """Of the operator of that name; made where it has none."""
    entry = next(one for one in config[mode]["dataset"]["transforms"] if name in one)
    entry[name] = dict(entry[name] or {})
    found: Config = entry[name]
    return found


def _leave_out(config: Config, *names: str) -> None:
    transforms = config["Train"]["dataset"]["transforms"]
    config["Train"]["dataset"]["transforms"] = [
        one for one in transforms if not set(one) & set(names)
    ]


def _lines(config: Config, folder: Path, train: int = 60) -> None:
    lines = data.text_lines(folder / "lines", train, TEXTS)
    _files(config, data.Files(lines.folder, lines.train_labels, lines.val_labels),
           train=4, eval=TEXTS)  # fmt: skip
    config["Global"].update(character_dict_path=str(lines.dictionary), use_space_char=False)
    # A minute is too short to learn from what these distort.
    _leave_out(config, "RecConAug", "RecAug")


def multi_head(config: Config, folder: Path) -> None:
    _lines(config, folder)
    config["Train"]["sampler"].update(scales=[[160, 32], [160, 48]], first_bs=4)
    _options(config, "Eval", "RecResizeImg")["image_shape"] = [3, 48, 160]
    architecture = config["Architecture"]
    architecture["Backbone"]["scale"] = 0.5
    for head in architecture["Head"]["head_list"]:
        if "NRTRHead" in head:
            head["NRTRHead"]["nrtr_dim"] = 96


def direction(config: Config, folder: Path) -> None:
    lines = data.text_lines(folder / "lines", 160, 40)
    _files(config, data.directions(folder, lines), train=8, eval=40)
    for mode in ("Train", "Eval"):
        _options(config, mode, "ClsResizeImg")["image_shape"] = [3, 24, 96]
    _leave_out(config, "BaseDataAugmentation", "RandAugment")


def kie(config: Config, folder: Path) -> None:
    files = data.receipts(folder / "receipts", 8, 2)  # graphs of 300 nodes, however few there are
    _files(config, files, train=2, eval=1)
    config["Global"].update(class_path=str(files.folder / "class_list.txt"), img_scale=[256, 128])
    for mode in ("Train", "Eval"):
        names = {
            "character_dict_path": str(files.folder / "dict.txt"),
            "class_path": str(files.folder / "class_list.txt"),
        }
        _options(config, mode, "KieLabelEncode").update(names)


def table(config: Config, folder: Path) -> None:
    _files(config, data.tables(folder / "tables", 24, 6), train=2, eval=6)
    for mode in ("Train", "Eval"):
        _options(config, mode, "ResizeTableImage")["max_len"] = 128
        _options(config, mode, "PaddingTableImage")["size"] = [128, 128]
        _options(config, mode, "TableLabelEncode")["max_text_length"] = 40
    config["Global"]["max_text_length"] = 40
    config["Architecture"]["Backbone"].update(pretrained=False, use_ssld=False, scale=0.5)
    config["Architecture"]["Head"].update(max_text_length=40, hidden_size=64)


def distillation(config: Config, folder: Path) -> None:
    _lines(config, folder, 16)  # two models at once
    for mode in ("Train", "Eval"):
        _options(config, mode, "RecResizeImg")["image_shape"] = [3, 48, 160]


TASKS: Mapping[str, Task] = {
    "multi_head": Task("configs/rec/PP-OCRv4/en_PP-OCRv4_rec.yml", multi_head, "acc", TEXTS),
    "direction": Task("configs/cls/cls_mv3.yml", direction, "acc"),
    "kie": Task(
        "configs/kie/sdmgr/kie_unet_sdmgr.yml",
        kie,
        "hmean",
        epochs=1,
        imports="paddlenlp.transformers",
    ),
    "table": Task("configs/table/SLANet.yml", table, "acc", epochs=16),
    "distillation": Task(
        "configs/rec/PP-OCRv3/ch_PP-OCRv3_rec_distillation.yml", distillation, "acc", TEXTS, 1
    ),
}
