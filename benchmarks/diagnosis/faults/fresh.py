"""Faults by mechanisms that none of the other sets has; run once, after everything else.

They were written down, with what would be right, before the last evidence was added to the
diagnosis, and nothing was changed after their run.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks.diagnosis.faults.fault import (
    DROP,
    EVAL,
    LABELS,
    SIDE,
    Fault,
    LabelChange,
    WeightChange,
    freeze,
    points,
    right,
    split,
    texts,
    unlabelled,
)
from ppocr_guard.demo.dataset import Label, Text

BACKBONE_DETACHED = """
import ppocr.modeling.architectures as architectures
original = architectures.build_model
def cut(layer, inputs, outputs):
    many = isinstance(outputs, (list, tuple))
    return [one.detach() for one in outputs] if many else outputs.detach()
def build_model(config):
    model = original(config)
    model.backbone.register_forward_post_hook(cut)
    return model
architectures.build_model = build_model
"""
HEAD_ALONE = """
import ppocr.optimizer as of_paddleocr
original = of_paddleocr.build_optimizer
def build_optimizer(config, epochs, step_each_epoch, model):
    return original(config, epochs, step_each_epoch, model.head.thresh)
of_paddleocr.build_optimizer = build_optimizer
"""
JUMP = """
import ppocr.optimizer as of_paddleocr
import paddle
original = of_paddleocr.build_optimizer
def build_optimizer(config, epochs, step_each_epoch, model):
    optimizer, rate = original(config, epochs, step_each_epoch, model)
    rate = paddle.optimizer.lr.PiecewiseDecay([12], [0.001, 0.5])
    optimizer.set_lr_scheduler(rate)
    return optimizer, rate
of_paddleocr.build_optimizer = build_optimizer
"""


def xywh(text: Text) -> Text:
    """The box as x, y, width and height, read as two corners."""
    (x, y), (right_, bottom) = _bounds(text)
    width, height = right_ - x, bottom - y
    return text._replace(points=((x, y), (width, y), (width, height), (x, height)))


def upright(text: Text) -> Text:
    """The box around the polygon, with sides along the image's."""
    (x, y), (right_, bottom) = _bounds(text)
    return text._replace(points=((x, y), (right_, y), (right_, bottom), (x, bottom)))


def flattened(text: Text) -> Text:
    """The polygon without height: its upper edge, there and back."""
    a, b = text.points[:2]
    return text._replace(points=(a, b, b, a))


def _bounds(text: Text) -> tuple[tuple[float, float], tuple[float, float]]:
    xs, ys = zip(*text.points)
    return (min(xs), min(ys)), (max(xs), max(ys))


def jittered(pixels: float) -> LabelChange:
    """Each polygon moved by as much as ``pixels``, each otherwise."""
    rng = random.Random(0)

    def move(text: Text) -> Text:
        dx, dy = rng.choice((-pixels, pixels)), rng.choice((-pixels, pixels))
        return text._replace(points=tuple((x + dx, y + dy) for x, y in text.points))

    return texts(move)


def one_block(labels: list[Label]) -> list[Label]:
    """One text around all texts of an image."""
    changed = []
    for label in labels:
        around = Text("block", tuple(p for text in label.texts for p in text.points))
        changed.append(label._replace(texts=(upright(around),) if label.texts else ()))
    return changed


def half_mixed(labels: list[Label]) -> list[Label]:
    """Every second image with the texts of the one three lines on."""
    further = labels[3:] + labels[:3]
    return [
        label._replace(texts=other.texts) if i % 2 else label
        for i, (label, other) in enumerate(zip(labels, further))
    ]


def squeezed(image: Any) -> Any:
    """To 60 % of its height."""
    import cv2

    return cv2.resize(image, (image.shape[1], int(0.6 * image.shape[0])))


def negative(image: Any) -> Any:
    return 255 - image


def mirrored(image: Any) -> Any:
    return image[:, ::-1].copy()


def same_picture(_image: Any) -> Any:
    """One drawing, whichever image it stands for."""
    import numpy as np

    from ppocr_guard.demo.dataset import draw_image

    return draw_image(np.random.default_rng(77), SIDE)[0]


def grey_scale(image: Any) -> Any:
    import cv2

    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def jpeg(image: Any) -> Any:
    import cv2

    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])[1], 1)


def framed(image: Any) -> Any:
    """White added at the right and below."""
    import cv2

    white = (255, 255, 255)
    return cv2.copyMakeBorder(image, 0, 64, 0, 64, cv2.BORDER_CONSTANT, value=white)


