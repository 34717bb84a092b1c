"""Held out: mistakes of other mechanisms than those of the two sets before, written before any of
them was read or rehearsed, and judged once. What was mended afterwards is said in RESULTS.md."""

from __future__ import annotations

from typing import Any

from benchmarks.mistakes.project import (
    Change,
    Mistake,
    Project,
    boxes,
    evaluation,
    images,
    labels,
    swap,
)


def _everywhere(old: str, new: str) -> Change:
    return swap(old, new, count=0)


def _rename(box: dict[str, Any]) -> None:
    box["text"] = box.pop("transcription")


def _as_text(box: dict[str, Any]) -> None:
    box["points"] = ",".join(f"{v:g}" for point in box["points"] for v in point)


def _turned(box: dict[str, Any]) -> None:
    box["points"] = [[y, x] for x, y in box["points"]]


def _next_image(old: list[str]) -> list[str]:
    names = [line.split("\t")[0] for line in old]
    return [
        f"{name}\t{line.partition(chr(9))[2]}" for name, line in zip(names[1:] + names[:1], old)
    ]


def _tiny(project: Project) -> None:
    """Thumbnails of a pixel, as a failed export leaves them."""
    import cv2
    import numpy as np

    _, png = cv2.imencode(".png", np.full((1, 1, 3), 255, "uint8"))
    images("pages/train/*.png", png.tobytes())(project)


def _upper(project: Project) -> None:
    text = "".join(f"{chr(c)}\n" for c in range(ord("A"), ord("Z") + 1))
    (project.folder / "lines" / "dict.txt").write_text(text, encoding="utf-8")


_NECK = "  Neck:\n    name: SequenceEncoder\n    encoder_type: rnn\n    hidden_size: 48\n"
_HEADS = (
    "    - CTCHead:\n        Neck:\n          name: svtr\n          dims: 120\n          depth: 2\n"
    "          hidden_dims: 120\n          kernel_size: [1, 3]\n          use_guide: true\n"
    "        Head:\n          fc_decay: 0.00001\n",
    "    - NRTRHead:\n        nrtr_dim: 384\n        max_text_length: 25\n",
)

