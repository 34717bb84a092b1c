"""Faults that are run once, at the end; nothing was fitted to them."""

from __future__ import annotations

from typing import Any

from benchmarks.diagnosis.faults.fault import (
    DROP,
    EVAL,
    LABELS,
    RATE,
    RESIZE,
    SIDE,
    SIZE,
    Fault,
    few,
    freeze,
    grown,
    missing,
    multiplied,
    nan_at,
    of_others,
    part,
    points,
    reordered,
    right,
    shuffled_images,
    split,
    texts,
    transcription,
    unlabelled,
)


def upside_down(image: Any) -> Any:
    return image[::-1, ::-1].copy()


def grey(image: Any) -> Any:
    return image * 0 + 128


def faint(image: Any) -> Any:
    """All contrast but a thirtieth gone."""
    return (200 + (image.astype(float) - 200) / 30).clip(0, 255).astype("uint8")


def pixelated(image: Any) -> Any:
    import cv2

    small = cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def _middle(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)


_FAULTS = (
    Fault(
        "total_340",
        "seed taken for the epoch with total_epoch 340: ratio 1.002",
        right("shrink_ratio_wrong"),
        sources=("2.9.0", "2.8.1"),
        options={"total_epoch": 340},
    ),
    Fault(
        "total_700",
        "seed taken for the epoch with total_epoch 700: ratio 0.69",
        right("shrink_ratio_wrong"),
        sources=("2.9.0", "2.8.1"),
        options={"total_epoch": 700},
    ),
    Fault("both_0.9", "shrink_ratio 0.9 written", SIZE, options={"shrink_ratio": 0.9}),
    Fault("unclip_0.1", "unclip_ratio 0.1", right("unclip_mismatch"),
          options={"unclip_ratio": 0.1}),
    Fault("unclip_2.35", "unclip_ratio 2.35", right("unclip_mismatch"),
          options={"unclip_ratio": 2.35}),
    Fault("thresh_0.97", "thresh 0.97", right("postprocess_mismatch"),
          sets={"PostProcess.thresh": 0.97}),
    Fault("max_candidates_1", "max_candidates 1", right("postprocess_mismatch"),
          sets={"PostProcess.max_candidates": 1}),
    Fault("rate_1", "learning rate 1, constant", RATE | {"loss_not_finite"},
          options={"learning_rate": 1.0, "schedule": "Const"}),
    Fault("rate_0.2", "learning rate 0.2, no warm-up, batches of 4", RATE,
          options={"learning_rate": 0.2, "schedule": "Const", "warmup_epoch": 0,
                   "batch_size": 4}),
    Fault("l1_1", "L1 factor 1", right("weight_decay_too_strong"),
          options={"learning_rate": 0.005, "schedule": "Const", "epoch_num": 2},
          sets={"Optimizer.regularizer": {"name": "L1", "factor": 1.0}}),
    Fault("head_frozen", "the head frozen, from scratch, the rest at rate 1e-7",
          right("weights_frozen"), prelude=freeze("head"), options={"learning_rate": 1e-7},
          scratch=True),
    Fault("clip_0", "gradients clipped to a norm of 0, from scratch",
          right("weights_frozen", "learning_rate_zero"),
          sets={"Optimizer.clip_norm_global": 0.0, "Optimizer.regularizer": DROP}, scratch=True),
    Fault("nan_in_middle", "a NaN in the middle of the pretrained weights",
          right("network_dead", "loss_not_finite"), weights=nan_at(8)),
    Fault("weights_negated", "pretrained weights times -1",
          right("pretrained_wrong", "network_dead"), weights=multiplied(-1.0)),
    Fault("variance_0", "running variances of the pretrained model 1e-12 times as large",
          right("pretrained_wrong", "network_dead"), weights=multiplied(1e-12, "_variance")),
    Fault("wide_weights", "pretrained weights of a narrower model", right("pretrained_wrong"),
          options={"backbone_scale": 2.0, "neck_channels": 64}),
    Fault("scaled_1.5", "training labels scaled by 1.5", LABELS,
          train=points(lambda x, y: (1.5 * x, 1.5 * y))),
    Fault("mirrored", "training labels mirrored", LABELS, train=points(lambda x, y: (SIDE - x, y))),
    Fault("turned_180", "training images turned by 180 degrees, labels not", LABELS,
          train_images=upside_down),
    Fault("shifted_right", "training labels shifted by (25, 0) pixels", LABELS,
          train=points(lambda x, y: (x + 25, y))),
    Fault("z_order", "corners of the training labels row by row", right("labels_crossed"),
          train=reordered((0, 1, 3, 2))),
    Fault("cut_in_6", "each training text labelled as six", right("labels_split"), train=split(6)),
    Fault("of_others_13", "training texts of another image, files in another order", LABELS,
          train=lambda labels: shuffled_images(5)(of_others(13)(labels))),
    Fault("halves", "only the left half of each training text labelled",
          right("labels_shifted", "labels_split", "labels_incomplete"),
          train=texts(lambda t: t._replace(points=(
              t.points[0], _middle(t.points[0], t.points[1]),
              _middle(t.points[3], t.points[2]), t.points[3])))),
    Fault("unlabelled_0.9", "90 % of training texts not labelled", right("labels_incomplete"),
          train=unlabelled(0.9)),
    Fault("nearly_ignored", "all training texts but 2 % '###'",
          right("labels_empty", "labels_incomplete"), train=transcription("###", 0.98)),
    Fault("images_gone_0.9", "90 % of the training images missing",
          right("data_pipeline_failing"), train=missing(10)),
    Fault("one_image", "trains on one image, learning rate 0.015", right("overfitting"),
          options={"learning_rate": 0.015, "schedule": "Const", "epoch_num": 2}, train=few(1)),
    Fault("eval_half", "evaluation at a third of the size", EVAL | {"transforms_differ"},
          sets={RESIZE: {"image_shape": [64, 96]}}),
    Fault("eval_mean", "NormalizeImage mean 3 in evaluation", right("transforms_differ"),
          sets={"Eval.dataset.transforms.NormalizeImage.mean": [3.0, 3.0, 3.0]}),
    Fault("eval_swapped", "x and y swapped in evaluation", EVAL, val=points(lambda x, y: (y, x))),
    Fault("eval_shifted", "evaluation labels shifted by (16, 12)", EVAL,
          val=points(lambda x, y: (x + 16, y + 12))),
    Fault("eval_grown", "evaluation polygons 1.8 times as large", EVAL, val=grown(1.8)),
    Fault("eval_tied", "corners of the evaluation labels crossed", EVAL,
          val=reordered((0, 2, 1, 3))),
    Fault("eval_faint", "validation images without contrast", EVAL | {"other_domain"},
          val_images=faint),
    Fault("val_pixelated", "validation images overwritten, pixelated, after evaluation 4",
          right("evaluation_changed"), during=(4, "val", pixelated)),
    Fault("train_grey", "training images overwritten with grey after evaluation 3",
          right("training_data_changed"), during=(3, "train", grey), options={"epoch_num": 2}),
    Fault("alpha_1e30", "alpha and beta 1e30 in the loss",
          right("loss_weights_wrong", "loss_not_finite"),
          sets={"Loss.alpha": 1e30, "Loss.beta": 1e30}),
)  # fmt: skip
_CONTROLS = (
    Fault("healthy_r", "healthy"),
    Fault("healthy_3.7_r", "healthy, release 3.7.0, total_epoch 500", sources=("3.7.0", None),
          options={"total_epoch": 500}),
    Fault("rate_0.004", "learning rate 0.004", options={"learning_rate": 0.004}),
    Fault("rate_1e-4", "learning rate 1e-4, constant",
          options={"learning_rate": 1e-4, "schedule": "Const"}),
    Fault("sgd", "SGD with momentum, rate 0.002", options={"learning_rate": 0.002},
          sets={"Optimizer.name": "Momentum", "Optimizer.beta1": DROP, "Optimizer.beta2": DROP,
                "Optimizer.momentum": 0.9}),
    Fault("total_8000", "the bug with total_epoch 8000: ratio 0.4256",
          sources=("2.9.0", "2.8.1"), options={"total_epoch": 8000}),
    Fault("unclip_1.4", "unclip_ratio 1.4", options={"unclip_ratio": 1.4}),
    Fault("shrink_0.45", "shrink_ratio 0.45, unclip_ratio 1.4",
          options={"shrink_ratio": 0.45, "unclip_ratio": 1.4}),
    Fault("thresh_0.25", "thresh 0.25, box_thresh 0.5",
          sets={"PostProcess.thresh": 0.25, "PostProcess.box_thresh": 0.5}),
    Fault("batch_3", "batches of 3, half of the images", options={"batch_size": 3},
          train=part(0.45)),
    Fault("crop_96", "crops of 96", options={"crop": 96}),
    Fault("eval_160", "evaluation at 160 pixels", sets={RESIZE: {"image_shape": [160, 160]}}),
    Fault("ignored_half", "half of all texts '###'", train=transcription("###", 0.5),
          val=transcription("###", 0.5)),
    Fault("tight_0.95", "all polygons 0.95 times as large", train=grown(0.95), val=grown(0.95)),
    Fault("slightly_unlabelled", "5 % of training texts not labelled", train=unlabelled(0.05)),
    Fault("scratch_r", "from scratch, 4 epochs, batches of 4, rate 0.004", scratch=True,
          options={"epoch_num": 4, "learning_rate": 0.004, "warmup_epoch": 1,
                   "batch_size": 4, "eval_batch_step": (0, 25)}, train=part(0.5)),
)  # fmt: skip
FAULTS = _FAULTS + _CONTROLS
