"""Written after ``fresh`` had been looked at and the diagnosis mended; run once."""

from __future__ import annotations

from typing import Any

from benchmarks.diagnosis.faults.fault import (
    EVAL,
    LABELS,
    Fault,
    LabelChange,
    WeightChange,
    right,
    split,
    unlabelled,
)
from ppocr_guard.demo.dataset import Label, Text


def third_mixed(labels: list[Label]) -> list[Label]:
    """Every third image with the texts of the one five lines on."""
    further = labels[5:] + labels[:5]
    return [
        label._replace(texts=other.texts) if i % 3 == 0 else label
        for i, (label, other) in enumerate(zip(labels, further))
    ]


def half_moved(pixels: float) -> LabelChange:
    """The texts of every second image moved down and to the right."""

    def move(text: Text) -> Text:
        return text._replace(points=tuple((x + pixels, y + pixels) for x, y in text.points))

    return lambda labels: [
        label._replace(texts=tuple(map(move, label.texts))) if i % 2 else label
        for i, label in enumerate(labels)
    ]


def cropped(image: Any) -> Any:
    """Without its left quarter."""
    return image[:, image.shape[1] // 4 :].copy()


def stretched(image: Any) -> Any:
    """To one and a half of its width."""
    import cv2

    return cv2.resize(image, (image.shape[1] * 3 // 2, image.shape[0]))


def dark(image: Any) -> Any:
    return image // 12


def bright(image: Any) -> Any:
    import numpy as np

    return np.clip(image.astype(int) + 40, 0, 255).astype(np.uint8)


def noise(image: Any) -> Any:
    import numpy as np

    return np.random.default_rng(3).integers(0, 256, image.shape, np.uint8)


def blurred(image: Any) -> Any:
    import cv2

    return cv2.GaussianBlur(image, (0, 0), 2.5)


def slightly_blurred(image: Any) -> Any:
    import cv2

    return cv2.GaussianBlur(image, (0, 0), 0.8)


def as_it_was(image: Any) -> Any:
    """Written again: the date of the file is new, its content is not."""
    return image


def shaken() -> WeightChange:
    """Noise as large as each tensor added to it."""

    def change(weights: dict[str, Any]) -> None:
        import numpy as np

        rng = np.random.default_rng(1)
        for value in weights.values():
            value += (rng.standard_normal(value.shape) * value.std()).astype(value.dtype)

    return change


_FAULTS = (
    Fault("third_mixed", "every third training image has the texts of another", LABELS,
          train=third_mixed),
    Fault("cropped", "training images without their left quarter, labels as before", LABELS,
          train_images=cropped),
    Fault("stretched", "training images stretched to 150 % of their width, labels not", LABELS,
          train_images=stretched),
    Fault("eval_cropped", "evaluation images without their left quarter, labels as before", EVAL,
          val_images=cropped),
    Fault("eval_half_moved", "texts of every second evaluation image moved by (30, 30) pixels",
          EVAL, val=half_moved(30)),
    Fault("eval_halves", "two evaluation labels a text", EVAL | {"labels_split"}, val=split(2)),
    Fault("eval_half_labelled", "half of the evaluation texts not labelled",
          EVAL | {"labels_incomplete"}, val=unlabelled(0.5)),
    Fault("dark", "training images at a twelfth of their brightness; rate 0.005",
          right("other_domain", "images_flat", "transforms_differ"), train_images=dark,
          options={"learning_rate": 0.005, "schedule": "Const", "epoch_num": 2}),
    Fault("eval_tiny", "evaluation at 64 pixels", right("transforms_differ"),
          sets={"Eval.dataset.transforms.DetResizeForTest": {
              "limit_side_len": 64, "limit_type": "max"}}),
    Fault("train_noise", "training images overwritten by noise after evaluation 2",
          right("training_data_changed"), during=(2, "train", noise), options={"epoch_num": 2}),
    Fault("eval_blurred", "evaluation images blurred on disk after evaluation 3",
          right("evaluation_changed"), during=(3, "val", blurred)),
    Fault("rate_1e-12", "learning rate 1e-12, from scratch",
          right("learning_rate_zero", "learning_rate_too_low", "weights_frozen"),
          options={"learning_rate": 1e-12, "warmup_epoch": 0}, scratch=True),
    Fault("shaken", "noise added to the pretrained weights", right("pretrained_wrong"),
          weights=shaken()),
    Fault("beta_1e5", "beta of the loss 100000, rate 0.005",
          right("loss_weights_wrong", "learning_rate_too_high"), sets={"Loss.beta": 1e5},
          options={"learning_rate": 0.005, "schedule": "Const"}),
)  # fmt: skip
_CONTROLS = (
    Fault("healthy_a", "healthy"),
    Fault("bright", "training images brighter than validation images", train_images=bright),
    Fault("soft", "validation images a little blurred", val_images=slightly_blurred),
    Fault("eval_few", "a tenth of the evaluation texts not labelled", val=unlabelled(0.1)),
    Fault("written_again", "validation images written again after evaluation 2, as they were",
          during=(2, "val", as_it_was)),
    Fault("low_rate", "learning rate 0.00002, two epochs",
          options={"learning_rate": 0.00002, "epoch_num": 2}),
)  # fmt: skip
FAULTS = _FAULTS + _CONTROLS
