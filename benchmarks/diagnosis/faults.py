"""The faults: what is done to a training, and which cause the guard must name for it.

Every run goes on from one base model that is sound (hmean about 0.8 on the validation set), with
the options of ``FINE_TUNE``, unless its fault says otherwise. So what goes wrong is the fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.demo import dataset
from ppocr_guard.demo.dataset import Dataset, Label

LabelChange = Callable[[list[Label]], list[Label]]


@dataclass(frozen=True)
class Fault:
    """One way to go wrong.

    ``causes``: codes of :mod:`ppocr_guard.detect.diagnosis` that are right; none: nothing is
    wrong. ``options``: changes to RunOptions; ``edits``: (old, new) in the config's text;
    ``train``, ``val``: changes to the labels; ``weights``: change to a state dict of numpy arrays.
    """

    name: str
    title: str
    causes: frozenset[str] = frozenset()
    sources: tuple[str, Optional[str]] = ("2.10.0", None)  # tools of a release over data of another
    options: dict[str, Any] = field(default_factory=dict)
    edits: tuple[tuple[str, str], ...] = ()
    train: Optional[LabelChange] = None
    val: Optional[LabelChange] = None
    weights: Optional[Callable[[dict[str, Any]], None]] = None

    def labels(self, data: Dataset, folder: Path) -> Dataset:
        """``data`` with this fault's label files, which are written into ``folder``."""
        for split, change in (("train_labels", self.train), ("val_labels", self.val)):
            if change is not None:
                source: Path = getattr(data, split)
                changed = folder / source.name
                dataset.write_labels(changed, change(dataset.read_labels(source)))
                data = data._replace(**{split: changed})
        return data

    def edit(self, config: str) -> str:
        """Raises ValueError when the text to replace is not there."""
        for old, new in self.edits:
            if old not in config:
                raise ValueError(f"fault {self.name}: the config holds no {old!r}")
            config = config.replace(old, new)
        return config


def _empty(labels: list[Label]) -> list[Label]:
    return [label._replace(texts=()) for label in labels]


def _few(labels: list[Label]) -> list[Label]:
    """Two images, as many lines as before: an epoch has as many steps."""
    return [labels[i % 2] for i in range(len(labels))]


def _shift(labels: list[Label]) -> list[Label]:
    return dataset.shift(labels, 14, 9)


def _scale(labels: list[Label]) -> list[Label]:
    return dataset.scale(labels, 0.75)


def _missing(labels: list[Label]) -> list[Label]:
    """Four of five images are not where the labels say."""
    return [
        label if i % 5 == 0 else label._replace(image=f"gone/{label.image}")
        for i, label in enumerate(labels)
    ]


def _of_others(labels: list[Label]) -> list[Label]:
    """Every image with the texts of the next one."""
    return [a._replace(texts=b.texts) for a, b in zip(labels, labels[1:] + labels[:1])]


def _nan_at(weights: dict[str, Any], layer: int) -> None:
    """One NaN in a convolution."""
    convolutions = [name for name, value in weights.items() if value.ndim == 4]
    weights[convolutions[layer]].flat[0] = float("nan")


def _nan_in_first_layer(weights: dict[str, Any]) -> None:
    _nan_at(weights, 0)


def _nan_in_last_layer(weights: dict[str, Any]) -> None:
    _nan_at(weights, -1)


def _right(*causes: str) -> frozenset[str]:
    return frozenset(causes)


HEALTHY = Fault("healthy", "none (healthy control)")
_SIZE = _right("shrink_ratio_wrong", "unclip_mismatch")
_RATE = _right("learning_rate_too_high")
_LABELS = _right("labels_shifted")
_DATA = _right("data_pipeline_failing")
_EVAL = _right("evaluation_set")

