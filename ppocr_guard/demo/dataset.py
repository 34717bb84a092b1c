"""Synthetic text images with labels in PaddleOCR's format, the same for the same seed.

One label a line: path of the image below the data folder, a tab, and a JSON list of
``{"transcription": text, "points": [[x, y], ...]}``, points clockwise from the text's top left.
A transcription of ``###`` means: to be ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Union

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IGNORED = "###"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_HERSHEY_FONTS = (0, 2, 3, 4, 6)  # OpenCV's: simplex, duplex, complex, triplex, script
_IGNORED_SHARE = 0.06

Point = tuple[float, float]


class Text(NamedTuple):
    transcription: str
    points: tuple[Point, ...]  # pixels, clockwise from top left


class Label(NamedTuple):
    image: str  # path below the data folder
    texts: tuple[Text, ...]


class Dataset(NamedTuple):
    folder: Path
    train_labels: Path
    val_labels: Path


def make_dataset(
    dest: Union[str, Path],
    train_images: int = 200,
    val_images: int = 40,
    size: int = 192,
    seed: int = 0,
) -> Dataset:
    """Write ``train/*.png``, ``val/*.png``, ``train.txt`` and ``val.txt`` below ``dest``.

    Args:
        size: width and height of the images in pixels, at least 96.
        seed: train and val differ, and each is the same for the same seed.

    Raises:
        ValueError: ``size`` below 96, or fewer than one image.
    """
    import cv2
    import numpy as np

    if size < 96 or train_images < 1 or val_images < 1:
        raise ValueError("a data set needs images of at least 96 px, one to train and one to check")
    folder = Path(dest)
    files = []
    for split, (name, count) in enumerate((("train", train_images), ("val", val_images))):
        (folder / name).mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([seed, split])
        labels = []
        for index in range(count):
            image, texts = draw_image(rng, size)
            path = f"{name}/{index:05d}.png"
            cv2.imwrite(str(folder / path), image)
            labels.append(Label(path, texts))
        files.append(folder / f"{name}.txt")
        write_labels(files[-1], labels)
    return Dataset(folder, *files)


def draw_image(rng: np.random.Generator, size: int) -> tuple[NDArray[np.uint8], tuple[Text, ...]]:
    """An image (size, size, 3), BGR, and the texts on it, which do not touch each other."""
    import cv2
    import numpy as np

    image = _background(rng, size)
    taken = np.zeros((size, size), np.uint8)
    texts: list[Text] = []
    for _ in range(40):
        if len(texts) == 6:
            break
        placed = _place(rng, size)
        if placed is None:
            continue
        corners, mask, ink, word = placed
        area = np.zeros_like(taken)
        cv2.fillPoly(area, [np.round(corners).astype(np.int32)], 1)
        area = cv2.dilate(area, np.ones((7, 7), np.uint8))
        if (area & taken).any():
            continue
        taken |= area
        alpha = mask[..., None].astype(np.float32) / 255
        image = image * (1 - alpha) + ink * alpha
        word = IGNORED if rng.random() < _IGNORED_SHARE else word
        points = tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners)
        texts.append(Text(word, points))
    image = image + rng.normal(0, rng.uniform(1, 8), image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), tuple(texts)


def _background(rng: np.random.Generator, size: int) -> NDArray[np.float32]:
    """A colour gradient with a few shapes, light enough for dark text."""
    import cv2
    import numpy as np

    ends = rng.uniform(120, 250, (2, 3)).astype(np.float32)
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    slope = ramp[:, None] if rng.random() < 0.5 else ramp[None, :]
    image: NDArray[np.float32] = ends[0] + (ends[1] - ends[0]) * np.broadcast_to(
        slope[..., None], (size, size, 1)
    )
    image = np.ascontiguousarray(image, dtype=np.float32)
    for _ in range(int(rng.integers(0, 5))):
        colour = tuple(float(c) for c in rng.uniform(110, 250, 3))
        x, y, x2, y2 = (int(v) for v in rng.integers(0, size, 4))
        if rng.random() < 0.5:
            cv2.line(image, (x, y), (x2, y2), colour, int(rng.integers(1, 4)), cv2.LINE_AA)
        else:
            cv2.circle(image, (x, y), int(rng.integers(4, size // 4)), colour, -1, cv2.LINE_AA)
    return image


def _place(rng: np.random.Generator, size: int) -> Any:
    """A word somewhere, turned by up to 25 degrees: its corners (4, 2), mask, ink and letters.

    None if it would not lie inside the image.
    """
    import cv2
    import numpy as np

    word = "".join(rng.choice(list(_ALPHABET), int(rng.integers(2, 7))))
    font = int(rng.choice(_HERSHEY_FONTS))
    height = float(rng.uniform(10, 34))
    thickness = 1 if height < 14 else int(rng.integers(1, 3))
    scale = float(cv2.getFontScaleFromHeight(font, round(height), thickness))
    (width, ascent), descent = cv2.getTextSize(word, font, scale, thickness)
    pad = 2
    w, h = width + 2 * pad, ascent + descent // 2 + 2 * pad
    patch = np.zeros((h, w), np.uint8)
    cv2.putText(patch, word, (pad, pad + ascent), font, scale, 255, thickness, cv2.LINE_AA)
    angle = float(rng.normal(0, 8)) if rng.random() < 0.8 else float(rng.uniform(-25, 25))
    centre = rng.uniform(0.1 * size, 0.9 * size, 2)
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0)
    turn[:, 2] += centre - (w / 2, h / 2)
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float64) @ turn[:, :2].T + turn[:, 2]
    if corners.min() < 1 or corners.max() > size - 2:
        return None
    mask = cv2.warpAffine(patch, turn, (size, size), flags=cv2.INTER_LINEAR)
    return corners, mask, rng.uniform(0, 90, 3).astype(np.float32), word


def write_labels(path: Union[str, Path], labels: Iterable[Label]) -> None:
    """Write a label file."""
    lines = []
    for label in labels:
        texts = [{"transcription": t.transcription, "points": t.points} for t in label.texts]
        lines.append(f"{label.image}\t{json.dumps(texts, ensure_ascii=False)}\n")
    Path(path).write_text("".join(lines), encoding="utf-8")


def read_labels(path: Union[str, Path]) -> list[Label]:
    """Read a label file written by :func:`write_labels`."""
    labels = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        image, _, texts = line.partition("\t")
        labels.append(Label(image, tuple(_text(t) for t in json.loads(texts))))
    return labels


def _text(item: Any) -> Text:
    return Text(item["transcription"], tuple((x, y) for x, y in item["points"]))


def shift(labels: Sequence[Label], dx: float, dy: float) -> list[Label]:
    """Every polygon moved by (dx, dy) pixels."""
    return _map_points(labels, lambda x, y: (x + dx, y + dy))


def scale(labels: Sequence[Label], factor: float) -> list[Label]:
    """All coordinates multiplied, as when images were resized and labels were not."""
    return _map_points(labels, lambda x, y: (x * factor, y * factor))


def _map_points(labels: Sequence[Label], move: Callable[[float, float], Point]) -> list[Label]:
    def moved(text: Text) -> Text:
        return text._replace(points=tuple(move(x, y) for x, y in text.points))

    return [label._replace(texts=tuple(moved(t) for t in label.texts)) for label in labels]
