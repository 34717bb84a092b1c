"""Each rule with a configuration that trips it, and one that is close but fine."""

from __future__ import annotations

import inspect
import os
import pickle

import imagesize
import numpy as np
import pytest
import test_audit_rec_rules
from audit_data import BOX, CONFIGS, Project, at, both, line, text
from chinese import is_chinese

from ppocr_guard.audit import audit, quick
from ppocr_guard.audit.rule import RULES
from ppocr_guard.wording import in_language
from ppocr_guard.yaml_source import read_yaml

CASES = []
COVERED = set()


def case(code, trips, fine, **options):
    COVERED.add(code)
    CASES.append(pytest.param(code, trips, fine, options, id=f"{code}-{len(CASES)}"))


def without(*path):
    def change(project):
        target = project.config
        for part in path[:-1]:
            target = target[part]
        del target[path[-1]]

    return change


def option(operator, key, value, mode="Train"):
    def change(project):
        transform = next(t for t in project.transforms(mode) if operator in t)
        transform[operator] = {**(transform[operator] or {}), key: value}

    return change


def lines(name, *contents):
    return lambda project: project.write(name, contents)


def recoded(name, encoding):
    def change(project):
        path = project.folder / name
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))

    return change


def image_file(name, content):
    return lambda project: (project.folder / "images" / name).write_bytes(content)


def inner_image(project):
    (project.folder / "images" / "sub").mkdir()
    project.image("sub/t0.png")


def nothing(project):
    pass


def total_epoch(value):
    return both(
        option("MakeShrinkMap", "total_epoch", value), option("MakeBorderMap", "total_epoch", value)
    )


train_list = at("Train", "dataset", "label_file_list")
ratio_list = at("Train", "dataset", "ratio_list")
train_name = at("Train", "dataset", "name")
eval_step = at("Global", "eval_batch_step")
drop_last = at("Train", "loader", "drop_last")
rate = at("Optimizer", "lr", "learning_rate")
warmup = at("Optimizer", "lr", "warmup_epoch")
unclip = at("PostProcess", "unclip_ratio")
visualdl = at("Global", "use_visualdl")(True)

