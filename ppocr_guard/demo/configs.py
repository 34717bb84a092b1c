"""PaddleOCR configurations for trainings with the kit, as commented YAML text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

from ppocr_guard.demo.dataset import Dataset


@dataclass(frozen=True)
class RunOptions:
    """What differs from run to run; the rest is as in PaddleOCR's PP-OCRv4 detection config.

    ``border_ratio`` and ``shrink_ratio`` are those of MakeBorderMap and MakeShrinkMap.
    ``total_epoch`` None leaves the key out. ``eval_batch_step`` is (from, every) in steps.
    ``guard`` is the text of a ``Guard:`` section, or empty; ``transform`` is one more line for
    the training transforms, put before KeepKeys.
    """

    epoch_num: int = 20
    learning_rate: float = 0.005
    warmup_epoch: float = 1
    schedule: str = "Cosine"
    eval_batch_step: tuple[int, int] = (0, 25)
    total_epoch: Optional[int] = None
    shrink_ratio: float = 0.4
    border_ratio: Optional[float] = None  # None: as shrink_ratio
    unclip_ratio: float = 1.5
    ratio: float = 1.0  # of ratio_list: below 1 PaddleOCR builds the loader anew each epoch
    batch_size: int = 8
    crop: int = 160
    num_workers: int = 2
    seed: Optional[int] = None  # None: PaddleOCR's default, 1024
    save_epoch_step: int = 1000
    print_batch_step: int = 10
    log_smooth_window: int = 20
    pretrained_model: Optional[Union[str, Path]] = None
    checkpoints: Optional[Union[str, Path]] = None
    distributed: bool = False
    backbone_scale: float = 1.0
    neck_channels: int = 48
    transform: str = ""
    guard: str = ""


_TEMPLATE = """\
Global:
  use_gpu: false
  distributed: {distributed}
  epoch_num: {epoch_num}
  log_smooth_window: {log_smooth_window}
  print_batch_step: {print_batch_step}
  save_model_dir: {save_model_dir}
  save_epoch_step: {save_epoch_step}
  # from step, every steps
  eval_batch_step: [{eval_from}, {eval_every}]
  cal_metric_during_train: false
  checkpoints: {checkpoints}
  pretrained_model: {pretrained_model}
  save_inference_dir: null
  use_visualdl: false{seed}

Architecture:
  model_type: det
  algorithm: DB
  Transform: null
  Backbone:
    name: LightBackbone
    scale: {backbone_scale}
  Neck:
    name: DBFPN
    out_channels: {neck_channels}
  Head:
    name: DBHead
    k: 50

Loss:
  name: DBLoss
  balance_loss: true
  main_loss_type: DiceLoss
  alpha: 5
  beta: 10
  ohem_ratio: 3

Optimizer:
  name: Adam
  beta1: 0.9
  beta2: 0.999
  lr:
    name: {schedule}
    learning_rate: {learning_rate}
    warmup_epoch: {warmup_epoch}
  regularizer:
    name: L2
    factor: 5.0e-05

PostProcess:
  name: DBPostProcess
  thresh: 0.3
  box_thresh: 0.6
  max_candidates: 1000
  # undoes a shrink ratio of about 0.4
  unclip_ratio: {unclip_ratio}

Metric:
  name: DetMetric
  main_indicator: hmean

Train:
  dataset:
    name: SimpleDataSet
    data_dir: {data_dir}
    label_file_list: [{train_labels}]
    ratio_list: [{ratio}]
    transforms:
    - DecodeImage: {{img_mode: BGR, channel_first: false}}
    - DetLabelEncode: null
    - EastRandomCropData:
        size: [{crop}, {crop}]
        max_tries: 10
        # half of the image at least: else single words fill the crop
        min_crop_side_ratio: 0.5
        keep_ratio: true
    - MakeBorderMap:
        shrink_ratio: {border_ratio}
        thresh_min: 0.3
        thresh_max: 0.7{total_epoch}
    - MakeShrinkMap:
        shrink_ratio: {shrink_ratio}
        min_text_size: 8{total_epoch}
    - NormalizeImage:
        scale: 1./255.
        mean: [0.485, 0.456, 0.406]
        std: [0.229, 0.224, 0.225]
        order: hwc
    - ToCHWImage: null{transform}
    - KeepKeys:
        keep_keys: [image, threshold_map, threshold_mask, shrink_map, shrink_mask]
  loader:
    shuffle: true
    drop_last: false
    batch_size_per_card: {batch_size}
    num_workers: {num_workers}
    use_shared_memory: false

Eval:
  dataset:
    name: SimpleDataSet
    data_dir: {data_dir}
    label_file_list: [{val_labels}]
    transforms:
    - DecodeImage: {{img_mode: BGR, channel_first: false}}
    - DetLabelEncode: null
    # sides become multiples of 32, which the network needs; nothing else is resized
    - DetResizeForTest: {{limit_side_len: 64, limit_type: min}}
    - NormalizeImage:
        scale: 1./255.
        mean: [0.485, 0.456, 0.406]
        std: [0.229, 0.224, 0.225]
        order: hwc
    - ToCHWImage: null
    - KeepKeys:
        keep_keys: [image, shape, polys, ignore_tags]
  loader:
    shuffle: false
    drop_last: false
    batch_size_per_card: 1
    num_workers: 0
    use_shared_memory: false
"""


def render(dataset: Dataset, save_model_dir: Union[str, Path], options: RunOptions) -> str:
    """The configuration of a run as YAML text."""
    values: dict[str, object] = {
        **vars(options),
        "distributed": str(options.distributed).lower(),
        "save_model_dir": yaml_path(save_model_dir),
        "eval_from": options.eval_batch_step[0],
        "eval_every": options.eval_batch_step[1],
        "checkpoints": yaml_path(options.checkpoints),
        "pretrained_model": yaml_path(options.pretrained_model),
        "seed": optional_line("  seed: ", options.seed),
        "total_epoch": optional_line("        total_epoch: ", options.total_epoch),
        "transform": optional_line("    ", options.transform or None),
        "data_dir": yaml_path(dataset.folder),
        "train_labels": yaml_path(dataset.train_labels),
        "val_labels": yaml_path(dataset.val_labels),
    }
    if options.border_ratio is None:
        values["border_ratio"] = options.shrink_ratio
    text = _TEMPLATE.format(**values)
    return text + (f"\n{options.guard.strip()}\n" if options.guard.strip() else "")


def write(
    path: Union[str, Path],
    dataset: Dataset,
    save_model_dir: Union[str, Path],
    options: RunOptions,
) -> Path:
    """Write the configuration of a run to ``path``."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render(dataset, save_model_dir, options), encoding="utf-8")
    return file


def optional_line(start: str, value: object) -> str:
    """A line of its own, begun by ``start``; empty for None."""
    return "" if value is None else f"\n{start}{value}"


def yaml_path(path: Optional[Union[str, Path]]) -> str:
    """An absolute path as a YAML value; null for None."""
    # A JSON string is a YAML string, whatever the path holds. The run's folder is the tree.
    return "null" if path is None else json.dumps(str(Path(path).absolute()), ensure_ascii=False)
