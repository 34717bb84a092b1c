"""PaddleOCR configurations for recognition with the kit, as commented YAML text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

from ppocr_guard.demo.configs import optional_line, yaml_path
from ppocr_guard.demo.lines import Lines


@dataclass(frozen=True)
class RecOptions:
    """What differs from run to run; the rest is as in PaddleOCR's CRNN config.

    A line of ``width`` pixels gives ``width / width_stride`` time steps. ``multi_head``: CTC
    guided by NRTR, as in PP-OCRv4. ``dictionary`` None: that of the data set.
    """

    epoch_num: int = 8
    learning_rate: float = 0.002
    warmup_epoch: float = 1
    schedule: str = "Cosine"
    eval_batch_step: tuple[int, int] = (0, 50)
    width: int = 160
    width_stride: int = 8
    max_text_length: int = 25
    dictionary: Optional[Union[str, Path]] = None
    use_space_char: bool = False
    multi_head: bool = False
    ignore_space: bool = True
    batch_size: int = 32
    num_workers: int = 1
    seed: Optional[int] = None  # None: PaddleOCR's default, 1024
    save_epoch_step: int = 1000
    print_batch_step: int = 10
    log_smooth_window: int = 20
    pretrained_model: Optional[Union[str, Path]] = None
    checkpoints: Optional[Union[str, Path]] = None
    backbone_scale: float = 1.0
    hidden_size: int = 64
    transform: str = ""
    guard: str = ""


_TEMPLATE = """\
Global:
  use_gpu: false
  distributed: false
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
  use_visualdl: false
  # one character a line
  character_dict_path: {dictionary}
  max_text_length: {max_text_length}
  use_space_char: {use_space_char}{seed}

Architecture:
  model_type: rec
  algorithm: {algorithm}
  Transform: null
  Backbone:
    name: LineBackbone
    # time steps: width of the image / width_stride
    width_stride: {width_stride}
    scale: {backbone_scale}
  Neck:
    name: SequenceEncoder
    encoder_type: rnn
    hidden_size: {hidden_size}
  Head:
{head}

Loss:
{loss}

Optimizer:
  name: Adam
  beta1: 0.9
  beta2: 0.999
  clip_norm_global: 5.0
  lr:
    name: {schedule}
    learning_rate: {learning_rate}
    warmup_epoch: {warmup_epoch}

PostProcess:
  name: CTCLabelDecode

Metric:
  name: RecMetric
  main_indicator: acc
  ignore_space: {ignore_space}

Train:
  dataset:
    name: SimpleDataSet
    data_dir: {data_dir}
    label_file_list: [{train_labels}]
    transforms:
    - DecodeImage: {{img_mode: BGR, channel_first: false}}
    - {encode}
    - RecResizeImg:
        image_shape: [3, 32, {width}]{transform}
    - KeepKeys:
        keep_keys: {keys}
  loader:
    shuffle: true
    drop_last: true
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
    - {encode}
    - RecResizeImg:
        image_shape: [3, 32, {width}]
    - KeepKeys:
        keep_keys: {keys}
  loader:
    shuffle: false
    drop_last: false
    batch_size_per_card: 64
    num_workers: 0
    use_shared_memory: false
"""

_CTC: Mapping[str, str] = {
    "algorithm": "CRNN",
    "head": "    name: CTCHead",
    "loss": "  name: CTCLoss",
    "encode": "CTCLabelEncode: null",
    "keys": "[image, label, length]",
}
_MULTI: Mapping[str, str] = {
    "algorithm": "SVTR_LCNet",
    "head": """\
    name: MultiHead
    head_list:
    - CTCHead: null
    - NRTRHead:
        nrtr_dim: 64
        max_text_length: {max_text_length}""",
    "loss": """\
  name: MultiLoss
  loss_config_list:
  - CTCLoss: null
  - NRTRLoss: null""",
    "encode": "MultiLabelEncode: {gtc_encode: NRTRLabelEncode}",
    "keys": "[image, label_ctc, label_gtc, length]",
}


def render(data: Lines, save_model_dir: Union[str, Path], options: RecOptions) -> str:
    """The configuration of a run as YAML text."""
    parts = {
        name: text.replace("{max_text_length}", str(options.max_text_length))
        for name, text in (_MULTI if options.multi_head else _CTC).items()
    }
    values: dict[str, object] = {
        **vars(options),
        **parts,
        "save_model_dir": yaml_path(save_model_dir),
        "eval_from": options.eval_batch_step[0],
        "eval_every": options.eval_batch_step[1],
        "checkpoints": yaml_path(options.checkpoints),
        "pretrained_model": yaml_path(options.pretrained_model),
        "dictionary": yaml_path(options.dictionary or data.dictionary),
        "use_space_char": str(options.use_space_char).lower(),
        "ignore_space": str(options.ignore_space).lower(),
        "seed": optional_line("  seed: ", options.seed),
        "transform": optional_line("    ", options.transform or None),
        "data_dir": yaml_path(data.folder),
        "train_labels": yaml_path(data.train_labels),
        "val_labels": yaml_path(data.val_labels),
    }
    text = _TEMPLATE.format(**values)
    return text + (f"\n{options.guard.strip()}\n" if options.guard.strip() else "")


def write(
    path: Union[str, Path], data: Lines, save_model_dir: Union[str, Path], options: RecOptions
) -> Path:
    """Write the configuration of a run to ``path``."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render(data, save_model_dir, options), encoding="utf-8")
    return file