case("shrink_ratio_unexpected", total_epoch(500), total_epoch(10000), release="2.8.1")
case("shrink_ratio_unexpected", total_epoch(500), nothing, release=None)
# 0.6048 is due at the end of the run, not from its first epoch on.
case("shrink_ratio_unexpected", total_epoch(1000), total_epoch(8000), release="2.8.1")
case("shrink_ratio_unexpected", total_epoch(0), total_epoch(1), release="3.7.0")
case(
    "shrink_ratio_mismatch",
    option("MakeBorderMap", "shrink_ratio", 0.5),
    both(
        option("MakeBorderMap", "shrink_ratio", 0.5), option("MakeShrinkMap", "shrink_ratio", 0.5)
    ),
)
case(
    "shrink_ratio_mismatch",
    option("MakeBorderMap", "total_epoch", 500),
    total_epoch(500),
    release="2.8.1",
)
case(
    "total_epoch_mismatch",
    both(total_epoch(300), ratio_list([0.9])),
    both(total_epoch(500), ratio_list([0.9])),
    release="3.7.0",
)
case("unclip_mismatch", unclip(0.4), unclip(1.8))
case(
    "unclip_mismatch",
    both(
        option("MakeBorderMap", "shrink_ratio", 0.8), option("MakeShrinkMap", "shrink_ratio", 0.8)
    ),
    both(
        option("MakeBorderMap", "shrink_ratio", 0.8),
        option("MakeShrinkMap", "shrink_ratio", 0.8),
        unclip(0.5),
    ),
)
case("evaluation_disabled", at("Eval")(None), nothing)
case("evaluation_disabled", lines("eval.txt"), lines("eval.txt", line("e0.png")))
case(
    "evaluation_disabled",
    both(at("Eval", "loader", "drop_last")(True), at("Eval", "loader", "batch_size_per_card")(32)),
    both(at("Eval", "loader", "drop_last")(True), at("Eval", "loader", "batch_size_per_card")(16)),
)
case("eval_batch_step_unusable", eval_step([0]), eval_step(2000))
case("eval_batch_step_unusable", eval_step([0, 0]), eval_step([0, 1]))
# 400 images in batches of 8, 500 epochs: 25000 steps
case("evaluation_never_reached", eval_step([0, 30000]), eval_step([0, 20000]))
case("evaluation_never_reached", eval_step([25000, 100]), eval_step([24900, 100]))
case("evaluation_rare", eval_step([0, 10000]), eval_step([0, 6000]))
case(
    "evaluation_rare",
    both(at("Global", "epoch_num")(3), eval_step([0, 70])),
    both(at("Global", "epoch_num")(3), eval_step([0, 50])),  # once an epoch
)
case(
    "eval_batch_size",
    at("Eval", "loader", "batch_size_per_card")(4),
    both(
        at("Eval", "loader", "batch_size_per_card")(4),
        lambda p: p.transforms("Eval").__setitem__(
            2, {"DetResizeForTest": {"image_shape": [736, 1280]}}
        ),
    ),
)
case(
    "metric_during_train",
    at("Global", "cal_metric_during_train")(True),
    both(
        at("Global", "cal_metric_during_train")(True),
        at("Architecture", "model_type")("rec"),
    ),
)
case(
    "train_eval_overlap",
    lines("eval.txt", line("t3.png")),
    lines("eval.txt", line("e3.png")),
)
case(
    "label_file_list_not_paths",
    train_list(["./train.txt", {"ratio_list": [1.0]}]),
    train_list(["./train.txt"]),
)
case("label_file_list_not_paths", train_list([]), nothing)
case("label_file_missing", train_list(["./train.tx"]), train_list(["train.txt"]))
case("label_file_missing", train_list(["./images"]), nothing)
case("label_file_empty", lines("train.txt"), lines("train.txt", line("t0.png")))
case(
    "no_step",
    both(drop_last(True), lines("train.txt", *[line(f"t{i}.png") for i in range(7)])),
    both(drop_last(True), lines("train.txt", *[line(f"t{i}.png") for i in range(8)])),
)
case("no_step", drop_last(True), drop_last(False), cards=60)
case("ratio_list_length", ratio_list([1.0, 1.0]), ratio_list([1.0]))
case("ratio_list_length", ratio_list([1.0, 1.0]), ratio_list(1.0))
case(
    "ratio_list_length",
    train_list("./train.txt"),
    both(train_list("./train.txt"), without("Train", "dataset", "ratio_list")),
)
case("ratio_list_values", ratio_list([1.5]), ratio_list([0.5]))
case("ratio_list_values", ratio_list([0]), ratio_list([1]))
case("ratio_list_values", ratio_list(["all"]), nothing)
case(
    "ratio_list_unsupported",
    both(train_name("LMDBDataSet"), ratio_list(0.5)),
    both(train_name("LMDBDataSet"), ratio_list([1.0])),
)
case(
    "ratio_list_unsupported", both(train_name("LMDBDataSet"), ratio_list([0.5])), ratio_list([0.5])
)
for name in ("PGDataSet", "MultiScaleDataSet"):
    case(
        "ratio_list_unsupported",
        both(train_name(name), ratio_list([0.5])),
        both(train_name(name), ratio_list([1.0])),
        release="3.7.0",
    )
case("data_set_unknown", train_name("SimpleDataset"), train_name("MyOwnDataSet"))
case(
    "images_missing",
    lambda p: os.rename(p.folder / "images", p.folder / "moved"),
    nothing,
)
case(
    "images_missing",
    lambda p: (p.folder / "images" / "t7.png").unlink(),
    lambda p: (p.folder / "images" / "extra.png").touch(),
)
marked = "\ufeff" + line("t0.png")
case(
    "label_encoding", lines("train.txt", marked, line("t1.png")), lines("train.txt", line("t0.png"))
)
for encoding in ("utf-16", "utf-16-le"):
    case("label_encoding", recoded("train.txt", encoding), recoded("train.txt", "utf-8"))
case(
    "images_missing",
    lines("train.txt", line("sub\\t0.png"), line("t1.png")),
    both(inner_image, lines("train.txt", line("sub/t0.png"), line("t1.png"))),
)
case(
    "images_missing",
    both(inner_image, lines("train.txt", line("sub\\t0.png"), line("t1.png"))),
    both(inner_image, lines("train.txt", line("sub/t0.png"), line("t1.png"))),
)
for content in (b"", b"GIF89a", b"<html>", b"hello, I am no image"):
    case("images_unreadable", image_file("t3.png", content), image_file("t3.png", b"\xff\xd8\xff"))
