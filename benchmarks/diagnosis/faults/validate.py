"""Faults by other mechanisms, on which the rules were looked at a few times."""

from __future__ import annotations

from typing import Any

from benchmarks.diagnosis.faults.fault import (
    DROP,
    EVAL,
    LABELS,
    RATE,
    RESIZE,
    SIDE,
    Fault,
    few,
    freeze,
    grown,
    multiplied,
    of_others,
    part,
    points,
    reordered,
    right,
    shuffled_images,
    split,
    transcription,
    unlabelled,
)


def inverted(image: Any) -> Any:
    return 255 - image


def blurred(image: Any) -> Any:
    import cv2

    return cv2.GaussianBlur(image, (31, 31), 12)


def black(image: Any) -> Any:
    return image * 0


_FAULTS = (
    Fault(
        "total_1000",
        "seed taken for the epoch with total_epoch 1000: ratio 0.6048",
        right("shrink_ratio_wrong"),
        sources=("2.9.0", "2.8.1"),
        options={"total_epoch": 1000, "learning_rate": 0.003},
    ),
    Fault("shrink_0.15", "shrink_ratio 0.15 written", right("unclip_mismatch"),
          options={"shrink_ratio": 0.15}),
    Fault("unclip_2.6", "unclip_ratio 2.6", right("unclip_mismatch"),
          options={"unclip_ratio": 2.6}),
    Fault("max_candidates_2", "max_candidates 2", right("postprocess_mismatch"),
          sets={"PostProcess.max_candidates": 2}),
    Fault("box_thresh_0.7", "box_thresh 0.7", right("postprocess_mismatch"),
          sets={"PostProcess.box_thresh": 0.7}),
    Fault("rate_0.3", "learning rate 0.3, constant", RATE,
          options={"learning_rate": 0.3, "schedule": "Const"}),
    Fault("momentum_5", "SGD with momentum, learning rate 5", RATE | {"loss_not_finite"},
          options={"learning_rate": 5.0, "schedule": "Const"},
          sets={"Optimizer.name": "Momentum", "Optimizer.beta1": DROP, "Optimizer.beta2": DROP,
                "Optimizer.momentum": 0.9}),
    Fault("l2_10", "L2 factor 10", right("weight_decay_too_strong"),
          options={"learning_rate": 0.005, "schedule": "Const", "epoch_num": 2},
          sets={"Optimizer.regularizer.factor": 10.0}),
    Fault("all_frozen", "every parameter frozen but one, from scratch", right("weights_frozen"),
          prelude=freeze("backbone") + freeze("neck").replace("original", "o2")
          + freeze("head.binarize").replace("original", "o3"),
          scratch=True),
    Fault("weights_zero", "pretrained weights all 0", right("network_dead", "pretrained_wrong"),
          weights=multiplied(0.0)),
    Fault("weights_1e20", "pretrained weights times 1e20",
          right("network_dead", "loss_not_finite"), weights=multiplied(1e20, "weight")),
    Fault("narrow_weights", "pretrained weights of another neck", right("pretrained_wrong"),
          options={"neck_channels": 32, "backbone_scale": 1.5}),
    Fault("scaled_2", "training labels scaled by 2", LABELS,
          train=points(lambda x, y: (2 * x, 2 * y))),
    Fault("rotated", "training labels of the image turned by 90 degrees", LABELS,
          train=points(lambda x, y: (y, SIDE - x))),
    Fault("bow_ties", "corners of the training labels crossed", right("labels_crossed"),
          train=reordered((0, 2, 1, 3))),
    Fault("words_split", "each training text labelled as two", right("labels_split"),
          train=split(2)),
    Fault("files_mixed", "image names of the training labels mixed up", LABELS,
          train=shuffled_images(1)),
    Fault("unlabelled_0.95", "95 % of training texts not labelled", right("labels_incomplete"),
          train=unlabelled(0.95)),
    Fault("all_star", "all training texts '*'", right("labels_empty"), train=transcription("*")),
    Fault("shrunk_0.55", "training polygons 0.55 times as large", LABELS, train=grown(0.55)),
    Fault("crop_32", "crops of 32 pixels", right("transforms_differ", "labels_empty"),
          options={"crop": 32}),
    Fault("five_images", "trains on 5 images, learning rate 0.01", right("overfitting"),
          options={"learning_rate": 0.01, "schedule": "Const", "epoch_num": 2}, train=few(5)),
    Fault("eval_3x", "evaluation at three times the size", EVAL | {"transforms_differ"},
          sets={RESIZE: {"limit_side_len": 576, "limit_type": "min"}}),
    Fault("eval_std", "NormalizeImage std 0.02 in evaluation", right("transforms_differ"),
          sets={"Eval.dataset.transforms.NormalizeImage.std": [0.02, 0.02, 0.02]}),
    Fault("eval_scaled", "evaluation labels scaled by 0.5", EVAL,
          val=points(lambda x, y: (x / 2, y / 2))),
    Fault("eval_rotated", "evaluation labels turned by 180 degrees", EVAL,
          val=points(lambda x, y: (SIDE - x, SIDE - y))),
    Fault("eval_star", "all evaluation texts '*'", EVAL, val=transcription("*")),
    Fault("eval_mixed", "evaluation labels of images far away", EVAL, val=of_others(7)),
    Fault("val_inverted", "validation images overwritten with their negatives after evaluation 3",
          right("evaluation_changed"), during=(3, "val", inverted)),
    Fault("train_blurred", "training images overwritten, blurred, after evaluation 2",
          right("training_data_changed"), during=(2, "train", blurred),
          options={"epoch_num": 2}),
    Fault("train_black", "training images all black", right("labels_shifted", "transforms_differ",
                                                            "images_flat"),
          train_images=black),
    Fault("alpha_1e38", "alpha 1e38 in the loss", right("loss_weights_wrong", "loss_not_finite"),
          sets={"Loss.alpha": 1e38}),
    Fault("beta_0", "beta 0 and alpha 0, fine-tuned at 0.01", right("loss_part_zero"),
          options={"learning_rate": 0.01, "schedule": "Const"},
          sets={"Loss.alpha": 0, "Loss.beta": 0}),
)  # fmt: skip
_CONTROLS = (
    Fault("healthy_v", "healthy"),
    Fault("healthy_2.9", "healthy, release 2.9.0", sources=("2.9.0", None)),
    Fault("rate_0.002", "learning rate 0.002, constant",
          options={"learning_rate": 0.002, "schedule": "Const"}),
    Fault("rate_1e-6", "learning rate 1e-6", options={"learning_rate": 1e-6}),
    Fault("l1", "L1 factor 1e-6", sets={"Optimizer.regularizer": {"name": "L1", "factor": 1e-6}}),
    Fault("unclip_1.3", "unclip_ratio 1.3", options={"unclip_ratio": 1.3}),
    Fault("shrink_0.35", "shrink_ratio 0.35, unclip_ratio 1.6",
          options={"shrink_ratio": 0.35, "unclip_ratio": 1.6}),
    Fault("score_slow", "score_mode slow", sets={"PostProcess.score_mode": "slow"}),
    Fault("crop_192", "crops of 192", options={"crop": 192, "batch_size": 4}),
    Fault("eval_224", "evaluation at 224 pixels",
          sets={RESIZE: {"limit_side_len": 224, "limit_type": "min"}}),
    Fault("half_data", "half of the training images", train=part(0.5), options={"epoch_num": 2}),
    Fault("ramp", "ratio grows by epoch (ratio_list 0.99, total_epoch 10)",
          sources=("2.9.0", "2.8.1"), options={"total_epoch": 10, "ratio": 0.99, "epoch_num": 2}),
    Fault("tight_labels", "training polygons 0.97 times as large", train=grown(0.97)),
    Fault("val_few", "ten validation images", val=part(0.34)),
    Fault("scratch_v", "from scratch, 4 epochs, short warm-up", scratch=True,
          options={"epoch_num": 4, "learning_rate": 0.005, "warmup_epoch": 0.5,
                   "eval_batch_step": (0, 12)}),
)  # fmt: skip
FAULTS = _FAULTS + _CONTROLS