FAULTS: tuple[Fault, ...] = (
    HEALTHY,
    replace(HEALTHY, name="healthy_3.7", title="none, on release 3.7.0", sources=("3.7.0", None)),
    Fault(
        "seed_as_epoch",
        "seed taken for the epoch: 2.9.0 over data of 2.8.1, total_epoch 500 (ratio 0.81)",
        _right("shrink_ratio_wrong"),
        sources=("2.9.0", "2.8.1"),
        options={"total_epoch": 500},
    ),
    Fault(
        "ratio_above_1",
        "the same with total_epoch 340: ratio 1.002, no text pixel left",
        _right("shrink_ratio_wrong"),
        sources=("2.9.0", "2.8.1"),
        options={"total_epoch": 340},
    ),
    Fault("both_0.81", "shrink_ratio 0.81 written", _SIZE, options={"shrink_ratio": 0.81}),
    Fault(
        "shrink_map_0.81",
        "shrink_ratio 0.81 written in MakeShrinkMap alone",
        _SIZE,
        options={"shrink_ratio": 0.81, "border_ratio": 0.4},
    ),
    Fault(
        "unclip_0.3", "unclip_ratio 0.3", _right("unclip_mismatch"), options={"unclip_ratio": 0.3}
    ),
    Fault("unclip_4", "unclip_ratio 4", _right("unclip_mismatch"), options={"unclip_ratio": 4.0}),
    Fault("rate_0.1", "learning rate 0.1 (100 times)", _RATE, options={"learning_rate": 0.1}),
    Fault(
        "rate_1e4",
        "learning rate 1e4, no warm-up",
        _RATE | {"loss_not_finite"},
        options={"learning_rate": 1e4, "warmup_epoch": 0},
    ),
    Fault(
        "nan_in_head",
        "a NaN in the last layer of the pretrained weights",
        _right("loss_not_finite"),
        weights=_nan_in_last_layer,
    ),
    Fault(
        "nan_in_stem",
        "a NaN in the first layer of the pretrained weights (ReLU makes 0 of it)",
        _right("network_dead", "pretrained_wrong"),
        weights=_nan_in_first_layer,
    ),
    Fault(
        "nan_images",
        "NormalizeImage std 0 in training: images of inf and NaN",
        _right("loss_not_finite", "network_dead"),
        # The first NormalizeImage is that of training.
        edits=(
            (
                "min_text_size: 8\n    - NormalizeImage:\n        scale: 1./255.\n"
                "        mean: [0.485, 0.456, 0.406]\n        std: [0.229, 0.224, 0.225]",
                "min_text_size: 8\n    - NormalizeImage:\n        scale: 1./255.\n"
                "        mean: [0.485, 0.456, 0.406]\n        std: [0, 0, 0]",
            ),
        ),
    ),
    Fault(
        "all_ignored", "all training texts '###'", _right("labels_empty"), train=dataset.ignore_all
    ),
    Fault("no_texts", "training labels are empty lists", _DATA | {"labels_empty"}, train=_empty),
    Fault("shifted", "training labels shifted by (14, 9) pixels", _LABELS, train=_shift),
    Fault("scaled", "images resized, labels not: scaled by 0.75", _LABELS, train=_scale),
    Fault("images_gone", "80 % of the training images missing", _DATA, train=_missing),
    Fault(
        "few_images",
        "trains on 2 images, learning rate 0.01",
        _right("overfitting"),
        options={"learning_rate": 0.01, "epoch_num": 6},
        train=_few,
    ),
    Fault(
        "other_weights",
        "pretrained weights of a wider model: none fits",
        _right("pretrained_wrong"),
        options={"backbone_scale": 0.5, "neck_channels": 24},
    ),
    Fault(
        "eval_resized",
        "evaluation resizes images to 64 x 64",
        _EVAL,
        edits=(("limit_side_len: 64, limit_type: min", "image_shape: [64, 64]"),),
    ),
    Fault("eval_labels", "evaluation labels belong to other images", _EVAL, val=_of_others),
    Fault("eval_ignored", "all evaluation texts '###'", _EVAL, val=dataset.ignore_all),
)