case(
    "train_eval_overlap",
    both(
        lambda p: (p.folder / "link").symlink_to(p.folder / "images"),
        at("Eval", "dataset", "data_dir")("./link/../images/"),
        lines("eval.txt", line("../link/./t3.png")),
    ),
    nothing,
)
lmdb = at("Train", "dataset", "name")("LMDBDataSet")
case(
    "lmdb_missing",
    lmdb,
    both(lmdb, lambda p: (p.folder / "images" / "data.mdb").touch()),
)
case(
    "lmdb_missing",
    both(lmdb, at("Train", "dataset", "data_dir")("./nowhere")),
    both(lmdb, lambda p: (p.folder / "images" / "data.mdb").touch()),
)
case("value_unusable", total_epoch("500"), total_epoch(500), release="3.7.0")
case(
    "small_set_not_augmented",
    lambda p: p.transforms("Train").pop(2),
    lambda p: p.transforms("Train").__setitem__(2, {"CopyPaste": None}),
)
case(
    "small_set_not_augmented",
    lambda p: p.transforms("Train").pop(2),
    both(
        lambda p: p.transforms("Train").pop(2),
        lambda p: p.write("train.txt", [line("t0.png")] * 600),
    ),
)
case(
    "transforms_unusable",
    lambda p: p.transforms("Train").append({"KeepKeys": None, "keep_keys": []}),
    nothing,
)
case("transforms_unusable", without("Train", "dataset", "transforms"), nothing)
case(
    "label_lines_broken",
    lines("train.txt", line("t0.png", tab=" ")),
    lines("train.txt", line("t0.png")),
)
case("label_lines_broken", lines("train.txt", "t0.png\t[{"), lines("train.txt", "t0.png\t[]"))
case(
    "label_lines_broken",
    lines("train.txt", line("t0.png", {"points": BOX})),
    lines("train.txt", line("t0.png", {"points": BOX, "transcription": "", "more": 1})),
)
case(
    "label_lines_broken",
    lines("train.txt", line("t0.png", text([[1, 2], [3, 4]]))),
    lines("train.txt", line("t0.png", text([[1, 2], [30, 4], [30, 40]]))),
)
case(
    "label_lines_broken",
    lambda p: (p.folder / "train.txt").write_bytes("été.png\t[]".encode("latin-1")),
    lambda p: (p.folder / "train.txt").write_text("图.png\t[]", encoding="utf-8"),
)
case(
    "label_encoding",
    lambda p: (p.folder / "train.txt").write_bytes("训练.png\t[]\r\nt0.png\t[]".encode("gbk")),
    lambda p: (p.folder / "train.txt").write_bytes("été.png\t[]".encode("latin-1")),
)
ignored = text(transcription="###")
case("all_ignored", lines("train.txt", line("t0.png", ignored)), nothing)
case(
    "all_ignored",
    lines("train.txt", line("t0.png", *[ignored] * 20, text())),
    lines("train.txt", line("t0.png", *[ignored] * 8, text())),
)
case("no_text", lines("train.txt", "t0.png\t[]"), lines("train.txt", "t0.png\t[]", line("t1.png")))
flat, crossed = [[1, 1], [9, 1], [20, 1], [30, 1]], [[0, 0], [50, 40], [50, 0], [0, 40]]
turned = [BOX[1], BOX[2], BOX[3], BOX[0]]
case(
    "polygon_degenerate",
    lines("train.txt", line("t0.png", text(flat), text(flat))),
    lines("train.txt", line("t0.png", text(turned), text(BOX[::-1]))),
)
case(
    "polygon_degenerate",
    lines("train.txt", line("t0.png", text(crossed), text(crossed))),
    lines("train.txt", line("t0.png", text(crossed))),  # one may happen
)
shares = [[x / 640, y / 480] for x, y in BOX]
pixel = [[0, 0], [1, 0], [1, 1], [0, 0]]  # whole numbers: tiny, and in pixels
case(
    "polygon_degenerate",
    lines("train.txt", line("t0.png", text(shares), text(shares[::-1]))),
    lines("train.txt", line("t0.png", text(shares), text([[x + 2, y] for x, y in BOX]))),
)
far = [[x + 600, y] for x, y in BOX]
case(
    "polygons_outside",
    lines("train.txt", *[line(f"t{i}.png", text(far)) for i in range(4)]),
    lines(
        "train.txt", *[line(f"t{i}.png", text([[x + 530, y] for x, y in BOX])) for i in range(4)]
    ),
)


def texts_of(height, width=3000):
    def change(project):
        project.image("big.png", width, width)
        box = [[100, 100], [400, 100], [400, 100 + height], [100, 100 + height]]
        project.write("train.txt", [line("big.png", text(box))])

    return change


def eval_images_of(side):
    def change(project):
        for number in range(20):
            project.image(f"e{number}.png", side, side)

    return change


case("eval_images_large", eval_images_of(4000), eval_images_of(2000))


def train_images_of(width, height):
    def change(project):
        for number in range(20):
            project.image(f"t{number}.png", width, height)

    return change


