"""What a fault is, and the ways in which they change a training."""

from __future__ import annotations

import copy
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional, TypeVar

from ppocr_guard.demo import dataset
from ppocr_guard.demo.dataset import Dataset, Label, Text

T = TypeVar("T")
LabelChange = Callable[[list[Label]], list[Label]]
ImageChange = Callable[[Any], Any]  # H x W x 3, uint8
WeightChange = Callable[[dict[str, Any]], None]
SIDE = 192  # of the images, in pixels
DROP = "__drop__"  # as a value of ``sets``: the key is taken out


@dataclass(frozen=True)
class Fault:
    """One way to go wrong, or, without ``causes``, a control in which nothing is wrong.

    ``causes``: codes of :mod:`ppocr_guard.detect.diagnosis` that are right. ``sets``: values by
    dotted path in the config, a transform by its name (``Train.dataset.transforms.X.y``).
    ``train``, ``val``: changes to the labels, and ``train_images``, ``val_images`` to the images.
    ``during``: what happens to the images of a split at an evaluation. ``weights``: change to a
    state dict of numpy arrays. ``prelude``: Python that runs before ``tools/train.py``.
    """

    name: str
    title: str
    causes: frozenset[str] = frozenset()
    sources: tuple[str, Optional[str]] = ("2.10.0", None)  # tools of a release, data of another
    options: Mapping[str, Any] = field(default_factory=dict)  # of RunOptions
    sets: Mapping[str, Any] = field(default_factory=dict)
    train: Optional[LabelChange] = None
    val: Optional[LabelChange] = None
    train_images: Optional[ImageChange] = None
    val_images: Optional[ImageChange] = None
    during: Optional[tuple[int, str, ImageChange]] = None  # evaluation, "train" or "val", change
    weights: Optional[WeightChange] = None
    prelude: str = ""
    scratch: bool = False  # no pretrained model
    silent: bool = False  # does harm that the metric does not show

    def data(self, source: Dataset, folder: Path) -> Dataset:
        """``source`` with this fault's labels and images, which are written into ``folder``."""
        result = source
        owned = self.train_images or self.val_images or self.during
        if owned:
            target = folder / "data"
            shutil.copytree(source.folder, target)
            result = Dataset(target, target / "train.txt", target / "val.txt")
        for split, change in (("train", self.train_images), ("val", self.val_images)):
            if change is not None:
                change_images(result.folder / split, change)
        for split, relabel in (("train_labels", self.train), ("val_labels", self.val)):
            if relabel is not None:
                path: Path = getattr(result, split)
                changed = folder / path.name
                dataset.write_labels(changed, relabel(dataset.read_labels(path)))
                result = result._replace(**{split: changed})
        return result

    def configure(self, config: dict[str, Any]) -> dict[str, Any]:
        """A copy of the config with ``sets`` in it."""
        changed = copy.deepcopy(config)
        for path, value in self.sets.items():
            set_value(changed, path, value)
        return changed


def set_value(config: Any, path: str, value: Any) -> None:
    """Raises KeyError when the way to the last key is not there, or is there to drop."""
    *way, last = path.split(".")
    for key in way:
        if isinstance(config, list):
            entry = next(item for item in config if key in item)
            entry[key] = entry[key] or {}
            config = entry[key]
        else:
            config = config[key]
    if isinstance(config, list):  # a whole transform
        place = next(i for i, item in enumerate(config) if last in item)
        if value == DROP:
            del config[place]
        else:
            config[place] = {last: value}
    elif value == DROP:
        del config[last]
    else:
        config[last] = value


def change_images(folder: Path, change: ImageChange) -> None:
    """Overwrite every image of a folder."""
    import cv2

    for file in sorted(folder.glob("*.png")):
        cv2.imwrite(str(file), change(cv2.imread(str(file))))


def right(*causes: str) -> frozenset[str]:
    return frozenset(causes)


# What several faults have for their right causes ...
SIZE = right("shrink_ratio_wrong", "unclip_mismatch")
LABELS = right("labels_shifted")
EVAL = right("evaluation_set")
RATE = right("learning_rate_too_high")
# ... and change.
RESIZE = "Eval.dataset.transforms.DetResizeForTest"


