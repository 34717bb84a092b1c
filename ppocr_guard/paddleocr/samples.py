"""A picture of one validation sample at each evaluation, drawn on a background thread."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ppocr_guard.background import Background
from ppocr_guard.events import EvalSample, Event
from ppocr_guard.paddleocr.harmless import harmless

MAX_SIDE = 960  # pixels; of the whole picture
TRUE, IGNORED, PREDICTED = (0, 200, 0), (160, 160, 160), (0, 0, 255)  # BGR
# `NormalizeImage.__init__` in PaddleOCR's ppocr/data/imaug/operators.py, 2.6 to 3.7.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Sample:
    """One image of an evaluation, as PaddleOCR holds it (numpy arrays or paddle tensors)."""

    image: Any  # C x H x W, normalised: what the network was given
    shape: Any  # src_h, src_w, ratio_h, ratio_w, from DetResizeForTest
    polygons: Any  # true texts: n of k x 2, pixels of the original image
    ignored: Any  # n flags: texts that do not count
    boxes: Any  # predicted texts: m of k x 2, pixels of the original image
    probability: Any  # H x W, 0..1: the predicted shrink map


@dataclass(frozen=True)
class Normalisation:
    """What ``Eval.dataset.transforms`` does to the colours."""

    scale: float = 1 / 255
    mean: Sequence[float] = _MEAN  # by channel
    std: Sequence[float] = _STD
    rgb: bool = True  # order of the channels; else BGR

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Normalisation:
        """As the configuration has it, with PaddleOCR's defaults.

        Raises:
            ValueError: ``scale`` is neither a number nor a fraction such as ``1./255.``.
        """
        transforms = config["Eval"]["dataset"]["transforms"]
        found = {name: values or {} for entry in transforms for name, values in entry.items()}
        values = found.get("NormalizeImage", {})
        above, _, below = str(values.get("scale") or "1/255").partition("/")
        return cls(
            float(above) / float(below or 1),
            values.get("mean") or _MEAN,
            values.get("std") or _STD,
            found.get("DecodeImage", {}).get("img_mode", "RGB") == "RGB",
        )


class SampleDrawer:
    """Turns samples into :class:`EvalSample` events, if a hook wants them."""

    def __init__(self, config: Mapping[str, Any], post: Callable[[Event], None]) -> None:
        """``post`` takes events from any thread (:meth:`ppocr_guard.guard.Guard.post`)."""
        self._config = config
        self._post = post
        self._queue: Background[tuple[Sample, int, int, int]] = Background(
            self._draw, name="drawing of a validation sample", capacity=2
        )

    @harmless
    def draw(self, sample: Sample, epoch: int, global_step: int, evaluation: int) -> None:
        """Have a sample drawn; its event is posted when that is done. Nothing is copied here."""
        self._queue.put((sample, epoch, global_step, evaluation))

    def close(self) -> None:
        """Wait a little for what is being drawn."""
        self._queue.close(5.0)

    def _draw(self, batch: list[tuple[Sample, int, int, int]]) -> None:
        for sample, epoch, global_step, evaluation in batch:
            png = picture(sample, Normalisation.of(self._config))
            self._post(EvalSample(time.time(), epoch, global_step, evaluation, png))


def picture(sample: Sample, normalisation: Normalisation) -> bytes:
    """PNG, at most ``MAX_SIDE`` pixels long: the image with the true texts (green; grey: ignored)
    and the predicted ones (red), and the predicted shrink map as heat.

    The two are side by side, or one above the other where that leaves them larger.
    """
    import cv2
    import numpy as np

    image = _colours(_host(sample.image), normalisation)
    height, width = image.shape[:2]
    across = height >= width
    total = (2 * width, height) if across else (width, 2 * height)
    scale = min(1.0, MAX_SIDE / max(total))
    size = max(1, int(width * scale)), max(1, int(height * scale))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)

    src_h, src_w, ratio_h, ratio_w = (float(value) for value in _host(sample.shape))
    grown = np.array([size[0] / width, size[1] / height])
    for polygon, ignored in zip(sample.polygons, sample.ignored):
        _outline(image, polygon, grown * (ratio_w, ratio_h), IGNORED if ignored else TRUE, 2)
    # DBPostProcess takes the whole map for the whole image, and so is this undone.
    # Thinner, so that the truth under a good box is still seen.
    for box in sample.boxes:
        _outline(image, box, np.array(size) / (src_w, src_h), PREDICTED, 1)

    # A network that has diverged predicts NaN.
    probability = np.nan_to_num(_host(sample.probability).astype(np.float32)).clip(0, 1)
    grey = cv2.resize(np.rint(probability * 255).astype(np.uint8), size)
    heat = cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)
    encoded = cv2.imencode(".png", np.concatenate([image, heat], axis=1 if across else 0))[1]
    return bytes(encoded)


def _colours(image: Any, normalisation: Normalisation) -> Any:
    """C x H x W, normalised -> H x W x 3, BGR, uint8: inverse of NormalizeImage."""
    import numpy as np

    pixels = image.transpose(1, 2, 0).astype(np.float32)
    mean, std = np.array([normalisation.mean, normalisation.std], np.float32)
    pixels = (pixels * std + mean) / np.float32(normalisation.scale)
    pixels = np.rint(pixels.clip(0, 255)).astype(np.uint8)
    return np.ascontiguousarray(pixels[..., ::-1] if normalisation.rgb else pixels)


def _outline(
    image: Any, polygon: Any, scale: Any, colour: tuple[int, int, int], thickness: int
) -> None:
    import cv2
    import numpy as np

    points = np.rint(np.asarray(_host(polygon), np.float64) * scale).astype(np.int32)
    cv2.polylines(image, [points.reshape(-1, 1, 2)], True, colour, thickness, cv2.LINE_AA)


def _host(value: Any) -> Any:
    import numpy as np

    return value.numpy() if hasattr(value, "numpy") else np.asarray(value)