MISTAKES: tuple[Mistake, ...] = (
    Mistake("a scale that MobileNetV3 has not", "det_mv3_db", swap("scale: 0.5", "scale: 0.55"), "scale|Backbone"),
    Mistake("a model_name of another family", "det_mv3_db", swap("model_name: large", "model_name: huge"), "model_name|Backbone"),
    Mistake("out_channels not a multiple of 4", "det_mv3_db", swap("out_channels: 96", "out_channels: 97"), "out_channels|Neck|Head"),
    Mistake("a slope of 0 in the head", "det_mv3_db", swap("    k: 50", "    k: 0"), r"Head|\bk\b"),
    Mistake("border thresholds swapped", "det_mv3_db", swap("thresh_min: 0.3\n        thresh_max: 0.7", "thresh_min: 0.7\n        thresh_max: 0.3"), "thresh_m"),
    Mistake("min_text_size 800", "det_mv3_db", swap("min_text_size: 8", "min_text_size: 800"), "min_text_size|shrink_map"),
    Mistake("pages shrunk to a tenth", "det_mv3_db", swap("size: [0.5, 3]", "size: [0.02, 0.05]"), "IaaAugment|Resize|shrink_map"),
    Mistake("text for transcription", "det_mv3_db", boxes(_rename), "transcription"),
    Mistake("points in one text", "det_mv3_db", boxes(_as_text), "points"),
    Mistake("images of one pixel", "det_mv3_db", _tiny, "pixel|outside|small|samples|image"),
    Mistake("checkpoints with its suffix", "det_mv3_db", swap("checkpoints: null", "checkpoints: ./weights/teacher.pdparams"), "checkpoints"),
    Mistake("weights of another model", "det_mv3_db", swap("pretrained_model: null", "pretrained_model: ./weights/teacher"), "pretrained_model|tensors"),
    Mistake("scaled by 255", "det_mv3_db", _everywhere("scale: 1./255.", "scale: 255."), "scale|ormaliz"),
    Mistake("evaluated at 32 pixels", "det_mv3_db", evaluation("limit_side_len: 320\n        limit_type: min", "limit_side_len: 32\n        limit_type: max"), "limit_side_len|DetResizeForTest"),
    Mistake("box_type polygon", "det_mv3_db", swap("unclip_ratio: 1.5", "unclip_ratio: 1.5\n  box_type: polygon"), "box_type"),
    Mistake("beta2 of 1", "det_mv3_db", swap("beta2: 0.999", "beta2: 1.0"), "beta2|Optimizer"),
    Mistake("a clip norm below 0", "det_v4_db", swap("beta2: 0.999", "beta2: 0.999\n  clip_norm: -1.0"), "clip_norm"),
    Mistake("a warm-up below 0", "det_v4_db", swap("warmup_epoch: 2", "warmup_epoch: -2"), "warmup"),
    Mistake("shuffle as text", "det_v4_db", swap("shuffle: true", "shuffle: 'no'"), "shuffle"),
    Mistake("seed as text", "det_v4_db", swap("Global:\n", "Global:\n  seed: abc\n"), "seed"),
    Mistake("a backbone for recognition", "det_v4_db", swap("    det: true", "    det: false"), "Backbone|Neck|det"),
    Mistake("x and y exchanged", "det_v4_db", boxes(_turned), "order|exchanged|swapped"),
    Mistake("labels of the next image", "det_v4_db", labels("pages/train.txt", _next_image), "label"),
    Mistake("EAST: texts too small to count", "det_east", swap("min_text_size: 10", "min_text_size: 5000"), "min_text_size|EASTProcessTrain"),
    Mistake("PSE: scale 0", "det_pse", swap("  scale: 1\n", "  scale: 0\n"), "scale|PostProcess"),
    Mistake("two kernels for three", "det_cml", swap("kernel_list: [7, 2, 2]", "kernel_list: [7, 2]"), "kernel_list|Head"),
    Mistake("a loss on a key that is not there", "det_cml", swap("key: maps", "key: map"), r"Loss.*key|key.*map|KeyError"),
    Mistake("a postprocess on such a key", "det_cml", swap("key: head_out", "key: head_outs"), "PostProcess|head_out"),
    Mistake("no hidden units", "rec_crnn", swap("hidden_size: 48", "hidden_size: 0"), "hidden_size|Neck"),
    Mistake("fc_decay in words", "rec_crnn", swap("fc_decay: 0.00001", "fc_decay: small"), "fc_decay|Head"),
    Mistake("strides of detection", "rec_crnn", swap("small_stride: [1, 2, 2, 2]", "small_stride: [1, 1, 1, 1]"), "small_stride|Backbone|Neck|height"),
    Mistake("labels for a dictionary", "rec_crnn", swap("character_dict_path: ./lines/dict.txt", "character_dict_path: ./lines/train.txt"), "dict|character"),
    Mistake("a dictionary of capitals", "rec_crnn", _upper, "dict|character"),
    Mistake("height and width exchanged", "rec_crnn", _everywhere("image_shape: [3, 32, 160]", "image_shape: [3, 160, 32]"), "image_shape|height|width"),
    Mistake("another encoder in Eval", "rec_crnn", evaluation("CTCLabelEncode:", "AttnLabelEncode:"), "AttnLabelEncode|LabelEncode"),
    Mistake("no neck", "rec_crnn", swap(_NECK, ""), "Neck|Head"),
    Mistake("a score behind each label", "rec_crnn", labels("lines/train.txt", lambda old: [f"{line}\t0.98" for line in old]), "tab|column|fields|characters"),
    Mistake("names from the root", "rec_crnn", labels("lines/train.txt", lambda old: [f"/{line}" for line in old]), "missing|exist"),
    Mistake("divided_factor 0", "rec_v4", swap("divided_factor: [8, 16]", "divided_factor: [0, 16]"), "divided_factor"),
    Mistake("nrtr_dim 385", "rec_v4", swap("nrtr_dim: 384", "nrtr_dim: 385"), "nrtr_dim|Head"),
    Mistake("heads in the other order", "rec_v4", swap("".join(_HEADS), "".join(reversed(_HEADS))), "head_list|Head"),
    Mistake("a head without a loss", "rec_v4", swap("  - CTCLoss:\n", ""), "CTC|Loss|gradient"),
    Mistake("RecConAug: channels first", "rec_v4", swap("image_shape: [48, 320, 3]", "image_shape: [3, 48, 320]"), "RecConAug"),
    Mistake("colour images for a grey model", "rec_nrtr", swap("in_channels: 1", "in_channels: 3"), "in_channels|channels|Backbone"),
    Mistake("d_model 500", "rec_nrtr", swap("d_model: 512", "d_model: 500"), "d_model|Head|Backbone"),
    Mistake("a third convolution", "rec_nrtr", swap("cnn_num: 2", "cnn_num: 3"), "cnn_num|Backbone|Head"),
)  # fmt: skip
