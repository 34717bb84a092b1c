"""The hmean that a perfect model could reach, on the validation labels of a configuration."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

from rich.table import Table

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.images import SizedSample, image_sizes
from ppocr_guard.audit.labels import read_label_file

if TYPE_CHECKING:
    from ppocr_guard.geometry.ceiling import CeilingResult, CeilingSettings

# (images done so far, images in all)
Progress = Callable[[int, int], None]


class CeilingError(ValueError):
    """The ceiling cannot be computed; the message is one line."""


def measure_ceiling(
    ctx: Context,
    shrink_ratio: float,
    progress: Optional[Progress] = None,
    tree: Optional[Path] = None,
) -> dict[str, Any]:
    """Put all validation labels through resize, shrink map, postprocess and metric.

    Args:
        ctx: the configuration.
        shrink_ratio: the effective one.
        progress: called after each image.
        tree: a PaddleOCR clone, whose own postprocess is compared with ours where paddle is
            installed.

    Returns:
        JSON-ready: "hmean", "precision", "recall", "shrink_ratio", "unclip_ratio",
        "best_unclip_ratio", "best_hmean", "images", "texts", "by_size" (of each class "low" and
        "high" in pixels, "texts", "matched", "lost": number by reason), and with a tree "clone"
        ("images", "same", "hmean"; None where paddle is not installed).

    Raises:
        CeilingError: nothing to measure, an option that PaddleOCR would refuse, or a library
            that PaddleOCR needs too is missing.
    """
    try:
        import numpy as np

        from ppocr_guard.geometry.ceiling import Sample, ceiling
    except ImportError as error:
        raise CeilingError(
            f"--ceiling needs {error.name}; PaddleOCR needs it too: install its requirements "
            "(numpy, opencv-python, shapely, pyclipper)"
        ) from None
    sized = _validation_set(ctx)
    samples = [
        Sample(
            item.width,
            item.height,
            [np.array(points, float) for points in _texts(item)],
            [False] * len(item.sample.polygons) + [True] * len(item.sample.ignored),
        )
        for item in sized
    ]
    try:
        settings = _settings(ctx, shrink_ratio)
        result = ceiling(
            samples,
            settings,
            None if progress is None else lambda done: progress(done, len(samples)),
        )
    except (TypeError, ValueError) as error:
        raise CeilingError(f"--ceiling: {error}") from None
    value = _plain(result, shrink_ratio)
    if tree is not None:
        value["clone"] = _clone(samples, settings, tree)
    return value


def _clone(samples: list[Any], settings: CeilingSettings, tree: Path) -> Optional[dict[str, Any]]:
    from ppocr_guard.geometry.clone import compare

    try:
        return compare(samples, settings, tree)._asdict()
    except ImportError:
        return None
    except (OSError, TypeError, ValueError) as error:
        raise CeilingError(f"--ceiling: the clone's own postprocess: {error}") from None


def _validation_set(ctx: Context) -> list[SizedSample]:
    delimiter = str(ctx.get("Eval", "dataset", "delimiter", default="\t"))
    files = [
        read_label_file(ctx.resolve(path), delimiter=delimiter, samples=None)
        for path in ctx.label_paths("Eval")
    ]
    found = [item for file in files for item in image_sizes(ctx, "Eval", file.samples)]
    if not found:
        raise CeilingError(
            "--ceiling: no labelled validation image was found; see Eval.dataset.data_dir and "
            "label_file_list"
        )
    return found


def _texts(item: SizedSample) -> list[list[list[float]]]:
    return [*item.sample.polygons, *item.sample.ignored]


def _settings(ctx: Context, shrink_ratio: float) -> CeilingSettings:
    from ppocr_guard.geometry.ceiling import CeilingSettings
    from ppocr_guard.geometry.postprocess import Postprocess
    from ppocr_guard.geometry.target import Resize

    resize = ctx.transform("Eval", "DetResizeForTest")
    shrink = ctx.transform("Train", "MakeShrinkMap")
    options = dict(resize.parameters) if resize else {}
    if isinstance(options.get("image_shape"), list):
        options["image_shape"] = tuple(options["image_shape"])
    if "limit_side_len" in options:
        options.pop("resize_long", None)
    postprocess = ctx.get("PostProcess", default={})
    return CeilingSettings(
        shrink_ratio=shrink_ratio,
        min_text_size=shrink.parameters.get("min_text_size", 8) if shrink else 8,
        resize=Resize(**_known(Resize, options)),
        postprocess=Postprocess(**_known(Postprocess, postprocess)),
    )


def _known(cls: Any, options: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(cls)}
    return {key: value for key, value in options.items() if key in names and value is not None}


def _plain(result: CeilingResult, shrink_ratio: float) -> dict[str, Any]:
    value = {"shrink_ratio": shrink_ratio, **dataclasses.asdict(result)}
    value["by_size"] = [dict(size) for size in value["by_size"]]
    return value


def ceiling_lines(value: dict[str, Any]) -> list[str]:
    """What the ceiling says, in sentences."""
    lines = [
        f"A perfect model would reach hmean {value['hmean']:.3f} (precision "
        f"{value['precision']:.3f}, recall {value['recall']:.3f}) on your {value['texts']} texts "
        f"in {value['images']} images, with shrink ratio {value['shrink_ratio']:.4g} and "
        f"unclip_ratio {value['unclip_ratio']:g}."
    ]
    if value["best_hmean"] > value["hmean"] + 0.005:
        lines.append(
            f"With unclip_ratio {value['best_unclip_ratio']:g} it would be "
            f"{value['best_hmean']:.3f}."
        )
    clone = value.get("clone")
    if clone and clone["same"] == clone["images"]:
        lines.append(
            f"The clone's own DBPostProcess gives the same boxes on {clone['images']} of these "
            "images."
        )
    elif clone:
        lines.append(
            f"The clone's own DBPostProcess gives other boxes on {clone['images'] - clone['same']} "
            f"of {clone['images']} images; with its boxes hmean is {clone['hmean']:.3f} there."
        )
    elif "clone" in value:
        lines.append("paddle is not installed: the clone's own postprocess was not compared.")
    return lines


def ceiling_table(value: dict[str, Any]) -> Table:
    """Texts lost, by the size of their short side and by reason."""
    table = Table(title="Texts that even a perfect model loses", title_justify="left")
    for name in ("short side, px", "texts", "lost", "because of"):
        table.add_column(name, justify="left" if name == "because of" else "right")
    for size in value["by_size"]:
        if size["texts"]:
            upper = f"to {size['high']}" if size["high"] else "and more"
            reasons = ", ".join(f"{name} {count}" for name, count in size["lost"].items())
            lost = size["texts"] - size["matched"]
            table.add_row(f"{size['low']} {upper}", str(size["texts"]), str(lost), reasons)
    return table
