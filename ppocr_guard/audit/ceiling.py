"""The hmean that a perfect model could reach, on the validation labels of a configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

from rich.table import Table

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.images import SizedSample, image_sizes
from ppocr_guard.audit.labels import read_label_file
from ppocr_guard.wording import LIST, in_language, join, mark, said_by, say

if TYPE_CHECKING:
    from ppocr_guard.geometry.ceiling import CeilingResult, CeilingSettings

_SAID = ("hmean", "precision", "recall", "texts", "images", "shrink_ratio", "unclip_ratio")
TITLE = say("Texts that even a perfect model loses")
COLUMNS = (say("short side, px"), say("texts"), say("lost"), say("because of"))
# Of ppocr_guard.geometry.ceiling.REASONS.
REASONS = {
    "min_text_size": say("min_text_size"),
    "resize": say("resize"),
    "shrink": say("shrink"),
    "too_small": say("too_small"),
    "box_thresh": say("box_thresh"),
    "merged": say("merged"),
    "unclip": say("unclip"),
}
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
        from ppocr_guard.geometry.ceiling import ceiling
    except ImportError as error:
        raise CeilingError(
            say(
                "--ceiling needs {module}; PaddleOCR needs it too: install its requirements "
                "(numpy, opencv-python, shapely, pyclipper)",
                module=error.name,
            )
        ) from None
    samples = [_sample(item) for item in _validation_set(ctx)]
    try:
        settings = _settings(ctx, shrink_ratio)
        result = ceiling(
            samples,
            settings,
            None if progress is None else lambda done: progress(done, len(samples)),
        )
    except (TypeError, ValueError) as error:
        raise CeilingError(say("--ceiling: {error}", error=said_by(error))) from None
    value = _plain(result, shrink_ratio)
    if tree is not None:
        value["clone"] = _clone(samples, settings, tree)
    return value


def _sample(item: SizedSample) -> Any:
    """A labelled image as :func:`ppocr_guard.geometry.ceiling.ceiling` takes it."""
    import numpy as np

    from ppocr_guard.geometry.ceiling import Sample

    return Sample(
        item.width,
        item.height,
        [np.array(points, float) for points in _texts(item)],
        [False] * len(item.sample.polygons) + [True] * len(item.sample.ignored),
    )


def _clone(samples: list[Any], settings: CeilingSettings, tree: Path) -> Optional[dict[str, Any]]:
    from ppocr_guard.geometry.clone import compare

    try:
        return compare(samples, settings, tree)._asdict()
    except ImportError:
        return None
    except (OSError, TypeError, ValueError) as error:
        raise CeilingError(
            say("--ceiling: the clone's own postprocess: {error}", error=said_by(error))
        ) from None


def _validation_set(ctx: Context) -> list[SizedSample]:
    delimiter = str(ctx.get("Eval", "dataset", "delimiter", default="\t"))
    files = [
        read_label_file(ctx.resolve(path), delimiter=delimiter, samples=None)
        for path in ctx.label_paths("Eval")
    ]
    found = [item for file in files for item in image_sizes(ctx, "Eval", file.samples)]
    if not found:
        raise CeilingError(
            say(
                "--ceiling: no labelled validation image was found; see Eval.dataset.data_dir and "
                "label_file_list"
            )
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


def ceiling_lines(value: dict[str, Any]) -> Iterator[str]:
    """What the ceiling says, in sentences."""
    yield say(
        "A perfect model would reach hmean {hmean:.3f} (precision {precision:.3f}, recall "
        "{recall:.3f}) on your {texts} texts in {images} images, with shrink ratio "
        "{shrink_ratio:.4g} and unclip_ratio {unclip_ratio:g}.",
        **{name: value[name] for name in _SAID},
    )
    if value["best_hmean"] > value["hmean"] + 0.005:
        yield say(
            "With unclip_ratio {unclip_ratio:g} it would be {hmean:.3f}.",
            unclip_ratio=value["best_unclip_ratio"],
            hmean=value["best_hmean"],
        )
    clone = value.get("clone")
    if clone and clone["same"] == clone["images"]:
        yield say(
            "The clone's own DBPostProcess gives the same boxes on {images} of these images.",
            images=clone["images"],
        )
    elif clone:
        yield say(
            "The clone's own DBPostProcess gives other boxes on {others} of {images} images; with "
            "its boxes hmean is {hmean:.3f} there.",
            others=clone["images"] - clone["same"],
            images=clone["images"],
            hmean=clone["hmean"],
        )
    elif "clone" in value:
        yield say("paddle is not installed: the clone's own postprocess was not compared.")


def ceiling_table(value: dict[str, Any], language: str) -> Table:
    """Texts lost, by the size of their short side and by reason."""

    def said(text: str) -> str:
        return in_language(text, language)

    table = Table(title=said(TITLE), title_justify="left")
    for column in COLUMNS:
        table.add_column(said(column), justify="left" if column is COLUMNS[-1] else "right")
    for size in value["by_size"]:
        if size["texts"]:
            high = size["high"]
            template = mark("{low} to {high}") if high else mark("{low} and more")
            reasons = [
                say("{why} {count}", why=REASONS[name], count=count)
                for name, count in size["lost"].items()
            ]
            table.add_row(
                said(say(template, low=size["low"], high=high)),
                str(size["texts"]),
                str(size["texts"] - size["matched"]),
                said(join(*reasons, by=LIST)),
            )
    return table