def texts(change: Callable[[Text], Optional[Text]]) -> LabelChange:
    """Change each text; None drops it."""

    def relabel(labels: list[Label]) -> list[Label]:
        changed = []
        for label in labels:
            kept = tuple(new for text in label.texts if (new := change(text)) is not None)
            changed.append(label._replace(texts=kept))
        return changed

    return relabel


def points(move: Callable[[float, float], tuple[float, float]]) -> LabelChange:
    """Move each corner; pixels of 192 x 192 images."""
    return texts(lambda text: text._replace(points=tuple(move(x, y) for x, y in text.points)))


def grown(factor: float) -> LabelChange:
    """Each polygon scaled about its own centre."""

    def grow(text: Text) -> Text:
        x = sum(p[0] for p in text.points) / len(text.points)
        y = sum(p[1] for p in text.points) / len(text.points)
        moved = tuple((x + factor * (a - x), y + factor * (b - y)) for a, b in text.points)
        return text._replace(points=moved)

    return texts(grow)


def split(pieces: int) -> LabelChange:
    """Each polygon cut along its reading direction, as with one label a character."""

    def cut(labels: list[Label]) -> list[Label]:
        return [
            label._replace(texts=tuple(piece for t in label.texts for piece in parts(t)))
            for label in labels
        ]

    def parts(text: Text) -> list[Text]:
        a, b, c, d = text.points
        found = []
        for i in range(pieces):
            s, e = i / pieces, (i + 1) / pieces
            corners = (_between(a, b, s), _between(a, b, e), _between(d, c, e), _between(d, c, s))
            found.append(text._replace(points=corners))
        return found

    return cut


def _between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))


def reordered(order: Sequence[int]) -> LabelChange:
    """The corners in another order."""
    return texts(lambda text: text._replace(points=tuple(text.points[i] for i in order)))


def unlabelled(share: float) -> LabelChange:
    """A share of the texts is not in the labels; each image keeps one at least."""
    rng = random.Random(0)

    def drop(labels: list[Label]) -> list[Label]:
        changed = []
        for label in labels:
            kept = tuple(t for t in label.texts if rng.random() >= share)
            changed.append(label._replace(texts=kept or label.texts[:1]))
        return changed

    return drop


def transcription(word: str, share: float = 1.0) -> LabelChange:
    """A share of the texts transcribed as ``word``."""
    rng = random.Random(0)
    return texts(lambda t: t._replace(transcription=word) if rng.random() < share else t)


def of_others(step: int = 1) -> LabelChange:
    """Every image with the texts of another one."""
    return lambda labels: [
        a._replace(texts=b.texts) for a, b in zip(labels, labels[step:] + labels[:step])
    ]


def few(count: int) -> Callable[[list[T]], list[T]]:
    """``count`` images, as many lines as before: an epoch has as many steps."""
    return lambda labels: [labels[i % count] for i in range(len(labels))]


def missing(every: int) -> LabelChange:
    """All but each ``every``-th image are not where the labels say."""
    return lambda labels: [
        label if i % every == 0 else label._replace(image=f"gone/{label.image}")
        for i, label in enumerate(labels)
    ]


def part(share: float) -> LabelChange:
    return lambda labels: labels[: max(1, int(len(labels) * share))]


def shuffled_images(seed: int) -> LabelChange:
    """The images' names mixed up against the labels."""

    def mix(labels: list[Label]) -> list[Label]:
        names = [label.image for label in labels]
        random.Random(seed).shuffle(names)
        return [label._replace(image=name) for label, name in zip(labels, names)]

    return mix


def nan_at(layer: int) -> WeightChange:
    """One NaN in a convolution."""

    def change(weights: dict[str, Any]) -> None:
        convolutions = [name for name, value in weights.items() if value.ndim == 4]
        weights[convolutions[layer]].flat[0] = float("nan")

    return change


def multiplied(factor: float, ending: str = "") -> WeightChange:
    """All weights (or those whose name ends so) times ``factor``."""

    def change(weights: dict[str, Any]) -> None:
        for name, value in weights.items():
            if name.endswith(ending):
                value *= factor

    return change


def freeze(prefix: str) -> str:
    """Prelude: parameters whose name begins so are not trained."""
    return f"""
import ppocr.modeling.architectures as architectures
original = architectures.build_model
def build_model(config):
    model = original(config)
    for name, parameter in model.named_parameters():
        if name.startswith({prefix!r}):
            parameter.stop_gradient = True
    return model
architectures.build_model = build_model
"""