case("texts_fill_images", train_images_of(120, 45), train_images_of(160, 90))
case(
    "eval_images_large",
    eval_images_of(4000),
    both(eval_images_of(4000), option("DetResizeForTest", "limit_type", "max", "Eval")),
)
case("texts_too_small", texts_of(15), texts_of(40))
case("texts_too_small", texts_of(15), texts_of(15, width=600))
train_keys = ["image", "threshold_map", "threshold_mask", "shrink_map", "shrink_mask"]
case(
    "keep_keys_order",
    option("KeepKeys", "keep_keys", ["image", *train_keys[3:], *train_keys[1:3]]),
    option("KeepKeys", "keep_keys", list(train_keys)),
)
case(
    "keep_keys_order",
    option("KeepKeys", "keep_keys", ["image", "polys"], "Eval"),
    option("KeepKeys", "keep_keys", ["image", "shape", "polys", "ignore_tags", "texts"], "Eval"),
)
case(
    "component_unknown",
    lambda p: p.transforms("Train").__setitem__(6, {"MakeShrinkMaps": None}),
    lambda p: p.transforms("Train").insert(6, {"MyOwnOperator": None}),
    fine_release=None,
)
case("component_unknown", at("Optimizer", "name")("adam"), at("Optimizer", "name")("AdamW"))
case("component_unknown", at("Optimizer", "lr", "name")("Cosin"), nothing)
case("component_unknown", at("Optimizer", "regularizer", "name")("L2Decai"), nothing)
case(
    "component_unknown",
    at("Architecture", "Head", "name")("DBLoss"),  # a loss
    at("Architecture", "Backbone", "name")("PPLCNetV4"),  # digits are no misspelling
    release=None,
)
case(
    "component_unknown",  # it came with 2.7.0
    at("Architecture", "Head", "name")("PFHeadLocal"),
    at("Architecture", "Head", "name")("PFHeadLocal"),
    release="2.5.0",
    fine_release="2.8.1",
)
case("key_missing", without("Train", "loader", "shuffle"), nothing)
case(
    "option_missing",
    at("Architecture", "Neck")({"name": "SequenceEncoder", "hidden_size": 48}),
    at("Architecture", "Neck")({"name": "SequenceEncoder", "encoder_type": "rnn"}),
)
case("key_missing", without("Global", "save_epoch_step"), without("Global", "distributed"))
case("key_missing", without("Train", "loader"), nothing)
for key, wrong, right in (
    ("thresh", 30, 0.2),
    ("box_thresh", 1, 0),
    ("unclip_ratio", 0, 1.8),
    ("score_mode", "quick", "slow"),
    ("use_dilation", "False", False),
    ("max_candidates", 0, 3000),
):
    case("value_unusable", at("PostProcess", key)(wrong), at("PostProcess", key)(right))
for key, wrong, right in (
    ("print_batch_step", 0, 1),
    ("save_epoch_step", 0, 1200),
    ("log_smooth_window", 0.5, 20),
    ("seed", -1, 0),
    ("use_gpu", "False", False),
    ("calc_epoch_interval", 0, None),
):
    case("value_unusable", at("Global", key)(wrong), at("Global", key)(right))
# PaddleX writes the level OFF where amp is off, and then nobody reads it.
amp_level = at("Global", "amp_level")("OFF")
case("value_unusable", both(amp_level, at("Global", "use_amp")(True)), amp_level)
case("value_unusable", drop_last("False"), drop_last(False))
case("value_unusable", rate(0), rate(0.0001))
case("value_unusable", rate(-0.001), nothing)
case("value_unusable", option("MakeShrinkMap", "shrink_ratio", 0), nothing)
case(
    "value_unusable",
    option("EastRandomCropData", "size", 640),
    option("EastRandomCropData", "size", [320, 320]),
)
case("value_unusable", option("EastRandomCropData", "size", [300, 300]), nothing)
case("value_unusable", at("PostProcess", "score_mode")(["fast"]), nothing)
case("component_unknown", option("IaaAugment", "augmenter_args", [{"type": "Flipr"}]), nothing)
case("main_indicator_unknown", at("Metric", "main_indicator")(["hmean"]), nothing)
case("key_missing", at("PostProcess")(None), nothing)
case("value_unusable", option("NormalizeImage", "std", [0.2, 0, 0.2]), nothing)
case("value_unusable", at("Loss", "balance_loss")("no"), at("Loss", "balance_loss")(False))
for wrong, right in ((255.0, 1), ("255", "1./255"), ("255./1.", "1. / 255."), (0, "1/2**8")):
    case(
        "value_unusable",
        option("NormalizeImage", "scale", wrong),
        option("NormalizeImage", "scale", right),
    )
