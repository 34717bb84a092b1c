"""What may stand in a training YAML: the keys of its sections, and which values do something.

Two declared tables. ``SECTIONS``: the keys that PaddleOCR (2.6 to 3.7) reads from each section,
with the values that they can have. ``OPTIONS``: values of options of classes; which options a
class has is read off its source (:mod:`ppocr_guard.paddleocr.signatures`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Optional

from ppocr_guard.audit.kinds import KINDS, is_number
from ppocr_guard.paddleocr.bounds import Bound
from ppocr_guard.wording import mark, say
from ppocr_guard.yaml_source import YamlPath


@dataclass(frozen=True)
class Limit:
    """Which values an option can have. An empty one (null) is the default, unless ``null`` is
    False: a class does not take its default for a null that is handed to it.

    ``above`` and ``below`` exclude their bound, ``least`` and ``most`` include it; they hold for
    each number of a list, too. ``why``: what another value does.
    """

    kind: str = "any"  # of KINDS
    least: Optional[float] = None
    above: Optional[float] = None
    most: Optional[float] = None
    below: Optional[float] = None
    length: Optional[int] = None  # of a list
    shortest: Optional[int] = None  # that a list can be
    multiple: Optional[int] = None
    head: Optional[int] = None  # width of an attention head, of which there are value // head
    choices: tuple[Any, ...] = ()
    why: str = ""
    null: bool = True

    def because(self, why: str) -> Limit:
        return replace(self, why=say(why))

    def fault(self, value: Any) -> Optional[str]:
        """What should stand there instead, such as "a whole number from 1 on"; None: it is fine."""
        if value is None and not self.null:
            return self.wanted
        if value is None or self.kind == "any" or self._holds(value):
            return None
        return self.wanted

    def _holds(self, value: Any) -> bool:
        if self.choices:
            return any(value is choice or value == choice for choice in self.choices)
        if not KINDS[self.kind][1](value):
            return False
        entries = value if isinstance(value, list) else [value]
        if self.length is not None and len(entries) != self.length:
            return False
        if self.shortest is not None and len(entries) < self.shortest:
            return False
        numbers = [n for entry in entries for n in (entry if isinstance(entry, list) else [entry])]
        return all(self._within(n) for n in numbers if is_number(n))

    def _within(self, number: float) -> bool:
        return not (
            (self.least is not None and number < self.least)
            or (self.above is not None and number <= self.above)
            or (self.most is not None and number > self.most)
            or (self.below is not None and number >= self.below)
            or (self.multiple is not None and number % self.multiple)
            or (self.head is not None and number % max(1, number // self.head))
        )

    @property
    def wanted(self) -> str:
        if self.choices:
            return say("one of {choices}", choices=", ".join(map(str, self.choices)))
        text: str = say(KINDS[self.kind][0])
        if self.length is not None:
            text = say("a list of {length} numbers", length=self.length)
        elif self.shortest is not None:
            text = say("a list of {length} values or more", length=self.shortest)
        bounds = [
            say(bound, number=number)
            for bound, number in (
                (mark("from {number:g}"), self.least),
                (mark("above {number:g}"), self.above),
                (mark("up to {number:g}"), self.most),
                (mark("below {number:g}"), self.below),
                (mark("in steps of {number}"), self.multiple or self.head),
            )
            if number is not None
        ]
        for index, bound in enumerate(bounds):
            text = say(_NEXT if index else _FIRST, wanted=text, bound=bound)
        return text


_FIRST, _NEXT = mark("{wanted} {bound}"), mark("{wanted} and {bound}")

ANY = Limit()
TEXT = Limit("text")
SWITCH = Limit("switch").because('a text such as "False" counts as true')
SECTION = Limit("section").because("its keys must stand indented below it")
POSITIVE = Limit("number", above=0)
SHARE = Limit("number", least=0, most=1)
FROM_0, FROM_1 = Limit("whole", least=0), Limit("whole", least=1)
DIVIDES = FROM_1.because("the training loop divides by it")
NOT_NEGATIVE = Limit("number", least=0)
DECAY = Limit("number", least=0, below=1).because("stock configs have 0 to 0.05")
MOMENT = Limit("number", least=0, below=1).because("it is the share of the past that is kept")
RATE = POSITIVE.because("with 0 nothing is learned, and a negative one climbs the loss")
WIDTH = Limit("any number", above=0).because("a layer has at least one of them")
SIZE = Limit("numbers", above=0, length=2)
CROP = Limit("numbers", above=0, length=2, multiple=32).because(
    "the network halves it five times, and puts maps of all sizes together again"
)
CONCATENATED = Limit("whole", least=4, multiple=4).because(
    "maps of four sizes, with a quarter of the channels each, are put together"
)
ATTENTION = Limit("whole", least=32, head=32).because(
    "it is divided among attention heads, one for every 32"
)


def bounded(bound: Bound, value: Any) -> Optional[Limit]:
    """What the source of a class says of an option that has this value; None: nothing."""
    if bound.choices:
        return one_of(*bound.choices).because("its source knows no other")
    if (bound.length or bound.shortest) and (bound.listed or isinstance(value, list)):
        limit = Limit("list", length=bound.length, shortest=bound.shortest)
        return limit.because("its source takes so many apart")
    return None


def one_of(*choices: Any) -> Limit:
    return Limit("choice", choices=choices)


def _all(limit: Limit, names: str) -> dict[str, Limit]:
    return dict.fromkeys(names.split(), limit)


_LOADER = {
    "batch_size_per_card": FROM_1.because("it is the number of images of one step"),
    "num_workers": FROM_0,
    **_all(SWITCH, "shuffle drop_last use_shared_memory"),
    **_all(ANY, "collate_fn num_sections prefetch_factor persistent_workers timeout"),
}
_DATASET = {
    "name": TEXT,
    "data_dir": TEXT,
    "transforms": Limit("list").because("each line of it must begin with a dash"),
    "delimiter": TEXT,
    "ext_op_transform_idx": FROM_0,
    **_all(ANY, "label_file_list ratio_list ds_width data padding_label batch_size_per_pair"),
    **_all(ANY, "keep_smaller_batches min_dimensions max_dimensions"),
}
_MODE = {"dataset": SECTION, "loader": SECTION, "sampler": SECTION}

SECTIONS: dict[YamlPath, dict[str, Limit]] = {
    (): {
        **_all(SECTION, "Global Architecture Loss Optimizer Train Eval"),
        **_all(ANY, "PostProcess Metric Guard profiler_options wandb"),
    },
    ("Global",): {
        **_all(SWITCH, "use_gpu use_xpu use_npu use_mlu use_gcu use_amp distributed debug"),
        **_all(SWITCH, "cal_metric_during_train use_visualdl use_wandb use_sync_bn to_static"),
        **_all(SWITCH, "use_space_char use_dynamic_loss_scaling uniform_output_enabled"),
        "epoch_num": ANY,  # epoch_num_unusable and eval_batch_step_unusable judge these two
        "eval_batch_step": ANY,
        "print_batch_step": DIVIDES,
        "save_epoch_step": DIVIDES,
        "log_smooth_window": FROM_1.because("that many losses are averaged"),
        "eval_batch_epoch": FROM_0,
        "calc_epoch_interval": DIVIDES,
        "save_model_dir": TEXT,
        "pretrained_model": TEXT,
        "checkpoints": TEXT,
        "seed": FROM_0.because("random generators take nothing else"),
        "amp_level": one_of("O0", "O1", "O2", "OD"),
        "amp_dtype": one_of("float16", "bfloat16"),
        "scale_loss": POSITIVE,
        "max_text_length": FROM_1.because("longer labels are left out or cut"),
        "character_dict_path": TEXT,
        "d2s_train_image_shape": Limit("numbers"),
        **_all(ANY, "save_inference_dir infer_img infer_list infer_mode save_res_path model_name"),
        **_all(ANY, "amp_custom_black_list amp_custom_white_list character_type export_with_pir"),
        **_all(ANY, "log_ranks print_mem_info find_unused_parameters save_visual class_path"),
        **_all(ANY, "rec_char_dict_path label_list infer_visual_type"),
    },
    ("Optimizer",): {
        "name": TEXT,
        "lr": SECTION,
        "beta1": MOMENT,
        "beta2": MOMENT,
        "momentum": MOMENT,
        "rho": MOMENT,
        "epsilon": POSITIVE,
        "weight_decay": DECAY,
        "regularizer": SECTION,
        **_all(POSITIVE.because("gradients are scaled down to it"), "clip_norm clip_norm_global"),
        **_all(ANY, "grad_clip no_weight_decay_name one_dim_param_no_weight_decay lazy_mode"),
        **_all(ANY, "multi_precision parameter_list group_lr training_step centered"),
    },
    ("Optimizer", "lr"): {
        "name": TEXT,
        "learning_rate": RATE,
        "max_lr": RATE,
        "warmup_epoch": NOT_NEGATIVE,
        "warmup_steps": FROM_0,
        "step_size": POSITIVE.because("the rate falls each so many epochs"),
        "gamma": Limit("number", above=0, most=1).because("the rate is multiplied by it"),
        "factor": Limit("number", above=0),
        "epochs": POSITIVE,
        "cycle": POSITIVE,
        "decay_epochs": Limit("numbers", above=0),
        "milestones": Limit("numbers", above=0),
        "values": Limit("numbers", least=0).because("they are learning rates"),
        **_all(NOT_NEGATIVE, "end_lr min_lr start_lr warmup_start_lr power"),
        **_all(ANY, "last_epoch step_each_epoch three_phase anneal_strategy T_max"),
        **_all(ANY, "divide_factor start_pct two_phase verbose T_max1 T_max2"),
    },
    ("Train",): _MODE,
    ("Eval",): _MODE,
    ("Train", "dataset"): _DATASET,
    ("Eval", "dataset"): _DATASET,
    ("Train", "loader"): _LOADER,
    ("Eval", "loader"): _LOADER,
    ("Train", "sampler"): {
        "name": TEXT,
        "scales": Limit("pairs", above=0).because("each is a width and a height"),
        "first_bs": FROM_1,
        "divided_factor": Limit("numbers", least=1, length=2).because("sizes are rounded to it"),
        **_all(ANY, "fix_bs is_training ratio_wh max_w seed min_bs"),
    },
}
# Keys without which tools/train.py ends with a KeyError before, or at, the first step.
REQUIRED: dict[YamlPath, tuple[str, ...]] = {
    (): ("Global", "Architecture", "Optimizer", "Loss", "PostProcess", "Metric", "Train", "Eval"),
    ("Global",): (
        *("epoch_num", "eval_batch_step", "print_batch_step", "save_epoch_step"),
        *("log_smooth_window", "save_model_dir"),
    ),
    ("Optimizer",): ("name", "lr"),
    ("Loss",): ("name",),
    ("Metric",): ("name",),
    ("PostProcess",): ("name",),
    ("Architecture",): ("algorithm",),
    ("Train",): ("dataset", "loader"),
    ("Eval",): ("dataset", "loader"),
    ("Train", "dataset"): ("name", "transforms"),
    ("Eval", "dataset"): ("name", "transforms"),
    **{
        (mode, "loader"): ("batch_size_per_card", "drop_last", "shuffle", "num_workers")
        for mode in ("Train", "Eval")
    },
}

_LIST = Limit("single keys").because("each line of it must begin with a dash")
_UNIT = Limit("number", above=0, below=1)
_THRESHOLD = _UNIT.because(
    "it is compared with a probability: outside of 0 to 1 all or nothing passes"
)
_BOX_SCORE = Limit("number", least=0, below=1).because(
    "it is compared with a probability: from 1 on no box passes"
)
_UNCLIP = POSITIVE.because(
    "boxes are grown by it; without it they stay as small as the shrunk text"
)
_SHRINK = _UNIT.because("at 0 or below, or from 1 on, there is no text left to learn")
_TOTAL = POSITIVE.because("the ratio's growth is divided by it")
_DB_POST = {
    "thresh": _THRESHOLD,
    "box_thresh": _BOX_SCORE,
    "unclip_ratio": _UNCLIP,
    "max_candidates": FROM_1,
    "score_mode": one_of("fast", "slow"),
    "box_type": one_of("quad", "poly"),
    "use_dilation": SWITCH,
}
_POINTS = Limit("numbers")
_RECT = Limit("chw")
_DB_HEAD = {
    "k": POSITIVE.because("it is the steepness of the binarisation"),
    "kernel_list": Limit("numbers", least=1, length=3).because("the head has three convolutions"),
}
_SAR_SHAPE = Limit("numbers", above=0, length=4)
_REC_SIZES = "RecResizeImg SVTRRecResizeImg ABINetRecResizeImg VLRecResizeImg ClsResizeImg"

# Options that mean the same in every class of a kind that has them.
COMMON: dict[tuple[str, str], Limit] = {
    ("loss", "model_name_pairs"): Limit("pairs of names").because("one learns from the other"),
    ("loss", "model_name_list"): Limit("names"),
    ("postprocess", "model_name"): Limit("names"),
    ("transform", "prob"): SHARE.because("it is a probability"),
    ("transform", "p"): SHARE.because("it is a probability"),
}
# Of the augmenters of IaaAugment, in imgaug's words.
AUGMENTER_ARGUMENTS = {
    "p": SHARE.because("it is a probability"),
    "size": Limit("any number", above=0).because("images are scaled by it"),
}
_WIDTHS = re.compile(r"(?:.*_)?(?:dims?|channels?|hidden_size|layers?|heads?|scale)")


def common(kind: str, option: str) -> Optional[Limit]:
    """Of an option by its name, in parts of the model: a layer has some width, or it is none."""
    if kind in ("backbone", "neck", "head") and _WIDTHS.fullmatch(option):
        return WIDTH
    return COMMON.get((kind, option))


OPTIONS: dict[tuple[str, str], dict[str, Limit]] = {
    ("postprocess", "DBPostProcess"): _DB_POST,
    ("postprocess", "DistillationDBPostProcess"): _DB_POST,
    ("postprocess", "EASTPostProcess"): {
        "score_thresh": _THRESHOLD,
        "cover_thresh": SHARE,
        "nms_thresh": SHARE,
    },
    ("postprocess", "SASTPostProcess"): {"score_thresh": _THRESHOLD, "nms_thresh": SHARE},
    ("postprocess", "PSEPostProcess"): {
        "thresh": Limit("number", least=0, below=1),
        "box_thresh": _BOX_SCORE,
        "box_type": one_of("quad", "poly"),
        "min_area": NOT_NEGATIVE,
        "scale": POSITIVE,
    },
    ("postprocess", "FCEPostProcess"): {"box_type": one_of("quad", "poly")},
    ("loss", "DBLoss"): {
        "main_loss_type": one_of("CrossEntropy", "DiceLoss", "Euclidean", "BCELoss", "MaskL1Loss"),
        **_all(POSITIVE.because("that part of the loss is multiplied by it"), "alpha beta"),
        "ohem_ratio": POSITIVE.because("it is the number of background pixels for one of text"),
        "eps": POSITIVE,
    },
    ("loss", "MultiLoss"): {"loss_config_list": _LIST},
    ("loss", "CombinedLoss"): {"loss_config_list": _LIST},
    ("head", "MultiHead"): {"head_list": _LIST},
    ("loss", "PSELoss"): {"alpha": SHARE, "ohem_ratio": POSITIVE},
    ("transform", "DecodeImage"): {"img_mode": one_of("BGR", "RGB", "GRAY")},
    ("transform", "NormalizeImage"): {
        "mean": _POINTS,
        "std": Limit("numbers", above=0).because("the image is divided by it"),
        "scale": Limit("scale").because("pixels of 0 to 255 are multiplied by it"),
        "order": one_of("hwc", "chw"),
    },
    ("transform", "MakeShrinkMap"): {
        "shrink_ratio": _SHRINK,
        "min_text_size": NOT_NEGATIVE,
        "total_epoch": _TOTAL,
    },
    ("transform", "MakeBorderMap"): {
        "shrink_ratio": _SHRINK,
        "total_epoch": _TOTAL,
        "thresh_min": SHARE,
        "thresh_max": SHARE,
    },
    ("transform", "MakePseGt"): {
        "kernel_num": Limit("whole", least=2).because("the shrink ratios go from 1 down in steps"),
        "min_shrink_ratio": _SHRINK,
    },
    ("transform", "EastRandomCropData"): {
        "size": CROP,
        "max_tries": FROM_1.because("else no crop is tried, and the image stays as it is"),
        "min_crop_side_ratio": SHARE,
        "keep_ratio": SWITCH,
    },
    ("transform", "EASTProcessTrain"): {
        "image_shape": CROP,
        "min_crop_side_ratio": SHARE,
        "background_ratio": Limit("number", least=0, below=1).because(
            "it is the share of images without a text"
        ),
    },
    ("transform", "SASTProcessTrain"): {"image_shape": CROP},
    ("transform", "DetResizeForTest"): {
        "limit_type": one_of("min", "max", "resize_long"),
        "limit_side_len": FROM_1,
        "resize_long": FROM_1,
        "image_shape": SIZE,
    },
    ("transform", "CopyPaste"): {"objects_paste_ratio": SHARE},
    ("transform", "RandomCropImgMask"): {"size": CROP},
    **{("transform", name): {"image_shape": _RECT} for name in _REC_SIZES.split()},
    ("transform", "SARRecResizeImg"): {"image_shape": _SAR_SHAPE},
    ("transform", "RobustScannerRecResizeImg"): {"image_shape": _SAR_SHAPE},
    ("transform", "KeepKeys"): {"keep_keys": Limit("names")},
    ("transform", "RecConAug"): {"prob": SHARE, "image_shape": Limit("hwc")},
    ("transform", "RecAug"): _all(
        SHARE.because("it is a probability"),
        "tia_prob crop_prob reverse_prob noise_prob jitter_prob blur_prob hsv_aug_prob",
    ),
    ("transform", "MultiLabelEncode"): {"gtc_encode": one_of("NRTRLabelEncode", "SARLabelEncode")},
    ("neck", "SequenceEncoder"): {
        "encoder_type": one_of("reshape", "fc", "rnn", "svtr", "cascadernn"),
        "hidden_size": FROM_1,
    },
    **{("neck", name): {"out_channels": CONCATENATED} for name in ("DBFPN", "RSEFPN", "LKPAN")},
    ("head", "DBHead"): _DB_HEAD,
    ("head", "PFHeadLocal"): _DB_HEAD,
    ("head", "Transformer"): {"d_model": ATTENTION},
    ("head", "NRTRHead"): {"nrtr_dim": ATTENTION},
    ("head", "CTCHead"): {"fc_decay": NOT_NEGATIVE, "mid_channels": FROM_1},
    ("backbone", "MobileNetV3"): {
        "model_name": one_of("large", "small"),
        "scale": one_of(0.35, 0.5, 0.75, 1.0, 1.25),
    },
    ("backbone", "ResNet"): {"layers": one_of(18, 34, 50, 101, 152, 200)},
    ("backbone", "ResNet_vd"): {"layers": one_of(18, 34, 50, 101, 152, 200)},
}
