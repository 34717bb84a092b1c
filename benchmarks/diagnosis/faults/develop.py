"""The faults that the rules were written with."""

from __future__ import annotations

from typing import Any

from benchmarks.diagnosis.faults.fault import (
    EVAL,
    LABELS,
    RATE,
    SIZE,
    Fault,
    few,
    freeze,
    grown,
    missing,
    nan_at,
    of_others,
    part,
    points,
    right,
    split,
    texts,
    transcription,
    unlabelled,
)

STD_OF_TRAINING = "Train.dataset.transforms.NormalizeImage.std"


def dark(image: Any) -> Any:
    return (image * 0.12).astype("uint8")


def noise(image: Any) -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(0, 255, image.shape).astype("uint8")


_FAULTS = (
    Fault(
        "seed_as_epoch",
        "seed taken for the epoch (2.9.0 over data of 2.8.1, total_epoch 500: ratio 0.81)",
        right("shrink_ratio_wrong"),
        sources=("2.9.0", "2.8.1"),
        options={"total_epoch": 500},
    ),
    Fault("both_0.81", "shrink_ratio 0.81 written", SIZE, options={"shrink_ratio": 0.81}),
    Fault(
        "shrink_map_0.81",
        "shrink_ratio 0.81 in MakeShrinkMap alone",
        SIZE,
        options={"shrink_ratio": 0.81, "border_ratio": 0.4},
    ),
    Fault(
        "unclip_0.3", "unclip_ratio 0.3", right("unclip_mismatch"), options={"unclip_ratio": 0.3}
    ),
    Fault("unclip_4", "unclip_ratio 4", right("unclip_mismatch"), options={"unclip_ratio": 4.0}),
    Fault(
        "unclip_2.2", "unclip_ratio 2.2", right("unclip_mismatch"), options={"unclip_ratio": 2.2}
    ),
    Fault(
        "box_thresh_0.95",
        "box_thresh 0.95",
        right("postprocess_mismatch"),
        sets={"PostProcess.box_thresh": 0.95},
    ),
    Fault("rate_0.1", "learning rate 0.1, constant", RATE,
          options={"learning_rate": 0.1, "schedule": "Const"}),
    Fault(
        "rate_1e4",
        "learning rate 1e4, no warm-up",
        RATE | {"loss_not_finite"},
        options={"learning_rate": 1e4, "warmup_epoch": 0},
    ),
    Fault(
        "rate_0",
        "learning rate 0, from scratch",
        right("learning_rate_zero"),
        options={"learning_rate": 0.0, "warmup_epoch": 0},
        scratch=True,
    ),
    Fault(
        "nan_in_head",
        "a NaN in the last layer of the pretrained weights",
        right("loss_not_finite", "network_dead"),
        weights=nan_at(-1),
    ),
    Fault(
        "nan_in_stem",
        "a NaN in the first layer of the pretrained weights",
        right("network_dead", "pretrained_wrong"),
        weights=nan_at(0),
    ),
    Fault(
        "std_0",
        "NormalizeImage std 0 in training",
        right("loss_not_finite", "network_dead", "transforms_differ"),
        sets={STD_OF_TRAINING: [0, 0, 0]},
    ),
    Fault(
        "all_ignored",
        "all training texts '###'",
        right("labels_empty"),
        train=transcription("###"),
    ),
    Fault(
        "no_texts",
        "training labels are empty lists",
        right("data_pipeline_failing", "labels_empty"),
        train=texts(lambda text: None),
    ),
    Fault(
        "shifted",
        "training labels shifted by (14, 9) pixels",
        LABELS,
        train=points(lambda x, y: (x + 14, y + 9)),
    ),
    Fault(
        "scaled_0.75",
        "training labels scaled by 0.75",
        LABELS,
        train=points(lambda x, y: (0.75 * x, 0.75 * y)),
    ),
    Fault("swapped", "x and y swapped in training", LABELS, train=points(lambda x, y: (y, x))),
    Fault("of_others", "training texts of the next image", LABELS, train=of_others()),
    Fault(
        "unlabelled_0.8",
        "80 % of training texts not labelled",
        right("labels_incomplete"),
        train=unlabelled(0.8),
    ),
    Fault("letters", "one training label a character", right("labels_split"), train=split(4)),
    Fault("grown_1.7", "training polygons 1.7 times too large", LABELS, train=grown(1.7)),
    Fault(
        "images_gone",
        "80 % of the training images missing",
        right("data_pipeline_failing"),
        train=missing(5),
    ),
    Fault(
        "two_images",
        "trains on 2 images, learning rate 0.02",
        right("overfitting"),
        options={"learning_rate": 0.02, "epoch_num": 2, "schedule": "Const"},
        train=few(2),
    ),
    Fault(
        "other_weights",
        "pretrained weights of a wider model: none fits",
        right("pretrained_wrong"),
        options={"backbone_scale": 0.5, "neck_channels": 24},
    ),
    Fault(
        "eval_64",
        "evaluation resizes images to 64 x 64",
        EVAL | {"transforms_differ"},
        sets={"Eval.dataset.transforms.DetResizeForTest": {"image_shape": [64, 64]}},
    ),
    Fault("eval_labels", "evaluation labels of other images", EVAL, val=of_others()),
    Fault("eval_ignored", "all evaluation texts '###'", EVAL, val=transcription("###")),
    Fault(
        "train_mean_2",
        "NormalizeImage mean 2 in training",
        right("transforms_differ"),
        sets={"Train.dataset.transforms.NormalizeImage.mean": [2.0, 2.0, 2.0]},
    ),
    Fault(
        "frozen",
        "all weights but the head's last frozen, from scratch",
        right("weights_frozen"),
        prelude=freeze("backbone") + freeze("neck").replace("original", "original2"),
        scratch=True,
    ),
    Fault(
        "val_noise",
        "validation images overwritten with noise after evaluation 3",
        right("evaluation_changed"),
        during=(3, "val", noise),
    ),
    Fault(
        "train_dark",
        "training images overwritten after evaluation 3, nearly black",
        right("training_data_changed"),
        during=(3, "train", dark),
    ),
    Fault(
        "loss_weights_0",
        "alpha 0 and beta 0 in the loss",
        right("loss_part_zero"),
        sets={"Loss.alpha": 0, "Loss.beta": 0},
        scratch=True,
    ),
)  # fmt: skip
_HEALTHY = Fault("healthy", "healthy")
_CONTROLS = (
    _HEALTHY,
    Fault("healthy_3.7", "healthy, release 3.7.0", sources=("3.7.0", None)),
    Fault("rate_0.003", "learning rate 0.003", options={"learning_rate": 0.003}),
    Fault("rate_1e-5", "learning rate 1e-5", options={"learning_rate": 1e-5}),
    Fault("total_10000", "the bug with total_epoch 10000: ratio 0.4205",
          sources=("2.9.0", "2.8.1"), options={"total_epoch": 10000}),
    Fault("unclip_1.65", "unclip_ratio 1.65", options={"unclip_ratio": 1.65}),
    Fault("shrink_0.5", "shrink_ratio 0.5, unclip_ratio 1.3",
          options={"shrink_ratio": 0.5, "unclip_ratio": 1.3}),
    Fault("batch_2", "batches of 2, 60 images", options={"batch_size": 2}, train=part(0.3)),
    Fault("crop_128", "crops of 128", options={"crop": 128}),
    Fault("eval_256", "evaluation at 256 pixels",
          sets={"Eval.dataset.transforms.DetResizeForTest": {"limit_side_len": 256,
                                                               "limit_type": "min"}}),
    Fault("momentum", "SGD with momentum, rate 0.005",
          options={"learning_rate": 0.005},
          sets={"Optimizer.name": "Momentum", "Optimizer.beta1": "__drop__",
                "Optimizer.beta2": "__drop__", "Optimizer.momentum": 0.9}),
    Fault("some_ignored", "a third of the training texts '###'", train=transcription("###", 0.33)),
    Fault("val_ignored", "a third of the evaluation texts '###'", val=transcription("###", 0.33)),
    Fault("loose_labels", "training polygons 1.03 times as large", train=grown(1.03)),
    Fault("scratch", "from scratch, 4 epochs", scratch=True,
          options={"epoch_num": 4, "learning_rate": 0.005, "warmup_epoch": 1,
                   "eval_batch_step": (0, 12)}),
)  # fmt: skip
FAULTS = _FAULTS + _CONTROLS