case("value_unusable", at("Architecture", "Head", "kernel_list")([7, 2]), nothing)
case(
    "value_unusable",
    at("Architecture", "Neck", "out_channels")(97),
    at("Architecture", "Neck", "out_channels")(100),
)
piecewise = {"name": "Piecewise", "decay_epochs": [100, 200], "values": [0.001, 0.0001, 0.00001]}
lr = at("Optimizer", "lr")
case("schedule_unusable", lr({**piecewise, "values": [0.001]}), lr(piecewise))
case("schedule_unusable", lr({**piecewise, "decay_epochs": [200, 100]}), lr(piecewise))
case("schedule_unusable", lr({**piecewise, "decay_epochs": [600, 700]}), lr(piecewise))
case("parts_mismatch", at("PostProcess")({"name": "EASTPostProcess"}), nothing)
case("parts_mismatch", at("Metric")({"name": "RecMetric", "main_indicator": "acc"}), nothing)
case("parts_mismatch", at("Loss")({"name": "PSELoss", "alpha": 0.7}), nothing)
case("parts_mismatch", at("Architecture", "model_type")("rec"), nothing)
case(
    "parts_mismatch",
    lambda p: p.transforms("Eval").__setitem__(1, {"CTCLabelEncode": None}),
    lambda p: p.transforms("Eval").insert(2, {"MyOwnOperator": None}),
    fine_release=None,
)
case(
    "main_indicator_unknown",
    at("Metric", "main_indicator")("acc"),
    at("Metric", "main_indicator")("precision"),
)
for position in (0, 1, 3, 4, 5, 6, 7, 8):
    case("operator_missing", lambda p, i=position: p.transforms("Train").pop(i), nothing)
for position in (2, 3, 4):
    case("operator_missing", lambda p, i=position: p.transforms("Eval").pop(i), nothing)
case(
    "operator_order",
    lambda p: p.transforms("Train").insert(8, p.transforms("Train").pop(7)),
    lambda p: p.transforms("Train").insert(6, p.transforms("Train").pop(5)),
)
case(
    "operator_order",
    lambda p: p.transforms("Train").insert(4, p.transforms("Train").pop(1)),
    nothing,
)
case(
    "operator_order",
    lambda p: p.transforms("Train").insert(2, p.transforms("Train").pop(8)),
    nothing,
)
case(
    "operator_doubled",
    lambda p: p.transforms("Train").insert(8, p.transforms("Train")[7]),
    lambda p: p.transforms("Train").insert(3, p.transforms("Train")[2]),  # augments twice
)
case(
    "sampler_mismatch",
    at("Train", "sampler")({"name": "MultiScaleSampler", "scales": [[320, 48]], "first_bs": 8}),
    nothing,
)
case(
    "ext_op_transform_idx",
    lambda p: p.transforms("Train").insert(1, {"CopyPaste": None}),
    lambda p: p.transforms("Train").insert(2, {"CopyPaste": None}),
)
model = {"Head": {"name": "DBHead"}, "freeze_params": False, "pretrained": None}


def distilled(**changes):
    """A teacher and a student, with changes by "Model.key" or "loss"."""

    def change(project):
        teacher = {**model, "freeze_params": True, "pretrained": "https://example.org/t.pdparams"}
        models = {"Teacher": teacher, "Student": dict(model)}
        for place, value in changes.items():
            if place != "loss":
                name, key = place.split("_", 1)
                models[name][key] = value
        pairs = changes.get("loss", ["Student", "Teacher"])
        project.config["Architecture"] = {
            "name": "DistillationModel",
            "model_type": "det",
            "algorithm": "Distillation",
            "Models": models,
        }
        project.config["Loss"] = {
            "name": "CombinedLoss",
            "loss_config_list": [
                {"DistillationDilaDBLoss": {"weight": 1.0, "model_name_pairs": [pairs]}},
                {"DistillationDBLoss": {"weight": 1.0, "model_name_list": ["Student"]}},
            ],
        }

    return change