def permuted() -> WeightChange:
    """The numbers of each tensor in another order."""

    def change(weights: dict[str, Any]) -> None:
        import numpy as np

        rng = np.random.default_rng(0)
        for value in weights.values():
            value.flat[:] = rng.permutation(value.flatten())

    return change


_FAULTS = (
    Fault("xywh", "training boxes written as x, y, width, height",
          LABELS | {"labels_crossed"}, train=texts(xywh)),
    Fault("relative", "training labels as shares of the image, 0 to 1",
          LABELS | {"labels_empty"}, train=points(lambda x, y: (x / SIDE, y / SIDE))),
    Fault("squeezed", "training images squeezed to 60 % of their height, labels not", LABELS,
          train_images=squeezed),
    Fault("jittered", "each training polygon moved by (12, 12) pixels, each in a direction of its "
          "own", LABELS, train=jittered(12)),
    Fault("blocks", "one training label around all texts of an image",
          right("labels_split", "labels_shifted"), train=one_block),
    Fault("flattened", "training polygons without height",
          right("labels_empty", "labels_incomplete", "labels_crossed", "labels_shifted"),
          train=texts(flattened)),
    Fault("one_picture", "all training images overwritten by one picture, before the run", LABELS,
          train_images=same_picture),
    Fault("negatives", "training images are negatives, validation images are not; rate 0.005",
          right("other_domain"), train_images=negative,
          options={"learning_rate": 0.005, "schedule": "Const", "epoch_num": 2}),
    Fault("eval_letters", "one evaluation label a character", EVAL | {"labels_split"},
          val=split(4)),
    Fault("eval_unlabelled", "75 % of evaluation texts not labelled",
          EVAL | {"labels_incomplete"}, val=unlabelled(0.75)),
    Fault("eval_half_mixed", "every second evaluation image has the texts of another", EVAL,
          val=half_mixed),
    Fault("eval_unscaled", "NormalizeImage in evaluation without the division by 255",
          right("transforms_differ"),
          sets={"Eval.dataset.transforms.NormalizeImage.scale": 1.0}),
    Fault("permuted", "the numbers of each pretrained tensor in another order",
          right("pretrained_wrong", "network_dead"), weights=permuted()),
    Fault("rate_jump", "the learning rate goes from 0.001 to 0.5 at step 12",
          right("learning_rate_too_high", "loss_not_finite"), prelude=JUMP,
          options={"epoch_num": 2}),
    Fault("detached", "the backbone cut from the loss, from scratch",
          right("weights_frozen", "part_without_gradient"), prelude=BACKBONE_DETACHED,
          scratch=True),
    Fault("head_alone", "the optimizer gets one branch of the head alone, from scratch",
          right("weights_frozen"), prelude=HEAD_ALONE, scratch=True),
    Fault("epsilon", "epsilon 1e8 in Adam, from scratch",
          right("weights_frozen", "learning_rate_zero"), sets={"Optimizer.epsilon": 1e8},
          scratch=True),
    Fault("warmup_1000", "a warm-up of 1000 epochs, from scratch for one epoch",
          right("learning_rate_zero", "weights_frozen", "warmup_too_long"),
          options={"warmup_epoch": 1000}, scratch=True),
    Fault("train_mirrored", "training images mirrored on disk after evaluation 2",
          right("training_data_changed", "labels_shifted"), during=(2, "train", mirrored),
          options={"epoch_num": 2}),
    Fault("val_mirrored", "validation images mirrored on disk after evaluation 3",
          right("evaluation_changed"), during=(3, "val", mirrored)),
)  # fmt: skip
_CONTROLS = (
    Fault("healthy_f", "healthy"),
    Fault("upright", "all polygons as boxes along the image's sides", train=texts(upright),
          val=texts(upright)),
    Fault("grey_scale", "all images in shades of grey", train_images=grey_scale,
          val_images=grey_scale),
    Fault("jpeg", "all images through JPEG of quality 20", train_images=jpeg, val_images=jpeg),
    Fault("framed", "all images with a white margin", train_images=framed, val_images=framed),
    Fault("backbone_frozen", "the backbone frozen on purpose, fine-tuned",
          prelude=freeze("backbone")),
    Fault("clipped", "gradients clipped to a norm of 1, batches of 16",
          options={"batch_size": 16, "epoch_num": 2},
          sets={"Optimizer.clip_norm_global": 1.0, "Optimizer.regularizer": DROP}),
    Fault("half_each_epoch", "ratio_list 0.5: other images each epoch",
          options={"ratio": 0.5, "epoch_num": 2}),
)  # fmt: skip
FAULTS = _FAULTS + _CONTROLS