case("distillation_names", distilled(loss=["Student", "Techer"]), distilled())
part = ("Loss", "loss_config_list", 0, "DistillationDilaDBLoss", "key")
case(
    "distillation_key",
    both(distilled(), at(*part)("map")),
    both(distilled(), at(*part)("my_own_output")),
)
case("teacher_not_frozen", distilled(Teacher_freeze_params=False), distilled())
case("student_frozen", distilled(Student_freeze_params=True), distilled())
case(
    "teacher_without_weights",
    distilled(Teacher_pretrained=None),
    both(distilled(Teacher_pretrained=None), at("Global", "pretrained_model")("weights")),
)
case(
    "model_weights_missing",
    distilled(Teacher_pretrained="teacher"),
    both(
        distilled(Teacher_pretrained="teacher"),
        lambda p: (p.folder / "teacher.pdparams").touch(),
    ),
)
case(
    "maps_before_crop",
    lambda p: p.transforms("Train").insert(5, p.transforms("Train").pop(3)),
    lambda p: p.transforms("Train").insert(3, p.transforms("Train").pop(2)),
)
eval_mean = {"NormalizeImage": {"scale": "1./255.", "mean": [0.5, 0.5, 0.5]}}
case(
    "normalization_differs",
    lambda p: p.transforms("Eval").__setitem__(3, eval_mean),
    lambda p: p.transforms("Eval").__setitem__(3, {"NormalizeImage": {"order": "hwc"}}),
)
case(
    "image_mode_differs",
    lambda p: p.options("DecodeImage", "Eval").__setitem__("img_mode", "RGB"),
    lambda p: [
        p.options("DecodeImage", m).__setitem__("img_mode", "RGB") for m in ("Train", "Eval")
    ],
)
case(
    "border_thresholds",
    lambda p: p.options("MakeBorderMap").update(thresh_min=0.7, thresh_max=0.3),
    lambda p: p.options("MakeBorderMap").update(thresh_min=0.2, thresh_max=0.6),
)
case(
    "global_overrides_transform",
    at("Global", "shrink_ratio")(0.6),
    at("Global", "shrink_ratio")(0.4),
)
case("global_overrides_transform", at("Global", "epoch")(100), at("Global", "epoch_num")(100))
pretrained = at("Global", "pretrained_model")
case("weights_missing", pretrained("./best"), pretrained("https://example.com/best.pdparams"))


def weights(*names, shape=(2, 3)):
    def change(project):
        arrays = {name: np.zeros(shape, np.float32) for name in names}
        (project.folder / "best.pdparams").write_bytes(pickle.dumps(arrays, protocol=2))
        project.config["Global"]["pretrained_model"] = "./best"

    return change


def beside(*names):
    """Empty files in the project's folder."""

    def change(project):
        for name in names:
            (project.folder / name).touch()

    return change


case("weights_missing", pretrained("./bes"), weights("backbone.conv.weight"))
sound = weights("backbone.conv.weight", "backbone.stage0.0.conv.weight")
case("weights_mismatch", weights("Student.backbone.stage0.0.conv.weight"), sound)
case("weights_mismatch", weights("head.ctc_head.fc.weight"), sound)
case("weights_mismatch", weights("conv1.weight"), weights("neck.weight", "head.weight"))
case("weights_mismatch", weights("backbone.blocks2.0.weight"), sound)
head = "head.binarize.conv1.weight"
case(
    "weights_mismatch",
    weights(head, shape=(64, 256, 3, 3)),
    weights(head, shape=(24, 96, 3, 3)),
)
case(
    "weights_mismatch",
    both(weights("backbone.conv"), at("Architecture", "Models")({"Student": {}, "Teacher": {}})),
    both(
        weights("Student.backbone.conv", "Teacher.backbone.conv"),
        at("Architecture", "Models")({"Student": {}, "Teacher": {}}),
    ),
)
case(
    "checkpoint_incomplete",
    both(weights("backbone.w"), at("Global", "checkpoints")("./best")),
    both(
        weights("backbone.w"),
        at("Global", "checkpoints")("./best"),
        beside("best.pdopt", "best.states"),
    ),
)
case(
    "weights_ignored",
    both(weights("backbone.w"), at("Global", "checkpoints")("./best")),
    both(weights("backbone.w"), at("Global", "checkpoints")("")),
)
case("learning_rate_high", rate(0.1), rate(0.001))
case("learning_rate_high", rate(0.01), rate(0.002))
case("learning_rate_low", rate(1.0e-7), rate(1.0e-5))
case(
    "learning_rate_low",
    at("Optimizer")({"name": "Adadelta", "lr": {"learning_rate": 0.001}}),
    at("Optimizer")({"name": "Adadelta", "lr": {"learning_rate": 1.0}}),
)
case(
    "learning_rate_high",
    at("Optimizer", "lr")({"name": "Piecewise", "decay_epochs": [9], "values": [0.1, 0.001]}),
    at("Optimizer", "lr")({"name": "Piecewise", "decay_epochs": [9], "values": [0.001, 0.1e-3]}),
)
case(
    "learning_rate_high",
    at("Train", "loader", "batch_size_per_card")(2),
    at("Train", "loader", "batch_size_per_card")(4),
)
case(
    "learning_rate_high",
    both(rate(0.1), at("Optimizer", "name")("Adam")),
    both(rate(0.1), at("Optimizer", "name")("Momentum")),
)
case("warmup_too_long", warmup(500), warmup(50))
case("warmup_too_long", warmup(250), both(warmup(2), at("Global", "epoch_num")(4)))
case("visualdl_removed", visualdl, nothing, release="2.8.1")
case("visualdl_removed", visualdl, visualdl, release="3.0.0", fine_release="2.7.3")
case("epoch_num_unusable", at("Global", "epoch_num")("many"), at("Global", "epoch_num")(1))
case("unknown_key", option("MakeShrinkMap", "shrink_ration", 0.4), nothing)
case("unknown_key", at("Global", "evalBatchStep")(1), at("Global", "my_own_note")("x"))
case(
    "unknown_key",
    lambda p: p.config["PostProcess"].__setitem__(
        "unclip_ration", p.config["PostProcess"].pop("unclip_ratio")
    ),
    nothing,
)
case("number_is_text", rate("1e-4"), rate(1.0e-4))
case("number_is_text", rate("1e-4"), at("Optimizer", "regularizer", "factor")("1e-6"))
case(
    "guard_section",
    at("Guard")({"hook": []}),
    at("Guard")({"run_name": "mine", "hooks": []}),
)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def found(project, code, options, release_key="release"):
    release = options.get(release_key, options.get("release", "2.10.0"))
    return [p for p in project.problems(release, cards=options.get("cards", 1)) if p.code == code]


@pytest.mark.parametrize(("code", "trips", "fine", "options"), CASES)
def test_rule_trips(project, code, trips, fine, options):
    trips(project)
    problems = found(project, code, options)
    assert problems, f"{code} did not trip"
    for problem in problems:
        assert problem.severity in ("critical", "warning", "info")
        assert problem.line >= 1
        assert problem.message.endswith((".", "?"))
        assert problem.advice.endswith((".", "?"))
        assert problem.why
        for said in (problem.message, problem.advice, problem.why):
            assert is_chinese(said), in_language(said, "zh")


@pytest.mark.parametrize(("code", "trips", "fine", "options"), CASES)
def test_rule_leaves_what_is_close_but_fine(project, code, trips, fine, options):
    fine(project)
    assert found(project, code, options, "fine_release") == []


@pytest.mark.parametrize("release", ["2.6.0", "2.7.3", "2.8.1", "2.10.0", "3.7.0", None])
def test_the_healthy_project_has_no_problem(project, release):
    assert project.problems(release) == []


def test_every_rule_is_covered():
    # In test_audit_check.py, for they need text or options, test_audit_lmdb.py, and
    # test_audit_structure.py.
    elsewhere = {"duplicate_key", "file_name", "lmdb_unreadable", "overrides_lost"}
    elsewhere |= {"save_model_dir_unusable"}
    recognition = {code for code, *_ in test_audit_rec_rules.CASES}
    assert set(RULES) == COVERED | elsewhere | recognition


def test_an_override_does_not_reach_what_an_anchor_has_filled(project):
    path = project.folder / "my.yml"
    ctx = project.context("2.8.1")
    path.write_bytes((CONFIGS / "db.yml").read_bytes())
    ctx.source = read_yaml(path, ["Global.epoch_num=100"])
    problems = [p for p in audit(ctx) if p.code == "total_epoch_mismatch"]
    assert len(problems) == 2
    assert "-o Global.epoch_num=100 does not reach" in problems[0].message
    ctx.source = read_yaml(path, ["Global.epoch_num=500"])
    assert not [p for p in audit(ctx) if p.code == "total_epoch_mismatch"]


@pytest.mark.parametrize(
    ("total", "word"), [(300, "there is nothing to learn"), (100, "loading data never ends")]
)
def test_what_a_ratio_above_1_does_is_said(project, total, word):
    total_epoch(total)(project)
    problem = next(p for p in project.problems("2.8.1") if p.code == "shrink_ratio_unexpected")
    assert word in problem.message


def test_quick_takes_what_paddleocr_has_loaded(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    project.context()
    project.config["Global"]["eval_batch_step"] = [0, 30000]
    total_epoch(500)(project)
    problems = quick(project.config, "my.yml")
    assert [p.code for p in problems] == ["evaluation_never_reached"]
    assert problems[0].line > 1
    assert [p.code for p in quick(project.config, None)] == ["evaluation_never_reached"]


def test_quick_sees_a_missing_label_file(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    (project.folder / "eval.txt").unlink()
    assert "eval.txt does not exist" in str(quick(project.config)[0])


def test_weights_run_no_code(project):
    class Evil:
        def __reduce__(self):
            return (os.system, ("touch pwned",))

    (project.folder / "best.pdparams").write_bytes(pickle.dumps({"backbone.w": Evil()}))
    project.config["Global"]["pretrained_model"] = "./best"
    problem = next(p for p in project.problems() if p.code == "weights_mismatch")
    assert "system" in problem.message
    assert not (project.folder / "pwned").exists()


def exif_turned_jpeg():
    """The head of a JPEG of 640 x 480 whose EXIF data says: turn by 90 degrees."""
    tiff = (
        b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
        + b"\0" * 4
    )
    exif = b"Exif\0\0" + tiff
    app1 = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    size = b"\x08" + (480).to_bytes(2, "big") + (640).to_bytes(2, "big") + b"\x03" + b"\0" * 9
    return b"\xff\xd8" + app1 + b"\xff\xc0" + (len(size) + 2).to_bytes(2, "big") + size


@pytest.mark.skipif(
    "exif_rotation" not in inspect.signature(imagesize.get).parameters,
    reason="imagesize 1, the last for Python 3.9, knows no EXIF",
)
def test_images_are_turned_as_paddleocr_turns_them(project):
    upright = [[400, 500], [460, 500], [460, 620], [400, 620]]  # inside of 480 x 640 only
    names = [f"turned{i}.jpg" for i in range(4)]
    for name in names:
        (project.folder / "images" / name).write_bytes(exif_turned_jpeg())
    project.write("train.txt", [line(name, text(upright)) for name in names])
    assert "polygons_outside" not in project.codes()
    project.options("DecodeImage")["ignore_orientation"] = True
    assert "polygons_outside" in project.codes()


def test_labels_that_windows_saved_are_told_their_encoding(project):
    rows = ["a.png\t[]", "图像.png\t[]", "训练集.png\t[]"]
    (project.folder / "train.txt").write_bytes("\n".join(rows).encode("gb18030"))
    (told,) = found(project, "label_encoding", {})
    assert "GB18030: PaddleOCR cannot read 2 of its 3 lines" in told.message
    assert "iconv -f GB18030" in told.advice
    broken = "\n".join(rows).encode("utf-8") + b"\n\xe5\x9b.png\t[]\n"  # one line cut short
    (project.folder / "train.txt").write_bytes(broken)
    assert found(project, "label_lines_broken", {})
    assert not found(project, "label_encoding", {})


def test_a_label_in_pythons_notation_is_told_so(project):
    label = str([{"transcription": "a", "points": BOX}])
    for written, is_python in ((label, True), (label[:-1], False)):
        (project.folder / "train.txt").write_text(f"t0.png\t{written}\n", encoding="utf-8")
        (told,) = found(project, "label_lines_broken", {})
        assert ("json.dumps" in told.message) == is_python


@pytest.mark.parametrize(
    ("data_dir", "prefix", "right"),
    [
        ("./elsewhere", "", "./images"),  # the label file stands beside its images
        ("./images", "images/", "."),  # the folder is in both
        ("./nowhere", "gone/", None),
    ],
)
def test_a_data_dir_that_fits_is_named_and_fixed(project, data_dir, prefix, right):
    rows = "".join(f"{prefix}t{n}.png\t[]\n" for n in range(8))
    (project.folder / "images" / "train.txt").write_text(rows, encoding="utf-8")
    project.config["Train"]["dataset"].update(
        label_file_list=["./images/train.txt"], data_dir=data_dir
    )
    (told,) = found(project, "images_missing", {})
    assert told.fixable == (right is not None)
    assert ("with data_dir: " in told.advice) == (right is not None)
    if right is not None:
        assert told.advice == f"The images are there with data_dir: {right}."
        project.config["Train"]["dataset"]["data_dir"] = right
        assert not found(project, "images_missing", {})


def test_backslashes_hide_no_other_missing_image(project):
    inner_image(project)
    rows = [line("sub\\t0.png"), line("sub\\t0.png"), line("gone.png"), line("t1.png")]
    lines("train.txt", *rows)(project)
    told = [p.message for p in found(project, "images_missing", {})]
    assert ["2 of 4" in told[0], "1 of 4" in told[1]] == [True, True]


@pytest.mark.parametrize(
    ("points", "sound", "severity"),
    [(shares, 0, "critical"), (shares, 7, "warning"), (shares[:3], 0, "critical")],
)
def test_coordinates_that_are_shares_are_told_as_that(tmp_path, points, sound, severity):
    project = Project(tmp_path)
    boxes = [*[text(points)] * 2, text(transcription="###"), *[text()] * sound]
    lines("train.txt", line("t0.png", *boxes))(project)
    (problem,) = [p for p in project.problems() if p.code == "polygon_degenerate"]
    assert problem.severity == severity
    assert f"2 of {sound + 3} texts" in problem.message
    assert "have coordinates between 0 and 1" in problem.message
    assert ("loading data ends" in problem.message) == (severity == "critical")
    assert "Multiply x by the width" in problem.advice
    assert "图像" in in_language(problem.message, "zh")


def test_a_tiny_text_in_pixels_is_no_share_of_the_image(tmp_path):
    project = Project(tmp_path)
    lines("train.txt", line("t0.png", *[text(pixel)] * 3))(project)
    (problem,) = [p for p in project.problems() if p.code == "polygon_degenerate"]
    assert "no area" in problem.message
